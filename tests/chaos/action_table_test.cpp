// The table of actions and the reader of rules say the same.
#include "chaos/action_table.h"

#include <gtest/gtest.h>

namespace zest::chaos {
namespace {

Json rule_with(const ActionSpec& spec, Json action) {
  action["type"] = spec.name;
  return Json{{"on", to_string(spec.target)}, {"action", std::move(action)}};
}

bool reads(const Json& rule) { return read_rule(rule).ok(); }

// A value that fits the member.
Json value_of(const MemberSpec& member) {
  switch (member.kind) {
    case MemberKind::Integer:
      return member.words.empty() ? Json(member.least) : Json(std::stoi(std::string(member.words.front())));
    case MemberKind::Number:
      return 0.5;
    case MemberKind::Duration:
      return "5s";
    case MemberKind::Flag:
      return true;
    case MemberKind::Word:
      return member.words.front();
    case MemberKind::Text:
      return member.name == "method" ? "POST" : "/v1/x";
    case MemberKind::EventPattern:
      return "investor.created";
  }
  return nullptr;
}

// The members that an action needs: the required ones; of hold's two, one.
Json needed(const ActionSpec& spec) {
  Json action = Json::object();
  for (const MemberSpec& member : spec.members) {
    if (member.required) action[std::string(member.name)] = value_of(member);
  }
  if (spec.name == "hold") action["untilReleased"] = true;
  return action;
}

TEST(ActionTable, StandsInTheOrderOfTheActions) {
  for (const ActionSpec& spec : action_table()) {
    const Result<Rule> rule = read_rule(rule_with(spec, needed(spec)));
    ASSERT_TRUE(rule.ok()) << spec.name << ": " << rule.error().detail;
    EXPECT_EQ(action_name(rule->action), spec.name);
    EXPECT_EQ(target_of(rule->action), spec.target);
    EXPECT_EQ(action_table()[rule->action.index()].name, spec.name);
    EXPECT_FALSE(spec.help.empty());
  }
}

TEST(ActionTable, RequiredMembersAreRequiredAndOthersAreNot) {
  for (const ActionSpec& spec : action_table()) {
    for (const MemberSpec& member : spec.members) {
      Json without = needed(spec);
      without.erase(std::string(member.name));
      const bool one_of_two = spec.name == "hold" && member.name == "untilReleased";
      EXPECT_EQ(reads(rule_with(spec, without)), !member.required && !one_of_two)
          << spec.name << "." << member.name;
      EXPECT_FALSE(member.help.empty()) << spec.name << "." << member.name;
    }
    Json more = needed(spec);
    more["surprise"] = 1;
    EXPECT_FALSE(reads(rule_with(spec, more))) << spec.name;
  }
}

TEST(ActionTable, BoundsAndWordsAreThoseOfTheReader) {
  for (const ActionSpec& spec : action_table()) {
    for (const MemberSpec& member : spec.members) {
      const std::string name(member.name);
      const auto takes = [&](const Json& value) {
        Json action = needed(spec);
        if (spec.name == "hold") action = Json::object();
        action[name] = value;
        return reads(rule_with(spec, action));
      };
      EXPECT_TRUE(takes(value_of(member))) << spec.name << "." << name;
      if (member.kind == MemberKind::Integer && member.words.empty()) {
        EXPECT_TRUE(takes(member.most)) << spec.name << "." << name;
        EXPECT_FALSE(takes(member.most + 1)) << spec.name << "." << name;
        EXPECT_FALSE(takes(member.least - 1)) << spec.name << "." << name;
      }
      for (const std::string_view word : member.words) {
        EXPECT_TRUE(takes(member.kind == MemberKind::Word ? Json(word) : Json(std::stoi(std::string(word)))))
            << spec.name << "." << name << " " << word;
      }
      if (member.kind == MemberKind::Word) {
        EXPECT_FALSE(takes("surprise")) << spec.name << "." << name;
      }
      if (member.kind == MemberKind::Duration) {
        EXPECT_FALSE(takes("soon")) << spec.name << "." << name;
      }
    }
  }
}

TEST(ActionTable, DefaultsAreWhatTheReaderTakes) {
  for (const ActionSpec& spec : action_table()) {
    const Result<Rule> rule = read_rule(rule_with(spec, needed(spec)));
    ASSERT_TRUE(rule.ok());
    const Json written = to_json(*rule)["action"];
    for (const MemberSpec& member : spec.members) {
      if (member.standard.empty()) continue;
      const Json& value = written[std::string(member.name)];
      const std::string text = value.is_string() ? value.get<std::string>() : dump_json(value);
      const bool same_duration = member.kind == MemberKind::Duration &&
                                 parse_duration(text).value() == parse_duration(member.standard).value();
      EXPECT_TRUE(text == member.standard || same_duration) << spec.name << "." << member.name << " " << text;
    }
  }
}

TEST(ActionTable, MatchMembersAreThoseOfTheReader) {
  for (const Target target : {Target::Webhook, Target::Api}) {
    const Json action{{"type", target == Target::Webhook ? "drop" : "dropBeforeExecute"}};
    for (const MemberSpec& member : match_table(target)) {
      const auto takes = [&](const Json& value) {
        Json match = Json::object();
        match[std::string(member.name)] = value;
        return reads(Json{{"on", to_string(target)}, {"match", match}, {"action", action}});
      };
      EXPECT_TRUE(takes(value_of(member))) << member.name;
      if (member.kind != MemberKind::Integer) continue;
      EXPECT_TRUE(takes(member.most)) << member.name;
      EXPECT_FALSE(takes(member.most + 1)) << member.name;
      EXPECT_FALSE(takes(member.least - 1)) << member.name;
    }
    EXPECT_FALSE(reads(Json{{"on", to_string(target)}, {"match", {{"surprise", 1}}}, {"action", action}}));
  }
}

}  // namespace
}  // namespace zest::chaos
