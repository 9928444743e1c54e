// Warnings at the end of commands that had a sandbox of their own. Thread-safety: none, as Program.
#pragma once

#include <CLI/App.hpp>
#include <cstddef>

#include "base/json.h"
#include "cli/program.h"
#include "client/control_api.h"

namespace zest::cli {

// --fail-on-warnings.
void add_fail_on_warnings(CLI::App* command, bool& fail);
// How many kinds of them a page tells of.
std::size_t kinds_of_warnings(const Json& page);
// Says that there are so many kinds of them; answers the exit code.
int fail_on_warnings(const Program& program, std::size_t kinds);
// Warnings of several partners, each kind once: with how often in all, its first and its last case.
class WarningSum {
 public:
  // Those of GET /_sandbox/warnings about the receiver, and `with_calls` also those about calls.
  void add(const Json& page, bool with_calls);
  Json page() const { return Json{{"documents", documents_}}; }

 private:
  Json documents_ = Json::array();
};

// A page of warnings on the error stream, when there are any.
void say_warnings(const Program& program, const Json& page);
// What there is to warn of, on the error stream; answers how many kinds. Errors: those of the sandbox.
Result<std::size_t> say_warnings(const Program& program, const client::ControlApi& control);

}  // namespace zest::cli
