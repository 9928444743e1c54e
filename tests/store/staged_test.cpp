// A state that is built beside the present one and takes its place.
#include <future>

#include "store/samples.h"
#include "store/sqlite/old_tables.h"

namespace zest::store {
namespace {

class StagedTest : public StoreTest {
 protected:
  static Result<void> nothing(Read&, Write&) { return {}; }

  std::unique_ptr<Staged> stage() { return store_->stage().value(); }
  std::string refusal(const StateItem& item) {
    std::unique_ptr<Staged> staged = staged_copy();
    const Result<void> added = staged->add(item);
    if (added.ok()) return "added";
    EXPECT_EQ(added.error().kind, ErrorKind::InvalidRequest);
    return added.error().detail;
  }
  std::size_t spooled_files() {
    const auto& spool = store_->uploads().spool_dir();
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(spool), std::filesystem::directory_iterator()));
  }
};

TEST_F(StagedTest, TakesTheStatesPlaceAndLeavesNothingBehind) {
  change(fill_state);
  std::unique_ptr<Staged> staged = staged_copy();
  change([](Write& tx) {
    tx.remove_partner("a");
    tx.put_partner(sample_partner("intruder"));
    tx.put_lane(sample_lane("intruder"));
    tx.set_meta("local", "of this database");
    tx.put_former_partner({"other", 7});
  });
  ASSERT_TRUE(store_->replace(*staged, nothing).ok());
  staged.reset();
  EXPECT_EQ(spooled_files(), 0U);
  const auto check = [this] {
    look([](Read& tx) {
      EXPECT_EQ(tx.partners().size(), 1U);
      EXPECT_EQ(tx.partner("a")->public_key, sample_partner("a").public_key);
      EXPECT_EQ(tx.meta("local"), "of this database");
      EXPECT_EQ(tx.former_generation("gone"), 2U);
      EXPECT_EQ(tx.former_generation("other"), 0U);
      EXPECT_EQ(tx.attempts("wde_2").at(0).response_body, sample_attempt("wde_2").response_body);
      EXPECT_EQ(tx.delivery("wde_2")->status, DeliveryStatus::Retrying);  // nobody is sending it here
      EXPECT_EQ(tx.open_deliveries("a"), 2U);
      EXPECT_EQ(tx.expired_access_tokens("chain"), 1U);
      EXPECT_EQ(tx.referenced_uploads().size(), 3U);
      DeliveryFilter filter;
      filter.client_id = "a";
      filter.event_type = "investor.created";
      EXPECT_EQ(tx.deliveries(filter, Page{}).count, 1U);
      return 0;
    });
  };
  check();
  // Life goes on in it, and it is on the medium.
  change([](Write& tx) {
    EXPECT_EQ(tx.next_counter("a", "svr"), 2U);
    EXPECT_FALSE(tx.remember_jti("a", "jti", at(1000), at(0)));
    tx.put_investor(sample_investor("psn_2", "a"));
  });
  reopen();
  check();
  EXPECT_TRUE(look([](Read& tx) { return tx.investor("psn_2"); }).has_value());
}

TEST_F(StagedTest, TheLastStepSeesTheStateThatGoesAndCanTakeOverFromIt) {
  change(fill_state);
  std::unique_ptr<Staged> staged = staged_copy();
  change([](Write& tx) {
    for (int i = 0; i < 9; ++i) tx.next_counter("a", "svr");
  });
  ASSERT_TRUE(store_
                  ->replace(*staged,
                            [](Read& present, Write& next) -> Result<void> {
                              for (const Counter& counter : present.counters()) next.raise_counter(counter);
                              next.raise_counter({"a", "svr", 3});  // never lowers
                              return {};
                            })
                  .ok());
  change([](Write& tx) { EXPECT_EQ(tx.next_counter("a", "svr"), 11U); });
}

TEST_F(StagedTest, AnErrorOfTheLastStepLeavesTheStateAlone) {
  change(fill_state);
  std::unique_ptr<Staged> staged = stage();
  const Result<void> refused = store_->replace(
      *staged, [](Read&, Write&) -> Result<void> { return make_error(ErrorKind::Conflict, "not now"); });
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().detail, "not now");
  EXPECT_EQ(look([](Read& tx) { return tx.partners().size(); }), 1U);
}

