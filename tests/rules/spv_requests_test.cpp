// Zest docs: spv-requests.
#include "rules/spv_requests.h"

#include "rules/rules_fixture.h"

namespace zest::rules {
namespace {

using ::testing::ElementsAre;

class SpvRequests : public RulesTest {
 protected:
  Result<SpvRequest> decide(Instant now, SpvVerb verb, const std::string& slug,
                            const std::string& client_id = "acme") {
    return at(
        now,
        [&](Context& context) {
          if (verb == SpvVerb::Approve) return approve_spv_request(context, slug);
          if (verb == SpvVerb::Reject) return reject_spv_request(context, slug, "too small");
          return cancel_spv_request(context, slug);
        },
        client_id);
  }
};

TEST_F(SpvRequests, ASubmissionIsPendingReviewAndTellsItsEventAtThatInstant) {
  const SpvRequest request = submit(after(5)).value();
  EXPECT_EQ(request.status, SpvStatus::PendingReview);
  EXPECT_EQ(request.created_at, after(5));
  EXPECT_EQ(request.updated_at, after(5));
  EXPECT_EQ(request.attributes, attributes());
  EXPECT_EQ(request.share_classes.front().slug, "sc_classA");
  ASSERT_EQ(fired().size(), 1U);
  EXPECT_EQ(fired()[0].type, "spv_request.created");
  EXPECT_EQ(fired()[0].occurred_at, after(5));
  EXPECT_EQ(fired()[0].data["spvRequestSlug"], request.slug);
  EXPECT_EQ(fired()[0].data["attributes"], attributes());
  EXPECT_EQ(fired()[0].data["status"], "pending-review");
}

TEST_F(SpvRequests, UnknownTemplateOrVersionIsNotFoundBeforeItsRules) {
  for (const auto& [id, version] :
       {std::pair("nothing", "1.0.0"), std::pair("syndicate_secondary", "9.9.9")}) {
    SpvSubmission submission = prepare_spv_submission(contracts_, id, version, Json::object());
    expect_refused(at(kDawn, [&](Context& context) { return submit_spv_request(context, submission); }),
                   ErrorKind::NotFound, id);
  }
  EXPECT_TRUE(fired().empty());
}

TEST_F(SpvRequests, AttributesThatBreakTheContractAreRefusedAndLeaveNothing) {
  Json wrong = attributes();
  wrong.erase("currency");
  wrong["surplus"] = 1;
  SpvSubmission submission = prepare_spv_submission(contracts_, "syndicate_secondary", "1.0.0", wrong);
  const auto refused = at(kDawn, [&](Context& context) { return submit_spv_request(context, submission); });
  expect_refused(refused, ErrorKind::ValidationError, "2 rules");
  EXPECT_EQ(refused.error().violations.size(), 2U);
  EXPECT_TRUE(fired().empty());
  EXPECT_EQ(submit(kDawn).value().slug.substr(0, 4), "svr_");
}

TEST_F(SpvRequests, ARequestLeavesPendingReviewByEveryVerb) {
  const std::string approved = submit(after(0)).value().slug;
  const std::string rejected = submit(after(0)).value().slug;
  const std::string cancelled = submit(after(0)).value().slug;

  const SpvRequest first = decide(after(10), SpvVerb::Approve, approved).value();
  EXPECT_EQ(first.status, SpvStatus::Approved);
  EXPECT_EQ(first.approved_at, after(10));
  ASSERT_TRUE(first.refs.has_value());
  EXPECT_EQ(first.refs->opportunity_slug.substr(0, 4), "opp_");
  EXPECT_EQ(first.refs->vehicle_slug.substr(0, 4), "veh_");
  EXPECT_EQ(first.refs->sp_slug.substr(0, 3), "sp_");
  EXPECT_EQ(first.refs->spc_slug.substr(0, 4), "spc_");

  const SpvRequest second = decide(after(20), SpvVerb::Reject, rejected).value();
  EXPECT_EQ(second.status, SpvStatus::Rejected);
  EXPECT_EQ(second.rejection_reason, "too small");
  EXPECT_FALSE(second.refs.has_value());

  const SpvRequest third = decide(after(30), SpvVerb::Cancel, cancelled).value();
  EXPECT_EQ(third.status, SpvStatus::Cancelled);
  EXPECT_EQ(third.cancelled_at, after(30));

  const std::vector<Fired> events = fired();
  ASSERT_EQ(events.size(), 6U);
  EXPECT_EQ(events[3].type, "spv_request.completed");
  EXPECT_EQ(events[3].data["materialisedRefs"]["vehicleSlug"], first.refs->vehicle_slug);
  EXPECT_EQ(events[4].type, "spv_request.rejected");
  EXPECT_EQ(events[4].data["rejectedAt"], format_instant(after(20)));
  EXPECT_EQ(events[5].type, "spv_request.cancelled");
  EXPECT_EQ(events[5].occurred_at, after(30));
}

TEST_F(SpvRequests, NoVerbLeavesATerminalState) {
  const SpvVerb verbs[] = {SpvVerb::Approve, SpvVerb::Reject, SpvVerb::Cancel};
  for (const SpvVerb into : verbs) {
    const std::string slug = submit(after(0)).value().slug;
    ASSERT_TRUE(decide(after(10), into, slug).ok());
    const std::size_t events = fired().size();
    for (const SpvVerb verb : verbs) {
      expect_refused(decide(after(20), verb, slug), ErrorKind::Conflict, "terminal");
    }
    EXPECT_EQ(fired().size(), events);
    EXPECT_EQ(look([&](store::Read& tx) { return tx.spv_request(slug); })->updated_at, after(10));
  }
}

// So that neither two events of one request share an instant nor an order of events is lost.
TEST_F(SpvRequests, ADecisionIsAMillisecondAfterTheSubmissionWhileTheClockStandsStill) {
  const std::string slug = submit(after(7)).value().slug;
  EXPECT_EQ(decide(after(7), SpvVerb::Approve, slug).value().approved_at, after(8));
  EXPECT_EQ(fired()[1].occurred_at, after(8));
}

TEST_F(SpvRequests, AutoApproveIsDueExactlyAfterItsTimeAndGoesWithADecision) {
  PartnerChange change;
  change.auto_approve.emplace(Duration(90'000));
  add_partner("quick", change);
  const std::string slug = submit(after(3), "quick").value().slug;
  const std::optional<Timer> timer = next_timer("quick");
  ASSERT_TRUE(timer.has_value());
  EXPECT_EQ(timer->kind, TimerKind::AutoApprove);
  EXPECT_EQ(timer->due_at, after(90'003));
  EXPECT_EQ(timer->subject, slug);
  ASSERT_TRUE(decide(after(4), SpvVerb::Cancel, slug, "quick").ok());
  EXPECT_FALSE(next_timer("quick").has_value());
}

TEST_F(SpvRequests, AnotherPartnersRequestIsNotFound) {
  add_partner("other");
  const std::string slug = submit(after(0)).value().slug;
  for (const SpvVerb verb : {SpvVerb::Approve, SpvVerb::Reject, SpvVerb::Cancel}) {
    expect_refused(decide(after(1), verb, slug, "other"), ErrorKind::NotFound, slug);
  }
  EXPECT_TRUE(look([&](store::Read& tx) { return find_spv_request(tx, "acme", slug).ok(); }));
  EXPECT_THAT(fired_types("other"), ElementsAre());
}

}  // namespace
}  // namespace zest::rules
