// Zest docs: subscriptions; webhooks/reconciler.
#include "rules/subscriptions_world.h"

namespace zest::rules {
namespace {

using ::testing::ElementsAre;

class Subscriptions : public SubscriptionsTest {
 protected:
  // "path code" of each violation of one row.
  std::vector<std::string> violations(const SubscriptionRow& of) {
    const auto refused = subscribe(after(30), {of});
    expect_refused(refused, ErrorKind::ValidationError);
    std::vector<std::string> told;
    if (refused.ok()) return told;
    for (const Violation& violation : refused.error().violations) {
      told.push_back(violation.field + " " + violation.code);
    }
    return told;
  }
  std::vector<std::string> violations_of_lump_sum(const Json& lump_sum) {
    SubscriptionRow wrong = row(ada_);
    wrong.lump_sum = lump_sum;
    return violations(wrong);
  }
  std::size_t sweep(Instant instant) {
    return at(instant, [&](Context& context) -> Result<std::size_t> { return reconcile(context, instant); })
        .value();
  }
};

TEST_F(Subscriptions, ASubscriptionTellsItsEventAtThatInstant) {
  const std::vector<Subscription> created = subscribe(after(30), {row(ada_)}).value();
  ASSERT_EQ(created.size(), 1U);
  EXPECT_EQ(created[0].created_at, after(30));
  EXPECT_EQ(created[0].stage(), SubscriptionStage::Created);
  const Fired event = fired().back();
  EXPECT_EQ(event.type, "subscription.created");
  EXPECT_EQ(event.occurred_at, after(30));
  EXPECT_EQ(event.data["subscriptionSlug"], created[0].slug);
  EXPECT_EQ(event.data["spvSlug"], spv_);
  EXPECT_EQ(event.data["personId"], ada_);
}

TEST_F(Subscriptions, AnSpvExistsOnceItsRequestIsApproved) {
  const SpvRequest pending = submit(after(20)).value();
  spv_ = pending.slug;
  expect_refused(subscribe(after(30), {row(ada_)}), ErrorKind::NotFound, pending.slug);
}

TEST_F(Subscriptions, SpvAndPersonsAreTheCallers) {
  add_partner("other");
  expect_refused(subscribe(after(30), {row(ada_)}, "other"), ErrorKind::NotFound, spv_);
  expect_refused(subscribe(after(30), {row(ada_), row("psn_nobody")}), ErrorKind::NotFound, "psn_nobody");
}

TEST_F(Subscriptions, TheMinimumTicketItselfIsEnough) {
  EXPECT_THAT(violations(row(ada_, "9999.99")), ElementsAre("subscriptions[0].lumpSum.value min_value"));
  EXPECT_TRUE(subscribe(after(30), {row(ada_, "10000")}).ok());
}

TEST_F(Subscriptions, EverySubscriptionRowErrorIsToldWithItsPath) {
  EXPECT_THAT(
      violations_of_lump_sum(Json::object()),
      ElementsAre("subscriptions[0].lumpSum.currency required", "subscriptions[0].lumpSum.value required"));
  EXPECT_THAT(violations_of_lump_sum(Json{{"currency", 1}, {"value", 1}}),
              ElementsAre("subscriptions[0].lumpSum.currency type", "subscriptions[0].lumpSum.value type"));
  EXPECT_THAT(
      violations_of_lump_sum(Json{{"currency", "usd"}, {"value", "1e5"}}),
      ElementsAre("subscriptions[0].lumpSum.currency format", "subscriptions[0].lumpSum.value format"));
  EXPECT_THAT(violations(row(ada_, "0")), ElementsAre("subscriptions[0].lumpSum.value min_value"));
  EXPECT_THAT(violations(row(ada_, "50000.00", "EUR")),
              ElementsAre("subscriptions[0].lumpSum.currency currency_mismatch"));
  EXPECT_THAT(violations_of_lump_sum(Json{{"currency", "USD"}, {"value", "50000"}, {"note", "x"}}),
              ElementsAre("subscriptions[0].lumpSum.note unknown_attribute"));
  SubscriptionRow wrong = row(ada_);
  wrong.share_class_slug = "sc_other";
  EXPECT_THAT(violations(wrong), ElementsAre("subscriptions[0].shareClassSlug enum"));
}

TEST_F(Subscriptions, OneBadRowFailsAllSubscriptions) {
  const std::string bob = person("bob");
  const std::size_t events = fired().size();
  const auto refused = subscribe(after(30), {row(ada_), row(bob, "1")});
  expect_refused(refused, ErrorKind::ValidationError, "no subscription was created");
  EXPECT_EQ(refused.error().violations.front().field, "subscriptions[1].lumpSum.value");
  EXPECT_EQ(fired().size(), events);
  EXPECT_FALSE(look([&](store::Read& tx) { return tx.subscription_of(spv_, ada_); }).has_value());
}

TEST_F(Subscriptions, ASecondSubscriptionOfAnInvestorIsAConflict) {
  expect_refused(subscribe(after(30), {row(ada_), row(ada_)}), ErrorKind::Conflict, ada_);
  ASSERT_TRUE(subscribe(after(30), {row(ada_)}).ok());
  // Before the rules of the row.
  expect_refused(subscribe(after(31), {row(ada_, "1")}), ErrorKind::Conflict, ada_);
}

// What it refers to came before it, also while the clock stands still.
TEST_F(Subscriptions, InstantsGrowWhileTheClockStandsStill) {
  EXPECT_EQ(subscribe(after(20), {row(ada_)}).value()[0].created_at, after(21));
  EXPECT_EQ(upload_form_of(after(20), 'a').value().subscription.form->uploaded_at, after(22));
  EXPECT_EQ(upload_funding_of(after(20), 'b').value().subscription.funding->upload.uploaded_at, after(23));
  const std::string slug = look([&](store::Read& tx) { return tx.subscription_of(spv_, ada_); })->slug;
  EXPECT_EQ(complete(after(20), slug).value().completed_at, after(24));
}

TEST_F(Subscriptions, CompletionWithoutReceiptNeedsForce) {
  const std::string slug = subscribe(after(30), {row(ada_)}).value()[0].slug;
  expect_refused(complete(after(40), slug), ErrorKind::Conflict, "force");
  ASSERT_TRUE(upload_form_of(after(41), 'a').ok());
  expect_refused(complete(after(42), slug), ErrorKind::Conflict, "force");
  const Subscription completed = complete(after(50), slug, {false, true}).value();
  EXPECT_EQ(completed.status, SubscriptionStatus::Completed);
  EXPECT_EQ(completed.completed_at, after(50));
  EXPECT_EQ(fired().back().type, "subscription.completed");
  EXPECT_EQ(fired().back().occurred_at, after(50));
  expect_refused(complete(after(60), slug, {false, true}), ErrorKind::Conflict, "terminal");
}

TEST_F(Subscriptions, ASkippedCompletionIsToldByTheNextSweepAtAWholeMinute) {
  const std::string slug = subscribe(after(30), {row(ada_)}).value()[0].slug;
  ASSERT_TRUE(complete(after(60'000), slug, {true, true}).ok());
  EXPECT_EQ(fired().back().type, "subscription.created");
  const std::optional<Timer> timer = next_timer();
  ASSERT_TRUE(timer.has_value());
  EXPECT_EQ(timer->kind, TimerKind::Reconcile);
  EXPECT_EQ(timer->due_at, after(120'000));  // not at the minute of the completion itself

  EXPECT_EQ(sweep(after(120'000)), 1U);
  EXPECT_EQ(fired().back().type, "subscription.completed");
  EXPECT_EQ(fired().back().occurred_at, after(120'000));
  EXPECT_EQ(fired().back().data["completedAt"], format_instant(after(60'000)));
  EXPECT_TRUE(stored(slug).completion_emitted);
  EXPECT_EQ(sweep(after(180'000)), 0U);
}

TEST_F(Subscriptions, ASweepLeavesACompletionOfItsOwnInstantToTheNext) {
  const std::string slug = subscribe(after(30), {row(ada_)}).value()[0].slug;
  ASSERT_TRUE(complete(after(59'999), slug, {true, true}).ok());
  EXPECT_EQ(next_timer()->due_at, after(60'000));
  EXPECT_EQ(sweep(after(59'999)), 0U);
  EXPECT_EQ(sweep(after(60'000)), 1U);
}

}  // namespace
}  // namespace zest::rules
