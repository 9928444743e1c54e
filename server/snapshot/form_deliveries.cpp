// Events with their deliveries and attempts, timers, and what chaos rules are and left.
#include "base/crypto.h"
#include "base/utf8.h"
#include "chaos/rule.h"
#include "snapshot/element.h"
#include "snapshot/forms.h"

namespace zest::snapshot {
namespace {

constexpr std::int64_t kMaxMilliseconds = std::int64_t{1} << 50;  // of a difference of instants

bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_sequence_length(text, at);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

// Whatever a receiver answers: bytes that are no text, too.
void put_bytes(Json& json, const std::string& name, const std::string& bytes) {
  if (is_utf8(bytes)) {
    json[name] = bytes;
  } else {
    json[name + "Base64"] = base64_encode(bytes);
  }
}

std::string read_bytes(Element& element, const std::string& name) {
  const std::optional<std::string> encoded = element.optional_text(name + "Base64");
  if (!encoded) return element.text(name);
  const Result<std::string> bytes = base64_decode(*encoded);
  if (!bytes.ok()) element.fail_member(name + "Base64", "must be base64 text");
  return bytes.ok() ? *bytes : "";
}

std::vector<std::pair<std::string, std::string>> read_headers(Element& element) {
  std::vector<std::pair<std::string, std::string>> headers;
  const Json& list = element.any("requestHeaders");
  if (!list.is_array()) element.fail_member("requestHeaders", "must be a list of pairs");
  for (std::size_t i = 0; list.is_array() && i < list.size(); ++i) {
    const Json& pair = list[i];
    if (!pair.is_array() || pair.size() != 2 || !pair[0].is_string() || !pair[1].is_string()) {
      element.fail_member("requestHeaders", "must be a list of pairs, name and value");
      break;
    }
    headers.emplace_back(pair[0].get<std::string>(), pair[1].get<std::string>());
  }
  return headers;
}

}  // namespace

Json form_of(const store::DeliveryState& state, Instant) {
  const Delivery& delivery = state.delivery;
  Json json{{"deliveryId", delivery.id},
            {"clientId", delivery.client_id},
            {"eventType", delivery.event_type},
            {"subject", delivery.subject},
            {"status", to_string(delivery.status)},
            {"attemptCount", delivery.attempt_count},
            {"schedule", delivery.schedule},
            {"scheduleAttempts", delivery.schedule_attempts},
            {"sequence", delivery.sequence}};
  put_optional(json, "nextAttemptAt", delivery.next_attempt_at);
  put_optional(json, "scheduleStartedAt", delivery.schedule_started_at);
  json["createdAt"] = format_instant(delivery.created_at);
  json["occurredAt"] = format_instant(state.event.occurred_at);
  json["subjects"] = state.event.subjects;
  json["body"] = state.event.body;
  return json;
}

Result<store::StateItem> read_delivery(const Json& json, const std::string& path, Instant) {
  Element element(json, path,
                  {"deliveryId", "clientId", "eventType", "subject", "status", "attemptCount", "schedule",
                   "scheduleAttempts", "sequence", "nextAttemptAt", "scheduleStartedAt", "createdAt",
                   "occurredAt", "subjects", "body"});
  store::DeliveryState state;
  Delivery& delivery = state.delivery;
  delivery.id = element.text("deliveryId");
  delivery.client_id = element.text("clientId");
  delivery.event_type = element.text("eventType");
  delivery.subject = element.text("subject");
  delivery.status = element.word<DeliveryStatus>("status", parse_delivery_status);
  delivery.attempt_count = element.small("attemptCount");
  delivery.schedule = element.small("schedule");
  delivery.schedule_attempts = element.small("scheduleAttempts");
  delivery.sequence = element.counter("sequence");
  delivery.next_attempt_at = element.optional_instant("nextAttemptAt");
  delivery.schedule_started_at = element.optional_instant("scheduleStartedAt");
  delivery.created_at = element.instant("createdAt");
  Event& event = state.event;
  event.id = delivery.id;
  event.type = delivery.event_type;
  event.client_id = delivery.client_id;
  event.occurred_at = element.instant("occurredAt");
  event.subjects = element.texts("subjects");
  event.body = element.text("body");
  if (!element.error() && !parse_json(event.body).ok())
    element.fail_member("body", "must be a JSON document");
  if (element.error()) return *element.error();
  return store::StateItem(std::move(state));
}

Json form_of(const Attempt& attempt, Instant) {
  Json json{{"deliveryId", attempt.delivery_id},
            {"kind", to_string(attempt.kind)},
            {"schedule", attempt.schedule},
            {"number", attempt.number},
            {"virtualTime", format_instant(attempt.virtual_time)},
            {"wallTime", format_instant(attempt.wall_time)},
            {"offsetMs", attempt.offset.count()},
            {"latencyMs", attempt.latency.count()},
            {"delivered", attempt.delivered},
            {"failure", attempt.failure},
            {"failureDetail", attempt.failure_detail},
            {"responseStatus", attempt.response_status},
            {"chaosRule", attempt.chaos_rule}};
  Json headers = Json::array();
  for (const auto& header : attempt.request_headers)
    headers.push_back(Json::array({header.first, header.second}));
  json["requestHeaders"] = std::move(headers);
  put_bytes(json, "responseBody", attempt.response_body);
  return json;
}

Result<store::StateItem> read_attempt(const Json& json, const std::string& path, Instant) {
  Element element(json, path,
                  {"deliveryId", "kind", "schedule", "number", "virtualTime", "wallTime", "offsetMs",
                   "latencyMs", "delivered", "failure", "failureDetail", "responseStatus", "chaosRule",
                   "requestHeaders", "responseBody", "responseBodyBase64"});
  Attempt attempt;
  attempt.delivery_id = element.text("deliveryId");
  attempt.kind = element.word<AttemptKind>("kind", parse_attempt_kind);
  attempt.schedule = element.small("schedule");
  attempt.number = element.small("number");
  attempt.virtual_time = element.instant("virtualTime");
  attempt.wall_time = element.instant("wallTime");
  attempt.offset = Duration(element.integer("offsetMs", -kMaxMilliseconds, kMaxMilliseconds));
  attempt.latency = Duration(element.integer("latencyMs", -kMaxMilliseconds, kMaxMilliseconds));
  attempt.delivered = element.flag("delivered");
  attempt.failure = element.text("failure");
  attempt.failure_detail = element.text("failureDetail");
  attempt.response_status = static_cast<int>(element.integer("responseStatus", 0, 999));
  attempt.chaos_rule = element.text("chaosRule");
  attempt.request_headers = read_headers(element);
  attempt.response_body = read_bytes(element, "responseBody");
  if (element.error()) return *element.error();
  return store::StateItem(std::move(attempt));
}

Json form_of(const Timer& timer, Instant) {
  Json json{{"clientId", timer.client_id},
            {"kind", to_string(timer.kind)},
            {"dueAt", format_instant(timer.due_at)},
            {"sequence", timer.sequence},
            {"subject", timer.subject}};
  if (Result<Json> payload = parse_json(timer.payload); payload.ok()) json["payload"] = std::move(*payload);
  return json;
}

Result<store::StateItem> read_timer(const Json& json, const std::string& path, Instant) {
  Element element(json, path, {"clientId", "kind", "dueAt", "sequence", "subject", "payload"});
  Timer timer;
  timer.client_id = element.text("clientId");
  timer.kind = element.word<TimerKind>("kind", parse_timer_kind);
  timer.due_at = element.instant("dueAt");
  timer.sequence = element.counter("sequence");
  timer.subject = element.text("subject");
  if (auto payload = element.optional_object("payload", {"kind", "number", "schedule", "rule"})) {
    payload->word<AttemptKind>("kind", parse_attempt_kind);
    payload->small("number");
    payload->small("schedule");
    payload->text("rule");
    element.take_error(*payload);
    timer.payload = dump_json(*member(json, "payload"));
  }
  if (timer.kind == TimerKind::ExtraAttempt && timer.payload.empty()) element.any("payload");
  if (element.error()) return *element.error();
  return store::StateItem(std::move(timer));
}

Json form_of(const store::ChaosRuleRow& rule, Instant) {
  Result<Json> document = parse_json(rule.document);
  return document.ok() ? std::move(*document) : Json(rule.document);
}

// The rule as the control plane shows it, without its counts.
Result<store::StateItem> read_chaos_rule(const Json& json, const std::string& path, Instant) {
  const Result<chaos::Rule> rule = chaos::read_rule(json);
  if (!rule.ok()) return invalid_request(path + ": " + rule.error().detail);
  if (rule->id.empty()) return invalid_request(path + " must have an id");
  return store::StateItem(store::ChaosRuleRow{rule->id, rule->client_id, dump_json(json)});
}

Json form_of(const ChaosRuleLane& lane, Instant) {
  Json json{{"rule", lane.rule_id}, {"clientId", lane.client_id}};
  put_optional(json, "expiresAt", lane.expires_at);
  json["matched"] = lane.matched;
  json["hits"] = lane.hits;
  return json;
}

Result<store::StateItem> read_chaos_counts(const Json& json, const std::string& path, Instant) {
  Element element(json, path, {"rule", "clientId", "expiresAt", "matched", "hits"});
  ChaosRuleLane lane;
  lane.rule_id = element.text("rule");
  lane.client_id = element.text("clientId");
  lane.expires_at = element.optional_instant("expiresAt");
  lane.matched = element.counter("matched");
  lane.hits = element.counter("hits");
  if (element.error()) return *element.error();
  return store::StateItem(std::move(lane));
}

Json form_of(const DeliveryChaos& chaos, Instant) {
  Json replays = Json::array();
  for (const PlannedReplay& replay : chaos.replays) {
    replays.push_back(Json{{"rule", replay.rule_id}, {"after", format_duration(replay.after)}});
  }
  return Json{{"deliveryId", chaos.delivery_id},
              {"clientId", chaos.client_id},
              {"met", chaos.met},
              {"replays", std::move(replays)},
              {"postponedBy", chaos.postponed_by}};
}

Result<store::StateItem> read_delivery_chaos(const Json& json, const std::string& path, Instant) {
  Element element(json, path, {"deliveryId", "clientId", "met", "replays", "postponedBy"});
  DeliveryChaos chaos;
  chaos.delivery_id = element.text("deliveryId");
  chaos.client_id = element.text("clientId");
  chaos.met = element.texts("met");
  const Json& replays = element.any("replays");
  if (!replays.is_array()) element.fail_member("replays", "must be a list");
  for (std::size_t i = 0; replays.is_array() && i < replays.size(); ++i) {
    Element entry(replays[i], path + ".replays[" + std::to_string(i) + "]", {"rule", "after"});
    PlannedReplay replay;
    replay.rule_id = entry.text("rule");
    replay.after = entry.duration("after");
    chaos.replays.push_back(std::move(replay));
    element.take_error(entry);
  }
  chaos.postponed_by = element.texts("postponedBy");
  if (element.error()) return *element.error();
  return store::StateItem(std::move(chaos));
}

Json form_of(const HeldDelivery& held, Instant) {
  Json json{{"deliveryId", held.delivery_id},
            {"clientId", held.client_id},
            {"rule", held.rule_id},
            {"since", format_instant(held.since)}};
  put_optional(json, "untilEvent", held.until_event);
  put_optional(json, "follows", held.follows);
  if (held.follows_extra) json["followsExtra"] = true;
  return json;
}

Result<store::StateItem> read_held_delivery(const Json& json, const std::string& path, Instant) {
  Element element(json, path,
                  {"deliveryId", "clientId", "rule", "since", "untilEvent", "follows", "followsExtra"});
  HeldDelivery held;
  held.delivery_id = element.text("deliveryId");
  held.client_id = element.text("clientId");
  held.rule_id = element.text("rule");
  held.since = element.instant("since");
  held.until_event = element.optional_text("untilEvent");
  held.follows = element.optional_text("follows");
  held.follows_extra = element.optional_flag("followsExtra").value_or(false);
  if (element.error()) return *element.error();
  return store::StateItem(std::move(held));
}

}  // namespace zest::snapshot
