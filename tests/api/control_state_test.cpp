#include "api/control_fixture.h"
#include "api/pipeline/guesses.h"
#include "base/file.h"
#include "base/version.h"
#include "support/paths.h"

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
  sender().answer(test::FakeSender::kHang);
  submit_spv();
  ASSERT_TRUE(sender().await_calls(1));
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
  EXPECT_EQ(snapshot["version"], 2);
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
  EXPECT_EQ(again["subscriptions"], snapshot["subscriptions"]);
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
  damaged([](Json& s) { s.erase("partners"); });
  damaged([](Json& s) { s["createdAt"] = "yesterday"; });
  damaged([](Json& s) { s["extra"] = 1; });
  damaged([](Json& s) { s["files"] = Json::object(); });
  damaged([](Json& s) { s["files"].begin().value() = "AAAA"; });
  damaged([](Json& s) { s["files"].begin().value() = "not base64"; });
  damaged([](Json& s) { s["files"].begin().value() = 7; });
  damaged([](Json& s) { s["unknown"] = Json::array(); });
  damaged([](Json& s) { s["counters"] = 7; });
  damaged([](Json& s) { s["partners"][0]["unknown"] = 1; });
  EXPECT_EQ(get("/_sandbox/subscriptions/" + slug).status, 200);
}

TEST_F(ControlSnapshot, TheDocumentMayAskForARewindItself) {
  Json snapshot = saved();
  const std::string first = submit_spv();
  snapshot["rewind"] = true;
  EXPECT_EQ(load(snapshot).body["rewound"], true);
  EXPECT_EQ(submit_spv(), first);
  snapshot["rewind"] = false;
  EXPECT_EQ(load(snapshot, "?rewind=true").body["rewound"], false);
  EXPECT_NE(submit_spv(), first);
  snapshot["rewind"] = "yes";
  refusal(load(snapshot), 400, "invalid_request");
}

TEST_F(ControlSnapshot, IsAFileToSave) {
  const client::Reply reply = get("/_sandbox/snapshot");
  EXPECT_EQ(*reply.headers.find("content-type"), "application/json; charset=utf-8");
  EXPECT_EQ(*reply.headers.find("content-disposition"),
            "attachment; filename=\"zest-sandbox-snapshot.json\"");
  EXPECT_EQ(*reply.headers.find("content-length"), std::to_string(reply.text.size()));
  EXPECT_EQ(call("HEAD", "/_sandbox/snapshot").status, 200);
  const auto& spool = sandbox().store().uploads().spool_dir();
  EXPECT_TRUE(std::filesystem::is_empty(spool));
}

// Whatever stands in place of what belongs there, and however deep: the snapshot is refused, or everything
// still answers.
struct ControlSpoiltSnapshot : ControlSnapshot {
  void fill() {
    call("POST", "/_sandbox/chaos/rules",
         parse_json(R"({"id":"copies","on":"webhook","match":{"eventType":"investor.created"},
                        "action":{"type":"duplicate","copies":2,"spacing":"6h"}})")
             .value());
    call("POST", "/_sandbox/chaos/rules",
         parse_json(R"({"id":"again","on":"webhook","match":{"eventType":"investor.created"},
                        "action":{"type":"replay","after":"6h"}})")
             .value());
    call("POST", "/_sandbox/chaos/rules",
         parse_json(R"({"id":"held","on":"webhook","match":{"eventType":"subscription.*"},
                        "action":{"type":"hold","untilReleased":true}})")
             .value());
    subscribe(true);
    sender().answer(500);
    submit_spv();
    settle();
  }

  // Every value of the document, by the way to it; of long lists the first ones.
  static void collect(const Json& json, const Json::json_pointer& at,
                      std::vector<Json::json_pointer>& found) {
    found.push_back(at);
    if (json.is_object()) {
      for (const auto& entry : json.items()) collect(entry.value(), at / entry.key(), found);
    } else if (json.is_array()) {
      for (std::size_t i = 0; i < std::min<std::size_t>(json.size(), 3); ++i) collect(json[i], at / i, found);
    }
  }

  void everything_answers(const std::string& what) {
    for (const char* path :
         {"/_sandbox/status", "/_sandbox/partners", "/_sandbox/spv-requests", "/_sandbox/subscriptions",
          "/_sandbox/webhook-deliveries", "/_sandbox/chaos/rules", "/_sandbox/chaos/held", "/_sandbox/clock",
          "/_sandbox/snapshot", "/_sandbox/metrics"}) {
      EXPECT_LT(get(path).status, 500) << what << ": " << path;
    }
    const client::Reply list = get("/_sandbox/webhook-deliveries");
    for (const Json& delivery : list.body["documents"]) {
      EXPECT_LT(get("/_sandbox/webhook-deliveries/" + delivery.value("deliveryId", "")).status, 500) << what;
    }
    EXPECT_LT(post("/_sandbox/clock/advance", Json{{"by", "7h"}}).status, 500) << what;
    EXPECT_LT(post("/_sandbox/chaos/held/wde_1/release", Json::object()).status, 500) << what;
  }
};

