// The table of actions and the reader of rules say the same.
#include "protocol/chaos_actions.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "chaos/rule.h"
#include "support/paths.h"

namespace zest::chaos {
namespace {

Json rule_with(const ChaosActionRow& spec, Json action) {
  action["type"] = spec.name;
  return Json{{"on", to_string(spec.target)}, {"action", std::move(action)}};
}

bool reads(const Json& rule) { return read_rule(rule).ok(); }

// A value that fits the member.
Json value_of(const ChaosMember& member) {
  using Kind = ChaosMember::Kind;
  switch (member.kind) {
    case Kind::Integer:
      return member.least;
    case Kind::FaultStatus:
      return kFaultStatuses[0];
    case Kind::Probability:
      return 0.5;
    case Kind::Timespan:
    case Kind::Seconds:
      return "5s";
    case Kind::Boolean:
    case Kind::True:
      return true;
    case Kind::Choice:
      return member.words[0];
    case Kind::EventPattern:
    case Kind::EventPatterns:
      return "investor.created";
    case Kind::Method:
      return "POST";
    case Kind::Operation:
      return "createSpvRequest";
    case Kind::Text:
    case Kind::Path:
      return "/v1/x";
  }
  return nullptr;
}

// The members that an action needs: the required ones; of hold's two, one.
Json needed(const ChaosActionRow& spec) {
  Json action = Json::object();
  for (const ChaosMember& member : spec.members) {
    if (member.required) action[std::string(member.name)] = value_of(member);
  }
  if (spec.name == "hold") action["untilReleased"] = true;
  return action;
}

TEST(ActionTable, NamesWhatTheReaderReads) {
  for (const ChaosActionRow& spec : kChaosActionTable) {
    const Result<Rule> rule = read_rule(rule_with(spec, needed(spec)));
    ASSERT_TRUE(rule.ok()) << spec.name << ": " << rule.error().detail;
    EXPECT_EQ(row_of(rule->action).action, spec.action);
    EXPECT_FALSE(spec.help.empty());
  }
}

TEST(ActionTable, RequiredMembersAreRequiredAndOthersAreNot) {
  for (const ChaosActionRow& spec : kChaosActionTable) {
    for (const ChaosMember& member : spec.members) {
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
  for (const ChaosActionRow& spec : kChaosActionTable) {
    for (const ChaosMember& member : spec.members) {
      const std::string name(member.name);
      const auto takes = [&](const Json& value) {
        Json action = needed(spec);
        if (spec.name == "hold") action = Json::object();
        action[name] = value;
        return reads(rule_with(spec, action));
      };
      EXPECT_TRUE(takes(value_of(member))) << spec.name << "." << name;
      if (member.kind == ChaosMember::Kind::Integer) {
        EXPECT_TRUE(takes(member.most)) << spec.name << "." << name;
        EXPECT_FALSE(takes(member.most + 1)) << spec.name << "." << name;
        EXPECT_FALSE(takes(member.least - 1)) << spec.name << "." << name;
      }
      for (const std::string_view word : member.words) {
        EXPECT_TRUE(takes(word)) << spec.name << "." << name << " " << word;
      }
      if (member.kind == ChaosMember::Kind::Choice) {
        EXPECT_FALSE(takes("surprise")) << spec.name << "." << name;
      }
      if (member.kind == ChaosMember::Kind::Timespan || member.kind == ChaosMember::Kind::Seconds) {
        EXPECT_FALSE(takes("soon")) << spec.name << "." << name;
        EXPECT_EQ(takes(5), member.kind == ChaosMember::Kind::Seconds) << spec.name << "." << name;
      }
    }
  }
}

TEST(ActionTable, DefaultsAreWhatTheReaderTakes) {
  for (const ChaosActionRow& spec : kChaosActionTable) {
    const Result<Rule> rule = read_rule(rule_with(spec, needed(spec)));
    ASSERT_TRUE(rule.ok());
    const Json written = to_json(*rule)["action"];
    for (const ChaosMember& member : spec.members) {
      if (member.standard.empty()) continue;
      const Json& value = written[std::string(member.name)];
      const std::string text = value.is_string() ? value.get<std::string>() : dump_json(value);
      const bool same_duration = member.kind == ChaosMember::Kind::Timespan &&
                                 parse_duration(text).value() == parse_duration(member.standard).value();
      EXPECT_TRUE(text == member.standard || same_duration) << spec.name << "." << member.name << " " << text;
    }
  }
}

TEST(ActionTable, MatchMembersAreThoseOfTheReader) {
  for (const Target target : {Target::Webhook, Target::Api}) {
    const Json action{{"type", target == Target::Webhook ? "drop" : "dropBeforeExecute"}};
    for (const ChaosMember& member : members_of_match(target)) {
      const auto takes = [&](const Json& value) {
        Json match = Json::object();
        match[std::string(member.name)] = value;
        return reads(Json{{"on", to_string(target)}, {"match", match}, {"action", action}});
      };
      EXPECT_TRUE(takes(value_of(member))) << member.name;
      if (member.kind != ChaosMember::Kind::Integer) continue;
      EXPECT_TRUE(takes(member.most)) << member.name;
      EXPECT_FALSE(takes(member.most + 1)) << member.name;
      EXPECT_FALSE(takes(member.least - 1)) << member.name;
    }
    EXPECT_FALSE(reads(Json{{"on", to_string(target)}, {"match", {{"surprise", 1}}}, {"action", action}}));
  }
}

TEST(ActionTable, ThePageOfChaosNamesEveryAction) {
  const std::string page = *read_file(test::in_source("server/CHAOS.md"));
  for (const ChaosActionRow& spec : kChaosActionTable) {
    EXPECT_NE(page.find("`" + std::string(spec.name)), std::string::npos) << spec.name;
  }
}

}  // namespace
}  // namespace zest::chaos
