// A word that is not known names the nearest one that is, wherever it is sent.
#include <gtest/gtest.h>

#include <utility>

#include "api/raw_world.h"

namespace zest::api {
namespace {

using std::string;

struct NearMisses : testing::Test {
  // The answer refuses, and names that word.
  static void means(const HttpAnswer& answer, const string& word) {
    EXPECT_GE(answer.status, 400) << answer.text;
    EXPECT_TRUE(has(answer.text, "did you mean " + word + "?")) << word << ": " << answer.text;
  }
  HttpAnswer submit(const Json& body) const {
    return world.post("/v1/spv-requests", body, bearer + Fields{{"Idempotency-Key", "k"}});
  }

  RawWorld world;
  Fields bearer = world.bearer(world.acme());
};

TEST_F(NearMisses, OfPathsAndNamesOfContracts) {
  means(world.get("/v1/spv-request", bearer), "/v1/spv-requests");
  means(world.get("/v1/spv-requests/", bearer), "/v1/spv-requests");
  means(world.get("/_sandbox/warning"), "/_sandbox/warnings");
  means(world.get("/_sandbox/chaos"), "/_sandbox/chaos/rules");
  means(world.get("/_sandbox/advance"), "/_sandbox/clock/advance");
  means(world.get("/v1/subscriptions", bearer), "/v1/spvs/{spv_slug}/subscriptions");
  means(world.get("/v1/contracts/templates/1.0.0/syndicate_secundary"), "syndicate_secondary");
  means(world.get("/v1/contracts/templates/1.0"), "1.0.0");
  means(world.get("/v1/contracts/samples/1.0.1/syndicate_secondary"), "1.0.0");
}

// Whoever is asked: one sentence.
TEST_F(NearMisses, OfPartners) {
  const string sentence = "there is no partner client_acm; did you mean client_acme?";
  const Json rule{{"on", "webhook"}, {"clientId", "client_acm"}, {"action", {{"type", "duplicate"}}}};
  for (const HttpAnswer& answer :
       {world.get("/_sandbox/partners/client_acm"), world.get("/_sandbox/coverage?clientId=client_acm"),
        world.get("/_sandbox/warnings?clientId=client_acm"), world.get("/_sandbox/clock?clientId=client_acm"),
        world.post("/_sandbox/reset", Json{{"clientId", "client_acm"}}),
        world.post("/_sandbox/clock/advance", Json{{"by", "1s"}, {"clientId", "client_acm"}}),
        world.post("/_sandbox/partners/client_acm/token", Json::object()),
        world.post("/_sandbox/chaos/rules", rule)}) {
    EXPECT_EQ(answer.status, 404);
    EXPECT_EQ(answer.member("detail"), sentence) << answer.text;
  }
}

TEST_F(NearMisses, OfTemplatesAndAttributes) {
  Json body = RawWorld::submission();
  body["templateId"] = "syndicate_secondry";
  means(submit(body), "syndicate_secondary");
  body = RawWorld::submission();
  body["templateVersion"] = "1.0.1";
  means(submit(body), "1.0.0");
  body = RawWorld::submission();
  body["attributes"]["curency"] = "USD";
  means(submit(body), "currency");
  body["attributes"]["shareClases"] = Json::array();
  means(submit(body), "shareClasses");
  // Unknown members beside the known ones are ignored; one in the place of a required one is named.
  body = RawWorld::submission();
  body["templatId"] = std::exchange(body["templateId"], Json());
  body.erase("templateId");
  EXPECT_TRUE(has(submit(body).text, "templateId is required; templatId is another member"));
  const HttpAnswer rows = world.post("/v1/investors", Json{{"investor", Json::array()}}, bearer);
  EXPECT_TRUE(has(rows.text, "investors is required; investor is another member")) << rows.text;
}

TEST_F(NearMisses, OfQueriesAndTheirWords) {
  means(world.get("/_sandbox/requests?perpage=3"), "perPage");
  means(world.get("/v1/spv-requests?status=aproved", bearer), "approved");
  means(world.get("/_sandbox/webhook-deliveries?eventType=investor.create"), "investor.created");
  means(world.get("/_sandbox/webhook-deliveries?status=delivred"), "delivered");
}

TEST_F(NearMisses, OfMembersActionsAndOperationsOfRules) {
  const auto rule = [this](const Json& match, const Json& action) {
    return world.post("/_sandbox/chaos/rules", Json{{"on", "api"}, {"match", match}, {"action", action}});
  };
  const Json status{{"type", "status"}, {"code", 503}};
  means(rule({{"operation", "createSpvRequests"}}, status), "createSpvRequest");
  means(rule({{"operatoin", "createSpvRequest"}}, status), "operation");
  means(rule(Json::object(), {{"type", "statsu"}, {"code", 503}}), "status");
  means(world.post("/_sandbox/clock/advance", Json{{"bye", "1h"}}), "by");
  means(world.post("/_sandbox/wait", Json{{"until", "idel"}}), "idle");
}

TEST_F(NearMisses, OfHeaders) {
  const HttpAnswer keyless =
      world.post("/v1/spv-requests", RawWorld::submission(), bearer + Fields{{"Idempotent-Key", "k"}});
  EXPECT_TRUE(has(keyless.text, "Idempotent-Key is another header")) << keyless.text;
  EXPECT_FALSE(has(world.post("/v1/spv-requests", RawWorld::submission(), bearer).text, "another header"));
  const HttpAnswer nobody = world.get("/v1/oauth2/info", {{"X-Authorization", bearer[0].second}});
  EXPECT_TRUE(has(nobody.text, "X-Authorization is another header")) << nobody.text;
  means(world.get("/v1/oauth2/info", bearer + Fields{{"Prefer", "fault=drop-after-comit"}}),
        "drop-after-commit");
}

TEST_F(NearMisses, WhatIsFarFromEverythingNamesNothing) {
  Json body = RawWorld::submission();
  body["attributes"]["zzzzzzzzzz"] = 1;
  EXPECT_FALSE(has(submit(body).text, "did you mean"));
  EXPECT_FALSE(has(world.get("/_sandbox/requests?zzzzzz=3").text, "did you mean"));
}

// A segment that is no text: the path that fits is the one that was sent.
TEST_F(NearMisses, NeverThePathItself) {
  EXPECT_FALSE(has(world.get("/v1/contracts/templates/%c0%af").text, "did you mean"));
}

}  // namespace
}  // namespace zest::api
