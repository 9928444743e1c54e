// Rules broken one by one, each explained by its id: those that need a clock, keys or a network of the test's
// own. tests/e2e/explain_test.py breaks the others through the real binary.
#include <gtest/gtest.h>

#include <deque>

#include "api/raw_world.h"
#include "rules/tokens.h"

namespace zest::api {
namespace {

using std::string;

struct ExplainedRules : testing::Test {
  static app::ServeOptions options() {
    app::ServeOptions options = RawWorld::with_endpoint();
    options.max_upload = 100;
    return options;
  }

  Json explain(const string& id) const { return world.get("/_sandbox/explain/" + id).json; }
  // The call was refused, by that rule, and its explanation says what to do.
  void broke(const string& rule, const HttpAnswer& answer) const {
    EXPECT_GE(answer.status, 400) << rule << answer.text;
    const Json told = explain(answer.member("errorId"));
    EXPECT_EQ(told["rule"]["id"], rule) << answer.text << told;
    EXPECT_FALSE(told["rule"].value("fix", "").empty()) << rule;
    EXPECT_FALSE(told.value("summary", "").empty()) << rule;
    EXPECT_EQ(answer.header("x-zest-sandbox-rule"), rule);
  }
  Json claims() const { return world.claims(acme.client_id); }
  Json with(const char* name, const Json& value) const {
    Json changed = claims();
    changed[name] = value;
    return changed;
  }
  // An event whose only attempt ended so; what is explained of it.
  Json delivery_that_met(const std::optional<http::Outcome>& outcome) {
    world.sender().receive([outcome](const http::Call&) { return outcome; });
    const Fields fields = world.bearer(acme) + Fields{{"Idempotency-Key", "key-" + std::to_string(++keys)}};
    EXPECT_EQ(world.post("/v1/spv-requests", RawWorld::submission(), fields).status, 201);
    world.settle();
    return explain(world.get("/_sandbox/webhook-deliveries").json["documents"][0].value("deliveryId", ""));
  }
  // An investor with a subscription to an approved SPV, by their identifiers.
  struct Subscribed {
    string slug, spv, person, subscription;
  };
  Subscribed subscribed(const Fields& bearer) {
    Subscribed made;
    made.slug =
        world.post("/v1/spv-requests", RawWorld::submission(), bearer + Fields{{"Idempotency-Key", "k"}})
            .member("spvRequestSlug");
    const Json approved = world.post("/_sandbox/spv-requests/" + made.slug + "/approve", Json::object()).json;
    made.spv = approved["materialisedRefs"].value("vehicleSlug", "");
    const auto first = [](const HttpAnswer& answer, const char* member) {
      return answer.json["results"][0].value(member, "");
    };
    made.person = first(world.post("/v1/investors", RawWorld::investors("a"), bearer), "zestPersonId");
    const Json rows{{"subscriptions", Json::array({test::subscription_row(made.person)})}};
    const HttpAnswer answer = world.post("/v1/spvs/" + made.spv + "/subscriptions", rows, bearer);
    EXPECT_EQ(answer.status, 201) << answer.text;
    made.subscription = first(answer, "subscriptionSlug");
    return made;
  }

