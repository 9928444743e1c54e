#include <CLI/App.hpp>

#include "cli/commands.h"
#include "cli/program.h"

namespace zest::cli {
namespace {

struct RequestOptions {
  // Members of the journal's filter and their values, in the order of kFilters.
  std::vector<std::string> filters;
  bool failed = false;
  std::string assertion;
  int count = -1;
  int at_least = -1;
  int at_most = -1;
  std::string within;
  int until = 0;
  Paging paging;
};

struct Filter {
  const char* option;
  const char* member;
  const char* value;
  const char* help;
};
constexpr Filter kFilters[] = {
    {"--client-id", "clientId", "CLIENT_ID", "Only this partner's"},
    {"--method", "method", "METHOD", "With this method"},
    {"--path", "path", "PATH", "Of this path; a trailing * stands for the rest"},
    {"--operation", "operation", "ID", "Of this operation, such as createSpvRequest"},
    {"--status", "status", "N", "Answered with this status"},
    {"--error-id", "errorId", "ID", "The one with this errorId"},
    {"--error-code", "errorCode", "CODE", "Refused with this code"},
    {"--idempotency-key", "idempotencyKey", "KEY", "With this Idempotency-Key"},
    {"--idempotency-outcome", "idempotencyOutcome", "WORD", "executed, replayed or conflict"},
    {"--fault", "fault", "RULE", "With this fault put on them"},
    {"--request-id", "requestId", "ID", "With this X-Request-Id, traceparent or the like"},
    {"--body", "body", "PLACE=VALUE", "With this in the body, such as investors[0].email=a@b.example"},
};

void add_request_filters(CLI::App* command, RequestOptions& options) {
  options.filters.resize(std::size(kFilters));
  for (std::size_t i = 0; i < std::size(kFilters); ++i) {
    command->add_option(kFilters[i].option, options.filters[i], kFilters[i].help)
        ->type_name(kFilters[i].value)
        ->check(not_empty());
  }
}

client::Query request_query(const RequestOptions& options) {
  client::Query query;
  for (std::size_t i = 0; i < std::size(kFilters); ++i) {
    query.emplace_back(kFilters[i].member, given(options.filters[i]));
  }
  if (options.failed) query.emplace_back("failed", "true");
  return query;
}

// What a row tells beside its status: the error, the key, the fault.
std::string remark_of(const Json& request) {
  std::string text = text_at(request, "errorCode");
  const auto add = [&](const std::string& label, const std::string& value) {
    if (!value.empty()) text += (text.empty() ? "" : " ") + label + value;
  };
  add("", text_at(request, "idempotencyOutcome"));
  add("key=", text_at(request, "idempotencyKey"));
  add("fault=", text_at(request, "fault"));
  add("errorId=", text_at(request, "errorId"));
  return text;
}

std::string requests_table(const Program& program, const Json& requests) {
  std::vector<std::vector<std::string>> rows;
  for (const Json& request : requests) {
    rows.push_back({text_at(request, "sequence"), text_at(request, "wallTime"), text_at(request, "status"),
                    text_at(request, "method") + " " + text_at(request, "path"), text_at(request, "clientId"),
                    text_at(request, "durationMs") + " ms", remark_of(request)});
  }
  return table(program.terminal, {"#", "TIME", "STATUS", "CALL", "CLIENT", "TOOK", ""}, rows);
}

std::string request_list_text(const Program& program, const Json& list) {
  const Json* documents = member(list, "documents");
  if (documents == nullptr || !documents->is_array() || documents->empty()) return "No calls.\n";
  std::string text = requests_table(program, *documents);
  const std::string count = text_at(list, "count");
  if (count != std::to_string(documents->size())) {
    text +=
        std::to_string(documents->size()) + " of " + printable(count) + " calls; see --page, --per-page\n";
  }
  return text;
}

void add_request_journal(Program& program, CLI::App* group) {
  CLI::App* command = program.command(
      group, "list", "List your application's calls, newest first",
      {"requests list --failed", "requests list --operation createSpvRequest --status 409",
       "requests list --body investors[0].email=ada@example.com --json   # of refused calls, or with serve "
       "--journal-bodies"});
  const auto remote = add_remote(program, command);
  const auto options = std::make_shared<RequestOptions>();
  add_request_filters(command, *options);
  command->add_flag("--failed", options->failed, "Only those answered with an error, or cut off");
  add_paging(command, options->paging);
  program.on(command, [&program, remote, options] {
    client::Query query = request_query(*options);
    query.emplace_back("page", std::to_string(options->paging.page));
    query.emplace_back("perPage", std::to_string(options->paging.per_page));
    return print(program, *remote, control_api(*remote).requests(query),
                 [&program](const Json& list) { return request_list_text(program, list); });
  });
}

// The assertion of a file, or the one that the options make.
Result<Json> assertion_of(const RequestOptions& options) {
  if (!options.assertion.empty()) {
    ASSIGN_OR_RETURN(const std::string text, options.assertion.front() == '{'
                                                 ? Result<std::string>(options.assertion)
                                                 : read_input(options.assertion));
    return parse_json(text);
  }
  Json match = Json::object();
  for (const auto& [name, value] : request_query(options)) {
    if (!value) continue;
    const std::size_t equals = value->find('=');
    if (name == "status") {
      const Result<Json> number = parse_json(*value);
      match[std::string(name)] = number.ok() ? *number : Json(*value);
    } else if (name == "body" && equals != std::string::npos) {
      // What reads as JSON is meant as JSON: true, 5, "5".
      const Result<Json> parsed = parse_json(value->substr(equals + 1));
      match["body"] =
          Json{{value->substr(0, equals), parsed.ok() ? *parsed : Json(value->substr(equals + 1))}};
    } else {
      match[std::string(name)] = *value;
    }
  }
  Json assertion{{"match", std::move(match)}};
  if (options.count >= 0) assertion["count"] = options.count;
  if (options.at_least >= 0) assertion["atLeast"] = options.at_least;
  if (options.at_most >= 0) assertion["atMost"] = options.at_most;
  return assertion;
}

std::string expected_text_of(const Json& expected) {
  const std::string least = text_at(expected, "min");
  const std::string most = text_at(expected, "max");
  if (most.empty()) return "at least " + least;
  return least == most ? least : least + " to " + most;
}

std::string verdict_text(const Program& program, const Json& verdict) {
  const bool verified = text_at(verdict, "verified") == "true";
  const Json* expected = member(verdict, "expected");
  std::string text =
      program.terminal.styled(verified ? Style::Green : Style::Red, verified ? "verified" : "NOT verified") +
      ": " + text_at(verdict, "count") + " calls, expected " +
      (expected == nullptr ? "" : expected_text_of(*expected)) + "\n";
  if (const Json* matching = member(verdict, "matching"); matching != nullptr && !matching->empty()) {
    text += "\nThose that match:\n" + requests_table(program, *matching);
  }
  if (const Json* misses = member(verdict, "nearestMisses"); misses != nullptr && !misses->empty()) {
    text += "\nThe nearest misses:\n";
    for (const Json& miss : *misses) {
      const Json* request = member(miss, "request");
      if (request == nullptr) continue;
      text += printable("  " + text_at(*request, "status") + " " + text_at(*request, "method") + " " +
                        text_at(*request, "path"));
      if (const Json* differs = member(miss, "differs")) {
        for (const Json& each : *differs) {
          const std::string actual = text_at(each, "actual");
          text += printable("; " + text_at(each, "member") + " is " + (actual.empty() ? "absent" : actual) +
                            ", not " + text_at(each, "expected"));
        }
      }
      text += "\n";
    }
  }
  const std::string note = text_at(verdict, "note");
  return note.empty() ? text : text + "\n" + printable(note) + "\n";
}

void add_verify_requests(Program& program, CLI::App* group) {
  CLI::App* command = program.command(
      group, "verify", "Check how often a call was made; exits 1 when it was not so",
      {"requests verify --operation createSpvRequest --status 201 --count 1",
       "requests verify --operation createSpvRequest --within 5s   # waits for the call",
       R"(requests verify '{"order": [{"operation": "uploadSubscriptionForm"}, {"operation": "uploadFundingReceipt"}]}')"});
  const auto remote = add_remote(program, command);
  const auto options = std::make_shared<RequestOptions>();
  command
      ->add_option("assertion", options->assertion,
                   "The whole assertion as JSON, FILE, or - for standard input")
      ->type_name("JSON|FILE")
      ->check(not_empty());
  add_request_filters(command, *options);
  const auto add_number = [&](const char* name, int& target, const char* help) {
    command->add_option(name, target, help)->type_name("N")->check(whole_number(0));
  };
  add_number("--count", options->count, "Exactly so often");
  add_number("--at-least", options->at_least, "At least so often [1]");
  add_number("--at-most", options->at_most, "At most so often");
  command->add_option("--within", options->within, "Wait so long for it (wall time)")->type_name("DURATION");
  program.on(command, [&program, remote, options] {
    Result<Json> assertion = assertion_of(*options);
    if (!assertion.ok()) return program.fail(kUsage, assertion.error().detail);
    if (assertion->is_object() && !options->within.empty()) (*assertion)["within"] = options->within;
    const Result<Json> verdict = control_api(*remote).verify_requests(*assertion);
    const int code = print(program, *remote, verdict,
                           [&program](const Json& answer) { return verdict_text(program, answer); });
    if (code != kFine) return code;
    return text_at(*verdict, "verified") == "true" ? kFine : kFailed;
  });
}

std::string request_line(const Json& request) {
  const std::string remark = remark_of(request);
  return text_at(request, "wallTime") + " " + text_at(request, "status") + " " + text_at(request, "method") +
         " " + text_at(request, "path") + " " + text_at(request, "durationMs") + "ms" +
         (text_at(request, "clientId").empty() ? "" : " " + text_at(request, "clientId")) +
         (remark.empty() ? "" : " " + remark);
}

void add_request_tail(Program& program, CLI::App* group) {
  CLI::App* command = program.command(group, "tail", "Show your application's calls as they come",
                                      {"requests tail", "requests tail --json --count 1   # the next call"});
  add_tail(program, command, {"request", request_line});
}

}  // namespace

void add_tail(Program& program, CLI::App* command, const Tail& tail) {
  const auto remote = add_remote(program, command);
  const auto options = std::make_shared<RequestOptions>();
  const auto client_id = std::make_shared<std::string>();
  command->add_option("--client-id", *client_id, "Only this partner's")->type_name("CLIENT_ID");
  command->add_option("--count", options->until, "End after so many; else they come until it is interrupted")
      ->type_name("N")
      ->check(whole_number(1));
  program.on(command, [&program, remote, options, client_id, tail] {
    int seen = 0;
    const auto show = [&](std::string_view name, const Json& data) {
      if (name != tail.event) return true;
      program.out << (remote->json ? dump_json_line(data) : printable(tail.line(data))) << "\n" << std::flush;
      return program.out.good() && (options->until == 0 || ++seen < options->until);
    };
    const Result<void> end = control_api(*remote).follow({{"clientId", given(*client_id)}}, show);
    return end.ok() ? kFine : report(program, *remote, end.error());
  });
}

void add_requests(Program& program) {
  CLI::App* group =
      program.command("requests", "The journal of your application's calls: list, check, follow", {});
  add_request_journal(program, group);
  add_verify_requests(program, group);
  add_request_tail(program, group);
}

}  // namespace zest::cli