TEST_F(ControlSpoiltSnapshot, IsRefusedOrEverythingStillAnswers) {
  fill();
  const Json snapshot = saved();
  Json before = saved();
  before.erase("createdAt");
  std::vector<Json::json_pointer> places;
  collect(snapshot, Json::json_pointer(), places);
  ASSERT_GT(places.size(), 300U);
  const std::vector<Json> wrong = {nullptr, true, -1, 1.5, "x", Json::array({nullptr}), Json{{"x", 1}}};
  std::size_t refused = 0;
  std::size_t loaded = 0;
  for (std::size_t i = 0; i < places.size(); ++i) {
    Json spoilt = snapshot;
    spoilt[places[i]] = wrong[i % wrong.size()];
    const client::Reply reply = load(spoilt);
    const std::string what = places[i].to_string() + " = " + dump_json(wrong[i % wrong.size()]);
    if (reply.status == 200) {
      ++loaded;
      everything_answers(what);
      ASSERT_EQ(load(snapshot, "?rewind=true").status, 200);
    } else {
      EXPECT_EQ(reply.status, 400) << what << ": " << reply.text;
      ++refused;
    }
  }
  Json after = saved();
  after.erase("createdAt");
  EXPECT_EQ(after, before);
  EXPECT_GT(refused, 200U);
  EXPECT_GT(loaded, 10U);
}

// The same for what 0.1.0 wrote, where JSON stands inside of texts.
TEST_F(ControlSpoiltSnapshot, OfTheFirstVersionIsRefusedOrEverythingStillAnswers) {
  const Json snapshot =
      parse_json(read_file(test::in_source("tests/samples/0.1.0/snapshot.json")).value()).value();
  ASSERT_EQ(load(snapshot).status, 200);
  const std::vector<Json> wrong = {
      nullptr, true, -1, 1.5, "x", "[5]", "{}", "[[]]", 1e18, "[{\"rule\":5}]", Json{{"$hex", "00"}}};
  std::size_t refused = 0;
  std::size_t loaded = 0;
  std::size_t turn = 0;
  for (const auto& table : snapshot["tables"].items()) {
    if (table.value().empty()) continue;
    for (const auto& column : table.value()[0].items()) {
      for (int i = 0; i < 2; ++i) {
        Json spoilt = snapshot;
        const Json& value = wrong[turn++ % wrong.size()];
        spoilt["tables"][table.key()][0][column.key()] = value;
        const client::Reply reply = load(spoilt);
        const std::string what = table.key() + "." + column.key() + " = " + dump_json(value);
        if (reply.status == 200) {
          ++loaded;
          everything_answers(what);
        } else {
          EXPECT_EQ(reply.status, 400) << what << ": " << reply.text;
          ++refused;
        }
      }
    }
  }
  EXPECT_GT(refused, 100U);
  EXPECT_GT(loaded, 10U);
  EXPECT_EQ(load(snapshot).status, 200);
}

}  // namespace
}  // namespace zest::api
