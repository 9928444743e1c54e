#include "document/values.h"

#include <gtest/gtest.h>

namespace zest::document {
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

TEST(Values, TemplatesDoNotMakeAValueOfAnySize) {
  const Json large = {{"text", std::string(3 << 20, 'x')},
                      {"list", Json::array({std::string(3 << 20, 'y')})}};
  EXPECT_TRUE(expand("${text}", large).ok());
  EXPECT_EQ(expand("${text} ${text}", large).error().detail, "${text} makes the value larger than 4 MiB");
  EXPECT_EQ(expand(Json{"${list}", "${list}"}, large).error().detail,
            "${list} makes the value larger than 4 MiB");
  EXPECT_EQ(expand(Json{{"${text}", "${text}"}}, large).error().detail,
            "${text} makes the value larger than 4 MiB");
}

TEST(Values, WhatIsNotThereIsNamed) {
  EXPECT_EQ(expand("${nope}", kVariables).error().detail, "${nope} is not defined");
  EXPECT_NE(expand("${row.x}", kVariables).error().detail.find("${row.x} is not there"), std::string::npos);
  EXPECT_FALSE(expand("${open", kVariables).ok());
}

}  // namespace
}  // namespace zest::document
