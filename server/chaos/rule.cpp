#include "chaos/rule.h"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "base/nearest.h"
#include "base/object_reader.h"
#include "protocol/event_type.h"
#include "protocol/operations.h"

namespace zest::chaos {
namespace {

bool is_id(std::string_view id) {
  return !id.empty() && id.size() <= kMaxRuleId && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

// In any case, as rules match it.
bool is_method(std::string method) {
  std::transform(method.begin(), method.end(), method.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return std::find(std::begin(kRuleMethods), std::end(kRuleMethods), method) != std::end(kRuleMethods);
}

bool is_event_pattern(std::string_view pattern) {
  return std::any_of(kEventTypes.begin(), kEventTypes.end(),
                     [pattern](EventType type) { return matches_pattern(pattern, to_string(type)); });
}

// ---- members of actions and matches: what they are held in, how they are read and written ----

template <class T>
struct Unwrapped {
  using Type = T;
};
template <class T>
struct Unwrapped<std::optional<T>> {
  using Type = T;
};

// Whether a member of this kind can be held in a Held.
template <class Held>
constexpr bool fits(ChaosMember::Kind kind) {
  using Kind = ChaosMember::Kind;
  using T = typename Unwrapped<Held>::Type;
  switch (kind) {
    case Kind::Timespan:
    case Kind::Seconds:
      return std::is_same_v<T, Duration>;
    case Kind::Integer:
    case Kind::FaultStatus:
      return std::is_integral_v<T> && !std::is_same_v<T, bool>;
    case Kind::Boolean:
    case Kind::True:
      return std::is_same_v<T, bool>;
    case Kind::Probability:
      return std::is_same_v<T, double>;
    case Kind::Choice:
      return std::is_enum_v<T>;
    case Kind::EventPatterns:
      return std::is_same_v<T, std::vector<std::string>>;
    case Kind::EventPattern:
    case Kind::Text:
    case Kind::Method:
    case Kind::Path:
    case Kind::Operation:
      return std::is_same_v<T, std::string>;
  }
  return false;
}

// Whether an object's members are those of the list: as many, in its order, each held in what fits its kind.
template <class Object, std::size_t Most, class... Held>
constexpr bool are_members(const ConstantList<ChaosMember, Most>& list,
                           const std::tuple<Held Object::*...>&) {
  if (list.size() != sizeof...(Held)) return false;
  std::size_t index = 0;
  return (fits<Held>(list[index++].kind) && ...);
}

constexpr const auto& choices(const NewOrder*) { return kNewOrders; }
constexpr const auto& choices(const Tampering*) { return kTamperings; }
constexpr const auto& choices(const GatewayBody*) { return kGatewayBodies; }

// Reads members of the object at `path` ("action"), which is a `what` ("latency").
class MemberReader {
 public:
  MemberReader(ObjectReader& reader, std::string path, std::string_view what)
      : reader_(reader), path_(std::move(path) + "."), what_(what) {}

  // `value` stays as it is when the member is absent.
  template <class Held>
  void read(const ChaosMember& member, Held& value) {
    if (member.required) reader_.require(member.name);
    if (auto given = get(member, static_cast<typename Unwrapped<Held>::Type*>(nullptr))) value = *given;
  }

 private:
  using Kind = ChaosMember::Kind;

  void fail(const ChaosMember& member, const std::string& what) {
    reader_.fail(path_ + std::string(member.name) + " " + what);
  }

  std::optional<Duration> get(const ChaosMember& member, const Duration*) {
    const Json* json = reader_.any(member.name);
    const bool seconds = member.kind == Kind::Seconds && json != nullptr && json->is_number_integer();
    const std::optional<Duration> value = seconds ? whole_seconds(member) : reader_.duration(member.name);
    if (value && value->count() > member.most) {
      fail(member, "must be at most " + std::to_string(member.most / 1000) + "s: " + std::string(what_) +
                       " is wall time");
    }
    return value;
  }
  std::optional<Duration> whole_seconds(const ChaosMember& member) {
    const std::optional<std::int64_t> value = reader_.integer(member.name, 0, member.most / 1000);
    return value ? std::optional<Duration>(*value * 1000) : std::nullopt;
  }
  std::optional<bool> get(const ChaosMember& member, const bool*) {
    const std::optional<bool> value = reader_.flag(member.name);
    if (member.kind == Kind::True && !value.value_or(true)) fail(member, "can only be true");
    return value;
  }
  std::optional<double> get(const ChaosMember& member, const double*) {
    return reader_.probability(member.name);
  }
  template <class Number>
  std::enable_if_t<std::is_integral_v<Number>, std::optional<Number>> get(const ChaosMember& member,
                                                                          const Number*) {
    const bool status = member.kind == Kind::FaultStatus;
    const std::optional<std::int64_t> value = reader_.integer(
        member.name, status ? kLeastStatus : member.least, status ? kMostStatus : member.most);
    if (status && value && !is_fault_status(*value)) fail(member, "must be " + fault_statuses());
    return value ? std::optional<Number>(static_cast<Number>(*value)) : std::nullopt;
  }
  template <class Choice>
  std::enable_if_t<std::is_enum_v<Choice>, std::optional<Choice>> get(const ChaosMember& member,
                                                                      const Choice* none) {
    return reader_.one_of(member.name, choices(none));
  }
  std::optional<std::string> get(const ChaosMember& member, const std::string*) {
    std::optional<std::string> value = reader_.text(member.name);
    if (!value) return value;
    if (member.kind == Kind::EventPattern) check_event_pattern(member, *value);
    if (member.kind == Kind::Method && !is_method(*value)) {
      fail(member, "must be " + join_names(Names(std::begin(kRuleMethods), std::end(kRuleMethods))));
    }
    if (member.kind == Kind::Operation && !is_one_of(partner_operation_ids(), *value)) {
      fail(member,
           "must be " + join_names(partner_operation_ids()) + did_you_mean(*value, partner_operation_ids()));
    }
    if (member.kind == Kind::Path && value->front() != '/' && *value != "*") {
      fail(member, "must begin with /, such as /v1/spv-requests or /v1/*");
    }
    return value;
  }
  std::optional<std::vector<std::string>> get(const ChaosMember& member, const std::vector<std::string>*) {
    const Json* json = reader_.any(member.name);
    if (json == nullptr) return std::nullopt;
    const Json list = json->is_string() ? Json::array({*json}) : *json;
    std::vector<std::string> patterns;
    for (const Json& each : list) {
      if (each.is_string()) patterns.push_back(each.get<std::string>());
    }
    if (!list.is_array() || list.empty() || patterns.size() != list.size()) {
      fail(member, "must be an event type or a list of them");
      return std::nullopt;
    }
    for (const std::string& pattern : patterns) check_event_pattern(member, pattern);
    return patterns;
  }
  void check_event_pattern(const ChaosMember& member, const std::string& pattern) {
    if (is_event_pattern(pattern)) return;
    fail(member, "must be an event type (" + join_names(words_of(kEventTypes)) +
                     ") or the beginning of some with a * after it");
  }

  static constexpr std::int64_t kLeastStatus = 100;
  static constexpr std::int64_t kMostStatus = 599;
  ObjectReader& reader_;
  const std::string path_;
  const std::string_view what_;
};

// How a value stands in JSON; null is left out.
Json json_of(const Duration& value) { return format_duration(value); }
Json json_of(const std::vector<std::string>& patterns) {
  return patterns.empty() ? Json() : patterns.size() == 1 ? Json(patterns.front()) : Json(patterns);
}
template <class T>
Json json_of(const T& value) {
  if constexpr (std::is_enum_v<T>) {
    return to_string(value);
  } else {
    return value;
  }
}
template <class T>
Json json_of(const std::optional<T>& value) {
  return value ? json_of(*value) : Json();
}

template <class Object, std::size_t Most, class... Held>
void read_members(MemberReader reader, const ConstantList<ChaosMember, Most>& list,
                  const std::tuple<Held Object::*...>& members, Object& object) {
  std::size_t index = 0;
  std::apply([&](auto... member) { (reader.read(list[index++], object.*member), ...); }, members);
}

template <class Object, std::size_t Most, class... Held>
void write_members(const ConstantList<ChaosMember, Most>& list, const std::tuple<Held Object::*...>& members,
                   const Object& object, Json& json) {
  std::size_t index = 0;
  const auto put = [&](auto member) {
    const std::string_view name = list[index++].name;
    if (Json value = json_of(object.*member); !value.is_null()) json[std::string(name)] = std::move(value);
  };
  std::apply([&](auto... member) { (put(member), ...); }, members);
}

template <std::size_t Most>
Names names_of(const ConstantList<ChaosMember, Most>& list) {
  Names names;
  for (const ChaosMember& member : list) names.push_back(member.name);
  return names;
}

// ---- what a rule matches ----

constexpr auto kWebhookMembers = std::tuple(&Match::event_types, &Match::subject, &Match::attempt,
                                            &Match::nth, &Match::first, &Match::probability);
constexpr auto kApiMembers = std::tuple(&Match::method, &Match::path, &Match::operation, &Match::nth,
                                        &Match::first, &Match::probability);
static_assert(are_members(members_of_match(Target::Webhook), kWebhookMembers));
static_assert(are_members(members_of_match(Target::Api), kApiMembers));

Match read_match(ObjectReader& outer, Target on) {
  Match match;
  const Json* json = outer.any("match");
  if (json == nullptr) return match;
  const auto& list = members_of_match(on);
  ObjectReader reader = ObjectReader::at_path(*json, "match", names_of(list));
  const MemberReader members(reader, "match", "a match");
  if (on == Target::Webhook) {
    read_members(members, list, kWebhookMembers, match);
  } else {
    read_members(members, list, kApiMembers, match);
  }
  outer.take_error(reader);
  return match;
}

Json match_json(const Match& match, Target on) {
  Json json = Json::object();
  if (on == Target::Webhook) {
    write_members(members_of_match(on), kWebhookMembers, match, json);
  } else {
    write_members(members_of_match(on), kApiMembers, match, json);
  }
  return json;
}

// ---- actions ----

// Whether each row of the table has exactly one alternative of Action, and that one its members.
template <class... Actions>
constexpr bool are_all_actions(const std::variant<Actions...>*) {
  bool used[std::size(kChaosActionTable)] = {};
  const auto take = [&used](ChaosAction action) {
    return !std::exchange(used[static_cast<std::size_t>(action)], true);
  };
  return sizeof...(Actions) == std::size(kChaosActionTable) && (take(Actions::kAction) && ...) &&
         (are_members<Actions>(row_of(kChaosActionTable, Actions::kAction).members, Actions::kMembers) &&
          ...);
}
static_assert(are_all_actions(static_cast<Action*>(nullptr)));

template <class Chosen>
Action read_as(ObjectReader& reader, const ChaosActionRow& row) {
  Chosen action;
  if (row.exactly_one) reader.exactly_one(names_of(row.members));
  read_members(MemberReader(reader, "action", row.name), row.members, Chosen::kMembers, action);
  return action;
}

template <class... Actions>
Action read_chosen(ObjectReader& reader, const ChaosActionRow& row, const std::variant<Actions...>*) {
  Action action;
  static_cast<void>(
      ((row.action == Actions::kAction && (action = read_as<Actions>(reader, row), true)) || ...));
  return action;
}

Names action_names(Target target) {
  Names names;
  for (const ChaosActionRow& row : kChaosActionTable) {
    if (row.target == target) names.push_back(row.name);
  }
  return names;
}

Action read_action(ObjectReader& outer, Target on) {
  const Json* json = outer.any("action");
  if (json == nullptr) return Action();  // said by require()
  const std::string* type = json->is_object() ? string_member(*json, "type") : nullptr;
  const ChaosActionRow* row = type != nullptr ? find_chaos_action(on, *type) : nullptr;
  if (row == nullptr) {
    outer.fail("action.type must be " + join_names(action_names(on)) + " for a rule on \"" +
               std::string(to_string(on)) + "\"" +
               (type != nullptr ? did_you_mean(*type, action_names(on)) : std::string()));
    return Action();
  }
  Names names = names_of(row->members);
  names.push_back("type");
  ObjectReader reader = ObjectReader::at_path(*json, "action", names);
  Action action = read_chosen(reader, *row, static_cast<Action*>(nullptr));
  outer.take_error(reader);
  return action;
}

}  // namespace

const ChaosActionRow& row_of(const Action& action) {
  return std::visit(
      [](const auto& chosen) -> const ChaosActionRow& { return row_of(kChaosActionTable, chosen.kAction); },
      action);
}

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
  rule.on = reader.one_of("on", kChaosTargets).value_or(Target::Webhook);
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
  json["match"] = match_json(rule.match, rule.on);
  Json action{{"type", row_of(rule.action).name}};
  const auto write = [&action](const auto& chosen) {
    write_members(row_of(kChaosActionTable, chosen.kAction).members, chosen.kMembers, chosen, action);
  };
  std::visit(write, rule.action);
  json["action"] = std::move(action);
  if (rule.ttl) json["ttl"] = format_duration(*rule.ttl);
  json["enabled"] = rule.enabled;
  return json;
}

bool is_fault_status(std::int64_t status) {
  return std::find(std::begin(kFaultStatuses), std::end(kFaultStatuses), status) != std::end(kFaultStatuses);
}

std::string fault_statuses() {
  std::vector<std::string> numbers;
  for (const std::int64_t status : kFaultStatuses) numbers.push_back(std::to_string(status));
  return join_names(Names(numbers.begin(), numbers.end()));
}

bool matches_pattern(std::string_view pattern, std::string_view text) {
  if (!pattern.empty() && pattern.back() == '*') {
    pattern.remove_suffix(1);
    return text.substr(0, pattern.size()) == pattern;
  }
  return pattern == text;
}

}  // namespace zest::chaos
