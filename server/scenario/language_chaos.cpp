// Chaos rules as the control plane takes them (POST /_sandbox/chaos/rules); `clientId` is the scenario's own
// partner and not for a file to say.
#include "protocol/chaos_actions.h"
#include "protocol/operations.h"
#include "scenario/language.h"

namespace zest::scenario {

using namespace types;  // NOLINT(google-build-using-namespace): a table of types

namespace {

Shape rule(const std::string& on, const std::string& help) {
  return {on + "Rule",
          help,
          {{"id", text(), "Its name, 1 to 24 of letters, digits, '.', '_' and '-'."},
           {"on", word({on}), "webhook or api.", Need::Required},
           {"match", object(on + "Match"), "When it acts; all that is given must hold [always]."},
           {"action", object(on + "Action"), "What it does.", Need::Required},
           {"ttl", duration(), "It ends after this virtual time."},
           {"enabled", boolean(), "false: it does nothing."}}};
}

template <class Words>
std::vector<std::string> strings(const Words& words) {
  return std::vector<std::string>(std::begin(words), std::end(words));
}

Type type_of(const ChaosMember& member) {
  using Kind = ChaosMember::Kind;
  switch (member.kind) {
    case Kind::Timespan:
      return duration();
    case Kind::Seconds:
      return either({duration(), integer(0, member.most / 1000)});
    case Kind::Integer:
      return integer(member.least, member.most);
    case Kind::Boolean:
    case Kind::True:
      return boolean();
    case Kind::Probability:
      return probability();
    case Kind::Choice:
      return word(strings(member.words));
    case Kind::FaultStatus:
      return number(std::vector<std::int64_t>(std::begin(kFaultStatuses), std::end(kFaultStatuses)));
    case Kind::EventPattern:
      return event_pattern();
    case Kind::EventPatterns:
      return events();
    case Kind::Method:
      return word(strings(kRuleMethods));
    case Kind::Operation:
      return word(strings(partner_operation_ids()));
    case Kind::Text:
    case Kind::Path:
      return text();
  }
  return any();
}

template <std::size_t Most>
void add_members(Shape& shape, const ConstantList<ChaosMember, Most>& list) {
  for (const ChaosMember& member : list) {
    shape.members.push_back({std::string(member.name), type_of(member), std::string(member.help),
                             member.required ? Need::Required : Need::Optional});
  }
}

void add_target(Vocabulary& table, ChaosTarget target, const std::string& rule_help,
                const std::string& match_help) {
  const std::string on(to_string(target));
  table.shapes.push_back(rule(on, rule_help));
  table.shapes.push_back({on + "Match", match_help, {}});
  add_members(table.shapes.back(), members_of_match(target));
  Variant variant{on + "Action", "What the rule does.", "type", {}};
  for (const ChaosActionRow& row : kChaosActionTable) {
    if (row.target != target) continue;
    const std::string name(row.name);
    const std::string help(row.help);
    // The actions of the two targets may be called the same.
    table.shapes.push_back({on + "." + name, help, {{"type", word({name}), help, Need::Required}}});
    add_members(table.shapes.back(), row.members);
    variant.choices.push_back({name, table.shapes.back().name});
  }
  table.variants.push_back(std::move(variant));
}

}  // namespace

Vocabulary chaos_vocabulary() {
  Vocabulary table;
  table.variants.push_back({"chaosRule",
                            "A fault, again and again while it holds.",
                            "on",
                            {{"webhook", "webhookRule"}, {"api", "apiRule"}}});
  add_target(table, ChaosTarget::Webhook, "Something goes wrong with webhooks.", "Which deliveries.");
  add_target(table, ChaosTarget::Api, "Something goes wrong with calls of the Partner API.", "Which calls.");
  return table;
}

}  // namespace zest::scenario
