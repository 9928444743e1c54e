#include "api/pipeline/record.h"

#include <algorithm>
#include <array>

#include "api/pipeline/auth.h"
#include "api/pipeline/observed.h"
#include "api/pipeline/openapi.h"
#include "model/rule_catalogue.h"
#include "rules/idempotency.h"

namespace zest::api {
namespace {

constexpr std::string_view kFiles = "/files/";
constexpr std::array<std::string_view, 6> kSecretParameters = {"token",     "access_token",  "refresh_token",
                                                               "assertion", "client_secret", "admin_token"};

bool starts_with(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

bool is_secret(std::string_view parameter) {
  return std::any_of(
      kSecretParameters.begin(), kSecretParameters.end(),
      [parameter](std::string_view secret) { return http::equal_ignoring_case(secret, parameter); });
}

std::string redacted_query(std::string_view query) {
  std::string redacted;
  for (;;) {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos && is_secret(pair.substr(0, equals))) {
      redacted.append(pair.substr(0, equals + 1)).append(kRedacted);
    } else {
      redacted.append(pair);
    }
    if (end == std::string_view::npos) return redacted;
    redacted.push_back('&');
    query.remove_prefix(end + 1);
  }
}

std::string subject_of(const CallRecord& call) {
  return call.method.empty() ? "unreadable request" : call.method + " " + call.path;
}

// The key that a call has, also when it is refused before anything is made of it.
std::optional<std::string> key_of(const http::RequestHead& head) {
  const std::string* key = head.headers.find("Idempotency-Key");
  const bool is_one = key != nullptr && head.headers.count("Idempotency-Key") == 1;
  if (!is_one || !rules::check_idempotency_key(*key).ok()) return std::nullopt;
  return *key;
}

// What was found out about a call, for --log-level debug.
std::string decisions(const CallRecord& call, const CallOutcome& outcome) {
  std::string text = "    decided:";
  const auto add = [&text](const char* name, const std::string& value) {
    if (!value.empty()) text.append(" ").append(name).append("=").append(value);
  };
  add("operation", call.operation.empty() ? "none" : call.operation);
  add("client", call.caller.value_or(""));
  add("token", call.request.token_id);
  add("key", call.idempotency_key.value_or(""));
  add("idempotency", call.idempotency_outcome);
  add("fault", call.fault);
  for (const Violation& violation : outcome.violations)
    add("violation", violation.field + " " + violation.message);
  return text;
}

}  // namespace

std::string redacted_target(const http::RequestHead& head) {
  std::string target = starts_with(head.path, kFiles) ? std::string(kFiles).append(kRedacted) : head.path;
  if (!head.query.empty()) target.append("?").append(redacted_query(head.query));
  std::replace_if(
      target.begin(), target.end(), [](char c) { return c <= ' ' || c > '~'; }, '?');
  return target;
}

CallRecord Recorder::start(const http::RequestHead& head, const Route* route) const {
  CallRecord call;
  call.method = head.method;
  call.path = redacted_target(head);
  call.in_journal = surface_of(head.path) == Surface::Partner;
  if (route != nullptr) {
    call.operation = route->operation_id;
    call.quiet = route->quiet;
    if (route->key != KeyUse::None) call.idempotency_key = key_of(head);
  }
  if (call.in_journal) call.request = head_facts(head);
  if (services_.log.enabled(LogLevel::Debug)) {
    services_.log.debug("    headers of " + subject_of(call) + ": " + headers_detail(head).headers);
  }
  call.started = services_.clock.steady();
  return call;
}

void Recorder::keep(CallRecord& call, const http::RequestHead& head, const http::Request* request) const {
  if (!call.in_journal) return;
  RequestDetail detail = headers_detail(head);
  if (request != nullptr) add_body_detail(detail, *request);
  call.detail = std::make_shared<const RequestDetail>(std::move(detail));
}

void Recorder::note_refused_token(CallRecord& call, const http::RequestHead& head) const {
  const Result<std::string> token = bearer_token(head);
  if (!token.ok()) return;
  call.request.token_id = claimed_token_id(*token);
  call.caller = services_.tokens.owner_of(*token);
}

void Recorder::arrived(const CallRecord& call) const {
  const LogLevel level = call.quiet ? LogLevel::Debug : LogLevel::Info;
  if (!services_.log.enabled(level)) return;
  std::string line = "--> " + subject_of(call);
  Log::Fields fields{{"method", call.method}, {"path", call.path}};
  if (call.caller) {
    line += " " + *call.caller;
    fields.emplace_back("clientId", *call.caller);
  }
  services_.log.write(level, line, fields);
}

void Recorder::answered(const CallRecord& call, const CallOutcome& outcome) const {
  const Duration duration = services_.clock.steady() - call.started;
  const bool failed = !outcome.error_code.empty();
  const bool dull = call.quiet && !failed;
  const LogLevel level = dull ? LogLevel::Debug : LogLevel::Info;
  if (services_.log.enabled(level)) {
    const std::string milliseconds = std::to_string(duration.count());
    std::string line =
        "<-- " + std::to_string(outcome.status) + " " + subject_of(call) + " " + milliseconds + "ms";
    Log::Fields fields{{"method", call.method},
                       {"path", call.path},
                       {"status", std::int64_t{outcome.status}},
                       {"durationMs", std::int64_t{duration.count()}}};
    if (call.caller) fields.emplace_back("clientId", *call.caller);
    if (failed) {
      line += " " + std::string(outcome.error_code) + " errorId=" + call.error_id.text();
      fields.emplace_back("code", std::string(outcome.error_code));
      fields.emplace_back("errorId", call.error_id.text());
    }
    if (!call.fault.empty()) {
      line += " fault=" + call.fault;
      fields.emplace_back("fault", call.fault);
    }
    if (failed && !outcome.error_detail.empty()) {
      line += ": " + outcome.error_detail;
      fields.emplace_back("detail", outcome.error_detail);
    }
    services_.log.write(level, line, fields);
    if (services_.log.enabled(LogLevel::Debug)) services_.log.debug(decisions(call, outcome));
  }
  if (!call.in_journal && !failed) return;

  JournalEntry entry;
  entry.client_id = call.caller;
  entry.method = call.method;
  entry.path = call.path;
  entry.operation = call.operation;
  entry.status = outcome.status;
  if (failed) {
    entry.error_id = call.error_id.text();
    entry.error_code = outcome.error_code;
    entry.error_detail = outcome.error_detail;
    entry.rule = outcome.rule;
  }
  entry.violations = outcome.violations;
  entry.failed_row_ids = call.failed_row_ids;
  // None of them where the answer was not the call's own.
  entry.failed_row_ids.resize(std::min(entry.failed_row_ids.size(), entry.violations.size()));
  entry.idempotency_key = call.idempotency_key;
  entry.idempotency_outcome = call.idempotency_outcome;
  entry.fault = call.fault;
  entry.emitted = call.emitted;
  entry.request = call.request;
  entry.detail = call.detail;
  entry.wall_time = services_.clock.wall();
  if (call.caller) {
    const Result<Instant> now = services_.engine.now(*call.caller);
    if (now.ok()) entry.virtual_time = *now;
  }
  entry.duration = duration;
  if (!call.in_journal) return services_.journal.add_control_refusal(std::move(entry));
  services_.journal.add(std::move(entry), [&](const JournalEntry& kept) -> std::vector<Rule> {
    if (!kept.client_id) return {};
    insight::ObservedCall seen = observed(kept);
    seen.signs = &call.signs;
    return services_.warnings.see(kept.sequence, seen);
  });
}

void Recorder::note_rule(const CallRecord& call, Rule rule, http::Response& response) const {
  if (!call.in_journal || rule == Rule::None || !services_.settings.rule_header) return;
  response.headers.set("x-zest-sandbox-rule", std::string(to_string(rule)));
}

}  // namespace zest::api
