#include <CLI/App.hpp>
#include <algorithm>
#include <csignal>

#include "app/process.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/credentials.h"
#include "cli/program.h"
#include "client/webhook_handler.h"

namespace zest::cli {
namespace {

struct ListenOptions {
  std::string host = "127.0.0.1";
  int port = 9000;
  std::string secret;
  int status = 200;
  std::string delay = "0";
  int fail_first = 0;
  bool close = false;
  bool json = false;
};

std::string answer_text(const client::Behaviour& answer) {
  std::string text = answer.close ? "closed without an answer" : "answered " + std::to_string(answer.status);
  if (answer.delay.count() > 0) text += " after " + format_duration(answer.delay);
  return text;
}

Json delivery_json(const client::Received& received, const client::Handled& handled) {
  Json line;
  line["number"] = received.number;
  line["eventId"] = received.event_id;
  line["eventType"] = received.event_type;
  if (received.occurred_at) line["occurredAt"] = format_instant(*received.occurred_at);
  line["valid"] = received.refusal.empty();
  if (!received.refusal.empty()) line["refusal"] = received.refusal;
  line["duplicate"] = handled.how == client::Handling::Duplicate;
  line["late"] = handled.how == client::Handling::Late;
  line["handling"] = client::to_string(handled.how);
  if (!received.answer.close) line["status"] = received.answer.status;
  line["body"] = received.envelope.is_null() ? Json(received.body) : received.envelope;
  return line;
}

// What a good handler makes of it, where that is not simply to take it.
std::string remark(const client::Handled& handled) {
  switch (handled.how) {
    case client::Handling::Duplicate:
      return "duplicate: had this event before, ignored";
    case client::Handling::Late:
      return "late: older than what is known of " + handled.subject + " (" + handled.known->event_type + ")";
    default:
      return "";
  }
}

std::string received_text(const Terminal& terminal, const client::Received& received,
                          const client::Handled& handled) {
  std::string text = format_instant(received.received_at) + "  ";
  text += received.refusal.empty() ? terminal.styled(Style::Green, "valid  ")
                                   : terminal.styled(Style::Red, "refused");
  text += "  " + printable(received.event_type.empty() ? "(no event)" : received.event_type);
  text += "  " + printable(received.event_id) + "  " + printable(handled.subject);
  text += "  " + answer_text(received.answer);
  if (const std::string said = remark(handled); !said.empty()) {
    text += terminal.styled(Style::Yellow, "  " + printable(said));
  }
  if (!received.refusal.empty()) text += "\n    " + terminal.styled(Style::Red, received.refusal);
  return text + "\n";
}

// What was taken in, in the order in which it happened, whatever the order in which it came.
void print_summary(const Program& program, std::vector<client::Received> all) {
  const std::size_t requests = all.size();
  const auto useless = [](const client::Received& received) {
    return !received.accepted() || received.duplicate;
  };
  all.erase(std::remove_if(all.begin(), all.end(), useless), all.end());
  std::stable_sort(all.begin(), all.end(), [](const client::Received& a, const client::Received& b) {
    return a.occurred_at < b.occurred_at;
  });
  program.out << "\n" << requests << " requests, " << all.size() << " events taken, by occurredAt:\n";
  std::vector<std::vector<std::string>> rows;
  rows.reserve(all.size());
  for (const client::Received& received : all) {
    rows.push_back({text_at(received.envelope, "occurredAt"), received.event_type, received.event_id,
                    client::subject_of(received.envelope)});
  }
  if (!rows.empty()) {
    program.out << table(program.terminal, {"OCCURRED", "EVENT", "ID", "SUBJECT"}, rows);
  }
  program.out << std::flush;
}

int listen(const Program& program, const ListenOptions& options) {
  Result<Duration> delay = parse_duration(options.delay);
  if (!delay.ok()) {
    return program.fail(kUsage, "--delay: \"" + options.delay + "\" is not a duration such as 500ms or 11s");
  }
  client::ReceiverOptions receive;
  receive.host = options.host;
  receive.port = options.port;
  receive.secret = options.secret;
  receive.behaviour.status = options.status;
  receive.behaviour.delay = *delay;
  receive.behaviour.close = options.close;
  receive.fail_first = static_cast<std::size_t>(options.fail_first);

  app::SignalWait signals({SIGINT, SIGTERM, SIGHUP});
  Log log(LogFormat::Text, LogLevel::Warning);
  client::WebhookHandler handler;
  Result<std::unique_ptr<client::Receiver>> receiver = client::Receiver::start(
      std::move(receive), log, [&program, &options, &handler](const client::Received& received) {
        const client::Handled handled = handler.handle(received, received.received_at);
        program.out << (options.json ? dump_json_line(delivery_json(received, handled)) + "\n"
                                     : received_text(program.terminal, received, handled))
                    << std::flush;
      });
  // As with serve: an address or port that cannot be used is a matter of what was asked for.
  if (!receiver.ok()) return program.fail(kUsage, receiver.error().detail + "; --port 0 picks a free one");
  if (options.json) {
    program.out << dump_json(Json{{"url", (*receiver)->url()}}) << std::endl;
  } else {
    program.out << "Listening on " << (*receiver)->url() << "; stop with Ctrl-C.\n"
                << "Point a sandbox here: zest-sandbox serve --webhook-url " << (*receiver)->url()
                << std::endl;
  }
  signals.wait();
  (*receiver)->stop();
  if (!options.json) print_summary(program, (*receiver)->received());
  return kFine;
}

}  // namespace

void add_listen(Program& program) {
  CLI::App* command =
      program.command("listen", "A reference receiver: verifies, dedups and prints webhooks; can misbehave",
                      {"listen", "listen --port 9001 --secret whsec_0123abcd",
                       "listen --status 500   # fails: watch the retries",
                       "listen --fail-first 3   # three failures, then fine",
                       "listen --delay 11s   # slower than the 10 s that Zest waits"});
  const auto options = std::make_shared<ListenOptions>();
  options->secret = default_webhook_secret(program);
  command->add_option("--host", options->host, "Address to listen on [127.0.0.1]")->type_name("ADDRESS");
  command->add_option("--port", options->port, "Port; 0 picks a free one [9000]")
      ->type_name("N")
      ->check(whole_number(0, 65535));
  command
      ->add_option("--secret", options->secret,
                   "Signing secret to verify with; else ZEST_WEBHOOK_SECRET, else the seeded partner's")
      ->type_name("SECRET")
      ->check(not_empty());
  command->add_option("--status", options->status, "Answer this status instead of 200")
      ->type_name("CODE")
      ->check(whole_number(200, 599));
  command->add_option("--delay", options->delay, "Answer only after this long")->type_name("DURATION");
  command->add_option("--fail-first", options->fail_first, "Answer 500 to the first N requests")
      ->type_name("N")
      ->check(whole_number(0));
  command->add_flag("--close", options->close, "Cut the connection instead of answering");
  command->add_flag("--json", options->json, "Print each delivery as one line of JSON");
  program.on(command, [&program, options] { return listen(program, *options); });
}

}  // namespace zest::cli
