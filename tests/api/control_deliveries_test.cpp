#include "api/control_fixture.h"

namespace zest::api {
namespace {

struct ControlDeliveries : ControlTest {
  const std::string all = "/_sandbox/webhook-deliveries";
  std::string only_id(const std::string& query = "") {
    const client::Reply list = get(all + query);
    EXPECT_EQ(list.body["count"], 1);
    return list.body["documents"][0].value("deliveryId", "");
  }
  Json advance(const Json& target) { return post("/_sandbox/clock/advance", target).body; }
};

TEST_F(ControlDeliveries, ShowsEnvelopeAndAttempts) {
  const std::string slug = submit_spv();
  settle();
  const std::string id = only_id("?subject=" + slug + "&clientId=client_acme&status=delivered");
  const Json delivery = get(all + "/" + id).body;
  EXPECT_EQ(delivery["eventId"], id);
  EXPECT_EQ(delivery["attemptCount"], 1);
  EXPECT_EQ(delivery["envelope"]["eventId"], id);
  EXPECT_EQ(delivery["envelope"]["data"]["spvRequestSlug"], slug);
  ASSERT_EQ(delivery["attempts"].size(), 1U);
  EXPECT_EQ(delivery["attempts"][0]["number"], 1);
  EXPECT_EQ(delivery["attempts"][0]["offsetSeconds"], 0);
  EXPECT_EQ(delivery["attempts"][0]["responseStatus"], 200);
  EXPECT_EQ(delivery["attempts"][0]["virtualTime"], kStart);
  refusal(get(all + "/wde_none"), 404, "not_found");
}

TEST_F(ControlDeliveries, FiltersStrictly) {
  refusal(get(all + "?status=lost"), 400, "invalid_request");
  refusal(get(all + "?eventType=spv.created"), 400, "invalid_request");
  refusal(get(all + "?type=spv_request.created"), 400, "invalid_request");
  EXPECT_EQ(get(all).body, (Json{{"documents", Json::array()}, {"count", 0}, {"skip", 0}, {"limit", 100}}));
}

TEST_F(ControlDeliveries, RetriesADeadLetter) {
  sender().answer(500);
  submit_spv();
  advance(Json{{"until", "idle"}});
  const std::string id = only_id("?status=dead");
  EXPECT_EQ(get(all + "/" + id).body["attemptCount"], 6);
  sender().answer(200);
  const client::Reply retried = post(all + "/" + id + "/retry", std::nullopt);
  EXPECT_EQ(retried.status, 200) << retried.text;
  EXPECT_EQ(retried.body["schedule"], 2);
  settle();
  EXPECT_EQ(only_id("?status=delivered"), id);
  refusal(post(all + "/wde_none/retry"), 404, "not_found");
}

TEST_F(ControlDeliveries, RetriesManyOldestFirst) {
  sender().answer(500);
  const std::string first = submit_spv();
  const std::string second = submit_spv();
  advance(Json{{"until", "idle"}});
  std::vector<std::string> ids = column(get(all + "?status=dead"), "deliveryId");
  std::reverse(ids.begin(), ids.end());
  const Json expected{{"count", 2}, {"deliveryIds", ids}, {"dryRun", true}};
  EXPECT_EQ(post(all + "/retry", Json{{"status", "dead"}, {"dryRun", true}}).body, expected);
  EXPECT_EQ(get(all + "?status=dead").body["count"], 2);

  sender().answer(200);
  const client::Reply one = post(all + "/retry", Json{{"status", "dead"}, {"subject", second}});
  EXPECT_EQ(one.body["deliveryIds"], Json::array({ids[1]}));
  EXPECT_EQ(post(all + "/retry", Json{{"status", "dead"}}).body["deliveryIds"], Json::array({ids[0]}));
  settle();
  EXPECT_EQ(get(all + "?status=delivered").body["count"], 2);
  EXPECT_NE(refusal(post(all + "/retry"), 400, "invalid_request").find("\"status\""), std::string::npos);
  refusal(post(all + "/retry", Json{{"status", "in_flight"}}), 400, "invalid_request");
}

TEST_F(ControlDeliveries, PausesAndResumes) {
  const client::Reply paused = post("/_sandbox/webhooks/pause", Json{{"clientId", acme()}});
  EXPECT_EQ(paused.body["paused"], true);
  EXPECT_EQ(paused.body["lanes"][0]["paused"], true);
  submit_spv();
  const std::string id = only_id("?status=pending");
  const Json advanced = advance(Json{{"by", "1h"}});
  EXPECT_EQ(advanced["parked"], Json::array({id}));
  EXPECT_EQ(advanced["attempts"], Json::array());
  EXPECT_EQ(post("/_sandbox/webhooks/resume", std::nullopt).body["paused"], false);
  settle();
  EXPECT_EQ(only_id("?status=delivered"), id);
  refusal(post("/_sandbox/webhooks/pause", Json{{"clientId", "client_none"}}), 404, "not_found");
}

}  // namespace
}  // namespace zest::api
