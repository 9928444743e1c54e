// Zest docs: uploads.
#include "rules/subscriptions_world.h"

namespace zest::rules {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class SubscriptionUploads : public SubscriptionsTest {
 protected:
  void SetUp() override {
    SubscriptionsTest::SetUp();
    slug_ = subscribe(after(30), {row(ada_)}).value()[0].slug;
    before_ = fired().size();
  }
  // Types of what was fired since the subscription was made.
  std::vector<std::string> since() {
    const std::vector<std::string> all = fired_types();
    return {all.begin() + static_cast<std::ptrdiff_t>(before_), all.end()};
  }
  bool is_kept(char digit) {
    return look([&](store::Read& tx) { return tx.refers_to_upload(std::string(64, digit)); });
  }
  void forget_expired(Instant now) {
    ASSERT_TRUE(at(now, [&](Context& context) -> Result<Done> {
                  context.tx.forget_replaced_uploads("acme", context.now);
                  return Done{};
                }).ok());
  }
  std::string slug_;
  std::size_t before_ = 0;
};

TEST_F(SubscriptionUploads, FundingBeforeFormIsAConflict) {
  expect_refused(upload_funding_of(after(40), 'b'), ErrorKind::Conflict, "upload the form before");
  EXPECT_THAT(since(), IsEmpty());
}

TEST_F(SubscriptionUploads, TheOrderIsFormThenFundingThenCompleted) {
  EXPECT_EQ(upload_form_of(after(40), 'a').value().subscription.stage(), SubscriptionStage::FormUploaded);
  EXPECT_EQ(upload_funding_of(after(50), 'b').value().subscription.stage(), SubscriptionStage::Funded);
  EXPECT_EQ(complete(after(60), slug_).value().stage(), SubscriptionStage::Completed);
  EXPECT_THAT(since(), ElementsAre("signed_subscription_form.uploaded", "funding_receipt.uploaded",
                                   "subscription.completed"));
  EXPECT_EQ(fired()[before_].occurred_at, after(40));
  EXPECT_EQ(fired()[before_].data["uploadedAt"], format_instant(after(40)));
  EXPECT_EQ(fired()[before_ + 1].data["amount"], "50000.00");
  EXPECT_EQ(fired()[before_ + 1].data["wireReference"], "W1");
}

TEST_F(SubscriptionUploads, TheSameBytesAgainChangeNothing) {
  ASSERT_TRUE(upload_form_of(after(40), 'a').value().changed);
  EXPECT_FALSE(upload_form_of(after(50), 'a').value().changed);
  EXPECT_EQ(stored(slug_).form->uploaded_at, after(40));
  ASSERT_TRUE(upload_funding_of(after(60), 'b').value().changed);
  EXPECT_FALSE(upload_funding_of(after(70), 'b').value().changed);
  EXPECT_EQ(since().size(), 2U);
}

TEST_F(SubscriptionUploads, TheSameReceiptWithOtherFieldsReplacesIt) {
  ASSERT_TRUE(upload_form_of(after(40), 'a').ok());
  ASSERT_TRUE(upload_funding_of(after(50), 'b').ok());
  EXPECT_TRUE(upload_funding_of(after(60), 'b', {"50000.00", "USD", "W2"}).value().changed);
  EXPECT_EQ(stored(slug_).funding->wire_reference, "W2");
  EXPECT_EQ(since().size(), 3U);
}

// For as long as a URL that was signed until then leads to it.
TEST_F(SubscriptionUploads, ReplacedContentIsKeptForExactly24VirtualHours) {
  ASSERT_TRUE(upload_form_of(after(40), 'a').ok());
  ASSERT_TRUE(upload_form_of(after(50), 'c').ok());
  EXPECT_EQ(stored(slug_).form->sha256, std::string(64, 'c'));
  forget_expired(after(50) + kFileUrlLifetime - Duration(1));
  EXPECT_TRUE(is_kept('a'));
  forget_expired(after(50) + kFileUrlLifetime);
  EXPECT_FALSE(is_kept('a'));
  EXPECT_TRUE(is_kept('c'));
}

TEST_F(SubscriptionUploads, AFormMayBeReplacedAfterTheReceiptWhichStays) {
  ASSERT_TRUE(upload_form_of(after(40), 'a').ok());
  ASSERT_TRUE(upload_funding_of(after(50), 'b').ok());
  EXPECT_EQ(upload_form_of(after(60), 'c').value().subscription.stage(), SubscriptionStage::Funded);
}

TEST_F(SubscriptionUploads, OnceCompletedEvenTheSameBytesAreAConflict) {
  ASSERT_TRUE(upload_form_of(after(40), 'a').ok());
  ASSERT_TRUE(upload_funding_of(after(50), 'b').ok());
  ASSERT_TRUE(complete(after(60), slug_).ok());
  expect_refused(upload_form_of(after(70), 'a'), ErrorKind::Conflict, "terminal");
  expect_refused(upload_funding_of(after(70), 'b'), ErrorKind::Conflict, "terminal");
}

TEST_F(SubscriptionUploads, AReceiptIsInTheCurrencyOfItsSubscription) {
  ASSERT_TRUE(upload_form_of(after(40), 'a').ok());
  const auto refused = upload_funding_of(after(50), 'b', {"50000.00", "EUR", "W1"});
  expect_refused(refused, ErrorKind::ValidationError);
  EXPECT_EQ(refused.error().violations.front().code, "currency_mismatch");
  EXPECT_EQ(stored(slug_).stage(), SubscriptionStage::FormUploaded);
}

TEST_F(SubscriptionUploads, APersonWithoutSubscriptionIsNotFound) {
  ada_ = person("bob");
  expect_refused(upload_form_of(after(40), 'a'), ErrorKind::NotFound, ada_);
}

TEST_F(SubscriptionUploads, AutoCompleteIsDueExactlyAfterTheLatestReceipt) {
  PartnerChange change;
  change.auto_complete.emplace(Duration(3'600'000));
  ASSERT_TRUE(
      at(after(30), [&](Context& context) { return change_partner(context.tx, "acme", change); }).ok());
  ASSERT_TRUE(upload_form_of(after(40), 'a').ok());
  EXPECT_FALSE(next_timer().has_value());
  ASSERT_TRUE(upload_funding_of(after(50), 'b').ok());
  EXPECT_EQ(next_timer()->due_at, after(3'600'050));
  ASSERT_TRUE(upload_funding_of(after(60), 'd').ok());
  EXPECT_EQ(next_timer()->kind, TimerKind::AutoComplete);
  EXPECT_EQ(next_timer()->due_at, after(3'600'060));
  ASSERT_TRUE(complete(after(70), slug_).ok());
  EXPECT_FALSE(next_timer().has_value());
}

TEST_F(SubscriptionUploads, ASignedUrlNamesItsFileAndExpires24VirtualHoursLater) {
  const Upload upload = upload_form_of(after(40), 'a').value().subscription.form.value();
  const std::string url = fired().back().data["subscriptionFormUrl"].get<std::string>();
  ASSERT_EQ(url.rfind("http://sandbox/files/", 0), 0U) << url;
  const std::string token = url.substr(std::string("http://sandbox/files/").size());
  const FileGrant grant = urls_.open(token).value();
  EXPECT_EQ(grant.client_id, "acme");
  EXPECT_EQ(grant.sha256, upload.sha256);
  EXPECT_EQ(grant.content_type, "application/pdf");
  EXPECT_EQ(grant.expires_at, after(40) + kFileUrlLifetime);
  expect_refused(FileUrls("another key").open(token), ErrorKind::Forbidden);
  expect_refused(urls_.open("x" + token), ErrorKind::Forbidden);
}

}  // namespace
}  // namespace zest::rules