TEST_F(StagedTest, AFullDatabaseKeepsTheStateThatItHas) {
  change(fill_state);
  std::unique_ptr<Staged> staged = staged_copy();
  for (int i = 0; i < 100; ++i) {
    SpvRequest bulk = sample_spv_request("svr_bulk" + std::to_string(i), "a");
    bulk.attributes["text"] = std::string(20'000, 'x');
    ASSERT_TRUE(staged->add(bulk).ok());
  }
  store_.reset();
  options_.max_pages = 120;
  store_ = open_sqlite(options_, log_).value();
  const Result<void> refused = store_->replace(*staged, nothing);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::ServiceUnavailable);
  EXPECT_EQ(look([](Read& tx) { return tx.spv_requests(SpvFilter{}, Page{}).count; }), 2U);
  change([](Write& tx) { tx.put_investor(sample_investor("psn_2", "a")); });
}

// A reader that began before sees the former state to its end.
TEST_F(StagedTest, NobodySeesAMixture) {
  change(fill_state);
  std::unique_ptr<Staged> empty = stage();
  const Result<std::size_t> seen = store_->read_at_length([&](Read& tx) -> std::size_t {
    const std::size_t partners = tx.partners().size();
    EXPECT_TRUE(store_->replace(*empty, nothing).ok());
    EXPECT_EQ(look([](Read& other) { return other.partners().size(); }), 0U);
    return partners + tx.spv_requests(SpvFilter{}, Page{}).count;
  });
  EXPECT_EQ(seen.value(), 3U);
}

TEST_F(StagedTest, ChangesThatWaitMeanwhileAreMadeToTheNewState) {
  change(fill_state);
  std::unique_ptr<Staged> empty = stage();
  std::promise<void> release;
  store_->post(
      [wait = release.get_future().share()](Write&) -> Result<void> {
        wait.wait();
        return {};
      },
      [](const Result<void>&) {});
  std::future<bool> replaced =
      std::async(std::launch::async, [&] { return store_->replace(*empty, nothing).ok(); });
  release.set_value();
  EXPECT_TRUE(replaced.get());
  change([](Write& tx) {
    EXPECT_TRUE(tx.partners().empty());
    tx.put_partner(sample_partner("b"));
  });
  EXPECT_EQ(look([](Read& tx) { return tx.partners().size(); }), 1U);
}

TEST_F(StagedTest, WhatDoesNotFitIsRefused) {
  change(fill_state);
  EXPECT_EQ(refusal(PartnerState{sample_partner("a"), sample_lane("a")}), "is there twice");
  EXPECT_EQ(refusal(sample_spv_request("svr_1", "a")), "is there twice");
  EXPECT_EQ(refusal(sample_spv_request("svr_9", "b")), "belongs to a partner that is not in it, 'b'");
  EXPECT_EQ(refusal(sample_investor("psn_1", "a")),
            "does not fit: UNIQUE constraint failed: investors.client_id, investors.partner_investor_id");
  EXPECT_EQ(refusal(sample_subscription("sub_2", "a", "veh_9", "psn_1")),
            "is to an SPV that is not in it, 'veh_9'");
  EXPECT_EQ(refusal(sample_subscription("sub_2", "a", "veh_1", "psn_9")),
            "is of an investor who is not in it, 'psn_9'");
  EXPECT_EQ(refusal(sample_attempt("wde_9")), "is of a delivery that is not in it, 'wde_9'");
  EXPECT_EQ(refusal(ChaosRuleRow{"s", "b", "{}"}), "belongs to a partner that is not in it, 'b'");
  EXPECT_EQ(refusal(ChaosRuleRow{"r", "a", "{}"}), "is there twice");
}

TEST_F(StagedTest, AWalkEndsWithTheFirstError) {
  change(fill_state);
  int seen = 0;
  const Result<void> walked = look([&seen](Read& tx) {
    return tx.visit_state([&seen](const StateItem&) -> Result<void> {
      if (++seen < 4) return {};
      return make_error(ErrorKind::Conflict, "enough");
    });
  });
  EXPECT_EQ(walked.error().detail, "enough");
  EXPECT_EQ(seen, 4);
}

