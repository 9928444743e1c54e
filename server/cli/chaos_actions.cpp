#include "cli/chaos_actions.h"

namespace zest::cli {
namespace {

using Kind = ChaosMember::Kind;

// A value that the member may have, so that the rule is taken as it stands.
Json value_of(const ChaosMember& member) {
  switch (member.kind) {
    case Kind::Timespan:
    case Kind::Seconds:
      return "5s";
    case Kind::Integer:
      return member.least;
    case Kind::Boolean:
    case Kind::True:
      return true;
    case Kind::Probability:
      return 0.5;
    case Kind::Choice:
      return std::string(*member.words.begin());
    case Kind::FaultStatus:
      return 503;
    case Kind::EventPattern:
    case Kind::EventPatterns:
      return "subscription.completed";
    case Kind::Method:
      return "POST";
    case Kind::Path:
      return "/v1/*";
    case Kind::Operation:
      return "createSpvRequest";
    case Kind::Text:
      return "";
  }
  return nullptr;
}

}  // namespace

Json beginning_of_rule(const ChaosActionRow& row) {
  Json action{{"type", row.name}};
  for (const ChaosMember& member : row.members) {
    if (!member.required && !row.exactly_one) continue;
    action[std::string(member.name)] = value_of(member);
    if (row.exactly_one) break;
  }
  return Json{{"on", to_string(row.target)}, {"action", std::move(action)}};
}

std::vector<const ChaosActionRow*> chaos_actions_named(std::string_view name) {
  std::vector<const ChaosActionRow*> found;
  for (const ChaosTarget target : kChaosTargets) {
    if (const ChaosActionRow* row = find_chaos_action(target, name)) found.push_back(row);
  }
  return found;
}

std::string members_text(const ChaosActionRow& row) {
  std::string text;
  for (const ChaosMember& member : row.members) {
    const std::string name(member.name);
    text += (text.empty()      ? ""
             : row.exactly_one ? " or "
                               : ", ") +
            (member.required || row.exactly_one ? name : "[" + name + "]");
  }
  return text;
}

}  // namespace zest::cli
