#include "scenario/lint.h"

#include <gtest/gtest.h>

#include "scenario/library.h"
#include "scenario/operations.h"

namespace zest::scenario {
namespace {

// What lint says of a file whose steps are `steps` (JSON of a list's elements), one finding a line.
std::string findings_of(const std::string& text) {
  const Source source = Source::parse("f", text);
  std::string all;
  for (const Finding& finding : lint(source)) all += describe(source, finding) + "\n";
  return all;
}

std::string of_steps(const std::string& steps, const std::string& more = "") {
  return findings_of("{\"name\": \"n\", \"purpose\": \"p\", " + more + "\"steps\": [\n" + steps + "\n]}");
}

TEST(Lint, ShippedScenariosAreFlawless) {
  ASSERT_FALSE(shipped_scenarios().empty());
  for (const ShippedScenario& shipped : shipped_scenarios()) {
    EXPECT_EQ(findings_of(std::string(shipped.text)), "") << shipped.name;
    const Source source = Source::parse(shipped.name, shipped.text);
    EXPECT_EQ(source.root()["name"], shipped.name) << "a file is named like its scenario";
    EXPECT_TRUE(source.root().contains("source")) << shipped.name;
  }
}

TEST(Lint, NamesTheNearestWord) {
  EXPECT_EQ(
      of_steps(R"({"call": "createSpvRequests", "body": {}})"),
      "f:2:10: \"call\": unknown operation \"createSpvRequests\"; did you mean \"createSpvRequest\"?\n");
  EXPECT_EQ(of_steps(R"({"advanc": "1h"})"), "f:2:2: unknown step \"advanc\"; did you mean \"advance\"?\n");
  EXPECT_EQ(of_steps(R"({"expect": "delivries", "count": 1})"),
            "f:2:12: unknown expect \"delivries\"; did you mean \"deliveries\"?\n");
  EXPECT_EQ(of_steps(R"({"advance": "1h"})", R"("reciever": "down", )"),
            "f:1:31: unknown member \"reciever\"; did you mean \"receiver\"?\n");
}

TEST(Lint, WhatSetGivesIsDefined) {
  const Source source = Source::parse(
      "f", R"({"name": "n", "purpose": "p", "steps": [{"probe": "${app}/health", "within": "2s"}]})");
  EXPECT_EQ(lint(source).size(), 1u);
  EXPECT_TRUE(lint(source, {"app"}).empty());
}

TEST(Lint, ARuleIsNotReleased) {
  const std::string said = of_steps(
      R"({"chaos": {"id": "overtaken", "on": "webhook", "action": {"type": "hold", "untilReleased": true}}},
{"release": "overtaken"})");
  EXPECT_NE(said.find("f:3:13: \"overtaken\" is a rule, and what is released are deliveries"),
            std::string::npos)
      << said;
  EXPECT_EQ(of_steps(R"({"setUp": "spvRequest"}, {"release": {}})"), "");
}

TEST(Lint, TheApplicationsStepsAreReadLikeTheOthers) {
  EXPECT_NE(of_steps(R"({"setUp": "spvRequest"})", R"("application": [{"act": "requestSpvs"}], )")
                .find("unknown value \"requestSpvs\"; did you mean \"requestSpv\"?"),
            std::string::npos);
  // What the other steps define is not there.
  EXPECT_NE(of_steps(R"({"setUp": "spvRequest"})", R"("application": [{"approve": "${svr}"}], )")
                .find("${svr} is not defined here"),
            std::string::npos);
  EXPECT_EQ(of_steps(R"({"wait": "500ms"})", R"("client": "runner", )"), "");
}

TEST(Lint, AllMistakesOfAFileInTheirOrder) {
  const std::string all = of_steps(R"({"advance": "3 hours"},
{"approve": "${svr}"},
{"expect": "deliveries", "event": "spv_request.creatd", "coutn": 1, "count": -1})");
  EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 5) << all;
  EXPECT_LT(all.find("f:2:"), all.find("f:3:"));
  EXPECT_LT(all.find("f:3:"), all.find("f:4:35"));
}

TEST(Lint, VariablesMustBeDefinedBeforeTheirUse) {
  EXPECT_NE(of_steps(R"({"approve": "${svr}"}, {"setUp": "spvRequest"})").find("${svr} is not defined here"),
            std::string::npos);
  EXPECT_EQ(of_steps(R"({"setUp": "spvRequest"}, {"approve": "${svr}"})"), "");
  EXPECT_EQ(
      of_steps(R"({"forEach": ["a"], "as": "each", "steps": [{"probe": "http://h/${each}/${index}"}]})"), "");
  EXPECT_NE(of_steps(R"({"setUp": "spvRequest"}, {"approve": "svr"})").find("write \"${svr}\""),
            std::string::npos);
  EXPECT_NE(of_steps(R"({"approve": "${svr"})").find("without its \"}\""), std::string::npos);
}

TEST(Lint, OperationsNeedTheirMembersAndNoOthers) {
  EXPECT_NE(of_steps(R"({"call": "getSpvRequest"})").find("getSpvRequest needs \"spvRequest\""),
            std::string::npos);
  EXPECT_NE(of_steps(R"({"call": "listSpvRequests", "spv": "x"})").find("does not take \"spv\""),
            std::string::npos);
  EXPECT_NE(of_steps(R"({"call": "createSpvRequest"})").find("needs \"body\""), std::string::npos);
  EXPECT_NE(of_steps(R"({"call": "bulkCreateInvestors", "body": {}, "amount": "1"})").find("only for"),
            std::string::npos);
  EXPECT_EQ(of_steps(R"({"call": "POST /v1/anything", "rawBody": "{", "expect": {"status": "4xx"}})"), "");
}

TEST(Lint, ExpectationsThatCannotHold) {
  const char* impossible[] = {
      R"({"expect": "deliveries", "count": 0, "status": "dead"})",
      R"({"expect": "deliveries", "offsets": ["30s", "0s"]})",
      R"({"expect": "deliveries", "offsets": ["0s"], "attemptCount": 2})",
      R"({"expect": "deliveries", "attempts": [{"outcome": "delivered", "status": 500}]})",
      R"({"expect": "received", "count": {"min": 3, "max": 2}})",
      R"({"expect": "received", "count": 1, "order": ["investor.created", "investor.created"]})",
      R"({"expect": "received", "event": "investor.created", "order": ["subscription.created"]})",
      R"({"expect": "received", "count": 1, "duplicates": 2})",
  };
  for (const char* step : impossible) {
    EXPECT_NE(of_steps(step).find("cannot hold"), std::string::npos) << step << "\n" << of_steps(step);
  }
  EXPECT_NE(of_steps(R"({"expect": "deliveries"})").find("this expects nothing"), std::string::npos);
  EXPECT_NE(
      of_steps(R"({"call": "listSpvRequests", "expect": {"lost": true, "status": 200}})").find("lost answer"),
      std::string::npos);
}

TEST(Lint, OnlyTheManualClockIsAdvanced) {
  EXPECT_NE(of_steps(R"({"advance": "1h"})", R"("clock": {"scale": 60}, )").find("only the manual clock"),
            std::string::npos);
  EXPECT_EQ(of_steps(R"({"wait": "idle"})", R"("clock": {"scale": 60}, )"), "");
}

TEST(Lint, ChaosRules) {
  const auto rule = [](const std::string& text) { return of_steps("{\"chaos\": " + text + "}"); };
  EXPECT_EQ(rule(R"({"on": "webhook", "match": {"eventType": ["subscription.*"], "attempt": 2, "nth": 2},
                     "action": {"type": "hold", "untilEvent": "subscription.completed"}, "ttl": "1h"})"),
            "");
  EXPECT_EQ(rule(R"({"on": "api", "match": {"operation": "createSpvRequest", "probability": 0.5},
                     "action": {"type": "statusAfterCommit", "code": 500}})"),
            "");
  // Neither the token call's other name nor a call that is spelt out is what a rule would meet.
  EXPECT_NE(rule(R"({"on": "api", "match": {"operation": "refreshTokens"},
                     "action": {"type": "expireTokens"}})")
                .find("unknown value \"refreshTokens\""),
            std::string::npos);
  EXPECT_NE(rule(R"({"on": "api", "match": {"method": "FETCH"}, "action": {"type": "expireTokens"}})")
                .find("unknown value \"FETCH\""),
            std::string::npos);
  EXPECT_NE(rule(R"({"on": "api", "action": {"type": "duplicate"}})").find("unknown type \"duplicate\""),
            std::string::npos);
  EXPECT_NE(rule(R"({"on": "webhook", "action": {"type": "duplicate", "copies": 21}})").find("from 1 to 20"),
            std::string::npos);
  EXPECT_NE(rule(R"({"on": "webhook", "action": {"type": "hold"}})").find("hold needs one of"),
            std::string::npos);
  EXPECT_NE(rule(R"({"on": "api", "action": {"type": "status", "code": 418}})").find("one of 400"),
            std::string::npos);
  EXPECT_NE(
      rule(R"({"on": "webhook", "match": {"probability": 0}, "action": {"type": "drop"}})").find("above 0"),
      std::string::npos);
  EXPECT_NE(of_steps(R"({"removeChaos": "b"})").find("there is no rule \"b\""), std::string::npos);
}

TEST(Lint, HostileFilesAreFindingsNotCrashes) {
  for (const char* text :
       {"null", "[]", "1", "{\"steps\": 1}", "{\"steps\": [[[]]]}", "{\"steps\": [{\"steps\": {}}]}",
        "{\"chaos\": {}, \"variables\": [], \"steps\": [{\"forEach\": 1, \"steps\": [1]}]}",
        "{\"steps\": [{\"call\": 1, \"expect\": 2, \"capture\": 3}, {\"expect\": {}}]}",
        "{\"name\": 1, \"clock\": 2, \"receiver\": [], \"steps\": [{\"chaos\": 1, \"wait\": 2}]}"}) {
    EXPECT_NE(findings_of(text), "") << text;
  }
}

}  // namespace
}  // namespace zest::scenario