class OldTablesTest : public StoreTest {
 protected:
  std::unique_ptr<OldTables> tables() { return OldTables::create(folder_.path(), log_).value(); }
  std::string refusal(const std::string& table, const std::string& row) {
    const Result<void> added = tables()->add_row(table, parse_json(row).value());
    if (added.ok()) return "added";
    EXPECT_EQ(added.error().kind, ErrorKind::InvalidRequest);
    return added.error().detail;
  }
};

TEST_F(OldTablesTest, RowsThatDoNotFitAreRefusedByTable) {
  const std::string begin = "The snapshot's table ";
  EXPECT_EQ(refusal("meta", "5"), begin + "\"meta\" holds a row that is no object.");
  EXPECT_EQ(refusal("meta", "{}"), begin + "\"meta\" holds an empty row.");
  EXPECT_EQ(refusal("meta", R"({"name) --": "x"})"), begin + "\"meta\" has an unknown column.");
  EXPECT_EQ(refusal("meta", R"({"name": 1.5})"),
            begin + "\"meta\" holds a value that is neither null, text, a 64-bit integer nor {\"$hex\": …}.");
  EXPECT_EQ(refusal("partners", R"({"public_key": {"$hex": "xyz"}})"),
            begin + "\"partners\" holds bytes that are no hexadecimal text.");
  EXPECT_EQ(refusal("partners", R"({"public_key": {"hex": "00"}})"),
            begin + "\"partners\" holds an object that is no {\"$hex\": …}.");
  EXPECT_EQ(refusal("lanes", R"({"high_water": 9223372036854775807})"),
            begin + "\"lanes\" holds an instant out of range in high_water.");
  EXPECT_EQ(refusal("chaos_deliveries", R"({"replays": "[{\"rule\":1}]"})"),
            begin + "\"chaos_deliveries\" holds a document that is not the JSON expected there.");
  EXPECT_EQ(refusal("meta", R"({"name": "x", "value": null})"),
            begin + "\"meta\" holds a row that does not fit: NOT NULL constraint failed: meta.value.");
  EXPECT_EQ(refusal("attempts", R"({"delivery": 4711})")
                .find(begin + "\"attempts\" holds a row that does not fit: "),
            0U);
}

TEST_F(OldTablesTest, WhatBelongedToTheOtherDatabaseIsLeftOut) {
  std::unique_ptr<OldTables> old = tables();
  ASSERT_TRUE(old->add_row("meta", Json{{"name", "local.token_secret"}, {"value", "forged"}}).ok());
  ASSERT_TRUE(old->add_row("meta", Json{{"name", "generation.x"}, {"value", "3"}}).ok());
  std::vector<StateItem> items;
  ASSERT_TRUE(old->visit([&items](const StateItem& item) -> Result<void> {
                   items.push_back(item);
                   return {};
                 })
                  .ok());
  ASSERT_EQ(items.size(), 1U);
  EXPECT_EQ(std::get<FormerPartner>(items[0]).generation, 3U);
}

TEST_F(OldTablesTest, RowsThatNoVersionWroteAreRefused) {
  std::unique_ptr<OldTables> old = tables();
  ASSERT_TRUE(
      old->add_row("spv_requests",
                   parse_json(R"({"slug": "svr_1", "client_id": "a", "tenant_slug": "t", "template_id": "t",
      "template_version": "1", "status": "approved", "created_at": 1, "updated_at": 1, "share_classes": "[5]",
      "attributes": "{}"})")
                       .value())
          .ok());
  const Result<void> visited = old->visit([](const StateItem&) -> Result<void> { return {}; });
  ASSERT_FALSE(visited.ok());
  EXPECT_EQ(visited.error().kind, ErrorKind::InvalidRequest);
  EXPECT_EQ(visited.error().detail,
            "The snapshot holds what no version wrote: The database holds a damaged row: share class.");
}

}  // namespace
}  // namespace zest::store
