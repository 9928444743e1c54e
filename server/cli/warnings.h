// Warnings at the end of commands that had a sandbox of their own. Thread-safety: none, as Program.
#pragma once

#include <CLI/App.hpp>
#include <cstddef>

#include "cli/program.h"
#include "client/control_api.h"

namespace zest::cli {

// --fail-on-warnings.
void add_fail_on_warnings(CLI::App* command, bool& fail);
// Says that there are so many kinds of them; answers the exit code.
int fail_on_warnings(const Program& program, std::size_t kinds);
// What there is to warn of, on the error stream; answers how many kinds. Errors: those of the sandbox.
Result<std::size_t> say_warnings(const Program& program, const client::ControlApi& control);

}  // namespace zest::cli
