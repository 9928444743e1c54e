#include "insight/explanation.h"

#include <algorithm>
#include <charconv>

#include "insight/remedy_shell.h"
#include "model/rule_catalogue.h"

namespace zest::insight {
namespace {

constexpr std::string_view kCallPrefix = "call-";

std::string production(Rule rule) {
  if (rule == Rule::InjectedFault)
    return "Production answers like this when it fails; here the fault was asked for.";
  if (rule == Rule::PreferHeader) return "Production knows no such header.";
  if (rule == Rule::SandboxBusy || rule == Rule::SandboxInternal) {
    return "Production may answer this as well: retry with backoff.";
  }
  return "Production would answer the same.";
}

Json broken_rows(const Json& row) {
  Json rows = Json::array();
  const Json* violations = member(row, "validationErrors");
  if (violations == nullptr) return rows;
  for (const Json& violation : *violations) {
    Json broken{{"rule", to_string(rule_of_violation(text_member(violation, "code")))}};
    for (const char* name : {"field", "code", "message", "value"}) {
      if (const Json* value = member(violation, name)) broken[name] = *value;
    }
    rows.push_back(std::move(broken));
  }
  return rows;
}

std::string status_text(const Json& row) {
  const Json* status = member(row, "status");
  const std::string code = text_member(row, "errorCode");
  if (status == nullptr || *status == Json(0)) return "the connection was cut";
  return dump_json(*status) + (code.empty() ? "" : " " + code);
}

std::string seconds_text_of(Duration offset) { return "+" + format_duration(offset); }

std::string attempt_text(const Attempt& attempt) {
  std::string text = std::string(to_string(attempt.kind)) + " attempt " + std::to_string(attempt.number) +
                     " (" + seconds_text_of(attempt.offset) + "): ";
  if (attempt.delivered) {
    text += "delivered, " + std::to_string(attempt.response_status);
  } else {
    text += "failed, " +
            (attempt.response_status > 0 ? std::to_string(attempt.response_status) : attempt.failure);
    if (!attempt.failure_detail.empty()) text += " (" + attempt.failure_detail + ")";
  }
  text += ", took " + std::to_string(attempt.latency.count()) + " ms";
  if (!attempt.chaos_rule.empty()) text += ", shaped by chaos rule " + attempt.chaos_rule;
  return text;
}

Json step(Instant at, std::string what) {
  return Json{{"at", format_instant(at)}, {"what", std::move(what)}};
}

std::string id_of_call(const Json& row) {
  std::string error_id = text_member(row, "errorId");
  const Json* sequence = member(row, "sequence");
  if (!error_id.empty() || sequence == nullptr) return error_id;
  return call_id(sequence->get<std::uint64_t>());
}

// A call that was executed, whatever its answer became: of two at one instant its id and key tell which it
// is.
std::string caused_by(const Json& call) {
  const std::string key = text_member(call, "idempotencyKey");
  const std::string fault = text_member(call, "fault");
  const Json* status = member(call, "status");
  const bool answered = text_member(call, "errorCode").empty() && status != nullptr && *status != Json(0);
  return text_member(call, "method") + " " + text_member(call, "path") +
         (answered ? " was answered " : " was executed, then ") + status_text(call) + " (" +
         id_of_call(call) + (key.empty() ? "" : ", Idempotency-Key " + key) +
         (fault.empty() ? "" : ", fault " + fault) + ")";
}

std::string emitted_because(const DeliveryFacts& facts) {
  if (facts.cause) return caused_by(*facts.cause);
  if (facts.event.type == "spv_request.completed") return "the SPV request was approved";
  if (facts.event.type == "spv_request.rejected") return "the SPV request was rejected";
  if (facts.event.type == "subscription.completed") return "the subscription was completed";
  return "a call that is not in the journal (--max-journal says how many it keeps)";
}

void add_waiting(Json& json, const DeliveryFacts& facts) {
  const Delivery& delivery = facts.delivery;
  const auto wait = [&json](std::string what, std::string command) {
    json["waitsFor"] = Json{{"what", std::move(what)}};
    if (!command.empty()) json["waitsFor"]["command"] = std::move(command);
  };
  if (delivery.status == DeliveryStatus::Dead) {
    json["rule"] = rule_json(Rule::RetryDeadLetter);
    return wait("nobody: it is dead until it is retried",
                "zest-sandbox webhook-deliveries retry " + delivery.id);
  }
  if (delivery.status == DeliveryStatus::Delivered || delivery.status == DeliveryStatus::InFlight) return;
  if (!facts.webhook_url) {
    json["rule"] = rule_json(Rule::WebhookEndpoint);
    return wait("an endpoint: the partner has no webhookUrl",
                "zest-sandbox partners update " + delivery.client_id +
                    " --webhook-url http://127.0.0.1:9000/webhooks");
  }
  const std::string control = "curl -X POST " + shell_word(facts.base_url + "/_sandbox");
  if (facts.held_by)
    return wait("chaos rule " + *facts.held_by + ", which holds it",
                control + "/chaos/held/" + delivery.id + "/release");
  if (facts.paused) return wait("the dispatcher, which is paused", control + "/webhooks/resume");
  if (!delivery.next_attempt_at) return;
  json["nextAttemptAt"] = format_instant(*delivery.next_attempt_at);
  wait("attempt " + std::to_string(delivery.schedule_attempts + 1) + " at " +
           format_instant(*delivery.next_attempt_at) + "; virtual time is " + format_instant(facts.now),
       "zest-sandbox clock advance --to-next --client-id " + delivery.client_id);
}

// Of a call that was refused, or of the first row that was.
std::string detail_of(const Json& row, const Json& broken) {
  if (!text_member(row, "errorCode").empty() || broken.empty()) return text_member(row, "errorDetail");
  const std::size_t more = broken.size() - 1;
  return "but " + text_member(broken.front(), "field") + ": " + text_member(broken.front(), "message") +
         (more == 0 ? "" : ", and " + std::to_string(more) + " more");
}

}  // namespace

std::string call_id(std::uint64_t sequence) { return std::string(kCallPrefix) + std::to_string(sequence); }

std::optional<std::uint64_t> sequence_of_call(std::string_view id) {
  if (!id.starts_with(kCallPrefix)) return std::nullopt;
  id.remove_prefix(kCallPrefix.size());
  std::uint64_t sequence = 0;
  const auto [end, problem] = std::from_chars(id.data(), id.data() + id.size(), sequence);
  if (problem != std::errc() || end != id.data() + id.size()) return std::nullopt;
  return sequence;
}

Json rule_json(Rule rule) {
  const RuleRow& row = row_of(rule);
  Json json{{"id", row.id}, {"sentence", row.sentence}};
  if (!row.documentation.empty()) json["documentation"] = row.documentation;
  json["outcome"] = row.outcome;
  json["fix"] = row.fix;
  json["test"] = row.test;
  return json;
}

Json explain_call(const CallFacts& facts, const Remedy& remedy) {
  Json rows = broken_rows(facts.row);
  const std::string detail = detail_of(facts.row, rows);
  Json json{{"kind", "call"},
            {"id", id_of_call(facts.row)},
            {"summary", text_member(facts.row, "method") + " " + text_member(facts.row, "path") + ": " +
                            status_text(facts.row) + (detail.empty() ? "" : ", " + detail)},
            {"request", facts.row}};
  if (const Json* ids = member(facts.row, "warnings")) {
    for (const Json& id : *ids) json["warnings"].push_back(rule_json(*parse_rule(id.get<std::string>())));
  }
  if (facts.rule == Rule::None) return json;
  json["rule"] = rule_json(facts.rule);
  if (!rows.empty()) json["broken"] = std::move(rows);
  json["changes"] = remedy.changes;
  json["enough"] = remedy.enough;
  if (const std::string lines = shell_lines(facts, remedy); !lines.empty()) json["curl"] = lines;
  if (remedy.example) json["example"] = true;
  if (!remedy.example_of.empty()) json["exampleOf"] = remedy.example_of;
  json["production"] = production(facts.rule);
  return json;
}

Rule rule_of_attempt(const Attempt& attempt) {
  if (attempt.delivered) return Rule::None;
  if (!attempt.chaos_rule.empty()) return Rule::ChaosWebhook;
  if (attempt.response_status >= 300 && attempt.response_status < 400) return Rule::WebhookRedirect;
  if (attempt.response_status > 0) return Rule::WebhookStatus;
  return attempt.failure == "timeout" ? Rule::WebhookTimeout : Rule::WebhookConnect;
}

Json explain_delivery(const DeliveryFacts& facts) {
  const Delivery& delivery = facts.delivery;
  Json json{{"kind", "delivery"},
            {"id", delivery.id},
            {"summary", delivery.event_type + " about " + delivery.subject + " for " + delivery.client_id +
                            ": " + std::string(to_string(delivery.status)) + " after " +
                            std::to_string(delivery.attempt_count) +
                            (delivery.attempt_count == 1 ? " attempt" : " attempts")},
            {"status", to_string(delivery.status)}};
  Json chain = Json::array();
  chain.push_back(step(facts.event.occurred_at, emitted_because(facts)));
  chain.push_back(
      step(facts.event.occurred_at, "the event was emitted in the same transaction (occurredAt)"));
  chain.push_back(step(delivery.created_at, "its delivery was put into the outbox"));
  for (const Attempt& attempt : facts.attempts) {
    Json made = step(attempt.virtual_time, attempt_text(attempt));
    if (const Rule rule = rule_of_attempt(attempt); rule != Rule::None) {
      made["rule"] = to_string(rule);
      json["rule"] = rule_json(rule);
    }
    chain.push_back(std::move(made));
  }
  if (delivery.status == DeliveryStatus::Delivered) json.erase("rule");
  json["chain"] = std::move(chain);
  if (facts.cause) json["cause"] = *facts.cause;
  add_waiting(json, facts);
  return json;
}

Json waits_for(const SpvRequest& request) {
  if (request.status != SpvStatus::PendingReview) return nullptr;
  return Json{{"what", "Zest's review"},
              {"who", "an admin, here you"},
              {"command", "zest-sandbox spv-requests approve " + request.slug}};
}

Json waits_for(const Subscription& subscription) {
  const std::string path = "/v1/spvs/" + subscription.spv_slug + "/subscription/" + subscription.person_id;
  switch (subscription.stage()) {
    case SubscriptionStage::Created:
      return Json{
          {"what", "the signed form"}, {"who", "the partner"}, {"command", "POST " + path + "/forms"}};
    case SubscriptionStage::FormUploaded:
      return Json{{"what", "the wire: the funding receipt"},
                  {"who", "the partner"},
                  {"command", "POST " + path + "/fundings"}};
    case SubscriptionStage::Funded:
      return Json{{"what", "completion"},
                  {"who", "an admin, here you"},
                  {"command", "zest-sandbox subscriptions complete " + subscription.slug}};
    case SubscriptionStage::Completed:
      break;
  }
  return nullptr;
}

}  // namespace zest::insight
