#include <CLI/App.hpp>

#include "base/time.h"
#include "cli/commands.h"
#include "cli/program.h"

namespace zest::cli {
namespace {

struct AdvanceOptions {
  std::string by;
  std::string to;
  bool to_next = false;
  bool until_idle = false;
  std::string client_id;
};

std::string clocks_text(const Program& program, const Json& answer) {
  return list_table(program, answer, "clocks",
                    {{"CLIENT", "clientId"},
                     {"MODE", "mode"},
                     {"SCALE", "scale"},
                     {"VIRTUAL TIME", "now"},
                     {"NEXT DUE", "nextDueAt"},
                     {"IN FLIGHT", "inFlight"}});
}

std::string advance_text(const Program& program, const Json& answer) {
  std::string text;
  std::vector<std::vector<std::string>> rows;
  for (const Json& attempt : answer.value("attempts", Json::array())) {
    const std::string status = text_at(attempt, "responseStatus");
    rows.push_back({text_at(attempt, "virtualTime"), text_at(attempt, "eventType"),
                    text_at(attempt, "deliveryId"), text_at(attempt, "number") + "/6",
                    status.empty() ? text_at(attempt, "failure") : status, text_at(attempt, "status")});
  }
  if (!rows.empty()) {
    text +=
        table(program.terminal, {"VIRTUAL TIME", "EVENT", "DELIVERY", "ATTEMPT", "ANSWER", "THEN"}, rows) +
        "\n";
  }
  if (answer.value("truncated", false)) {
    text += "and more: " + printable(text_at(answer, "attemptCount")) +
            " attempts in all, of which the first " + std::to_string(rows.size()) + " are listed\n";
  }
  Json clocks;
  clocks["documents"] = answer.value("lanes", Json::array());
  clocks["count"] = clocks["documents"].size();
  text += clocks_text(program, clocks);
  const Json parked = answer.value("parked", Json::array());
  if (!parked.empty()) {
    text += std::to_string(parked.size()) +
            " parked (paused, held, or without an endpoint): time does not move them\n";
  }
  return text;
}

Result<Json> target_of(const AdvanceOptions& options) {
  const int given = (options.by.empty() ? 0 : 1) + (options.to.empty() ? 0 : 1) + (options.to_next ? 1 : 0) +
                    (options.until_idle ? 1 : 0);
  if (given != 1) {
    return make_error(ErrorKind::InvalidRequest,
                      "say how far: one of a duration such as 12h, --to INSTANT, --to-next, --until-idle");
  }
  Json target = Json::object();
  if (!options.by.empty()) {
    if (!parse_duration(options.by).ok()) {
      return make_error(ErrorKind::InvalidRequest,
                        "\"" + options.by + "\" is not a duration such as 500ms, 30s, 5m, 12h or PT12H");
    }
    target["by"] = options.by;
  }
  if (!options.to.empty()) {
    if (!parse_instant(options.to).ok()) {
      return make_error(ErrorKind::InvalidRequest,
                        "\"" + options.to + "\" is not an instant such as 2026-01-02T00:00:00Z");
    }
    target["to"] = options.to;
  }
  if (options.to_next) target["to"] = "next";
  if (options.until_idle) target["until"] = "idle";
  if (!options.client_id.empty()) target["clientId"] = options.client_id;
  return target;
}

void add_advance(Program& program, CLI::App* group) {
  CLI::App* command = program.command(
      group, "advance", "Move virtual time on; everything that becomes due happens, webhooks included",
      {"clock advance 12h", "clock advance --to-next   # to the earliest thing that is due",
       "clock advance --until-idle   # through the whole retry ladder, if need be",
       "clock advance --to 2026-02-01T00:00:00Z --client-id client_acme"});
  const auto remote = add_remote(program, command);
  const auto options = std::make_shared<AdvanceOptions>();
  command->add_option("by", options->by, "How far: 30s, 5m, 12h …")->type_name("DURATION");
  command->add_option("--to", options->to, "To this instant")->type_name("INSTANT");
  command->add_flag("--to-next", options->to_next, "To the earliest thing that is due");
  command->add_flag("--until-idle", options->until_idle, "Until nothing is scheduled any more");
  command->add_option("--client-id", options->client_id, "Only this partner's clock")->type_name("CLIENT_ID");
  program.on(command, [&program, remote, options] {
    Result<Json> target = target_of(*options);
    if (!target.ok()) return program.fail(kUsage, target.error().detail);
    return print(program, *remote, control_api(*remote).advance(*target),
                 [&program](const Json& answer) { return advance_text(program, answer); });
  });
}

}  // namespace

void add_clock(Program& program) {
  CLI::App* group = program.command("clock", "Show or advance virtual time; without a command it shows",
                                    {"clock", "clock advance 12h"});
  const auto show = [&program](CLI::App* command) {
    const auto remote = add_remote(program, command);
    program.on(command, [&program, remote] {
      return print(program, *remote, control_api(*remote).clock(),
                   [&program](const Json& answer) { return clocks_text(program, answer); });
    });
  };
  show(group);
  show(program.command(group, "show", "Show every partner's virtual clock", {"clock show --json"}));
  add_advance(program, group);
}

}  // namespace zest::cli
