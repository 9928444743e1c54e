// What each event tells, and when it says that it happened. Zest docs: webhooks/events, webhooks/signatures,
// webhooks/reconciler.
#include <gmock/gmock.h>

#include <map>
#include <set>

#include "delivery/signer.h"
#include "rules_world.h"

namespace zest::api {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAreArray;

// Everything that can happen, while the clock stands still.
struct Story {
  World world;
  Json approved, rejected, cancelled;  // SPV requests
  Json investor;                       // result row
  Json subscription;                   // result row, with an id of the partner's own
  Json form, funding, completed;

  Story() {
    approved = world.approve(world.submit()).body;
    rejected = world.reject(world.submit()).body;
    cancelled = world.acme().cancel(world.submit()).body;
    investor = world.acme().investors(Json::array({World::investor("inv-1")})).body["results"][0];
    const std::string spv = approved["materialisedRefs"].value("vehicleSlug", "");
    const std::string person = investor.value("zestPersonId", "");
    Json row = World::subscription(person);
    row["partnerSubscriptionId"] = "own-1";
    subscription = world.acme().subscriptions(spv, Json::array({row})).body["results"][0];
    form = world.acme().form(spv, person).body;
    funding = world.acme().funding(spv, person).body;
    completed = world.complete(subscription.value("subscriptionSlug", "")).body;
  }
  Json event(std::string_view type, const char* member = "", const std::string& value = "") {
    for (const Json& event : world.events(type)) {
      if (*member == '\0' || event["data"].value(member, "") == value) return event;
    }
    ADD_FAILURE() << "no " << type;
    return Json::object();
  }
};

// `data` without the member that the resource does not have.
Json without(Json data, const char* member) {
  data.erase(member);
  return data;
}

TEST(Rules, EachEventHasTheDocumentedDataAndNothingElse) {
  Story story;
  const std::vector<std::string> request = {"spvRequestSlug", "templateId", "templateVersion",
                                            "tenantSlug",     "attributes", "status"};
  const auto request_and = [&request](std::vector<std::string> more) {
    more.insert(more.end(), request.begin(), request.end());
    return more;
  };
  const std::map<std::string, std::vector<std::string>> documented = {
      {"spv_request.created", request},
      {"spv_request.completed", request_and({"materialisedRefs", "approvedAt"})},
      {"spv_request.rejected", request_and({"rejectionReason", "rejectedAt"})},
      {"spv_request.cancelled", request_and({"cancelledAt"})},
      {"investor.created",
       {"partnerInvestorId", "zestPersonId", "email", "firstName", "lastName", "kycManagedBy"}},
      {"subscription.created",
       {"subscriptionSlug", "spvSlug", "personId", "partnerSubscriptionId", "lumpSum", "shareClassSlug",
        "status"}},
      {"signed_subscription_form.uploaded",
       {"subscriptionSlug", "spvSlug", "personId", "partnerInvestorId", "subscriptionFormUrl", "uploadedAt"}},
      {"funding_receipt.uploaded",
       {"subscriptionSlug", "spvSlug", "personId", "partnerInvestorId", "fundingReceiptUrl", "amount",
        "currency", "wireReference", "uploadedAt"}},
      {"subscription.completed",
       {"subscriptionSlug", "spvSlug", "personId", "partnerInvestorId", "partnerSubscriptionId",
        "completedAt", "status"}},
  };
  std::set<std::string> seen;
  for (const Json& event : story.world.events()) {
    EXPECT_THAT(member_names(event), ElementsAre("eventId", "eventType", "occurredAt", "data"));
    const std::string type = event["eventType"];
    seen.insert(type);
    EXPECT_THAT(member_names(event["data"]), UnorderedElementsAreArray(documented.at(type))) << type;
  }
  EXPECT_EQ(seen.size(), documented.size());
}

TEST(Rules, EventDataIsWhatTheApiAnswered) {
  Story story;
  const auto same_members = [](const Json& data, const Json& resource) {
    for (const auto& [name, value] : data.items()) EXPECT_EQ(value, resource.value(name, Json())) << name;
  };
  const auto about = [&story](const Json& request, std::string_view type) {
    return story.event(type, "spvRequestSlug", request.value("spvRequestSlug", ""))["data"];
  };
  same_members(about(story.approved, "spv_request.completed"), story.approved);
  same_members(without(about(story.rejected, "spv_request.rejected"), "rejectedAt"), story.rejected);
  same_members(about(story.cancelled, "spv_request.cancelled"), story.cancelled);
  EXPECT_EQ(about(story.approved, "spv_request.created")["status"], "pending-review");
  EXPECT_EQ(story.event("investor.created")["data"], (Json{{"partnerInvestorId", "inv-1"},
                                                           {"zestPersonId", story.investor["zestPersonId"]},
                                                           {"email", "ada@example.com"},
                                                           {"firstName", "Ada"},
                                                           {"lastName", "Lovelace"},
                                                           {"kycManagedBy", "partner"}}));
  same_members(story.event("subscription.created")["data"], story.subscription);
  same_members(without(story.event("signed_subscription_form.uploaded")["data"], "partnerInvestorId"),
               story.form);
  same_members(without(story.event("funding_receipt.uploaded")["data"], "partnerInvestorId"), story.funding);
  const Json completed = story.event("subscription.completed")["data"];
  same_members(without(completed, "partnerInvestorId"), story.completed);
  EXPECT_EQ(completed["status"], "completed");
  EXPECT_EQ(completed["partnerInvestorId"], "inv-1");
  EXPECT_EQ(completed["partnerSubscriptionId"], "own-1");
}

TEST(Rules, OptionalEventDataIsLeftOut) {
  World world;
  const std::string sub = world.subscribe(world.spv(), world.person());
  world.complete(sub, Json{{"force", true}});
  for (const char* type : {"subscription.created", "subscription.completed"}) {
    const std::vector<Json> events = world.events(type);
    ASSERT_EQ(events.size(), 1U);
    EXPECT_FALSE(events[0]["data"].contains("partnerSubscriptionId"));
    EXPECT_EQ(dump_json(events[0]).find("null"), std::string::npos);
  }
}

TEST(Rules, OccurredAtIsTheResourcesOwnInstant) {
  Story story;
  const auto when = [&story](const Json& request, std::string_view type) {
    return story.event(type, "spvRequestSlug", request.value("spvRequestSlug", ""))["occurredAt"];
  };
  EXPECT_EQ(when(story.approved, "spv_request.created"), story.approved["createdAt"]);
  EXPECT_EQ(when(story.approved, "spv_request.completed"), story.approved["approvedAt"]);
  EXPECT_EQ(when(story.rejected, "spv_request.rejected"), story.rejected["updatedAt"]);
  EXPECT_EQ(when(story.cancelled, "spv_request.cancelled"), story.cancelled["cancelledAt"]);
  const Json rejected = story.event("spv_request.rejected");
  EXPECT_EQ(rejected["data"]["rejectedAt"], rejected["occurredAt"]);
  EXPECT_EQ(story.event("subscription.created")["occurredAt"], story.completed["createdAt"]);
  EXPECT_EQ(story.event("signed_subscription_form.uploaded")["occurredAt"], story.form["uploadedAt"]);
  EXPECT_EQ(story.event("funding_receipt.uploaded")["occurredAt"], story.funding["uploadedAt"]);
  EXPECT_EQ(story.event("subscription.completed")["occurredAt"], story.completed["completedAt"]);
}

TEST(Rules, InstantsGrowWhileTheClockStandsStill) {
  Story story;
  EXPECT_EQ(story.world.get("/_sandbox/clock").text.find("2026-01-01T00:00:00.001"), std::string::npos);
  const auto at = [&story](std::string_view type, const char* member, const std::string& value) {
    return story.event(type, member, value).value("occurredAt", "");
  };
  const std::string svr = story.approved.value("spvRequestSlug", "");
  const std::string sub = story.subscription.value("subscriptionSlug", "");
  // A request, the SPV that it became, what refers to that, and so on.
  const std::vector<std::string> line = {at("spv_request.created", "spvRequestSlug", svr),
                                         at("spv_request.completed", "spvRequestSlug", svr),
                                         at("subscription.created", "subscriptionSlug", sub),
                                         at("signed_subscription_form.uploaded", "subscriptionSlug", sub),
                                         at("funding_receipt.uploaded", "subscriptionSlug", sub),
                                         at("subscription.completed", "subscriptionSlug", sub)};
  EXPECT_THAT(
      line, ElementsAre("2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00.001Z", "2026-01-01T00:00:00.002Z",
                        "2026-01-01T00:00:00.003Z", "2026-01-01T00:00:00.004Z", "2026-01-01T00:00:00.005Z"));
  EXPECT_LT(at("investor.created", "partnerInvestorId", "inv-1"), line[2]);
}

TEST(Rules, AnInvestorOfTheSameInstantComesBeforeItsSubscription) {
  World world;
  const std::string spv = world.spv();
  world.advance("1h");
  const std::string person = world.person();
  world.subscribe(spv, person);
  EXPECT_EQ(world.events("investor.created")[0]["occurredAt"], "2026-01-01T01:00:00.000Z");
  EXPECT_EQ(world.events("subscription.created")[0]["occurredAt"], "2026-01-01T01:00:00.001Z");
}

std::string header_of(const http::Call& call, const char* name) {
  const std::string* value = call.headers.find(name);
  return value != nullptr ? *value : "";
}

TEST(Rules, TheBodyIsTheSameInEveryAttemptAndTheSignatureFresh) {
  World world;
  world.sender().answer(500);
  const Instant before = world.clock().wall();
  const std::string person = world.person();
  ASSERT_TRUE(world.sender().await_calls(1));
  for (int attempt = 2; attempt <= 6; ++attempt) {
    world.clock().move(Duration(100'000));
    EXPECT_EQ(world.post("/_sandbox/clock/advance", Json{{"to", "next"}}).status, 200);
  }
  const std::vector<http::Call> calls = world.sender().calls();
  ASSERT_EQ(calls.size(), 6U);
  const std::string secret = world.sandbox().partner().webhook_secret;
  const Json envelope = parse_json(*calls[0].body).value();
  std::set<std::string> times;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    EXPECT_EQ(*calls[i].body, *calls[0].body);
    EXPECT_EQ(calls[i].method, "POST");
    EXPECT_EQ(header_of(calls[i], "Content-Type"), "application/json");
    EXPECT_EQ(envelope["eventId"], header_of(calls[i], "Zest-Event-Id"));
    EXPECT_EQ(header_of(calls[i], "Zest-Event-Type"), "investor.created");
    EXPECT_EQ(header_of(calls[i], "User-Agent"), "ZestWebhooks/1.0");
    const std::string signature = header_of(calls[i], "Zest-Signature");
    times.insert(signature.substr(0, signature.find(',')));
    // By the wall clock of that attempt, within a minute.
    const Instant then = before + Duration(100'000 * static_cast<std::int64_t>(i));
    EXPECT_EQ(delivery::check_signature(secret, signature, *calls[i].body, then + Duration(250'000)),
              delivery::SignatureCheck::Valid);
    EXPECT_EQ(delivery::check_signature(secret, signature, *calls[i].body, then - Duration(250'000)),
              delivery::SignatureCheck::Valid);
  }
  EXPECT_EQ(times.size(), 6U);
  EXPECT_EQ(world.get("/_sandbox/webhook-deliveries?status=dead").body["count"], 1);
}

TEST(Rules, ASkippedCompletionIsToldByTheNextSweep) {
  World world;
  world.advance("90s");
  const std::string sub = world.subscribe(world.spv(), world.person());
  const client::Reply done = world.complete(sub, Json{{"force", true}, {"skipSynchronousEmit", true}});
  EXPECT_THAT(world.events("subscription.completed"), IsEmpty());
  world.advance("29s");
  EXPECT_THAT(world.events("subscription.completed"), IsEmpty());
  world.advance("1s");
  world.advance("10m");
  const std::vector<Json> events = world.events("subscription.completed");
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0]["occurredAt"], "2026-01-01T00:02:00.000Z");
  EXPECT_EQ(events[0]["data"]["completedAt"], done.body["completedAt"]);
}

TEST(Rules, TheSweepTellsOfNothingThatLiesAheadOfIt) {
  World world;
  const std::string spv = world.spv();
  const Json skip{{"force", true}, {"skipSynchronousEmit", true}};
  world.complete(world.subscribe(spv, world.person("inv-1")), skip);
  // One millisecond before the sweep; the steps of a second subscription reach beyond it.
  world.advance("59999ms");
  const std::string person = world.person("inv-2");
  const std::string late = world.subscribe(spv, person);
  world.acme().form(spv, person);
  EXPECT_EQ(world.complete(late, skip).body["completedAt"], "2026-01-01T00:01:00.002Z");
  world.advance("1ms");
  EXPECT_EQ(world.events("subscription.completed").size(), 1U);
  world.advance("5m");
  const std::vector<Json> events = world.events("subscription.completed");
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[1]["occurredAt"], "2026-01-01T00:02:00.000Z");
  EXPECT_EQ(events[1]["data"]["subscriptionSlug"], late);
}

}  // namespace
}  // namespace zest::api