  RawWorld world{options()};
  Identity acme = world.acme();
  int keys = 0;
};

TEST_F(ExplainedRules, OfAssertions) {
  broke("auth.algorithm", world.present(client::sign_jwt(acme.key, RawWorld::header("HS256"), claims())));
  Json lacking = claims();
  lacking.erase("iss");
  broke("auth.claims", world.present(acme, lacking));
  broke("auth.subject", world.present(acme, with("sub", "client_other")));
  Json stranger = with("sub", "client_other");
  stranger["client_id"] = "client_other";
  broke("auth.unknown-client", world.present(acme, stranger));
  broke("auth.signature",
        world.present(Identity{acme.client_id, world.register_partner("client_b").key}, claims()));
  broke("auth.audience", world.present(acme, with("aud", "https://api.zestequity.com")));
  const std::int64_t now = world.clock().seconds();
  Json early = with("iat", now + 60);
  early["exp"] = now + 120;
  broke("auth.clock", world.present(acme, early));
  Json late = with("iat", now - 120);
  late["exp"] = now - 60;
  broke("auth.assertion-expired", world.present(acme, late));
  broke("auth.lifetime", world.present(acme, with("exp", now + 4000)));
  const Json once = with("jti", "only-once");
  EXPECT_EQ(world.present(acme, once).status, 201);
  broke("auth.jti-once", world.present(acme, once));
}

TEST_F(ExplainedRules, OfTokens) {
  const HttpAnswer first = world.sign_in(acme);
  EXPECT_EQ(world.refresh(first.member("refreshToken")).status, 201);
  broke("auth.refresh-once", world.refresh(first.member("refreshToken")));
  broke("auth.access-revoked", world.info(first.member("accessToken")));
  const HttpAnswer second = world.sign_in(acme);
  const string newer = world.refresh(second.member("refreshToken")).member("refreshToken");
  broke("auth.refresh-once", world.refresh(second.member("refreshToken")));
  broke("auth.refresh-revoked", world.refresh(newer));
  const HttpAnswer third = world.sign_in(acme);
  world.clock().move(Duration(3'601'000));
  broke("auth.access-expired", world.info(third.member("accessToken")));
  world.clock().move(rules::kRefreshTokenLifetime);
  broke("auth.refresh-expired", world.refresh(third.member("refreshToken")));
  const Identity leaving = world.register_partner("client_leaving");
  const string orphan = world.sign_in(leaving).member("accessToken");
  EXPECT_EQ(world.call("DELETE", "/_sandbox/partners/client_leaving").status, 200);
  broke("auth.partner-gone", world.info(orphan));
}

TEST_F(ExplainedRules, OfRequestsAndTheSandboxItself) {
  broke("http.request", world.raw("GET /v1/contracts HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"));
  const Fields bearer = world.bearer(acme);
  broke("http.body-too-large",
        world.call("POST", "/v1/investors", bearer + kJsonType, string(2 * 1024 * 1024, ' ')));
  world.clock().fail_next();
  broke("sandbox.internal", world.sign_in(acme));
}

TEST(ExplainedTimeout, OfABodyThatDoesNotArrive) {
  app::ServeOptions options = RawWorld::plain_options();
  options.body_idle = Duration(40);
  const RawWorld world(options);
  const HttpAnswer answer = world.raw(
      "POST /v1/investors HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" +
      ("Authorization: " + world.bearer(world.acme()).front().second) + "\r\nContent-Length: 10\r\n\r\n{");
  EXPECT_EQ(answer.status, 408);
  EXPECT_EQ(answer.header("x-zest-sandbox-rule"), "http.timeout");
  const Json told = world.get("/_sandbox/explain/" + answer.member("errorId")).json;
  EXPECT_EQ(told["rule"]["id"], "http.timeout") << answer.text << told;
  EXPECT_FALSE(told["changes"].empty());
}

#ifndef ZEST_STOCK_LISTENER  // there a call that waits holds a worker
TEST_F(ExplainedRules, OfASandboxWithoutRoom) {
  std::deque<http::testing::RawClient> waiting;
  HttpAnswer refused;
  do {
    waiting.push_back(world.connect());
    ASSERT_TRUE(waiting.back().send(RawWorld::request("GET", "/public/hc", {{"Prefer", "delay=60s"}})));
    refused = world.get("/public/hc", {{"Prefer", "delay=1ms"}});
  } while (refused.status == 200);
  EXPECT_EQ(refused.status, 503);
  broke("sandbox.unavailable", refused);
}
#endif

// The control plane's refusals are in no journal of calls, and can be explained all the same.
TEST_F(ExplainedRules, OfTheControlPlane) {
  const Fields bearer = world.bearer(acme);
  const Subscribed known = subscribed(bearer);
  const auto told_of = [&](const string& path) {
    const HttpAnswer answer = world.post("/_sandbox/" + path, Json::object());
    EXPECT_EQ(answer.status, 409) << answer.text;
    return explain(answer.member("errorId"));
  };
  const Json early = told_of("subscriptions/" + known.subscription + "/complete");
  EXPECT_EQ(early["rule"]["id"], "subscription.funding-before-completion") << early;
  EXPECT_TRUE(has(early.value("curl", ""), "subscriptions complete " + known.subscription)) << early;
  const Json again = told_of("spv-requests/" + known.slug + "/approve");
  EXPECT_EQ(again["rule"]["id"], "spv.decided-once") << again;
  EXPECT_EQ(world.get("/_sandbox/requests?failed=true").json["count"], 0);
  EXPECT_EQ(world.get("/_sandbox/explain").json["documents"], Json::array());
}

TEST_F(ExplainedRules, OfDocuments) {
  const Fields bearer = world.bearer(acme);
  const Subscribed known = subscribed(bearer);
  const auto upload = [&](const string& bytes) {
    const client::MultipartBody body = client::multipart_body({}, {"form.pdf", "application/pdf", bytes});
    return world.call("POST", "/v1/spvs/" + known.spv + "/subscription/" + known.person + "/forms",
                      bearer + Fields{{"Content-Type", body.content_type}}, body.bytes);
  };
  broke("upload.size", upload("%PDF" + string(200, ' ')));
  const HttpAnswer uploaded = upload("%PDF form");
  const auto path_of = [](const HttpAnswer& answer) {
    const string link = answer.member("subscriptionFormUrl");
    return link.substr(link.find("/files/"));
  };
  const string url = path_of(uploaded);
  world.advance("25h");
  broke("file-url.expired", world.get(url));
  const string again = path_of(upload("%PDF form"));
  const string subscription =
      world.get("/_sandbox/subscriptions").json["documents"][0].value("subscriptionSlug", "");
  const Json told = explain(subscription);
  EXPECT_EQ(told["id"], subscription);
  EXPECT_EQ(told["kind"], "resource");
  EXPECT_TRUE(has(dump_json(told["history"]), "signed form on record")) << told;
  EXPECT_TRUE(has(dump_json(told["waitsFor"]), "receipt")) << told;
  EXPECT_EQ(world.call("DELETE", "/_sandbox/partners/client_acme").status, 200);
  broke("file-url.gone", world.get(again));
}

TEST_F(ExplainedRules, OfWebhooks) {
  http::Outcome outcome;
  const auto rule = [&](http::Failure failure, int status) {
    outcome.failure = failure;
    outcome.status = status;
    return delivery_that_met(outcome)["rule"].value("id", "");
  };
  EXPECT_EQ(rule(http::Failure::None, 302), "webhook.no-redirect");
  EXPECT_EQ(rule(http::Failure::Timeout, 0), "webhook.in-time");
  EXPECT_EQ(rule(http::Failure::Connect, 0), "webhook.reachable");
  EXPECT_EQ(rule(http::Failure::Tls, 0), "webhook.reachable");
  EXPECT_EQ(rule(http::Failure::None, 418), "webhook.2xx");
  const Json drop{{"id", "lost"}, {"on", "webhook"}, {"action", {{"type", "drop"}, {"attempts", 1}}}};
  EXPECT_EQ(world.post("/_sandbox/chaos/rules", drop).status, 201);
  EXPECT_EQ(delivery_that_met(test::answer(200))["rule"]["id"], "chaos.webhook");
  EXPECT_EQ(
      world.call("PATCH", "/_sandbox/partners/client_acme", kJsonType, R"({"webhookUrl": null})").status,
      200);
  EXPECT_EQ(delivery_that_met(test::answer(200))["rule"]["id"], "webhook.endpoint");
}

// Calls of one kind at one virtual instant: each event has the call that emitted it, whatever its answer
// became.
TEST_F(ExplainedRules, AnEventIsToldWithTheCallThatEmittedIt) {
  const Fields bearer = world.bearer(acme);
  const auto submit = [&](const string& key, const Fields& more = {}) {
    return world.post("/v1/spv-requests", RawWorld::submission(),
                      bearer + Fields{{"Idempotency-Key", key}} + more);
  };
  EXPECT_EQ(submit("first").status, 201);
  EXPECT_EQ(submit("second", {{"Prefer", "code=503"}}).status, 503);  // not executed
  EXPECT_EQ(submit("second").status, 201);
  EXPECT_EQ(submit("second").status, 201);  // replayed: it emitted nothing
  http::testing::RawClient cut = world.connect();
  cut.send(RawWorld::request(
      "POST", "/v1/spv-requests",
      bearer + kJsonType + Fields{{"Idempotency-Key", "third"}, {"Prefer", "fault=drop-after-commit"}},
      dump_json(RawWorld::submission())));
  EXPECT_EQ(cut.read_to_end(), "");
  for (const char* id : {"a", "b"})
    EXPECT_EQ(
        world.post("/v1/investors", RawWorld::investors(id), bearer + Fields{{"Idempotency-Key", id}}).status,
        200);
  const Json events = world.get("/_sandbox/webhook-deliveries").json["documents"];  // newest first
  ASSERT_EQ(events.size(), 5U);
  const std::vector<std::pair<string, string>> causes = {{"b", "POST /v1/investors was answered 200"},
                                                         {"a", "POST /v1/investors was answered 200"},
                                                         {"third", "POST /v1/spv-requests was answered 201"},
                                                         {"second", "POST /v1/spv-requests was answered 201"},
                                                         {"first", "POST /v1/spv-requests was answered 201"}};
  for (std::size_t i = 0; i < causes.size(); ++i) {
    const auto& [key, what] = causes[i];
    const string event = events[i].value("deliveryId", "");
    const Json told = explain(event);
    EXPECT_EQ(told["cause"]["idempotencyKey"], key) << told;
    EXPECT_EQ(told["cause"].value("idempotencyOutcome", ""), "executed") << told;
    const string call = "call-" + dump_json(told["cause"]["sequence"]);
    const string fault = key == "third" ? ", fault fault=drop-after-commit" : "";
    EXPECT_EQ(told["chain"][0]["what"], what + " (" + call + ", Idempotency-Key " + key + fault + ")");
    // The resource tells it, too, and its id is taken.
    EXPECT_TRUE(has(dump_json(explain(events[i].value("subject", ""))["history"]), "(" + call + ")"));
    EXPECT_EQ(explain(call)["request"], told["cause"]);
  }
  // In their order, as one instant does not tell it.
  const Json history = explain("second")["history"];
  ASSERT_EQ(history.size(), 3U) << history;
  EXPECT_TRUE(has(history[0].value("what", ""), "503")) << history;
  EXPECT_TRUE(has(history[1].value("what", ""), "executed")) << history;
  EXPECT_TRUE(has(history[2].value("what", ""), "replayed")) << history;
  const Json created = explain(events[4].value("subject", ""))["history"];
  EXPECT_TRUE(has(created[0].value("what", ""), "POST /v1/spv-requests: 201")) << created;
  const Json unanswered{
      {"id", "lost"}, {"on", "api"}, {"action", {{"type", "statusAfterCommit"}, {"code", 503}}}};
  EXPECT_EQ(world.post("/_sandbox/chaos/rules", unanswered).status, 201);
  const HttpAnswer lost = submit("fourth");
  EXPECT_EQ(lost.status, 503) << lost.text;
  EXPECT_EQ(explain(world.get("/_sandbox/webhook-deliveries")
                        .json["documents"][0]
                        .value("deliveryId", ""))["chain"][0]["what"],
            "POST /v1/spv-requests was executed, then 503 service_unavailable (" + lost.member("errorId") +
                ", Idempotency-Key fourth, fault lost)");
  // What takes the place of the state has identifiers of its own.
  const string newest = events[0].value("deliveryId", "");
  EXPECT_EQ(world.call("PUT", "/_sandbox/snapshot", kJsonType, world.get("/_sandbox/snapshot").text).status,
            200);
  const Json told = explain(newest);
  EXPECT_FALSE(told.contains("cause")) << told;
  EXPECT_TRUE(has(told["chain"][0].value("what", ""), "not in the journal")) << told;
}

TEST_F(ExplainedRules, ATokenIsExplainedByItsJti) {
  EXPECT_EQ(world.present(acme, with("jti", "assertion-1")).status, 201);
  const string token = world.sign_in(acme).member("accessToken");
  for (int i = 0; i < 2; ++i) EXPECT_EQ(world.info(token).status, 200);
  const string jti = world.get("/_sandbox/requests").json["documents"][0].value("jti", "");
  ASSERT_FALSE(jti.empty());
  const Json used = explain(jti);
  EXPECT_EQ(used["summary"], "token with the jti " + jti + ": 2 calls");
  EXPECT_EQ(used["history"].size(), 2U);
  EXPECT_TRUE(has(dump_json(used["history"]), "GET /v1/oauth2/info: 200"));
  EXPECT_FALSE(has(dump_json(used), token));
  const Json bought = explain("assertion-1");
  EXPECT_EQ(bought["summary"], "token with the jti assertion-1: 1 call");
  EXPECT_TRUE(has(dump_json(bought["history"]), "POST /v1/oauth2/tokens: 201"));
}

}  // namespace
}  // namespace zest::api
