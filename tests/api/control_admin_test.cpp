#include "api/control_fixture.h"

namespace zest::api {
namespace {

struct ControlAdmin : ControlTest {
  static std::string spv(const std::string& slug, const std::string& verb = "") {
    return "/_sandbox/spv-requests/" + slug + (verb.empty() ? "" : "/" + verb);
  }
  static std::string sub(const std::string& slug) { return "/_sandbox/subscriptions/" + slug; }
};

TEST_F(ControlAdmin, ApprovesARequest) {
  const std::string slug = submit_spv();
  const client::Reply approved = post(spv(slug, "approve"), std::nullopt);
  ASSERT_EQ(approved.status, 200) << approved.text;
  EXPECT_EQ(approved.body["status"], "approved");
  EXPECT_EQ(approved.body["materialisedRefs"].value("vehicleSlug", "").rfind("veh_", 0), 0U);
  EXPECT_EQ(get(spv(slug)).body, approved.body);
  settle();
  EXPECT_EQ(
      get("/_sandbox/webhook-deliveries?eventType=spv_request.completed&status=delivered").body["count"], 1);
  refusal(post(spv(slug, "approve")), 409, "conflict");
  refusal(post(spv("svr_none", "approve")), 404, "not_found");
}

TEST_F(ControlAdmin, ARejectionNeedsAReason) {
  const std::string slug = submit_spv();
  EXPECT_EQ(refusal(post(spv(slug, "reject")), 400, "invalid_request"),
            "the body must have the member \"reason\"");
  refusal(post(spv(slug, "reject"), Json{{"reason", "  "}}), 400, "invalid_request");
  refusal(post(spv(slug, "reject"), Json{{"reason", "x"}, {"why", "y"}}), 400, "invalid_request");
  const client::Reply rejected = post(spv(slug, "reject"), Json{{"reason", "not ours"}});
  EXPECT_EQ(rejected.body["status"], "rejected");
  EXPECT_EQ(rejected.body["rejectionReason"], "not ours");
  refusal(post(spv(slug, "reject"), Json{{"reason", "again"}}), 409, "conflict");
}

TEST_F(ControlAdmin, ListsRequestsByStateAndPartner) {
  const std::string first = submit_spv();
  const std::string second = submit_spv();
  post(spv(first, "approve"));
  const std::string list = "/_sandbox/spv-requests";
  EXPECT_EQ(column(get(list), "spvRequestSlug"), (std::vector<std::string>{second, first}));
  EXPECT_EQ(column(get(list + "?status=approved"), "spvRequestSlug"), std::vector<std::string>{first});
  EXPECT_EQ(get(list + "?clientId=client_other").body["count"], 0);
  const client::Reply page = get(list + "?page=2&perPage=1");
  EXPECT_EQ(column(page, "spvRequestSlug"), std::vector<std::string>{first});
  EXPECT_EQ(page.body["count"], 2);
  EXPECT_EQ(page.body["skip"], 1);
  EXPECT_EQ(page.body["limit"], 1);
  refusal(get(list + "?status=open"), 400, "invalid_request");
  refusal(get(list + "?state=approved"), 400, "invalid_request");
  refusal(get(list + "?page=0"), 400, "invalid_request");
}

TEST_F(ControlAdmin, CompletesAFundedSubscription) {
  const std::string slug = subscribe(true);
  const client::Reply completed = post(sub(slug) + "/complete", std::nullopt);
  ASSERT_EQ(completed.status, 200) << completed.text;
  EXPECT_EQ(completed.body["status"], "completed");
  EXPECT_EQ(get(sub(slug)).body, completed.body);
  EXPECT_EQ(column(get("/_sandbox/subscriptions?status=completed"), "subscriptionSlug"),
            std::vector<std::string>{slug});
  EXPECT_EQ(get("/_sandbox/subscriptions?status=pending&clientId=client_acme").body["count"], 0);
  refusal(post(sub(slug) + "/complete"), 409, "conflict");
}

TEST_F(ControlAdmin, WithoutAReceiptItTakesForce) {
  const std::string slug = subscribe(false);
  refusal(post(sub(slug) + "/complete"), 409, "conflict");
  refusal(post(sub(slug) + "/complete", Json{{"force", 1}}), 400, "invalid_request");
  EXPECT_EQ(post(sub(slug) + "/complete", Json{{"force", true}}).body["status"], "completed");
}

TEST_F(ControlAdmin, ASkippedEmitIsLeftToTheReconciler) {
  const std::string slug = subscribe(true);
  settle();
  const std::string events = "/_sandbox/webhook-deliveries?eventType=subscription.completed";
  EXPECT_EQ(post(sub(slug) + "/complete", Json{{"skipSynchronousEmit", true}}).status, 200);
  settle();
  EXPECT_EQ(get(events).body["count"], 0);
  const client::Reply advanced = post("/_sandbox/clock/advance", Json{{"until", "idle"}});
  EXPECT_EQ(advanced.body["now"], "2026-01-01T00:01:00.000Z");
  EXPECT_EQ(get(events + "&status=delivered").body["count"], 1);
}

}  // namespace
}  // namespace zest::api
