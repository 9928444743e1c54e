// The chaos rule as the control plane's document shows it, made of the table that its reader reads
// (chaos/action_table.h).
#include "api/schemas.h"
#include "base/object_reader.h"
#include "chaos/action_table.h"
#include "protocol/event_type.h"

namespace zest::api {
namespace {

Json numbers_of(std::span<const std::string_view> words) {
  Json numbers = Json::array();
  for (const std::string_view word : words) numbers.push_back(std::stoi(std::string(word)));
  return numbers;
}

Json integer_schema(const chaos::MemberSpec& member) {
  Json document = schema::integer("");
  if (!member.words.empty()) {
    document["enum"] = numbers_of(member.words);
  } else {
    document["minimum"] = member.least;
    document["maximum"] = member.most;
  }
  if (!member.standard.empty()) document["default"] = std::stoll(std::string(member.standard));
  return document;
}

Json member_schema(const chaos::MemberSpec& member) {
  Json document;
  switch (member.kind) {
    case chaos::MemberKind::Integer:
      document = integer_schema(member);
      break;
    case chaos::MemberKind::Number:
      document = Json{{"type", "number"}, {"exclusiveMinimum", 0}, {"maximum", 1}};
      break;
    case chaos::MemberKind::Duration:
      document =
          Json{{"type", "string"}, {"format", "duration"}, {"examples", Json::array({"30s", "PT12H"})}};
      break;
    case chaos::MemberKind::Flag:
      document = schema::boolean("");
      break;
    case chaos::MemberKind::Word:
      document = schema::one_of("", std::vector<std::string>(member.words.begin(), member.words.end()));
      break;
    case chaos::MemberKind::Text:
      document = schema::text("");
      break;
    case chaos::MemberKind::EventPattern:
      document = schema::text("");
      document["examples"] = Json::array();
      for (const std::string_view word : words_of(kEventTypes)) document["examples"].push_back(word);
      break;
  }
  if (!member.standard.empty() && member.kind != chaos::MemberKind::Integer)
    document["default"] = member.standard;
  document["description"] = member.help;
  return document;
}

Json members_schema(std::span<const chaos::MemberSpec> members, Json properties = Json::object(),
                    Json required = Json::array()) {
  for (const chaos::MemberSpec& member : members) {
    properties[std::string(member.name)] = member_schema(member);
    if (member.required) required.push_back(member.name);
  }
  Json document{{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
  if (!required.empty()) document["required"] = std::move(required);
  return document;
}

Json constant(std::string_view value) { return Json{{"type", "string"}, {"const", value}}; }

std::string capital(std::string_view name) {
  std::string text(name);
  text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

// "ChaosActionDuplicate", …; names of both targets differ.
std::string action_schema_name(const chaos::ActionSpec& action) {
  return "ChaosAction" + capital(action.name);
}

Json rule_schema(chaos::Target target) {
  Json actions = Json::array();
  for (const chaos::ActionSpec& action : chaos::action_table()) {
    if (action.target == target) actions.push_back(schema::ref(action_schema_name(action)));
  }
  Json document =
      members_schema({}, Json{{"on", constant(to_string(target))}}, Json::array({"on", "action"}));
  Json& properties = document["properties"];
  properties["id"] = schema::text("Its name; one is made when it is left out.");
  properties["clientId"] = schema::text("The partner that it is for; left out: every partner.");
  properties["match"] = members_schema(match_table(target));
  properties["match"]["description"] = "All that is given must hold.";
  properties["action"] = Json{{"oneOf", std::move(actions)}};
  properties["ttl"] =
      Json{{"type", "string"}, {"format", "duration"}, {"description", "Virtual time after which it ends."}};
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
  for (const chaos::ActionSpec& action : chaos::action_table()) {
    Json document =
        members_schema(action.members, Json{{"type", constant(action.name)}}, Json::array({"type"}));
    document["description"] = action.help;
    schemas.add(action_schema_name(action), std::move(document), Enforcement::Documented);
  }
  schemas.add("ChaosWebhookRule", rule_schema(chaos::Target::Webhook), Enforcement::Documented);
  schemas.add("ChaosApiRule", rule_schema(chaos::Target::Api), Enforcement::Documented);
  schemas.add("ChaosRule",
              Json{{"oneOf", Json::array({schema::ref("ChaosWebhookRule"), schema::ref("ChaosApiRule")})}},
              Enforcement::Documented);
}

}  // namespace zest::api
