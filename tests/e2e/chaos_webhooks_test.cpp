// Chaos rules on webhooks, over real HTTP to a real receiver, with virtual time by hand.
#include <gmock/gmock.h>

#include <algorithm>

#include "support/recording_receiver.h"
#include "support/world.h"

namespace zest::test {
namespace {

using testing::ElementsAre;

class ChaosOnWebhooks : public testing::Test {
 protected:
  ChaosOnWebhooks() : receiver_(sandbox_.seeded().webhook_secret) {
    expect_ok(sandbox_.control().change_partner(client_id(), Json{{"webhookUrl", receiver_.url()}}));
  }

  std::string client_id() const { return sandbox_.seeded().client_id; }
  client::ControlApi control() { return sandbox_.control(); }
  RecordingReceiver& receiver() { return receiver_; }

  static Json expect_ok(const Result<Json>& answer) {
    EXPECT_TRUE(answer.ok()) << (answer.ok() ? "" : answer.error().detail);
    return answer.ok() ? *answer : Json::object();
  }
  client::Reply call(const std::string& method, const std::string& target,
                     const Json& body = Json::object()) {
    client::Request request = client::json_request(method, target, body);
    if (method == "GET" || method == "DELETE") request.body = std::nullopt;
    const Result<client::Reply> reply = control().connection().exchange(request);
    EXPECT_TRUE(reply.ok());
    return reply.ok() ? *reply : client::Reply();
  }
  Json rule(Json action, Json match = Json::object(), const std::string& id = "rule") {
    const Json body{
        {"id", id}, {"on", "webhook"}, {"match", std::move(match)}, {"action", std::move(action)}};
    const client::Reply reply = call("POST", "/_sandbox/chaos/rules", body);
    EXPECT_EQ(reply.status, 201) << reply.text;
    return reply.body;
  }
  Json hits(const std::string& id = "rule") {
    return call("GET", "/_sandbox/chaos/rules/" + id).body["hits"];
  }
  Json held() { return call("GET", "/_sandbox/chaos/held").body["documents"]; }

  // A new SPV request; its created event is on its way. Answers the slug.
  std::string submit() {
    const Result<Json> request =
        sandbox_.partner().submit_spv_request(spv_submission(), "key-" + std::to_string(++keys_));
    EXPECT_TRUE(request.ok()) << (request.ok() ? "" : request.error().detail);
    return request.ok() ? request->value("spvRequestSlug", "") : "";
  }
  void approve(const std::string& slug) { expect_ok(control().approve_spv_request(slug)); }
  void settle() { expect_ok(control().wait(Json{{"until", "idle"}, {"timeout", "60s"}})); }
  Json advance(const Json& target) { return expect_ok(control().advance(target)); }
  Json idle() { return advance(Json{{"until", "idle"}}); }

  // The newest delivery with its attempts.
  Json newest() {
    const Json list = expect_ok(control().deliveries({{"perPage", "1"}}));
    return expect_ok(control().delivery(list["documents"][0].value("deliveryId", "")));
  }
  static std::vector<std::string> kinds(const Json& delivery) {
    std::vector<std::string> found;
    for (const Json& attempt : delivery["attempts"]) {
      found.push_back(attempt.value("kind", "") + std::to_string(attempt.value("number", 0)) + "@" +
                      dump_json(attempt["offsetSeconds"]) + (attempt.contains("chaosRule") ? "!" : ""));
    }
    return found;
  }
  std::vector<std::string> received_types() const {
    std::vector<std::string> types;
    for (const client::Received& webhook : receiver_.received()) types.push_back(webhook.event_type);
    return types;
  }
  // The slugs of received SPV events, in order of arrival.
  std::vector<std::string> received_slugs() const {
    std::vector<std::string> slugs;
    for (const client::Received& webhook : receiver_.received()) {
      slugs.push_back(webhook.envelope["data"].value("spvRequestSlug", ""));
    }
    return slugs;
  }

 private:
  static app::ServeOptions seeded_options() {
    app::ServeOptions options = World::plain_options();
    options.seed = 1;
    return options;
  }

