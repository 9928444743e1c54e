#include <atomic>

#include "api/control_fixture.h"
#include "http/raw_client.h"

namespace zest::api {
namespace {

struct ControlClock : ControlTest {
  client::Reply advance(const Json& target) { return post("/_sandbox/clock/advance", target); }
  client::Reply wait(const Json& condition) { return post("/_sandbox/wait", condition); }
  client::Reply set(const Json& change) { return call("PUT", "/_sandbox/clock", change); }
};

TEST_F(ControlClock, ShowsTheClocks) {
  const client::Reply clock = get("/_sandbox/clock?clientId=client_acme");
  EXPECT_EQ(clock.body["now"], kStart);
  EXPECT_EQ(clock.body["mode"], "manual");
  EXPECT_EQ(clock.body["documents"][0]["clientId"], "client_acme");
  EXPECT_EQ(clock.body["documents"][0]["paused"], false);
  post("/_sandbox/partners", Json{{"name", "Beta"}});
  const client::Reply both = get("/_sandbox/clock");
  EXPECT_EQ(both.body["count"], 2);
  EXPECT_FALSE(both.body.contains("now"));
  refusal(get("/_sandbox/clock?clientId=client_none"), 404, "not_found");
}

TEST_F(ControlClock, SetsModeScaleAndTime) {
  EXPECT_EQ(set(Json{{"time", "2026-03-01T00:00:00Z"}}).body["now"], "2026-03-01T00:00:00.000Z");
  const client::Reply scaled = set(Json{{"timeScale", 60}});
  EXPECT_EQ(scaled.body["mode"], "scaled");
  EXPECT_EQ(scaled.body["scale"], 60);
  EXPECT_EQ(set(Json{{"mode", "manual"}, {"clientId", acme()}}).body["mode"], "manual");
  EXPECT_EQ(set(Json{{"mode", "real"}}).body["scale"], 1);
}

TEST_F(ControlClock, RefusesSettingsThatMakeNoSense) {
  for (const Json& change :
       {Json::object(), Json{{"mode", "fast"}}, Json{{"scale", 0}}, Json{{"scale", 1'000'001}},
        Json{{"scale", 1.5}}, Json{{"mode", "manual"}, {"scale", 2}}, Json{{"mode", "real"}, {"scale", 2}},
        Json{{"mode", "scaled"}}, Json{{"scale", 2}, {"timeScale", 2}},
        Json{{"time", "2025-01-01T00:00:00Z"}}, Json{{"time", "tomorrow"}}, Json{{"speed", 2}}}) {
    refusal(set(change), 400, "invalid_request");
  }
  refusal(set(Json{{"mode", "real"}, {"clientId", "client_none"}}), 404, "not_found");
}

TEST_F(ControlClock, AdvancesThroughTheRetryLadder) {
  sender().answer(503);
  submit_spv();
  settle();
  const client::Reply first = advance(Json{{"to", "next"}, {"clientId", acme()}});
  ASSERT_EQ(first.status, 200) << first.text;
  EXPECT_EQ(first.body["clientId"], "client_acme");
  EXPECT_EQ(first.body["now"], "2026-01-01T00:00:30.000Z");
  ASSERT_EQ(first.body["attempts"].size(), 1U);
  const Json attempt = first.body["attempts"][0];
  EXPECT_EQ(attempt["number"], 2);
  EXPECT_EQ(attempt["offsetSeconds"], 30);
  EXPECT_EQ(attempt["clientId"], "client_acme");
  EXPECT_EQ(attempt["eventType"], "spv_request.created");
  EXPECT_EQ(attempt["status"], "retrying");
  EXPECT_EQ(attempt["nextAttemptAt"], "2026-01-01T00:05:30.000Z");
  EXPECT_EQ(attempt.value("deliveryId", "").rfind("wde_", 0), 0U);

  EXPECT_EQ(advance(Json{{"by", "PT5M"}}).body["attempts"][0]["offsetSeconds"], 330);
  EXPECT_EQ(advance(Json{{"to", "2026-01-01T01:00:00Z"}}).body["attempts"][0]["offsetSeconds"], 2130);
  const Json rest = advance(Json{{"until", "idle"}}).body;
  EXPECT_EQ(rest["attempts"][0]["offsetSeconds"], 9330);
  EXPECT_EQ(rest["attempts"][1]["offsetSeconds"], 52530);
  EXPECT_EQ(rest["attempts"][1]["status"], "dead");
  EXPECT_EQ(rest["attemptCount"], 2);
  EXPECT_EQ(rest["truncated"], false);
  // What is large is left to the delivery's own page.
  EXPECT_FALSE(rest["attempts"][0].contains("requestHeaders"));
  EXPECT_FALSE(rest["attempts"][0].contains("responseBody"));
  EXPECT_EQ(rest["attempts"][0]["responseStatus"], 503);
  EXPECT_EQ(rest["timers"], 0);
  EXPECT_EQ(rest["parked"], Json::array());
}

TEST_F(ControlClock, AdvanceTakesExactlyOneTarget) {
  for (const Json& target :
       {Json::object(), Json{{"by", "1s"}, {"to", "next"}}, Json{{"by", 5}}, Json{{"by", "-1s"}},
        Json{{"to", "later"}}, Json{{"until", "done"}}, Json{{"for", "1s"}}}) {
    refusal(advance(target), 400, "invalid_request");
  }
  refusal(advance(Json{{"to", "2020-01-01T00:00:00Z"}, {"clientId", acme()}}), 400, "invalid_request");
  refusal(advance(Json{{"by", "1s"}, {"clientId", "client_none"}}), 404, "not_found");
}

TEST_F(ControlClock, ASecondAdvanceMeanwhileIsAConflict) {
  sender().answer(test::FakeSender::kHang);
  submit_spv();
  ASSERT_TRUE(sender().await_calls(1));
  std::thread first([this] { EXPECT_EQ(advance(Json{{"by", "1s"}}).status, 200); });
  // The first one waits for the exchange in flight; which of the two came first is not known.
  client::Reply other;
  do {
    other = set(Json{{"mode", "manual"}});
  } while (other.status == 200);
  refusal(other, 409, "conflict");
  refusal(advance(Json{{"by", "1s"}}), 409, "conflict");
  sender().answer(200);
  first.join();
}

TEST_F(ControlClock, AResetInterruptsAnAdvance) {
  sender().answer(test::FakeSender::kHang);
  submit_spv();
  ASSERT_TRUE(sender().await_calls(1));
  client::Reply interrupted;
  std::thread advancing([&] { interrupted = advance(Json{{"by", "1s"}}); });
  while (set(Json{{"mode", "manual"}}).status == 200) {
  }
  EXPECT_EQ(post("/_sandbox/reset").status, 200);
  advancing.join();
  refusal(interrupted, 409, "conflict");
  EXPECT_EQ(interrupted.body["interrupted"], true);
}

TEST_F(ControlClock, AWaitWithoutTimeAsksWhatIsSoNow) {
  const Json now{{"until", "idle"}, {"timeout", "0s"}};
  for (int i = 0; i < 50; ++i) ASSERT_EQ(wait(now).body, (Json{{"reached", true}})) << i;
  sender().answer(test::FakeSender::kHang);
  submit_spv();
  const client::Reply late = wait(now);
  EXPECT_EQ(refusal(late, 408, "timeout"), "not reached within 0s; 1 delivery is still open");
}

TEST_F(ControlClock, WaitsUntilIdle) {
  submit_spv();
  EXPECT_EQ(wait(Json{{"until", "idle"}, {"clientId", acme()}}).body, (Json{{"reached", true}}));
  EXPECT_EQ(get("/_sandbox/webhook-deliveries?status=delivered").body["count"], 1);
  sender().answer(test::FakeSender::kHang);
  submit_spv();
  const client::Reply late = wait(Json{{"until", "idle"}, {"timeout", "1ms"}});
  refusal(late, 408, "timeout");
  EXPECT_EQ(late.body["open"].size(), 1U);
}

TEST_F(ControlClock, WaitsForAnEvent) {
  const Json event{
      {"until", "event"}, {"eventType", "spv_request.created"}, {"count", 2}, {"timeout", "30s"}};
  std::thread waiting([&] { EXPECT_EQ(wait(event).status, 200); });
  const std::string slug = submit_spv();
  submit_spv();
  waiting.join();
  EXPECT_EQ(wait(Json{{"until", "event"}, {"subject", slug}}).status, 200);
  refusal(wait(Json{{"until", "event"}, {"subject", "svr_none"}, {"timeout", "0"}}), 408, "timeout");
}

TEST_F(ControlClock, WaitsForADelivery) {
  submit_spv();
  settle();
  const std::string id = get("/_sandbox/webhook-deliveries").body["documents"][0].value("deliveryId", "");
  EXPECT_EQ(wait(Json{{"until", "delivery"}, {"deliveryId", id}}).status, 200);
  refusal(wait(Json{{"until", "delivery"}, {"deliveryId", id}, {"status", "dead"}, {"timeout", "0"}}), 408,
          "timeout");
  refusal(wait(Json{{"until", "delivery"}, {"deliveryId", "wde_none"}}), 404, "not_found");
}

// Documented: wait means one thing everywhere, delivered unless another outcome is asked for.
TEST_F(ControlClock, AnEventIsWaitedForUntilItIsDelivered) {
  sender().answer(test::FakeSender::kHang);
  const std::string slug = submit_spv();
  const Json event{{"until", "event"}, {"subject", slug}, {"timeout", "1ms"}};
  refusal(wait(event), 408, "timeout");
  Json emitted = event;
  emitted["outcome"] = "emitted";
  EXPECT_EQ(wait(emitted).status, 200);
  Json attempted = event;
  attempted["outcome"] = "attempted";
  refusal(wait(attempted), 408, "timeout");
  sender().answer(500);
  attempted["timeout"] = "60s";
  EXPECT_EQ(wait(attempted).status, 200);
  refusal(wait(event), 408, "timeout");  // it may be delivered yet
}

TEST_F(ControlClock, AnOutcomeThatCannotComeAnyMoreEndsTheWaitAtOnce) {
  sender().answer(500);
  const std::string slug = submit_spv();
  ASSERT_EQ(advance(Json{{"until", "idle"}}).status, 200);
  const std::string id = get("/_sandbox/webhook-deliveries").body["documents"][0].value("deliveryId", "");
  const Json delivery{{"until", "delivery"}, {"deliveryId", id}, {"timeout", "1h"}};
  EXPECT_NE(refusal(wait(delivery), 408, "timeout").find("is dead"), std::string::npos);
  const Json event{
      {"until", "event"}, {"subject", slug}, {"eventType", "spv_request.created"}, {"timeout", "1h"}};
  refusal(wait(event), 408, "timeout");
  for (Json condition : {delivery, event}) {
    condition["outcome"] = "dead";
    EXPECT_EQ(wait(condition).status, 200);
  }
  sender().answer(200);
  ASSERT_EQ(post("/_sandbox/webhook-deliveries/" + id + "/retry").status, 200);
  EXPECT_EQ(wait(delivery).status, 200);
  Json dead = delivery;
  dead["outcome"] = "dead";
  EXPECT_NE(refusal(wait(dead), 408, "timeout").find("was delivered"), std::string::npos);
}

// What never happens.
Json never() { return Json{{"until", "event"}, {"subject", "svr_none"}, {"timeout", "1h"}}; }

TEST_F(ControlClock, AResetInterruptsAWait) {
  Json condition = never();
  condition["clientId"] = acme();
  client::Reply interrupted;
  std::atomic<bool> over{false};
  std::thread waiting([&] {
    interrupted = wait(condition);
    over = true;
  });
  // When the wait has begun is not known; the first reset after that ends it.
  while (!over) EXPECT_EQ(post("/_sandbox/reset", Json{{"clientId", acme()}}).status, 200);
  waiting.join();
  refusal(interrupted, 409, "conflict");
  EXPECT_EQ(interrupted.body["interrupted"], true);
}

#ifndef ZEST_STOCK_LISTENER  // the portable listener cannot tell that a client is gone
TEST_F(ControlClock, WaitsLeaveRoomForAdvancesAndEndWithTheirClients) {
  const std::string body = dump_json(never());
  const std::string request =
      "POST /_sandbox/wait HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(sandbox().port()) +
      "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
      body;
  Json probe = never();
  probe["timeout"] = "0";
  std::vector<http::testing::RawClient> clients;
  do {
    clients.emplace_back(sandbox().port());
    ASSERT_TRUE(clients.back().send(request));
  } while (wait(probe).status != 503);
  EXPECT_EQ(advance(Json{{"by", "1s"}}).status, 200);
  clients.clear();
  while (wait(probe).status == 503) {
  }
  refusal(wait(probe), 408, "timeout");
}
#endif

TEST_F(ControlClock, ABarrierIsReadStrictly) {
  for (const Json& condition :
       {Json{{"until", "forever"}}, Json{{"until", "delivery"}},
        Json{{"until", "idle"}, {"deliveryId", "wde_1"}}, Json{{"until", "event"}, {"count", 0}},
        Json{{"timeout", "2h"}}, Json{{"timeout", 5}}, Json{{"until", "idle"}, {"outcome", "dead"}},
        Json{{"until", "event"}, {"outcome", "lost"}},
        Json{{"until", "delivery"}, {"deliveryId", "wde_1"}, {"status", "dead"}, {"outcome", "dead"}}}) {
    refusal(wait(condition), 400, "invalid_request");
  }
}

}  // namespace
}  // namespace zest::api
