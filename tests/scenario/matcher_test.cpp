#include "scenario/matcher.h"

#include <gtest/gtest.h>

namespace zest::scenario {
namespace {

TEST(Matcher, PlainValuesMustBeEqual) {
  const Json one = 1;
  const Json text = "1";
  EXPECT_TRUE(matches(1, &one));
  EXPECT_FALSE(matches(1, &text));
  EXPECT_FALSE(matches(1, nullptr));
}

TEST(Matcher, ConditionsInsteadOfValues) {
  const Json list = {1, 2, 3};
  const Json text = "svr_12";
  const Json seven = 7;
  const Json object = {{"svr", "svr_1"}};
  EXPECT_TRUE(matches({{"length", 3}}, &list));
  EXPECT_TRUE(matches({{"length", {{"min", 4}}}}, &text));
  EXPECT_TRUE(matches({{"contains", 2}}, &list));
  EXPECT_TRUE(matches({{"matches", "^svr_\\d+$"}}, &text));
  EXPECT_TRUE(matches({{"not", "x"}, {"oneOf", {"svr_12", "y"}}}, &text));
  EXPECT_TRUE(matches({{"min", 7}, {"max", 7}}, &seven));
  EXPECT_FALSE(matches({{"min", 8}}, &seven));
  EXPECT_TRUE(matches({{"exists", false}}, nullptr));
  EXPECT_FALSE(matches({{"exists", true}}, nullptr));
  EXPECT_TRUE(matches({{"equals", {{"b", 2}, {"a", 1}}}}, &object) == false);
}

TEST(Matcher, MismatchesSayBothSides) {
  Mismatches mismatches;
  check_value("status", {{"oneOf", {"a", "b"}}}, nullptr, mismatches);
  check_range("count", {{"min", 2}, {"max", 3}}, 4, mismatches);
  ASSERT_EQ(mismatches.size(), 2u);
  EXPECT_EQ(mismatches[0].expected, "one of [\"a\",\"b\"]");
  EXPECT_EQ(mismatches[0].got, "nothing there");
  EXPECT_EQ(mismatches[1].expected, "at least 2, at most 3");
  EXPECT_EQ(mismatches[1].got, "4");
}

}  // namespace
}  // namespace zest::scenario