  World sandbox_{seeded_options(), World::Network::Real};
  RecordingReceiver receiver_;
  int keys_ = 0;
};

TEST_F(ChaosOnWebhooks, DuplicateSendsExtraCopiesThatCountForNothing) {
  rule(Json{{"type", "duplicate"}, {"copies", 2}, {"spacing", "10s"}});
  submit();
  idle();
  const Json delivery = newest();
  EXPECT_EQ(delivery["status"], "delivered");
  EXPECT_EQ(delivery["attemptCount"], 1);
  EXPECT_THAT(kinds(delivery), ElementsAre("scheduled1@0", "copy1@10!", "copy1@20!"));
  ASSERT_EQ(receiver().count(), 3U);
  EXPECT_TRUE(receiver().all_verified());
  EXPECT_EQ(receiver().received()[2].body, receiver().received()[0].body);
  EXPECT_TRUE(receiver().received()[2].duplicate);
  EXPECT_EQ(hits(), 1);
}

TEST_F(ChaosOnWebhooks, CopiesAccompanyTheAttemptThatTheRuleNames) {
  receiver().answer(500);
  rule(Json{{"type", "duplicate"}}, Json{{"attempt", 3}});
  submit();
  advance(Json{{"by", "400s"}});
  EXPECT_THAT(kinds(newest()), ElementsAre("scheduled1@0", "scheduled2@30", "scheduled3@330", "copy3@330!"));
}

TEST_F(ChaosOnWebhooks, DelayIsANewDueTime) {
  rule(Json{{"type", "delay"}, {"by", "90s"}}, Json{{"eventType", "spv_request.created"}});
  submit();
  settle();
  EXPECT_EQ(receiver().count(), 0U);
  EXPECT_EQ(newest()["status"], "pending");
  EXPECT_EQ(newest()["nextAttemptAt"], "2026-01-01T00:01:30.000Z");
  advance(Json{{"to", "next"}});
  EXPECT_EQ(newest()["attempts"][0]["virtualTime"], "2026-01-01T00:01:30.000Z");
  EXPECT_EQ(newest()["attempts"][0]["chaosRule"], "rule");
  EXPECT_EQ(newest()["status"], "delivered");
}

TEST_F(ChaosOnWebhooks, HoldLetsALaterEventOvertake) {
  rule(Json{{"type", "hold"}, {"untilEvent", "spv_request.completed"}},
       Json{{"eventType", "spv_request.created"}});
  const std::string first = submit();
  const std::string second = submit();
  settle();
  EXPECT_EQ(receiver().count(), 0U);
  EXPECT_EQ(held().size(), 2U);
  EXPECT_EQ(idle()["parked"].size(), 2U);
  approve(first);
  settle();
  // The other request's event goes on being held: what overtook is not about it.
  EXPECT_THAT(received_types(), ElementsAre("spv_request.completed", "spv_request.created"));
  EXPECT_THAT(received_slugs(), ElementsAre(first, first));
  ASSERT_EQ(held().size(), 1U);
  EXPECT_EQ(held()[0]["subject"], second);
  EXPECT_EQ(held()[0]["untilEvent"], "spv_request.completed");
}

TEST_F(ChaosOnWebhooks, WhatIsHeldIsReleasedByHand) {
  rule(Json{{"type", "hold"}, {"untilReleased", true}});
  submit();
  settle();
  const std::string id = newest().value("deliveryId", "");
  EXPECT_EQ(call("POST", "/_sandbox/chaos/held/" + id + "/release").status, 200);
  settle();
  EXPECT_EQ(newest()["status"], "delivered");
  EXPECT_EQ(call("POST", "/_sandbox/chaos/held/" + id + "/release").status, 404);
}

TEST_F(ChaosOnWebhooks, WhatIsHeldGoesOnWhenItsRuleIsRemovedSwitchedOffOrExpires) {
  const Json hold{{"type", "hold"}, {"untilReleased", true}};
  rule(hold);
  submit();
  settle();
  EXPECT_EQ(call("DELETE", "/_sandbox/chaos/rules/rule").status, 200);
  settle();
  EXPECT_EQ(receiver().count(), 1U);

  rule(hold);
  submit();
  settle();
  const Json off{{"on", "webhook"}, {"action", hold}, {"enabled", false}};
  EXPECT_EQ(call("PUT", "/_sandbox/chaos/rules/rule", off).status, 200);
  settle();
  EXPECT_EQ(receiver().count(), 2U);

  const Json short_lived{{"on", "webhook"}, {"action", hold}, {"ttl", "1h"}};
  EXPECT_EQ(call("PUT", "/_sandbox/chaos/rules/rule", short_lived).status, 200);
  submit();
  advance(Json{{"by", "3599s"}});
  EXPECT_EQ(receiver().count(), 2U);
  advance(Json{{"by", "1s"}});
  EXPECT_EQ(receiver().count(), 3U);
  submit();
  settle();
  EXPECT_EQ(receiver().count(), 4U) << "an expired rule holds nothing";
}

TEST_F(ChaosOnWebhooks, TheAttemptThatWasPostponedNamesTheRulesAndNoLaterOneDoes) {
  rule(Json{{"type", "hold"}, {"untilReleased", true}});
  receiver().script({client::Behaviour{500, Duration(0), false, false}});
  submit();
  settle();
  EXPECT_EQ(call("DELETE", "/_sandbox/chaos/rules/rule").status, 200);
  idle();
  EXPECT_THAT(kinds(newest()), ElementsAre("scheduled1@0!", "scheduled2@30"));

  rule(Json{{"type", "reorder"}, {"window", 2}});
  submit();
  submit();
  settle();
  EXPECT_THAT(kinds(newest()), ElementsAre("scheduled1@0!"));
}

TEST_F(ChaosOnWebhooks, ReorderSendsAFullWindowBackwards) {
  rule(Json{{"type", "reorder"}, {"window", 3}, {"order", "reverse"}});
  std::vector<std::string> slugs = {submit(), submit()};
  settle();
  EXPECT_EQ(receiver().count(), 0U);
  slugs.push_back(submit());
  settle();
  std::reverse(slugs.begin(), slugs.end());
  EXPECT_EQ(received_slugs(), slugs);
  EXPECT_EQ(held().size(), 0U);
}

TEST_F(ChaosOnWebhooks, ReorderWaitsNoLongerThanWithin) {
  rule(Json{{"type", "reorder"}, {"window", 10}, {"within", "5m"}});
  const std::string first = submit();
  const std::string second = submit();
  advance(Json{{"by", "299s"}});
  EXPECT_EQ(receiver().count(), 0U);
  advance(Json{{"by", "1s"}});
  EXPECT_THAT(received_slugs(), ElementsAre(second, first));
}

TEST_F(ChaosOnWebhooks, AFixedOrderGoesOutOneAfterTheOtherInAutomaticModesToo) {
  expect_ok(control().set_clock(Json{{"mode", "real"}}));
  rule(Json{{"type", "reorder"}, {"window", 6}, {"order", "reverse"}});
  receiver().script(std::vector<client::Behaviour>(6, client::Behaviour{500, Duration(5), false, false}));
  std::vector<std::string> slugs;
  for (int i = 0; i < 6; ++i) slugs.push_back(submit());
  ASSERT_TRUE(receiver().wait_for(6));
  std::reverse(slugs.begin(), slugs.end());
  std::vector<std::string> received = received_slugs();
  received.resize(6);
  EXPECT_EQ(received, slugs);
}

TEST_F(ChaosOnWebhooks, DropIsAFailedAttemptThatTheReceiverNeverSaw) {
  rule(Json{{"type", "drop"}, {"attempts", 2}});
  submit();
  idle();
  const Json delivery = newest();
  EXPECT_THAT(kinds(delivery), ElementsAre("scheduled1@0!", "scheduled2@30!", "scheduled3@330"));
  EXPECT_EQ(delivery["attempts"][0]["failure"], "connect");
  EXPECT_EQ(delivery["status"], "delivered");
  EXPECT_EQ(receiver().count(), 1U);
}

TEST_F(ChaosOnWebhooks, ADroppedDeliveryEndsInTheDeadLetterAndRetryOffersItAsItIs) {
  rule(Json{{"type", "drop"}, {"attempts", 6}});
  submit();
  idle();
  EXPECT_EQ(newest()["status"], "dead");
  EXPECT_EQ(receiver().count(), 0U);
  expect_ok(control().retry_delivery(newest().value("deliveryId", "")));
  settle();
  EXPECT_EQ(newest()["status"], "delivered");
  EXPECT_TRUE(receiver().all_verified());
}

TEST_F(ChaosOnWebhooks, LostAckIsRetriedAlthoughTheReceiverTookIt) {
  rule(Json{{"type", "lostAck"}, {"attempts", 2}});
  submit();
  idle();
  const Json delivery = newest();
  EXPECT_THAT(kinds(delivery), ElementsAre("scheduled1@0!", "scheduled2@30!", "scheduled3@330"));
  EXPECT_EQ(delivery["attempts"][0]["outcome"], "failed");
  EXPECT_EQ(delivery["attempts"][0]["failure"], "reset");
  EXPECT_EQ(delivery["attempts"][0]["responseStatus"], 200);
  ASSERT_EQ(receiver().count(), 3U);
  EXPECT_TRUE(receiver().received()[1].duplicate);
}

TEST_F(ChaosOnWebhooks, ReplayComesAfterTheDelivery) {
  receiver().script({client::Behaviour{500, Duration(0), false, false}});
  rule(Json{{"type", "replay"}, {"after", "25h"}});
  submit();
  idle();
  EXPECT_THAT(kinds(newest()), ElementsAre("scheduled1@0", "scheduled2@30", "replay2@90030!"));
  EXPECT_EQ(newest()["status"], "delivered");
  EXPECT_EQ(newest()["attemptCount"], 2);
}

TEST_F(ChaosOnWebhooks, ASpoiltAttemptGoesBeforeTheTrueOne) {
  using Check = delivery::SignatureCheck;
  const std::vector<std::pair<std::string, Check>> cases = {
      {"signature", Check::Mismatch},     {"body", Check::Mismatch},
      {"secret", Check::Mismatch},        {"staleTimestamp", Check::Stale},
      {"futureTimestamp", Check::Future}, {"missingHeader", Check::MissingHeader}};
  for (const auto& [what, check] : cases) {
    rule(Json{{"type", "tamper"}, {"what", what}});
    const std::size_t before = receiver().count();
    submit();
    settle();
    const Json delivery = newest();
    EXPECT_THAT(kinds(delivery), ElementsAre("tampered1@0!", "scheduled1@0")) << what;
    EXPECT_EQ(delivery["attempts"][0]["responseStatus"], 401) << what;
    EXPECT_EQ(delivery["attempts"][1]["responseStatus"], 200) << what;
    EXPECT_EQ(delivery["status"], "delivered");
    ASSERT_EQ(receiver().count(), before + 2);
    EXPECT_EQ(receiver().signatures()[before], check) << what;
    EXPECT_EQ(receiver().signatures()[before + 1], Check::Valid) << what;
    EXPECT_EQ(call("DELETE", "/_sandbox/chaos/rules").body["removed"], 1);
  }
}

TEST_F(ChaosOnWebhooks, AGoodReceiverSkipsTheExtraSignatureVersion) {
  rule(Json{{"type", "extraSignatureVersion"}});
  submit();
  settle();
  ASSERT_EQ(receiver().count(), 1U);
  EXPECT_THAT(*receiver().received()[0].headers.find("Zest-Signature"), testing::HasSubstr(",v2="));
  EXPECT_TRUE(receiver().all_verified());
  EXPECT_THAT(kinds(newest()), ElementsAre("scheduled1@0!"));
}

TEST_F(ChaosOnWebhooks, DisconnectCutsTheAttemptAndTheNextIsWhole) {
  rule(Json{{"type", "disconnect"}, {"midBody", true}});
  submit();
  idle();
  const Json delivery = newest();
  EXPECT_THAT(kinds(delivery), ElementsAre("scheduled1@0!", "scheduled2@30"));
  EXPECT_EQ(delivery["attempts"][0]["failure"], "reset");
  EXPECT_FALSE(delivery["attempts"][0].contains("responseStatus"));
  EXPECT_EQ(receiver().count(), 1U);
}

TEST_F(ChaosOnWebhooks, ASlowBodyRunsIntoTheDeliveryTimeout) {
  expect_ok(control().change_partner(client_id(), Json{{"deliveryTimeout", "200ms"}}));
  rule(Json{{"type", "slowBody"}, {"bytesPerSecond", 10}, {"attempts", 1}});
  submit();
  idle();
  EXPECT_THAT(kinds(newest()), ElementsAre("scheduled1@0!", "scheduled2@30"));
  EXPECT_EQ(newest()["attempts"][0]["failure"], "timeout");
}

TEST_F(ChaosOnWebhooks, RulesComposeInOrderOfCreation) {
  rule(Json{{"type", "tamper"}, {"what", "signature"}}, Json::object(), "spoil");
  rule(Json{{"type", "duplicate"}}, Json::object(), "twice");
  rule(Json{{"type", "delay"}, {"by", "5s"}}, Json::object(), "late");
  rule(Json{{"type", "extraSignatureVersion"}}, Json::object(), "v2");
  rule(Json{{"type", "lostAck"}}, Json::object(), "lost");
  rule(Json{{"type", "drop"}}, Json::object(), "never");
  submit();
  idle();
  const Json delivery = newest();
  EXPECT_THAT(kinds(delivery), ElementsAre("tampered1@0!", "scheduled1@0!", "copy1@0!", "scheduled2@30!"));
  EXPECT_EQ(delivery["attempts"][1]["chaosRule"], "late,v2,lost");
  EXPECT_EQ(delivery["attempts"][0]["virtualTime"], "2026-01-01T00:00:05.000Z");
  EXPECT_EQ(hits("never"), 0);
  EXPECT_EQ(hits("late"), 1);
}

TEST_F(ChaosOnWebhooks, NthFirstAndProbabilityAreCountedForEachPartner) {
  rule(Json{{"type", "drop"}}, Json{{"nth", 2}, {"first", 2}});
  std::vector<bool> dropped;
  for (int i = 0; i < 8; ++i) {
    submit();
    settle();
    dropped.push_back(newest()["status"] == "retrying");
  }
  EXPECT_EQ(dropped, (std::vector<bool>{false, true, false, true, false, false, false, false}));
  EXPECT_EQ(hits(), 2);
  const Json other = expect_ok(control().register_partner(Json{{"name", "Other"}}));
  EXPECT_EQ(call("GET", "/_sandbox/chaos/rules?clientId=" + other.value("clientId", ""))
                .body["documents"][0]["hits"],
            0);
}

TEST_F(ChaosOnWebhooks, ResetClearsRulesAndWhatTheyHold) {
  rule(Json{{"type", "hold"}, {"untilReleased", true}});
  submit();
  settle();
  expect_ok(control().reset());
  EXPECT_EQ(held().size(), 0U);
  EXPECT_EQ(call("GET", "/_sandbox/chaos/rules").body["count"], 0);
  submit();
  settle();
  EXPECT_EQ(receiver().count(), 1U);
}

TEST_F(ChaosOnWebhooks, ASnapshotKeepsRulesCountsAndWhatIsHeld) {
  rule(Json{{"type", "hold"}, {"untilEvent", "spv_request.completed"}},
       Json{{"eventType", "spv_request.created"}});
  const std::string slug = submit();
  settle();
  const Result<std::string> snapshot = control().save_snapshot();
  ASSERT_TRUE(snapshot.ok());
  expect_ok(control().reset());
  ASSERT_TRUE(control().load_snapshot(*snapshot).ok());
  EXPECT_EQ(hits(), 1);
  EXPECT_EQ(held().size(), 1U);
  approve(slug);
  settle();
  EXPECT_THAT(received_types(), ElementsAre("spv_request.completed", "spv_request.created"));
}

TEST_F(ChaosOnWebhooks, AMistakeInARuleIsNamedByItsPath) {
  const auto refusal = [this](const Json& body) {
    const client::Reply reply = call("POST", "/_sandbox/chaos/rules", body);
    EXPECT_EQ(reply.status, 400) << reply.text;
    return reply.body.value("detail", "");
  };
  const Json drop{{"type", "drop"}};
  EXPECT_EQ(refusal(Json{{"on", "webhook"}, {"action", {{"type", "duplicate"}, {"copies", 0}}}}),
            "action.copies must be a whole number from 1 to 20");
  EXPECT_EQ(refusal(Json{{"on", "webhook"}, {"action", drop}, {"match", {{"attempt", 7}}}}),
            "match.attempt must be a whole number from 1 to 6");
  EXPECT_THAT(refusal(Json{{"on", "webhook"}, {"action", drop}, {"match", {{"event", "x"}}}}),
              testing::HasSubstr("match has an unknown member \"event\"; allowed: eventType"));
  EXPECT_THAT(refusal(Json{{"on", "webhook"}, {"action", {{"type", "latency"}, {"by", "1s"}}}}),
              testing::StartsWith("action.type must be duplicate, delay"));
  EXPECT_THAT(refusal(Json{{"on", "webhook"}, {"action", drop}, {"match", {{"eventType", "spv.created"}}}}),
              testing::StartsWith("match.eventType must be an event type (spv_request.created"));
  EXPECT_EQ(refusal(Json{{"on", "webhook"}, {"action", {{"type", "hold"}}}}),
            "action must have one of untilEvent or untilReleased");
  EXPECT_EQ(call("POST", "/_sandbox/chaos/rules",
                 Json{{"on", "webhook"}, {"clientId", "client_none"}, {"action", drop}})
                .status,
            404);
  rule(drop);
  EXPECT_EQ(
      call("POST", "/_sandbox/chaos/rules", Json{{"id", "rule"}, {"on", "webhook"}, {"action", drop}}).status,
      409);
}

}  // namespace
}  // namespace zest::test
