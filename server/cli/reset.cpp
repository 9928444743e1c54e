#include <CLI/App.hpp>

#include "cli/commands.h"
#include "cli/program.h"

namespace zest::cli {
namespace {

struct ResetOptions {
  std::string client_id;
  bool partners = false;
  bool tokens = false;
  bool rewind = false;
  bool keep_coverage = false;

  Json scope() const {
    Json scope = Json::object();
    if (!client_id.empty()) scope["clientId"] = client_id;
    if (partners) scope["partners"] = true;
    if (tokens) scope["tokens"] = true;
    if (rewind) scope["rewind"] = true;
    if (keep_coverage) scope["keepCoverage"] = true;
    return scope;
  }
};

// "Reset. Cleared: 2 spvRequests, 3 events." with what there was nothing of left out.
std::string cleared_text(const Json& answer) {
  std::string text;
  const Json cleared = answer.value("cleared", Json::object());
  for (const auto& entry : cleared.items()) {
    if (entry.value() == 0) continue;
    text += (text.empty() ? "" : ", ") + printable(dump_json(entry.value()) + " " + entry.key());
  }
  return "Reset. " + (text.empty() ? "There was nothing to clear." : "Cleared: " + text + ".") + "\n";
}

}  // namespace

void add_reset(Program& program) {
  CLI::App* command = program.command(
      "reset", "Back to the seeded state without a restart: data, files, deliveries and the journal go",
      {"reset   # everything; partners, credentials and tokens stay",
       "reset --client-id client_acme   # one partner's data only",
       "reset --partners --tokens --rewind   # partners registered at run time go too, identifiers start "
       "over"});
  const auto remote = add_remote(program, command);
  const auto options = std::make_shared<ResetOptions>();
  command->add_option("--client-id", options->client_id, "Only this partner")->type_name("CLIENT_ID");
  command->add_flag("--partners", options->partners, "Remove partners registered at run time");
  command->add_flag("--tokens", options->tokens, "Revoke access and refresh tokens");
  command->add_flag(
      "--rewind", options->rewind,
      "Start identifiers and random streams over; receivers that dedup may then ignore new events");
  command->add_flag("--keep-coverage", options->keep_coverage, "Keep what the tests have met");
  program.on(command, [&program, remote, options] {
    return print(program, *remote, control_api(*remote).reset(options->scope()), cleared_text);
  });
}

}  // namespace zest::cli
