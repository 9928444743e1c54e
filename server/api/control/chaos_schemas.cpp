// The chaos rule as the control plane's document shows it, made of the table that its reader reads
// (protocol/chaos_actions.h).
#include "api/pipeline/schemas.h"
#include "protocol/chaos_actions.h"
#include "protocol/event_type.h"

namespace zest::api {
namespace {

Json member_schema(const ChaosMember& member) {
  using Kind = ChaosMember::Kind;
  Json document = schema::text("");
  switch (member.kind) {
    case Kind::Integer:
      document = schema::integer("");
      document["minimum"] = member.least;
      document["maximum"] = member.most;
      break;
    case Kind::FaultStatus:
      document = schema::integer("");
      document["enum"] = kFaultStatuses;
      break;
    case Kind::Probability:
      document = Json{{"type", "number"}, {"exclusiveMinimum", 0}, {"maximum", 1}};
      break;
    case Kind::Timespan:
      document["format"] = "timespan";
      document["examples"] = Json::array({"30s", "PT12H"});
      break;
    case Kind::Seconds:
      document = Json{{"oneOf", Json::array({Json{{"type", "string"}, {"format", "timespan"}},
                                             Json{{"type", "integer"}, {"minimum", 0}}})},
                      {"examples", Json::array({"2s", 2})}};
      break;
    case Kind::Boolean:
    case Kind::True:
      document = schema::boolean("");
      break;
    case Kind::Choice:
      document = schema::one_of("", std::vector<std::string>(member.words.begin(), member.words.end()));
      break;
    case Kind::EventPatterns:
      document = Json{{"oneOf", Json::array({document, schema::list("", document)})}};
      [[fallthrough]];
    case Kind::EventPattern:
      document["examples"] = texts_of(kEventTypes);
      break;
    case Kind::Text:
    case Kind::Method:
    case Kind::Path:
    case Kind::Operation:
      break;
  }
  if (!member.standard.empty()) {
    const bool number = document.value("type", "") == "integer";
    document["default"] = number ? Json(std::stoll(std::string(member.standard))) : Json(member.standard);
  }
  document["description"] = member.help;
  return document;
}

template <std::size_t Most>
Json members_schema(const ConstantList<ChaosMember, Most>& members, Json properties = Json::object(),
                    Json required = Json::array()) {
  for (const ChaosMember& member : members) {
    properties[std::string(member.name)] = member_schema(member);
    if (member.required) required.push_back(member.name);
  }
  Json document{{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
  if (!required.empty()) document["required"] = std::move(required);
  return document;
}

std::string capital(std::string_view name) {
  std::string text(name);
  text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

// "ChaosActionDuplicate", …; of an API action that is called as one of webhooks "ChaosApiActionSlowBody".
std::string action_schema_name(const ChaosActionRow& action) {
  const bool shared =
      action.target == ChaosTarget::Api && find_chaos_action(ChaosTarget::Webhook, action.name) != nullptr;
  return (shared ? "ChaosApiAction" : "ChaosAction") + capital(action.name);
}

// `stored`: as answers have it.
Json rule_schema(ChaosTarget target, bool stored) {
  Json actions = Json::array();
  for (const ChaosActionRow& action : kChaosActionTable) {
    if (action.target == target) actions.push_back(schema::ref(action_schema_name(action)));
  }
  Json required = Json::array({"on", "action"});
  if (stored) required.insert(required.end(), {"id", "enabled", "hits", "createdAt"});
  Json document = members_schema(ConstantList<ChaosMember, 1>(),
                                 Json{{"on", schema::constant(to_string(target))}}, std::move(required));
  Json& properties = document["properties"];
  properties["id"] = schema::text("Its name; one is made when it is left out.");
  properties["clientId"] = schema::text("The partner that it is for; left out: every partner.");
  properties["match"] = members_schema(members_of_match(target));
  properties["match"]["description"] = "All that is given must hold.";
  properties["action"] = Json{{"oneOf", std::move(actions)}};
  properties["ttl"] =
      Json{{"type", "string"}, {"format", "timespan"}, {"description", "Virtual time after which it ends."}};
  properties["enabled"] = schema::boolean("false: it does nothing.");
  properties["hits"] = schema::integer("How often it acted; for reading.");
  properties["createdAt"] = schema::date_time("For reading.");
  properties["expiresAt"] = schema::date_time("For reading.");
  return document;
}

}  // namespace

// The reader of rules (chaos::read_rule) judges them and names the path of a mistake; these are for people
// and programs.
void add_chaos_schemas(Schemas& schemas) {
  for (const ChaosActionRow& action : kChaosActionTable) {
    Json document =
        members_schema(action.members, Json{{"type", schema::constant(action.name)}}, Json::array({"type"}));
    document["description"] = action.help;
    schemas.add(action_schema_name(action), std::move(document), Enforcement::Documented);
  }
  for (const bool stored : {false, true}) {
    const std::string prefix = stored ? "Stored" : "";
    Json targets = Json::array();
    for (const ChaosTarget target : kChaosTargets) {
      const std::string name = prefix + "Chaos" + capital(to_string(target)) + "Rule";
      schemas.add(name, rule_schema(target, stored), Enforcement::Documented);
      targets.push_back(schema::ref(name));
    }
    schemas.add(prefix + "ChaosRule", Json{{"oneOf", std::move(targets)}}, Enforcement::Documented);
  }
}

}  // namespace zest::api
