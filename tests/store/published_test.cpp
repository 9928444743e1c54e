// What is known of the newest commit without a transaction.
#include "store/store_fixture.h"

namespace zest::store {
namespace {

class PublishedState : public ConformanceTest {
 protected:
  Result<void> write(const std::function<Result<void>(Write&)>& body) { return store_->write(body); }
  std::uint64_t credentials() const { return store_->version(Topic::Credentials); }
  std::uint64_t rules() const { return store_->version(Topic::ChaosRules); }
};

TEST_P(PublishedState, LaneIsTheNewestCommitsWhenTheWriterAnswers) {
  EXPECT_FALSE(store_->committed_lane("a"));
  Lane lane = sample_lane("a");
  change([&lane](Write& tx) { tx.put_lane(lane); });
  lane.high_water += Duration(5);
  change([&lane](Write& tx) { tx.put_lane(lane); });
  ASSERT_TRUE(store_->committed_lane("a"));
  EXPECT_EQ(store_->committed_lane("a")->high_water, lane.high_water);
  change([](Write& tx) { tx.remove_partner("a"); });
  EXPECT_FALSE(store_->committed_lane("a"));
}

TEST_P(PublishedState, WhatABodyUndidIsNeverSeen) {
  const std::uint64_t before = credentials();
  const Result<void> failed = write([](Write& tx) -> Result<void> {
    tx.put_lane(sample_lane("a"));
    tx.revoke_all_chains("a");
    return make_error(ErrorKind::Conflict, "changed its mind");
  });
  EXPECT_FALSE(failed.ok());
  EXPECT_FALSE(store_->committed_lane("a"));
  EXPECT_EQ(credentials(), before);
}

TEST_P(PublishedState, EventsAreToldOfAfterTheirCommitAndNeverWhenUndone) {
  std::vector<std::string> told;
  store_->on_event([&told](std::string_view client_id, std::string_view event_type) {
    told.push_back(std::string(client_id) + " " + std::string(event_type));
  });
  const auto add = [](Write& tx, const std::string& id) {
    Event event;
    event.id = id;
    event.type = "investor.created";
    event.client_id = "a";
    Delivery delivery;
    delivery.id = id;
    delivery.client_id = "a";
    delivery.event_type = event.type;
    tx.add_event(event, delivery);
  };
  const Result<void> failed = write([&](Write& tx) -> Result<void> {
    add(tx, "wde_1");
    return make_error(ErrorKind::Conflict, "changed its mind");
  });
  EXPECT_FALSE(failed.ok());
  EXPECT_EQ(told, std::vector<std::string>{});
  change([&](Write& tx) { add(tx, "wde_2"); });
  EXPECT_EQ(told, std::vector<std::string>{"a investor.created"});
}

TEST_P(PublishedState, CopiesOfCredentialsAreOldOnceOneIsRevokedExpiredOrChanged) {
  change([](Write& tx) { tx.add_chain("chain", "a"); });
  const std::vector<std::function<void(Write&)>> changes = {
      [](Write& tx) { tx.put_partner(sample_partner("a")); },
      [](Write& tx) { tx.revoke_chain("chain"); },
      [](Write& tx) { tx.revoke_all_chains("a"); },
      [](Write& tx) { tx.expire_access_tokens("a"); },
      [](Write& tx) { tx.remove_partner("a"); },
  };
  for (const auto& body : changes) {
    const std::uint64_t before = credentials();
    change(body);
    EXPECT_GT(credentials(), before);
  }
}

TEST_P(PublishedState, CopiesOfSpvRequestsAreOldOnceOneComesChangesOrGoes) {
  const std::vector<std::function<void(Write&)>> changes = {
      [](Write& tx) { tx.put_spv_request(sample_spv_request("svr_1", "a")); },
      [](Write& tx) {
        SpvRequest request = sample_spv_request("svr_1", "a");
        request.status = SpvStatus::Approved;
        tx.put_spv_request(request);
      },
      [](Write& tx) { tx.clear_partner_data("a"); },
      [](Write& tx) { tx.remove_partner("a"); },
  };
  for (const auto& body : changes) {
    const std::uint64_t before = store_->version(Topic::SpvRequests);
    change(body);
    EXPECT_GT(store_->version(Topic::SpvRequests), before);
  }
}

TEST_P(PublishedState, CopiesOfRulesAreOldOnceOneComesOrGoes) {
  const std::vector<std::function<void(Write&)>> changes = {
      [](Write& tx) {
        tx.put_chaos_rule(ChaosRuleRow{"r", "a", "{}"});
      },
      [](Write& tx) { tx.remove_chaos_rule("r"); },
      [](Write& tx) { tx.clear_partner_data("a"); },
  };
  for (const auto& body : changes) {
    const std::uint64_t before = rules();
    change(body);
    EXPECT_GT(rules(), before);
  }
}

TEST_P(PublishedState, AStagedStateReplacesEverything) {
  const std::unique_ptr<Staged> staged = store_->stage().value();
  ASSERT_TRUE(staged->add(PartnerState{sample_partner("coming"), sample_lane("coming")}).ok());
  EXPECT_FALSE(store_->committed_lane("coming"));
  change([](Write& tx) {
    tx.put_partner(sample_partner("gone"));
    tx.put_lane(sample_lane("gone"));
  });
  const std::uint64_t before = credentials();
  const std::uint64_t rules_before = rules();
  ASSERT_TRUE(store_->replace(*staged, [](Read&, Write&) -> Result<void> { return {}; }).ok());
  EXPECT_TRUE(store_->committed_lane("coming"));
  EXPECT_FALSE(store_->committed_lane("gone"));
  EXPECT_GT(credentials(), before);
  EXPECT_GT(rules(), rules_before);
}

TEST_P(PublishedState, LanesAreThereFromTheStart) {
  change([](Write& tx) { tx.put_lane(sample_lane("a")); });
  reopen();
  EXPECT_TRUE(store_->committed_lane("a"));
}

ZEST_FOR_EVERY_BACKEND(PublishedState);

}  // namespace
}  // namespace zest::store
