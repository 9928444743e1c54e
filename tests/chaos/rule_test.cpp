#include "chaos/rule.h"

#include <gmock/gmock.h>

namespace zest::chaos {
namespace {

Json rule_with_match(Json action, const char* on = "webhook") {
  return Json{
      {"id", "r-1"}, {"on", on}, {"match", Json::object()}, {"action", std::move(action)}, {"enabled", true}};
}

std::string mistake(const Json& json) {
  const Result<Rule> rule = read_rule(json);
  EXPECT_FALSE(rule.ok()) << dump_json(json);
  return rule.ok() ? "" : rule.error().detail;
}

TEST(Rules, EveryActionIsReadAndWrittenTheSame) {
  const std::vector<Json> webhook = {
      Json{{"type", "duplicate"}, {"copies", 2}, {"spacing", "10s"}},
      Json{{"type", "delay"}, {"by", "5m"}},
      Json{{"type", "hold"}, {"untilEvent", "subscription.completed"}},
      Json{{"type", "hold"}, {"untilReleased", true}},
      Json{{"type", "reorder"}, {"window", 3}, {"order", "shuffle"}, {"within", "1m"}},
      Json{{"type", "drop"}, {"attempts", 2}},
      Json{{"type", "lostAck"}, {"attempts", 1}},
      Json{{"type", "replay"}, {"after", "1d1h"}},
      Json{{"type", "tamper"}, {"what", "staleTimestamp"}},
      Json{{"type", "extraSignatureVersion"}},
      Json{{"type", "slowBody"}, {"bytesPerSecond", 100}},
      Json{{"type", "disconnect"}, {"midBody", true}}};
  for (const Json& action : webhook) {
    const Result<Rule> rule = read_rule(rule_with_match(action));
    ASSERT_TRUE(rule.ok()) << rule.error().detail;
    EXPECT_EQ(to_json(*rule), rule_with_match(action));
  }
  const std::vector<Json> api = {
      Json{{"type", "status"}, {"code", 503}},
      Json{{"type", "latency"}, {"by", "2s"}},
      Json{{"type", "dropBeforeExecute"}},
      Json{{"type", "dropAfterCommit"}},
      Json{{"type", "statusAfterCommit"}, {"code", 500}},
      Json{{"type", "expireTokens"}},
      Json{{"type", "status"}, {"code", 502}, {"retryAfter", "2s"}, {"body", "empty"}},
      Json{{"type", "truncateBody"}, {"after", 10}},
      Json{{"type", "slowBody"}, {"bytesPerSecond", 5}},
      Json{{"type", "delayAfterCommit"}, {"by", "2s"}},
      Json{{"type", "emptyBody"}},
      Json{{"type", "extraMembers"}},
      Json{{"type", "shortTokens"}, {"lifetime", "5s"}}};
  for (const Json& action : api) {
    const Result<Rule> rule = read_rule(rule_with_match(action, "api"));
    ASSERT_TRUE(rule.ok()) << rule.error().detail;
    EXPECT_EQ(to_json(*rule), rule_with_match(action, "api"));
  }
}

TEST(Rules, EveryMatchIsReadAndWrittenTheSame) {
  Json json = rule_with_match(Json{{"type", "extraSignatureVersion"}});
  json["match"] = Json{{"eventType", {"subscription.*", "investor.created"}},
                       {"subject", "psn_1"},
                       {"attempt", 2},
                       {"nth", 3},
                       {"first", 4},
                       {"probability", 0.25}};
  const Result<Rule> rule = read_rule(json);
  ASSERT_TRUE(rule.ok()) << rule.error().detail;
  EXPECT_EQ(to_json(*rule)["match"], json["match"]);
}

TEST(Rules, MistakesAreNamedByTheirPath) {
  EXPECT_EQ(mistake(Json::object()), "the rule must have the member \"on\"");
  EXPECT_EQ(mistake(Json{{"on", "webhook"}}), "the rule must have the member \"action\"");
  EXPECT_EQ(mistake(rule_with_match(Json{{"type", "delay"}})), "action must have the member \"by\"");
  EXPECT_EQ(mistake(rule_with_match(Json{{"type", "reorder"}, {"window", 1}})),
            "action.window must be a whole number from 2 to 100");
  EXPECT_EQ(mistake(rule_with_match(Json{{"type", "reorder"}, {"window", 2}, {"order", "sideways"}})),
            "action.order must be reverse or shuffle");
  EXPECT_EQ(mistake(rule_with_match(Json{{"type", "hold"}, {"untilReleased", true}, {"untilEvent", "x"}})),
            "action must have only one of untilEvent or untilReleased");
  EXPECT_EQ(mistake(rule_with_match(Json{{"type", "status"}, {"code", 418}}, "api")),
            "action.code must be 400, 401, 403, 404, 409, 413, 415, 422, 429, 500, 502, 503 or 504");
  EXPECT_EQ(mistake(rule_with_match(Json{{"type", "latency"}, {"by", "2m"}}, "api")),
            "action.by must be at most 60s: latency is wall time");
  Json improbable = rule_with_match(Json{{"type", "drop"}});
  improbable["match"] = Json{{"probability", 1.5}};
  EXPECT_EQ(mistake(improbable), "match.probability must be a number above 0 and at most 1");
  Json of_no_method = rule_with_match(Json{{"type", "expireTokens"}}, "api");
  of_no_method["match"] = Json{{"method", "FETCH"}};
  EXPECT_EQ(mistake(of_no_method), "match.method must be GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS");
  Json of_no_path = rule_with_match(Json{{"type", "expireTokens"}}, "api");
  of_no_path["match"] = Json{{"method", "post"}, {"path", "v1/spv-requests"}};
  EXPECT_EQ(mistake(of_no_path), "match.path must begin with /, such as /v1/spv-requests or /v1/*");
  Json badly_named = rule_with_match(Json{{"type", "drop"}});
  badly_named["id"] = "my rule";
  EXPECT_EQ(mistake(badly_named), "id must be 1 to 64 letters, digits, dots, hyphens or underscores");
  EXPECT_EQ(mistake(Json::array()), "the rule must be a JSON object");
}

}  // namespace
}  // namespace zest::chaos
