#include "chaos/rule.h"

#include <algorithm>
#include <array>

#include "base/object_reader.h"
#include "protocol/event_type.h"

namespace zest::chaos {
namespace {

constexpr Target kTargets[] = {Target::Webhook, Target::Api};
constexpr Tamper::What kTamperings[] = {Tamper::What::Signature,       Tamper::What::Body,
                                        Tamper::What::Secret,          Tamper::What::StaleTimestamp,
                                        Tamper::What::FutureTimestamp, Tamper::What::MissingHeader};
constexpr Reorder::Order kOrders[] = {Reorder::Order::Reverse, Reorder::Order::Shuffle};
constexpr std::array<int, 10> kFaultStatuses = {400, 401, 403, 404, 409, 413, 415, 422, 500, 503};
constexpr std::int64_t kMaxBytesPerSecond = 1'000'000'000;
// Those that the server reads; another one would never match.
constexpr std::string_view kMethods[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};

bool is_id(std::string_view id) {
  return !id.empty() && id.size() <= kMaxRuleId && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

std::optional<int> small(ObjectReader& reader, std::string_view name, int least, int most) {
  const std::optional<std::int64_t> number = reader.integer(name, least, most);
  return number ? std::optional<int>(static_cast<int>(*number)) : std::nullopt;
}

std::optional<int> attempts(ObjectReader& reader) { return small(reader, "attempts", 1, kMaxAttempts); }

Duration required_duration(ObjectReader& reader, std::string_view name) {
  reader.require(name);
  return reader.duration(name).value_or(Duration(0));
}

int status(ObjectReader& reader, int otherwise) {
  const std::optional<std::int64_t> code = reader.integer("code", 100, 599);
  if (code && !is_fault_status(*code)) reader.fail("action.code must be " + fault_statuses());
  return static_cast<int>(code.value_or(otherwise));
}

// In any case, as rules match it.
bool is_method(std::string method) {
  std::transform(method.begin(), method.end(), method.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return std::find(std::begin(kMethods), std::end(kMethods), method) != std::end(kMethods);
}

bool is_event_pattern(std::string_view pattern) {
  return std::any_of(kEventTypes.begin(), kEventTypes.end(),
                     [pattern](EventType type) { return matches_pattern(pattern, to_string(type)); });
}

void check_event_pattern(ObjectReader& reader, const std::string& path, const std::string& pattern) {
  if (is_event_pattern(pattern)) return;
  reader.fail(path + " must be an event type (" + join_names(words_of(kEventTypes)) +
              ") or the beginning of some with a * after it");
}

// The members of one kind of action.
struct ActionForm {
  std::string_view name;
  Target target;
  Names members;
  Action (*read)(ObjectReader& reader);
};

Action read_hold(ObjectReader& reader) {
  Hold hold;
  const std::string_view until = reader.exactly_one({"untilEvent", "untilReleased"});
  hold.until_event = reader.text("untilEvent");
  if (hold.until_event) check_event_pattern(reader, "action.untilEvent", *hold.until_event);
  if (until == "untilReleased" && !reader.flag("untilReleased").value_or(true)) {
    reader.fail("action.untilReleased can only be true");
  }
  return hold;
}

Action read_reorder(ObjectReader& reader) {
  Reorder reorder;
  reader.require("window");
  reorder.window = small(reader, "window", kMinWindow, kMaxWindow).value_or(kMinWindow);
  reorder.order = reader.one_of("order", kOrders).value_or(Reorder::Order::Reverse);
  reorder.within = reader.duration("within").value_or(kDefaultWithin);
  return reorder;
}

Action read_tamper(ObjectReader& reader) {
  reader.require("what");
  return Tamper{reader.one_of("what", kTamperings).value_or(Tamper::What::Signature)};
}

Action read_latency(ObjectReader& reader) {
  const Duration by = required_duration(reader, "by");
  if (by > kMaxLatency) reader.fail("action.by must be at most 60s: latency is wall time");
  return Latency{by};
}

const std::vector<ActionForm>& action_forms() {
  static const std::vector<ActionForm> forms = {
      {"duplicate",
       Target::Webhook,
       {"copies", "spacing"},
       [](ObjectReader& reader) -> Action {
         return Duplicate{small(reader, "copies", 1, kMaxCopies).value_or(1),
                          reader.duration("spacing").value_or(Duration(0))};
       }},
      {"delay",
       Target::Webhook,
       {"by"},
       [](ObjectReader& reader) -> Action { return Delay{required_duration(reader, "by")}; }},
      {"hold", Target::Webhook, {"untilEvent", "untilReleased"}, read_hold},
      {"reorder", Target::Webhook, {"window", "order", "within"}, read_reorder},
      {"drop",
       Target::Webhook,
       {"attempts"},
       [](ObjectReader& reader) -> Action { return Drop{attempts(reader)}; }},
      {"lostAck",
       Target::Webhook,
       {"attempts"},
       [](ObjectReader& reader) -> Action { return LostAck{attempts(reader)}; }},
      {"replay",
       Target::Webhook,
       {"after"},
       [](ObjectReader& reader) -> Action { return Replay{required_duration(reader, "after")}; }},
      {"tamper", Target::Webhook, {"what"}, read_tamper},
      {"extraSignatureVersion",
       Target::Webhook,
       {},
       [](ObjectReader&) -> Action { return ExtraSignatureVersion{}; }},
      {"slowBody",
       Target::Webhook,
       {"bytesPerSecond", "attempts"},
       [](ObjectReader& reader) -> Action {
         reader.require("bytesPerSecond");
         const auto rate = reader.integer("bytesPerSecond", 1, kMaxBytesPerSecond).value_or(1);
         return SlowBody{static_cast<std::uint64_t>(rate), attempts(reader)};
       }},
      {"disconnect",
       Target::Webhook,
       {"midBody", "attempts"},
       [](ObjectReader& reader) -> Action {
         return Disconnect{reader.flag("midBody").value_or(false), attempts(reader)};
       }},
      {"status",
       Target::Api,
       {"code"},
       [](ObjectReader& reader) -> Action {
         reader.require("code");
         return Status{status(reader, 503)};
       }},
      {"latency", Target::Api, {"by"}, read_latency},
      {"dropBeforeExecute", Target::Api, {}, [](ObjectReader&) -> Action { return DropBeforeExecute{}; }},
      {"dropAfterCommit", Target::Api, {}, [](ObjectReader&) -> Action { return DropAfterCommit{}; }},
      {"statusAfterCommit",
       Target::Api,
       {"code"},
       [](ObjectReader& reader) -> Action { return StatusAfterCommit{status(reader, 500)}; }},
      {"expireTokens", Target::Api, {}, [](ObjectReader&) -> Action { return ExpireTokens{}; }},
  };
  return forms;
}

const ActionForm* find_form(std::string_view name) {
  const auto& forms = action_forms();
  const auto found =
      std::find_if(forms.begin(), forms.end(), [name](const ActionForm& form) { return form.name == name; });
  return found == forms.end() ? nullptr : &*found;
}

Names action_names(Target target) {
  Names names;
  for (const ActionForm& form : action_forms()) {
    if (form.target == target) names.push_back(form.name);
  }
  return names;
}

void read_event_types(ObjectReader& outer, const Json& value, Match& match) {
  if (value.is_string()) {
    match.event_types = {value.get<std::string>()};
  } else if (value.is_array() && !value.empty()) {
    for (const Json& type : value) {
      if (!type.is_string()) return outer.fail("match.eventType must be an event type or a list of them");
      match.event_types.push_back(type.get<std::string>());
    }
  } else {
    return outer.fail("match.eventType must be an event type or a list of them");
  }
  for (const std::string& pattern : match.event_types) check_event_pattern(outer, "match.eventType", pattern);
}

Match read_match(ObjectReader& outer, Target on) {
  Match match;
  const Json* json = outer.any("match");
  if (json == nullptr) return match;
  const bool webhook = on == Target::Webhook;
  ObjectReader reader =
      ObjectReader::at_path(*json, "match",
                            webhook ? Names{"eventType", "subject", "attempt", "nth", "first", "probability"}
                                    : Names{"method", "path", "operation", "nth", "first", "probability"});
  if (const Json* types = reader.any("eventType"); webhook && types != nullptr) {
    read_event_types(reader, *types, match);
  }
  if (webhook) {
    match.subject = reader.text("subject");
    match.attempt = small(reader, "attempt", 1, kMaxAttempts);
  } else {
    match.method = reader.text("method");
    if (match.method && !is_method(*match.method)) {
      reader.fail("match.method must be " + join_names(Names(std::begin(kMethods), std::end(kMethods))));
    }
    match.path = reader.text("path");
    if (match.path && match.path->front() != '/' && *match.path != "*") {
      reader.fail("match.path must begin with /, such as /v1/spv-requests or /v1/*");
    }
    match.operation = reader.text("operation");
  }
  match.nth = reader.integer("nth", 1, kMaxCount);
  match.first = reader.integer("first", 1, kMaxCount);
  match.probability = reader.probability("probability");
  outer.take_error(reader);
  return match;
}

Action read_action(ObjectReader& outer, Target on) {
  const Json* json = outer.any("action");
  if (json == nullptr) return Action();  // said by require()
  const std::string* type = json->is_object() ? string_member(*json, "type") : nullptr;
  const ActionForm* form = type != nullptr ? find_form(*type) : nullptr;
  if (form == nullptr || form->target != on) {
    outer.fail("action.type must be " + join_names(action_names(on)) + " for a rule on \"" +
               std::string(to_string(on)) + "\"");
    return Action();
  }
  Names members = form->members;
  members.push_back("type");
  ObjectReader reader = ObjectReader::at_path(*json, "action", members);
  Action action = form->read(reader);
  outer.take_error(reader);
  return action;
}

Json match_json(const Match& match) {
  Json json = Json::object();
  if (match.event_types.size() == 1) json["eventType"] = match.event_types.front();
  if (match.event_types.size() > 1) json["eventType"] = match.event_types;
  if (match.subject) json["subject"] = *match.subject;
  if (match.attempt) json["attempt"] = *match.attempt;
  if (match.method) json["method"] = *match.method;
  if (match.path) json["path"] = *match.path;
  if (match.operation) json["operation"] = *match.operation;
  if (match.nth) json["nth"] = *match.nth;
  if (match.first) json["first"] = *match.first;
  if (match.probability) json["probability"] = *match.probability;
  return json;
}

struct ActionWriter {
  Json& json;
  void attempts(const std::optional<int>& count) const {
    if (count) json["attempts"] = *count;
  }
  void operator()(const Duplicate& action) const {
    json["copies"] = action.copies;
    json["spacing"] = format_duration(action.spacing);
  }
  void operator()(const Delay& action) const { json["by"] = format_duration(action.by); }
  void operator()(const Hold& action) const {
    if (action.until_event) {
      json["untilEvent"] = *action.until_event;
    } else {
      json["untilReleased"] = true;
    }
  }
  void operator()(const Reorder& action) const {
    json["window"] = action.window;
    json["order"] = to_string(action.order);
    json["within"] = format_duration(action.within);
  }
  void operator()(const Drop& action) const { attempts(action.attempts); }
  void operator()(const LostAck& action) const { attempts(action.attempts); }
  void operator()(const Replay& action) const { json["after"] = format_duration(action.after); }
  void operator()(const Tamper& action) const { json["what"] = to_string(action.what); }
  void operator()(const SlowBody& action) const {
    json["bytesPerSecond"] = action.bytes_per_second;
    attempts(action.attempts);
  }
  void operator()(const Disconnect& action) const {
    json["midBody"] = action.mid_body;
    attempts(action.attempts);
  }
  void operator()(const Status& action) const { json["code"] = action.code; }
  void operator()(const Latency& action) const { json["by"] = format_duration(action.by); }
  void operator()(const StatusAfterCommit& action) const { json["code"] = action.code; }
  template <class Plain>
  void operator()(const Plain&) const {}
};

}  // namespace

std::string_view to_string(Target target) { return target == Target::Webhook ? "webhook" : "api"; }

std::string_view to_string(Reorder::Order order) {
  return order == Reorder::Order::Reverse ? "reverse" : "shuffle";
}

std::string_view to_string(Tamper::What what) {
  switch (what) {
    case Tamper::What::Signature:
      return "signature";
    case Tamper::What::Body:
      return "body";
    case Tamper::What::Secret:
      return "secret";
    case Tamper::What::StaleTimestamp:
      return "staleTimestamp";
    case Tamper::What::FutureTimestamp:
      return "futureTimestamp";
    case Tamper::What::MissingHeader:
      return "missingHeader";
  }
  return "";
}

// The forms stand in the order of the variant's alternatives.
std::string_view action_name(const Action& action) { return action_forms()[action.index()].name; }
Target target_of(const Action& action) { return action_forms()[action.index()].target; }

Result<Rule> read_rule(const Json& json) {
  ObjectReader reader(json, "the rule",
                      {"id", "on", "clientId", "match", "action", "ttl", "enabled", "hits", "createdAt"});
  reader.require("on");
  reader.require("action");
  Rule rule;
  rule.id = reader.text("id").value_or("");
  if (!rule.id.empty() && !is_id(rule.id)) {
    reader.fail("id must be 1 to 64 letters, digits, dots, hyphens or underscores");
  }
  rule.on = reader.one_of("on", kTargets).value_or(Target::Webhook);
  rule.client_id = reader.text("clientId");
  rule.ttl = reader.duration("ttl");
  if (rule.ttl && *rule.ttl <= Duration(0)) reader.fail("ttl must be longer than 0s");
  rule.enabled = reader.flag("enabled").value_or(true);
  if (reader.error()) return *reader.error();
  rule.match = read_match(reader, rule.on);
  rule.action = read_action(reader, rule.on);
  if (reader.error()) return *reader.error();
  return rule;
}

Json to_json(const Rule& rule) {
  Json json{{"id", rule.id}, {"on", to_string(rule.on)}};
  if (rule.client_id) json["clientId"] = *rule.client_id;
  json["match"] = match_json(rule.match);
  Json action{{"type", action_name(rule.action)}};
  std::visit(ActionWriter{action}, rule.action);
  json["action"] = std::move(action);
  if (rule.ttl) json["ttl"] = format_duration(*rule.ttl);
  json["enabled"] = rule.enabled;
  return json;
}

bool is_fault_status(std::int64_t status) {
  return std::find(kFaultStatuses.begin(), kFaultStatuses.end(), status) != kFaultStatuses.end();
}

std::string fault_statuses() {
  std::string text = std::to_string(kFaultStatuses.front());
  for (std::size_t i = 1; i < kFaultStatuses.size(); ++i) {
    text += (i + 1 < kFaultStatuses.size() ? ", " : " or ") + std::to_string(kFaultStatuses.at(i));
  }
  return text;
}

bool matches_pattern(std::string_view pattern, std::string_view text) {
  if (!pattern.empty() && pattern.back() == '*') {
    pattern.remove_suffix(1);
    return text.substr(0, pattern.size()) == pattern;
  }
  return pattern == text;
}

}  // namespace zest::chaos
