// Every transition and every forbidden one, from the tables.
#include <gtest/gtest.h>

#include "model/spv_request.h"
#include "model/subscription.h"

namespace zest {
namespace {

TEST(Rules, SpvRequestLeavesPendingReviewOnceOnly) {
  const std::pair<SpvVerb, SpvStatus> verbs[] = {{SpvVerb::Approve, SpvStatus::Approved},
                                                 {SpvVerb::Reject, SpvStatus::Rejected},
                                                 {SpvVerb::Cancel, SpvStatus::Cancelled}};
  for (const auto& [verb, to] : verbs) {
    for (const SpvStatus from : kSpvStatuses) {
      const auto next = next_status(from, verb);
      if (from == SpvStatus::PendingReview) {
        EXPECT_EQ(next, to);
      } else {
        EXPECT_EQ(next, std::nullopt) << to_string(from);
      }
    }
  }
}

TEST(Rules, SubscriptionOrderIsFormThenFundingThenCompleted) {
  using Stage = SubscriptionStage;
  using Verb = SubscriptionVerb;
  const auto none = std::optional<Stage>{};
  struct Row {
    Stage from;
    std::optional<Stage> form, funding, complete, force;
  };
  const Row rows[] = {
      {Stage::Created, Stage::FormUploaded, none, none, Stage::Completed},
      {Stage::FormUploaded, Stage::FormUploaded, Stage::Funded, none, Stage::Completed},
      {Stage::Funded, Stage::Funded, Stage::Funded, Stage::Completed, Stage::Completed},
      {Stage::Completed, none, none, none, none},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(next_stage(row.from, Verb::UploadForm), row.form);
    EXPECT_EQ(next_stage(row.from, Verb::UploadFunding), row.funding);
    EXPECT_EQ(next_stage(row.from, Verb::Complete), row.complete);
    EXPECT_EQ(next_stage(row.from, Verb::ForceComplete), row.force);
  }
}

TEST(Rules, StatusNamesAreTheDocumentedOnes) {
  for (const SpvStatus status : kSpvStatuses) EXPECT_EQ(parse_spv_status(to_string(status)), status);
  EXPECT_EQ(to_string(SpvStatus::PendingReview), "pending-review");
  EXPECT_EQ(parse_spv_status("Pending-Review"), std::nullopt);
  EXPECT_EQ(parse_subscription_status("completed"), SubscriptionStatus::Completed);
  EXPECT_EQ(parse_subscription_status("done"), std::nullopt);
}

}  // namespace
}  // namespace zest
