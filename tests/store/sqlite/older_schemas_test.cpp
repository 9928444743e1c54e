// What an older version stored is counted and listed as if this one had stored it.
#include <algorithm>
#include <string>
#include <vector>

#include "store/sqlite/db.h"
#include "store/sqlite/sqlite_fixture.h"

namespace zest::store {
namespace {

class OlderSchemas : public SqliteTest {
 protected:
  // Takes the database back to an older schema, and opens it with this version.
  void upgrade_from(const std::string& statements) {
    store_->close();
    { Connection(database()).execute(std::string(kBackToSchema7) + kFromSchema7To4 + statements); }
    reopen();
  }

  // Ids of a page, and how many there are.
  std::vector<std::string> page_of(const DeliveryFilter& filter, Page page) {
    const Paged<Delivery> found = look([&](Read& tx) { return tx.deliveries(filter, page); });
    std::vector<std::string> told;
    for (const Delivery& delivery : found.documents) told.push_back(delivery.id);
    told.push_back(std::to_string(found.count));
    return told;
  }
  std::vector<std::vector<std::string>> deep_pages() {
    std::vector<std::vector<std::string>> pages;
    const std::vector<std::optional<std::string>> clients{std::nullopt, "a", "b"};
    const std::vector<std::optional<DeliveryStatus>> statuses{std::nullopt, DeliveryStatus::Pending,
                                                              DeliveryStatus::Dead};
    for (const std::optional<std::string>& client : clients) {
      for (const std::optional<DeliveryStatus> status : statuses) {
        DeliveryFilter filter;
        filter.client_id = client;
        filter.status = status;
        for (const std::size_t skip : {0U, 7U, 1023U, 1025U, 2990U, 4000U}) {
          pages.push_back(page_of(filter, Page{skip, 10}));
        }
      }
    }
    return pages;
  }
};

TEST_F(OlderSchemas, DeepPagesOfDeliveriesCoverSchema3) {
  change([](Write& tx) {
    for (int i = 0; i < 3000; ++i) {
      const std::string id = "wde_" + std::to_string(i);
      const std::string client = i % 3 == 0 ? "b" : "a";
      Delivery delivery = sample_delivery(id, client, "investor.created");
      delivery.status = i % 5 == 0 ? DeliveryStatus::Dead : DeliveryStatus::Pending;
      tx.add_event(sample_event(id, client, "investor.created"), delivery);
    }
  });
  const std::vector<std::vector<std::string>> before = deep_pages();
  EXPECT_EQ(before.front().front(), "wde_2999");
  EXPECT_EQ(before.front().back(), "3000");
  upgrade_from(
      "DROP TABLE delivery_block_counts; DROP TABLE block_counts; DROP INDEX held_deliveries_by_event;"
      "DROP TRIGGER deliveries_added_to_block; DROP TRIGGER deliveries_inserted_in_block;"
      "DROP TRIGGER deliveries_moved_from; DROP TRIGGER deliveries_moved_to; PRAGMA user_version = 3");
  EXPECT_EQ(deep_pages(), before);
}

TEST_F(OlderSchemas, ListsOfInvestorsAndUploadsCoverSchema4) {
  change([](Write& tx) {
    tx.put_investor(sample_investor("psn_1", "a"));
    Subscription uploaded = sample_subscription("sub_1", "a", "veh_1", "psn_1");
    uploaded.form = sample_upload('a');
    uploaded.funding = FundingReceipt{sample_upload('b'), "100.10", "USD", "WIRE 1"};
    tx.put_subscription(uploaded);
    tx.put_subscription(sample_subscription("sub_2", "a", "veh_2", "psn_1"));
  });
  upgrade_from("PRAGMA user_version = 4");
  const Paged<Investor> investors = look([](Read& tx) { return tx.investors("a", Page{}); });
  EXPECT_EQ(investors.count, 1U);
  ASSERT_EQ(investors.documents.size(), 1U);
  const Paged<StoredUpload> uploads = look([](Read& tx) { return tx.uploads("a", Page{}); });
  EXPECT_EQ(uploads.count, 2U);
  ASSERT_EQ(uploads.documents.size(), 2U);
  EXPECT_EQ(uploads.documents[0].subscription.slug, "sub_1");
}

}  // namespace
}  // namespace zest::store
