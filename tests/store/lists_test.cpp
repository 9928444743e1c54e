// Lists that only the control plane has: investors and uploads.
#include "store/store_fixture.h"

namespace zest::store {
namespace {

struct Lists : ConformanceTest {
  void add_investor(const std::string& person, const std::string& client) {
    change([&](Write& tx) {
      Investor investor = sample_investor(person, client);
      investor.partner_investor_id = person;
      tx.put_investor(investor);
    });
  }
  void put(const std::string& slug, const std::string& client, std::optional<std::int64_t> form,
           std::optional<std::int64_t> funding) {
    change([&](Write& tx) {
      Subscription subscription = sample_subscription(slug, client, "veh_" + slug, "psn_1");
      subscription.form.reset();
      subscription.funding.reset();
      if (form) {
        subscription.form = sample_upload('a');
        subscription.form->uploaded_at = at(*form);
      }
      if (funding) {
        subscription.funding = FundingReceipt{sample_upload('b'), "1", "USD", "w"};
        subscription.funding->upload.uploaded_at = at(*funding);
      }
      tx.put_subscription(subscription);
    });
  }
  // "sub_1 form", …, of one page; then their number on all pages.
  std::vector<std::string> uploads(const std::optional<std::string>& client, Page page = {0, 100}) {
    return look([&](Read& tx) {
      std::vector<std::string> names;
      const Paged<StoredUpload> found = tx.uploads(client, page);
      for (const StoredUpload& each : found.documents) {
        names.push_back(each.subscription.slug +
                        (each.kind == StoredUpload::Kind::Form ? " form" : " receipt"));
      }
      names.push_back(std::to_string(found.count));
      return names;
    });
  }
  std::vector<std::string> investors(const std::optional<std::string>& client, Page page = {0, 100}) {
    return look([&](Read& tx) {
      std::vector<std::string> names;
      const Paged<Investor> found = tx.investors(client, page);
      for (const Investor& each : found.documents) names.push_back(each.person_id);
      names.push_back(std::to_string(found.count));
      return names;
    });
  }
};

using Names = std::vector<std::string>;

TEST_P(Lists, InvestorsNewestFirst) {
  EXPECT_EQ(investors(std::nullopt), Names{"0"});
  add_investor("psn_1", "a");
  add_investor("psn_2", "b");
  add_investor("psn_3", "a");
  EXPECT_EQ(investors(std::nullopt), (Names{"psn_3", "psn_2", "psn_1", "3"}));
  EXPECT_EQ(investors("a"), (Names{"psn_3", "psn_1", "2"}));
  EXPECT_EQ(investors("a", Page{1, 1}), (Names{"psn_1", "2"}));
  EXPECT_EQ(investors("c"), Names{"0"});
  change([](Write& tx) { tx.clear_partner_data("a"); });
  EXPECT_EQ(investors("a"), Names{"0"});
  EXPECT_EQ(investors(std::nullopt), (Names{"psn_2", "1"}));
}

TEST_P(Lists, UploadsNewestFirstHoweverTheyCame) {
  EXPECT_EQ(uploads(std::nullopt), Names{"0"});
  put("sub_1", "a", std::nullopt, std::nullopt);
  EXPECT_EQ(uploads(std::nullopt), Names{"0"});
  put("sub_1", "a", 10, std::nullopt);
  put("sub_2", "b", 20, 30);
  put("sub_1", "a", 10, 40);
  EXPECT_EQ(uploads(std::nullopt),
            (Names{"sub_1 receipt", "sub_2 receipt", "sub_2 form", "sub_1 form", "4"}));
  EXPECT_EQ(uploads("a"), (Names{"sub_1 receipt", "sub_1 form", "2"}));
  EXPECT_EQ(uploads(std::nullopt, Page{1, 2}), (Names{"sub_2 receipt", "sub_2 form", "4"}));
  // A replaced document stands where its time says, and counts once.
  put("sub_1", "a", 50, 40);
  EXPECT_EQ(uploads("a"), (Names{"sub_1 form", "sub_1 receipt", "2"}));
  change([](Write& tx) { tx.clear_partner_data("a"); });
  EXPECT_EQ(uploads("a"), Names{"0"});
  EXPECT_EQ(uploads(std::nullopt), (Names{"sub_2 receipt", "sub_2 form", "2"}));
}

TEST_P(Lists, CountsComeBackWithASnapshot) {
  change([](Write& tx) {
    tx.put_partner(sample_partner("a"));
    tx.put_lane(sample_lane("a"));
    SpvRequest request = sample_spv_request("svr_1", "a");
    approve(request, "sub_1");
    tx.put_spv_request(request);
  });
  add_investor("psn_1", "a");
  put("sub_1", "a", 10, 20);
  const std::unique_ptr<Staged> copy = staged_copy();
  change([](Write& tx) { tx.clear_partner_data("a"); });
  ASSERT_TRUE(store_->replace(*copy, [](Read&, Write&) -> Result<void> { return {}; }).ok());
  EXPECT_EQ(investors("a"), (Names{"psn_1", "1"}));
  EXPECT_EQ(uploads("a"), (Names{"sub_1 receipt", "sub_1 form", "2"}));
}

ZEST_FOR_EVERY_BACKEND(Lists);

}  // namespace
}  // namespace zest::store
