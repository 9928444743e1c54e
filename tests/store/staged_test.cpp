// A state that is built beside the present one and takes its place.
#include <future>

#include "store/store_fixture.h"

namespace zest::store {
namespace {

class StagedTest : public ConformanceTest {
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

TEST_P(StagedTest, TakesTheStatesPlaceAndLeavesNothingBehind) {
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

TEST_P(StagedTest, TheLastStepSeesTheStateThatGoesAndCanTakeOverFromIt) {
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

TEST_P(StagedTest, AnErrorOfTheLastStepLeavesTheStateAlone) {
  change(fill_state);
  std::unique_ptr<Staged> staged = stage();
  const Result<void> refused = store_->replace(
      *staged, [](Read&, Write&) -> Result<void> { return make_error(ErrorKind::Conflict, "not now"); });
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().detail, "not now");
  EXPECT_EQ(look([](Read& tx) { return tx.partners().size(); }), 1U);
}

// A reader that began before sees the former state to its end.
TEST_P(StagedTest, NobodySeesAMixture) {
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

TEST_P(StagedTest, ChangesThatWaitMeanwhileAreMadeToTheNewState) {
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

TEST_P(StagedTest, WhatDoesNotFitIsRefused) {
  change(fill_state);
  EXPECT_EQ(refusal(PartnerState{sample_partner("a"), sample_lane("a")}), "is there twice");
  EXPECT_EQ(refusal(sample_spv_request("svr_1", "a")), "is there twice");
  EXPECT_EQ(refusal(sample_spv_request("svr_9", "b")), "belongs to a partner that is not in it, 'b'");
  EXPECT_EQ(refusal(sample_investor("psn_1", "a")).rfind("does not fit: ", 0), 0U);
  EXPECT_EQ(refusal(sample_subscription("sub_2", "a", "veh_9", "psn_1")),
            "is to an SPV that is not in it, 'veh_9'");
  EXPECT_EQ(refusal(sample_subscription("sub_2", "a", "veh_1", "psn_9")),
            "is of an investor who is not in it, 'psn_9'");
  EXPECT_EQ(refusal(sample_attempt("wde_9")), "is of a delivery that is not in it, 'wde_9'");
  EXPECT_EQ(refusal(ChaosRuleRow{"s", "b", "{}"}), "belongs to a partner that is not in it, 'b'");
  EXPECT_EQ(refusal(ChaosRuleRow{"r", "a", "{}"}), "is there twice");
}

TEST_P(StagedTest, AWalkEndsWithTheFirstError) {
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

ZEST_FOR_EVERY_BACKEND(StagedTest);

}  // namespace
}  // namespace zest::store
