#include "chaos/plan.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <deque>

namespace zest::chaos {
namespace {

using testing::ElementsAre;

Rule rule(std::string id, Action action, Match match = {}) {
  Rule made;
  made.id = std::move(id);
  made.action = std::move(action);
  made.match = std::move(match);
  return made;
}

// Numbers that a test says; 0.5 when there are no more.
Draw scripted(std::deque<double>& numbers) {
  return [&numbers] {
    if (numbers.empty()) return 0.5;
    const double next = numbers.front();
    numbers.pop_front();
    return next;
  };
}

struct Planning : testing::Test {
  std::vector<RuleState> rules;
  std::vector<std::string> subjects = {"svr_1", "veh_1"};
  std::vector<std::string> met;
  std::deque<double> numbers;

  void add(Rule made) { rules.push_back(RuleState{std::move(made), 0, 0}); }
  Plan plan(int number = 1, std::string_view type = "spv_request.created") {
    return plan_attempt(DueAttempt{type, subjects, number, met}, rules, scripted(numbers));
  }
  bool drops(int number = 1, std::string_view type = "spv_request.created") {
    return plan(number, type).shape.drop;
  }
};

TEST_F(Planning, WithoutRulesNothingHappens) {
  const Plan nothing = plan();
  EXPECT_TRUE(std::holds_alternative<std::monostate>(nothing.instead));
  EXPECT_TRUE(nothing.shape.rule_ids.empty());
}

TEST_F(Planning, MatchesTypeSubjectAndAttempt) {
  Match match;
  match.event_types = {"subscription.*", "spv_request.created"};
  match.subject = "veh_1";
  add(rule("r", Drop{6}, match));
  EXPECT_TRUE(drops());
  EXPECT_TRUE(drops(1, "subscription.completed"));
  EXPECT_FALSE(drops(1, "spv_request.completed"));
  subjects = {"svr_1"};
  EXPECT_FALSE(drops());
  rules.front().rule.match = Match{};
  rules.front().rule.match.attempt = 4;
  EXPECT_FALSE(drops(1));
  EXPECT_TRUE(drops(4));
}

TEST_F(Planning, AttemptsMeansTheFirstOnesAndDefaultsToOne) {
  add(rule("r", Drop{3}));
  EXPECT_TRUE(drops(3));
  EXPECT_FALSE(drops(4));
  rules = {RuleState{rule("r", Drop{}), 0, 0}};
  EXPECT_TRUE(drops(1));
  EXPECT_FALSE(drops(2));
}

TEST_F(Planning, NthThenProbabilityThenFirst) {
  Match match;
  match.nth = 2;
  match.probability = 0.5;
  match.first = 1;
  add(rule("r", Drop{}, match));
  numbers = {0.7, 0.2};
  EXPECT_FALSE(drops());  // not the second
  EXPECT_FALSE(drops());  // drew 0.7
  EXPECT_FALSE(drops());
  EXPECT_TRUE(drops());  // drew 0.2: the first hit
  EXPECT_FALSE(drops());
  EXPECT_FALSE(drops());
  EXPECT_EQ(rules.front().hits, 1U);
}

TEST_F(Planning, APostponedAttemptIsPlannedWhenItComesUpAgain) {
  add(rule("drop", Drop{}));
  add(rule("late", Delay{Duration(1000)}));
  const Plan first = plan();
  ASSERT_TRUE(std::holds_alternative<Postponed>(first.instead));
  EXPECT_EQ(std::get<Postponed>(first.instead).rule_id, "late");
  EXPECT_FALSE(first.shape.drop);
  EXPECT_EQ(rules.front().matched, 0U) << "what is postponed is not counted yet";
  met = first.met;
  EXPECT_TRUE(drops());
}

TEST_F(Planning, ARuleThatMeetsADeliveryOnceDoesNotCountItAgainWhenItMissed) {
  Match every_second;
  every_second.nth = 2;
  add(rule("late", Delay{Duration(1000)}, every_second));
  add(rule("bad", Tamper{Tampering::Body}));
  const Plan first = plan();
  EXPECT_TRUE(std::holds_alternative<Tampered>(first.instead));
  EXPECT_THAT(first.met, ElementsAre("late", "bad"));
  met = first.met;
  EXPECT_TRUE(std::holds_alternative<std::monostate>(plan().instead));
  EXPECT_EQ(rules.front().matched, 1U);
}

TEST_F(Planning, OfDropDisconnectAndLostAckTheFirstDecides) {
  add(rule("cut", Disconnect{true, 1}));
  add(rule("drop", Drop{}));
  add(rule("slow", SlowBody{10, std::nullopt}));
  const Plan made = plan();
  EXPECT_FALSE(made.shape.drop);
  EXPECT_TRUE(made.shape.disconnect.has_value());
  EXPECT_EQ(made.shape.bytes_per_second, 10U);
  EXPECT_THAT(made.shape.rule_ids, ElementsAre("cut", "slow"));
  EXPECT_EQ(rules[1].hits, 0U);
}

TEST(NewOrder, ReversesOrShuffles) {
  std::deque<double> numbers = {0.0, 0.99, 0.0};
  EXPECT_THAT(new_order(NewOrder::Reverse, 3, scripted(numbers)), ElementsAre(2, 1, 0));
  const std::vector<std::size_t> shuffled = new_order(NewOrder::Shuffle, 4, scripted(numbers));
  std::vector<std::size_t> sorted = shuffled;
  std::sort(sorted.begin(), sorted.end());
  EXPECT_THAT(sorted, ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(shuffled, ElementsAre(1, 3, 2, 0));
}

}  // namespace
}  // namespace zest::chaos
