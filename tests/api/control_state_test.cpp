#include "api/control_fixture.h"
#include "api/guesses.h"
#include "base/version.h"

namespace zest::api {
namespace {

struct ControlState : ControlTest {
  client::Reply reset(const Json& options = Json::object()) { return post("/_sandbox/reset", options); }
  std::string first_delivery() {
    return get("/_sandbox/webhook-deliveries").body["documents"][0].value("deliveryId", "");
  }
};

TEST_F(ControlState, HealthIsToldToAnyone) {
  app::ServeOptions options = plain_options();
  options.admin_token = "let-me-in";
  start(options);
  for (const char* path : {"/_sandbox/livez", "/_sandbox/readyz"}) {
    const client::Reply reply = call("GET", path, std::nullopt, {{"Host", "10.1.2.3:8080"}});
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body["version"], version());
    const std::string* header = reply.headers.find("x-zest-sandbox");
    ASSERT_NE(header, nullptr);
    EXPECT_EQ(*header, version());
  }
}

TEST_F(ControlState, TheGuardStandsBeforeEveryOtherRoute) {
  const std::vector<std::pair<std::string, std::string>> routes{{"GET", "/_sandbox/status"},
                                                                {"GET", "/_sandbox/snapshot"},
                                                                {"POST", "/_sandbox/reset"},
                                                                {"GET", "/_sandbox/stream"},
                                                                {"GET", "/_sandbox/metrics"},
                                                                {"POST", "/_sandbox/login"},
                                                                {"POST", "/admin/services/register-partner"}};
  for (const auto& [method, path] : routes) {
    refusal(call(method, path, std::nullopt, {{"Origin", "http://evil.example"}}), 403, "forbidden");
    refusal(call(method, path, std::nullopt, {{"Host", "evil.example"}}), 403, "forbidden");
  }
  const client::Reply fine =
      call("GET", "/_sandbox/status", std::nullopt, {{"Origin", sandbox().local_url()}});
  EXPECT_EQ(fine.status, 200);
  EXPECT_EQ(fine.headers.find("access-control-allow-origin"), nullptr);
}

TEST_F(ControlState, TheLoginTurnsTheTokenIntoACookie) {
  app::ServeOptions options = plain_options();
  options.admin_token = "let-me-in";
  start(options);
  const std::string status = "/_sandbox/status";
  refusal(get(status), 401, "unauthorized");
  EXPECT_EQ(call("GET", status, std::nullopt, {{"Authorization", "Bearer let-me-in"}}).status, 200);
  refusal(post("/_sandbox/login", Json{{"token", "wrong"}}), 401, "unauthorized");
  const client::Reply login = post("/_sandbox/login", Json{{"token", "let-me-in"}});
  ASSERT_EQ(login.status, 200) << login.text;
  const std::string* cookie = login.headers.find("set-cookie");
  ASSERT_NE(cookie, nullptr);
  EXPECT_NE(cookie->find("; HttpOnly; SameSite=Strict; Path=/"), std::string::npos);
  const std::string pair = cookie->substr(0, cookie->find(';'));
  EXPECT_EQ(call("GET", status, std::nullopt, {{"Cookie", pair}}).status, 200);
}

#ifndef ZEST_STOCK_LISTENER  // the portable listener holds no answer back
// How long is GuessedAt's matter; here it is that both doors wait. Never early, however slow the machine.
TEST_F(ControlState, WrongTokensWaitForTheirAnswer) {
  app::ServeOptions options = plain_options();
  options.admin_token = "let-me-in";
  start(options);
  const auto wrong_bearer = [this] {
    refusal(call("GET", "/_sandbox/status", std::nullopt, {{"Authorization", "Bearer wrong"}}), 401,
            "unauthorized");
  };
  for (int i = 0; i < Guesses::kFree; ++i) wrong_bearer();
  const auto begin = std::chrono::steady_clock::now();
  wrong_bearer();
  refusal(post("/_sandbox/login", Json{{"token", "wrong"}}), 401, "unauthorized");
  EXPECT_GE(std::chrono::steady_clock::now() - begin, Guesses::kFirstDelay + 2 * Guesses::kFirstDelay);
  EXPECT_EQ(post("/_sandbox/login", Json{{"token", "let-me-in"}}).status, 200);
}
#endif

TEST_F(ControlState, WithoutATokenThereIsNothingToLogInTo) {
  refusal(post("/_sandbox/login", Json{{"token", "x"}}), 400, "invalid_request");
  refusal(post("/_sandbox/login"), 400, "invalid_request");
}

TEST_F(ControlState, StatusCountsByState) {
  sender().answer(500);
  submit_spv();
  settle();
  const client::Reply status = get("/_sandbox/status");
  ASSERT_EQ(status.status, 200);
  EXPECT_EQ(status.body["version"], version());
  EXPECT_EQ(status.body["seed"], sandbox().seed());
  EXPECT_EQ(status.body["url"], sandbox().url());
  EXPECT_EQ(status.body["partners"], 1);
  EXPECT_EQ(status.body["clocks"][0]["now"], kStart);
  EXPECT_EQ(status.body["spvRequests"]["pending-review"], 1);
  EXPECT_EQ(status.body["deliveries"]["retrying"], 1);
  EXPECT_EQ(status.body["deliveries"]["dead"], 0);
  EXPECT_EQ(status.body["nextTimer"], (Json{{"clientId", acme()}, {"dueAt", "2026-01-01T00:00:30.000Z"}}));
}

TEST_F(ControlState, ResetClearsWhatThePartnersDid) {
  const std::string slug = subscribe(true);
  settle();
  post("/_sandbox/clock/advance", Json{{"by", "1h"}});
  post("/_sandbox/webhooks/pause");
  const client::Reply cleared = reset();
  ASSERT_EQ(cleared.status, 200) << cleared.text;
  EXPECT_EQ(cleared.body["cleared"]["spvRequests"], 1);
  EXPECT_EQ(cleared.body["cleared"]["subscriptions"], 1);
  EXPECT_EQ(cleared.body["cleared"]["deliveries"], 6);
  EXPECT_GE(cleared.body["cleared"]["requests"], 5);
  refusal(get("/_sandbox/subscriptions/" + slug), 404, "not_found");
  EXPECT_EQ(get("/_sandbox/requests").body["count"], 0);
  EXPECT_EQ(get("/_sandbox/clock").body["now"], kStart);
  EXPECT_EQ(get("/_sandbox/clock").body["paused"], false);
  EXPECT_EQ(get("/_sandbox/partners").body["count"], 1);
}

TEST_F(ControlState, IdentifiersComeBackOnlyWhenRewound) {
  const std::string slug = submit_spv();
  settle();
  const std::string event = first_delivery();
  reset();
  EXPECT_NE(submit_spv(), slug);
  settle();
  EXPECT_NE(first_delivery(), event);
  EXPECT_EQ(reset(Json{{"rewind", true}}).body["rewound"], true);
  EXPECT_EQ(submit_spv(), slug);
  settle();
  EXPECT_EQ(first_delivery(), event);
}

TEST_F(ControlState, ResetLeavesNoLateWebhook) {
  sender().answer(ScriptedSender::kHang);
  submit_spv();
  sender().await(1);
  EXPECT_EQ(reset().status, 200);
  sender().answer(200);
  settle();
  EXPECT_EQ(sender().calls().size(), 1U);
  EXPECT_EQ(get("/_sandbox/webhook-deliveries").body["count"], 0);
}

TEST_F(ControlState, ResetOfOnePartnerLeavesTheOthers) {
  post("/_sandbox/partners", Json{{"name", "Beta"}});
  submit_spv();
  post("/_sandbox/clock/advance", Json{{"by", "1h"}});
  EXPECT_EQ(reset(Json{{"clientId", "client_beta"}}).body["clientId"], "client_beta");
  EXPECT_EQ(get("/_sandbox/spv-requests").body["count"], 1);
  EXPECT_EQ(get("/_sandbox/clock?clientId=client_beta").body["now"], kStart);
  EXPECT_EQ(get("/_sandbox/clock?clientId=client_acme").body["now"], "2026-01-01T01:00:00.000Z");
  refusal(reset(Json{{"clientId", "client_none"}}), 404, "not_found");
  refusal(reset(Json{{"client", "client_beta"}}), 400, "invalid_request");
}

TEST_F(ControlState, ResetRevokesTokensAndRemovesPartnersWhenAsked) {
  client::PartnerApi api = partner();
  ASSERT_TRUE(api.token_info().ok());
  reset();
  EXPECT_TRUE(api.token_info().ok());
  post("/_sandbox/partners", Json{{"name", "Beta"}});
  const client::Reply answer = reset(Json{{"tokens", true}, {"partners", true}});
  EXPECT_EQ(answer.body["cleared"]["partners"], 1);
  client::Request info;
  info.target = "/v1/oauth2/info";
  Result<client::Reply> refused = api.exchange(info);
  ASSERT_TRUE(refused.ok());
  EXPECT_EQ(refused->status, 401);
  EXPECT_EQ(get("/_sandbox/partners").body["count"], 1);
}

struct ControlSnapshot : ControlState {
  Json saved() { return get("/_sandbox/snapshot").body; }
  client::Reply load(const Json& snapshot, const std::string& query = "") {
    return call("PUT", "/_sandbox/snapshot" + query, snapshot);
  }
};

TEST_F(ControlSnapshot, BringsTheWholeStateBack) {
  const std::string slug = subscribe(true);
  settle();
  post("/_sandbox/clock/advance", Json{{"by", "10m"}});
  const Json snapshot = saved();
  EXPECT_EQ(snapshot["version"], 1);
  EXPECT_EQ(snapshot["files"].size(), 2U);
  const Json before = get("/_sandbox/subscriptions/" + slug).body;
  const Json deliveries = get("/_sandbox/webhook-deliveries").body;

  reset();
  post("/_sandbox/partners", Json{{"name", "Beta"}});
  const client::Reply loaded = load(snapshot);
  ASSERT_EQ(loaded.status, 200) << loaded.text;
  EXPECT_EQ(loaded.body["restored"], true);
  EXPECT_EQ(get("/_sandbox/subscriptions/" + slug).body, before);
  EXPECT_EQ(get("/_sandbox/webhook-deliveries").body, deliveries);
  EXPECT_EQ(get("/_sandbox/clock").body["now"], "2026-01-01T00:10:00.000Z");
  EXPECT_EQ(get("/_sandbox/partners").body["count"], 1);
  Json again = saved();
  EXPECT_EQ(again["files"], snapshot["files"]);
  EXPECT_EQ(again["tables"]["subscriptions"], snapshot["tables"]["subscriptions"]);
}

TEST_F(ControlSnapshot, MovesToAnotherSandbox) {
  const std::string slug = subscribe(false);
  settle();
  const Json snapshot = saved();
  start(plain_options());
  ASSERT_EQ(load(snapshot).status, 200);
  EXPECT_EQ(get("/_sandbox/subscriptions/" + slug).status, 200);
  EXPECT_TRUE(partner().token_info().ok());
}

TEST_F(ControlSnapshot, CountersGoBackOnlyWhenRewound) {
  const Json snapshot = saved();
  const std::string first = submit_spv();
  load(snapshot);
  const std::string second = submit_spv();
  EXPECT_NE(second, first);
  EXPECT_EQ(load(snapshot, "?rewind=true").body["rewound"], true);
  EXPECT_EQ(submit_spv(), first);
}

TEST_F(ControlSnapshot, ADamagedOneIsRefusedAndLeavesTheStateAlone) {
  const std::string slug = subscribe(false);
  settle();
  const Json snapshot = saved();
  const auto damaged = [&](auto damage) {
    Json copy = snapshot;
    damage(copy);
    return refusal(load(copy), 400, "invalid_request");
  };
  damaged([](Json& s) { s["version"] = 99; });
  damaged([](Json& s) { s.erase("tables"); });
  damaged([](Json& s) { s["createdAt"] = "yesterday"; });
  damaged([](Json& s) { s["extra"] = 1; });
  damaged([](Json& s) { s["files"] = Json::object(); });
  damaged([](Json& s) { s["files"].begin().value() = "AAAA"; });
  damaged([](Json& s) { s["files"].begin().value() = "not base64"; });
  damaged([](Json& s) { s["files"].begin().value() = 7; });
  damaged([](Json& s) { s["tables"]["unknown"] = Json::array(); });
  damaged([](Json& s) { s["tables"]["counters"] = 7; });
  damaged([](Json& s) { s["tables"]["partners"][0]["unknown"] = 1; });
  EXPECT_EQ(get("/_sandbox/subscriptions/" + slug).status, 200);
}

}  // namespace
}  // namespace zest::api
