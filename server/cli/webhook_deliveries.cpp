#include <CLI/App.hpp>

#include "cli/commands.h"
#include "cli/program.h"

namespace zest::cli {
namespace {

struct DeliveryOptions {
  std::string id;
  std::string status;
  std::string event_type;
  std::string subject;
  std::string client_id;
  bool dry_run = false;
  Paging paging;
};

void add_filters(CLI::App* command, DeliveryOptions& options) {
  command->add_option("--event-type", options.event_type, "Such as spv_request.created")->type_name("TYPE");
  command->add_option("--subject", options.subject, "A slug or person id in the event's data")
      ->type_name("ID");
  command->add_option("--client-id", options.client_id, "Only this partner's")->type_name("CLIENT_ID");
}

std::string attempt_outcome(const Json& attempt) {
  const std::string status = text_at(attempt, "responseStatus");
  const std::string failure = text_at(attempt, "failure");
  if (text_at(attempt, "outcome") == "delivered") return "delivered, " + status;
  const std::string detail = text_at(attempt, "failureDetail");
  const std::string why = status.empty() ? failure : status;
  return "failed, " + why + (detail.empty() ? "" : " (" + detail + ")");
}

// What the receiver said, of the attempts that it answered with a body; the same words once.
std::string answers_text(const Program& program, const Json& attempts) {
  std::string text;
  std::string last;
  for (const Json& attempt : attempts) {
    const std::string body = text_at(attempt, "responseBody");
    const std::string status = text_at(attempt, "responseStatus");
    if (body.empty()) continue;
    const std::string heading = "attempt " + text_at(attempt, "number") + ", " + status;
    if (body + status == last) {
      text += printable(heading) + ": the same\n";
    } else {
      text += printable(heading) + ":\n" + printable_lines(body);
    }
    last = body + status;
  }
  return text.empty()
             ? text
             : "\n" + program.terminal.styled(Style::Bold, "WHAT THE RECEIVER ANSWERED") + "\n" + text;
}

std::string attempt_line(const Json& attempt) {
  const std::string next = text_at(attempt, "nextAttemptAt");
  return text_at(attempt, "wallTime") + " " + text_at(attempt, "eventType") + " " +
         text_at(attempt, "deliveryId") + " attempt " + text_at(attempt, "number") + " " +
         attempt_outcome(attempt) + " in " + text_at(attempt, "latencyMs") + "ms, " +
         text_at(attempt, "status") + (next.empty() ? "" : ", next " + next);
}

std::string delivery_text(const Program& program, const Json& delivery, const std::string& link) {
  std::string text = fields({{"delivery", text_at(delivery, "deliveryId")},
                             {"event", text_at(delivery, "eventType")},
                             {"subject", text_at(delivery, "subject")},
                             {"client", text_at(delivery, "clientId")},
                             {"status", text_at(delivery, "status")},
                             {"attempts", text_at(delivery, "attemptCount")},
                             {"next", text_at(delivery, "nextAttemptAt")},
                             {"created", text_at(delivery, "createdAt")},
                             {"console", link}});
  const Json* attempts = member(delivery, "attempts");
  if (attempts && attempts->is_array() && !attempts->empty()) {
    std::vector<std::vector<std::string>> rows;
    for (const Json& attempt : *attempts) {
      rows.push_back({text_at(attempt, "number"), text_at(attempt, "kind"), text_at(attempt, "virtualTime"),
                      "+" + text_at(attempt, "offsetSeconds") + " s", attempt_outcome(attempt),
                      text_at(attempt, "latencyMs") + " ms"});
    }
    text += "\n" + table(program.terminal, {"#", "KIND", "VIRTUAL TIME", "OFFSET", "OUTCOME", "TOOK"}, rows);
    text += answers_text(program, *attempts);
  }
  if (const Json* envelope = member(delivery, "envelope")) {
    text +=
        "\n" + program.terminal.styled(Style::Bold, "ENVELOPE") + "\n" + dump_json_pretty(*envelope) + "\n";
  }
  return text;
}

void add_delivery_list(Program& program, CLI::App* group) {
  CLI::App* command = program.command(
      group, "list", "List deliveries, newest first",
      {"webhook-deliveries list --status=dead   # the dead letter",
       "webhook-deliveries list --subject sub_1234abcd00000001", "webhook-deliveries list --json"});
  const auto remote = add_remote(program, command);
  const auto options = std::make_shared<DeliveryOptions>();
  command->add_option("--status", options->status, "pending, in_flight, retrying, delivered or dead")
      ->type_name("STATUS");
  add_filters(command, *options);
  add_paging(command, options->paging);
  program.on(command, [&program, remote, options] {
    const client::Query query = {{"status", given(options->status)},
                                 {"eventType", given(options->event_type)},
                                 {"subject", given(options->subject)},
                                 {"clientId", given(options->client_id)},
                                 {"page", std::to_string(options->paging.page)},
                                 {"perPage", std::to_string(options->paging.per_page)}};
    return print(program, *remote, control_api(*remote).deliveries(query), [&program](const Json& list) {
      return list_table(program, list, "webhook deliveries",
                        {{"DELIVERY", "deliveryId"},
                         {"EVENT", "eventType"},
                         {"SUBJECT", "subject"},
                         {"STATUS", "status"},
                         {"ATTEMPTS", "attemptCount"},
                         {"NEXT ATTEMPT", "nextAttemptAt"},
                         {"CREATED", "createdAt"}});
    });
  });
}

void add_show(Program& program, CLI::App* group) {
  CLI::App* command = program.command(group, "show", "Show one delivery: its envelope and every attempt",
                                      {"webhook-deliveries show wde_1234abcd00000001"});
  const auto remote = add_remote(program, command);
  const auto options = std::make_shared<DeliveryOptions>();
  command->add_option("id", options->id, "The delivery")
      ->required()
      ->type_name("DELIVERY_ID")
      ->check(not_empty());
  program.on(command, [&program, remote, options] {
    return print(program, *remote, control_api(*remote).delivery(options->id),
                 [&program, &remote](const Json& delivery) {
                   return delivery_text(
                       program, delivery,
                       console_link(*remote, "deliveries/" + text_at(delivery, "deliveryId")));
                 });
  });
}

void add_retry(Program& program, CLI::App* group) {
  CLI::App* command =
      program.command(group, "retry", "Replay one delivery: a fresh schedule with the same event id and body",
                      {"webhook-deliveries retry wde_1234abcd00000001"});
  const auto remote = add_remote(program, command);
  const auto options = std::make_shared<DeliveryOptions>();
  command->add_option("id", options->id, "The delivery")
      ->required()
      ->type_name("DELIVERY_ID")
      ->check(not_empty());
  program.on(command, [&program, remote, options] {
    return print(program, *remote, control_api(*remote).retry_delivery(options->id),
                 [](const Json& delivery) {
                   return printable(text_at(delivery, "deliveryId") + " is " + text_at(delivery, "status")) +
                          " again\n";
                 });
  });
}

void add_retry_all(Program& program, CLI::App* group) {
  CLI::App* command =
      program.command(group, "retry-all", "Replay every delivery of one state",
                      {"webhook-deliveries retry-all --status=dead",
                       "webhook-deliveries retry-all --status=dead --dry-run   # counts them"});
  const auto remote = add_remote(program, command);
  const auto options = std::make_shared<DeliveryOptions>();
  command->add_option("--status", options->status, "dead, delivered, retrying or pending")
      ->required()
      ->type_name("STATUS");
  add_filters(command, *options);
  command->add_flag("--dry-run", options->dry_run, "Only say how many that would be");
  program.on(command, [&program, remote, options] {
    Json filter = {{"status", options->status}};
    if (!options->event_type.empty()) filter["eventType"] = options->event_type;
    if (!options->subject.empty()) filter["subject"] = options->subject;
    if (!options->client_id.empty()) filter["clientId"] = options->client_id;
    if (options->dry_run) filter["dryRun"] = true;
    return print(program, *remote, control_api(*remote).retry_deliveries(filter),
                 [options](const Json& answer) {
                   const std::string count = printable(text_at(answer, "count"));
                   return count + (count == "1" ? " delivery" : " deliveries") +
                          (options->dry_run ? " would be replayed\n" : " replayed\n");
                 });
  });
}

}  // namespace

void add_webhook_deliveries(Program& program) {
  CLI::App* group = program.command("webhook-deliveries",
                                    "Zest's operator commands: look at webhook deliveries, replay them", {});
  add_delivery_list(program, group);
  add_show(program, group);
  add_tail(program,
           program.command(
               group, "tail", "Show the attempts of deliveries as they are made",
               {"webhook-deliveries tail", "webhook-deliveries tail --json --count 1   # the next one"}),
           {"attempt", attempt_line});
  add_retry(program, group);
  add_retry_all(program, group);
}

}  // namespace zest::cli
