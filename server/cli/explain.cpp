#include <CLI/App.hpp>

#include "cli/commands.h"
#include "cli/program.h"
#include "insight/explanation.h"

namespace zest::cli {

namespace {

struct ConsolePlace {
  std::string_view prefix;  // of an id
  std::string_view view;    // of the console
};
constexpr ConsolePlace kConsolePlaces[] = {{"wde_", "deliveries/"},
                                           {"svr_", "resources/spv-requests/"},
                                           {"sub_", "resources/subscriptions/"},
                                           {"psn_", "resources/investors/"}};

// "" for what has no page of its own.
std::string place_in_console(const Json& explanation) {
  const std::string id = text_at(explanation, "id");
  if (const Json* request = member(explanation, "request")) {
    const std::string error_id = text_at(*request, "errorId");
    return "requests/" + (error_id.empty() ? text_at(*request, "sequence") : error_id);
  }
  for (const ConsolePlace& place : kConsolePlaces) {
    if (id.rfind(place.prefix, 0) == 0) return std::string(place.view) + id;
  }
  return "";
}

// The command that is waited for, for the sandbox that was asked: a shell knows the default and its variable.
Json with_url(Json explanation, const std::string& option) {
  const Json* waits = member(explanation, "waitsFor");
  const std::string command = waits == nullptr ? "" : text_member(*waits, "command");
  if (command.rfind("zest-sandbox ", 0) == 0) explanation["waitsFor"]["command"] = command + option;
  return explanation;
}

// Without an id the list of what went wrong, which is also what there is to say of the last thing when there
// is none.
Result<Json> ask(const client::ControlApi& api, const std::string& id) {
  if (id.empty()) return api.explanations();
  Result<Json> told = api.explain(id);
  if (told.ok() || id != "last" || told.error().kind != ErrorKind::NotFound) return told;
  Result<Json> list = api.explanations();
  const Json* documents = list.ok() ? member(*list, "documents") : nullptr;
  return documents != nullptr && documents->empty() ? list : told;
}

}  // namespace

void add_explain(Program& program) {
  CLI::App* command = program.command(
      "explain",
      "Say why: a refused call, a delivery, a resource; without an id the last ten things that went wrong",
      {"explain", "explain last", "explain 7f3c2a10-…   # the errorId of an answer",
       "explain wde_1234abcd00000001   # why a webhook was sent, and what became of it",
       "explain svr_1234abcd00000001   # its history, and what it waits for"});
  const auto remote = add_remote(program, command);
  const auto id = std::make_shared<std::string>();
  command
      ->add_option(
          "id", *id,
          "errorId, eventId, slug, zestPersonId, partnerInvestorId, Idempotency-Key, jti of a token, "
          "call-5 of the journal, or last")
      ->type_name("ID");
  program.on(command, [&program, remote, id] {
    return print(
        program, *remote, ask(control_api(*remote), *id), [&program, &remote](const Json& explanation) {
          const std::string place = place_in_console(explanation);
          const std::string option = url_option(program, *remote);
          return as_called(program, printable_lines(insight::explanation_text(
                                        option.empty() ? explanation : with_url(explanation, option)))) +
                 (place.empty() ? "" : "\nIn the console: " + printable(console_link(*remote, place)) + "\n");
        });
  });
}

}  // namespace zest::cli
