#include "cli/warnings.h"

#include <CLI/App.hpp>
#include <algorithm>
#include <cstdint>

#include "cli/commands.h"
#include "cli/program.h"
#include "insight/warnings.h"

namespace zest::cli {
namespace {

struct WarningOptions {
  std::string client_id;
  bool fail = false;
};

// The command that shows the newest case of the first kind.
std::string advice(const Program& program, const Remote& remote, const Json& page) {
  if (kinds_of_warnings(page) == 0) return "";
  const Json last = page["documents"].front().value("last", Json::object());
  const std::string call = text_at(last, "call");
  const std::string id = call.empty() ? text_at(last, "deliveryId") : call;
  if (id.empty()) return "";
  return "`" + program.called_as() + " explain " + id + url_option(program, remote) +
         "` shows a call or a delivery.\n";
}

}  // namespace

std::size_t kinds_of_warnings(const Json& page) {
  const Json* documents = member(page, "documents");
  return documents == nullptr ? 0 : documents->size();
}

void add_fail_on_warnings(CLI::App* command, bool& fail) {
  command->add_flag("--fail-on-warnings", fail, "Exit with 1 when there is anything to warn of");
}

int fail_on_warnings(const Program& program, std::size_t kinds) {
  return program.fail(
      kFailed, "there " + std::string(kinds == 1 ? "is 1 kind" : "are " + std::to_string(kinds) + " kinds") +
                   " of warning, and --fail-on-warnings was asked for");
}

Result<std::size_t> say_warnings(const Program& program, const client::ControlApi& control) {
  ASSIGN_OR_RETURN(const Json page, control.warnings());
  say_warnings(program, page);
  return kinds_of_warnings(page);
}

void say_warnings(const Program& program, const Json& page) {
  if (kinds_of_warnings(page) == 0) return;
  program.err << "What works here and is fragile in production:\n"
              << printable_lines(insight::warnings_text(page));
  program.err.flush();
}

void WarningSum::add(const Json& page, bool with_calls) {
  const Json* documents = member(page, "documents");
  if (documents == nullptr) return;
  for (const Json& each : *documents) {
    const Json* first = member(each, "first");
    if (!with_calls && (first == nullptr || member(*first, "deliveryId") == nullptr)) continue;
    const auto known = std::find_if(documents_.begin(), documents_.end(),
                                    [&each](const Json& one) { return one["id"] == each["id"]; });
    if (known == documents_.end()) {
      documents_.push_back(each);
      continue;
    }
    (*known)["count"] = (*known)["count"].get<std::uint64_t>() + each["count"].get<std::uint64_t>();
    (*known)["last"] = each["last"];
  }
}

void add_warnings(Program& program) {
  CLI::App* command = program.command(
      "warnings", "What works here and is fragile in production, each kind once, with what to do",
      {"warnings", "warnings --client-id client_acme --json",
       "warnings --fail-on-warnings   # exit code 1 when there are any"});
  const auto remote = add_remote(program, command);
  const auto options = std::make_shared<WarningOptions>();
  command->add_option("--client-id", options->client_id, "Only this partner's")->type_name("CLIENT_ID");
  add_fail_on_warnings(command, options->fail);
  program.on(command, [&program, remote, options] {
    client::Query query;
    if (!options->client_id.empty()) query.emplace_back("clientId", options->client_id);
    const Result<Json> page = control_api(*remote).warnings(query);
    const int code = print(program, *remote, page, [&](const Json& found) {
      return printable_lines(insight::warnings_text(found)) + advice(program, *remote, found);
    });
    if (code != kFine || !options->fail || kinds_of_warnings(*page) == 0) return code;
    return fail_on_warnings(program, kinds_of_warnings(*page));
  });
}

}  // namespace zest::cli
