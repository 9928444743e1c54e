#include "scenario/values.h"

#include <gtest/gtest.h>

#include "scenario/matcher.h"

namespace zest::scenario {
namespace {

const Json kVariables = {{"svr", "svr_1"}, {"n", 3}, {"row", {{"tags", {"a", "b"}}}}};

Json expanded(const Json& value) { return expand(value, kVariables).value(); }

TEST(Values, PathsReachIntoDocuments) {
  const Json document = {{"results", {{{"id", 1}}, {{"id", 2}}}}, {"a", {{"b", true}}}};
  EXPECT_EQ(*reach(document, "results[1].id"), 2);
  EXPECT_EQ(*reach(document, "a.b"), true);
  EXPECT_EQ(*reach(document, ""), document);
  EXPECT_EQ(*reach(document["results"], "[0].id"), 1);
  EXPECT_EQ(reach(document, "results[2]"), nullptr);
  EXPECT_EQ(reach(document, "a.c"), nullptr);
  EXPECT_FALSE(is_json_path("a..b"));
  EXPECT_FALSE(is_json_path("a[x]"));
}

TEST(Values, ATemplateAloneKeepsItsType) {
  EXPECT_EQ(expanded("${n}"), 3);
  EXPECT_EQ(expanded("${row.tags}"), (Json{"a", "b"}));
  EXPECT_EQ(expanded("${row.tags[1]}"), "b");
}

TEST(Values, TemplatesInsideTextAndNames) {
  EXPECT_EQ(expanded("x-${svr}-${n}"), "x-svr_1-3");
  EXPECT_EQ(expanded(Json{{"${svr}", {"${n}"}}}), (Json{{"svr_1", {3}}}));
  EXPECT_EQ(expanded("$${svr} ${svr}"), "${svr} svr_1");
}

TEST(Values, WhatIsNotThereIsNamed) {
  EXPECT_EQ(expand("${nope}", kVariables).error().detail, "${nope} is not defined");
  EXPECT_NE(expand("${row.x}", kVariables).error().detail.find("${row.x} is not there"), std::string::npos);
  EXPECT_FALSE(expand("${open", kVariables).ok());
}

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
  EXPECT_TRUE(matches({{"length", 3}}, &list));
  EXPECT_TRUE(matches({{"length", {{"min", 4}}}}, &text));
  EXPECT_TRUE(matches({{"contains", 2}}, &list));
  EXPECT_TRUE(matches({{"matches", "^svr_\\d+$"}}, &text));
  EXPECT_TRUE(matches({{"not", "x"}, {"oneOf", {"svr_12", "y"}}}, &text));
  EXPECT_TRUE(matches({{"min", 7}, {"max", 7}}, &seven));
  EXPECT_FALSE(matches({{"min", 8}}, &seven));
  EXPECT_TRUE(matches({{"exists", false}}, nullptr));
  EXPECT_FALSE(matches({{"exists", true}}, nullptr));
  EXPECT_TRUE(matches({{"equals", {{"b", 2}, {"a", 1}}}}, &kVariables) == false);
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
