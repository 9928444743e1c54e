// Lists of resources, and what goes when a partner's data or the partner itself goes.
#include <map>

#include "store/store_fixture.h"

namespace zest::store {
namespace {

class PartnerData : public ConformanceTest {
 protected:
  void fill(const std::string& client) {
    change([&](Write& tx) {
      tx.put_partner(sample_partner(client));
      tx.put_lane(sample_lane(client));
      tx.next_counter(client, "svr");
      tx.put_spv_request(sample_spv_request("svr_" + client, client));
      tx.put_investor(sample_investor("psn_" + client, client));
      Subscription subscription =
          sample_subscription("sub_" + client, client, "veh_" + client, "psn_" + client);
      subscription.form = sample_upload('c');
      tx.put_subscription(subscription);
      const std::string id = "wde_" + client;
      tx.add_event(sample_event(id, client, "subscription.created"),
                   sample_delivery(id, client, "subscription.created"));
      tx.add_attempt(sample_attempt(id));
      tx.add_attempt(sample_attempt(id));
      Timer timer;
      timer.client_id = client;
      tx.add_timer(timer);
      tx.put_reply(client, "key", StoredReply{"f", 201, "{}", at(1)});
      tx.put_chaos_rule(ChaosRuleRow{"rule_" + client, client, "{}"});
      tx.add_chain("chain_" + client, client);
      RefreshToken token;
      token.chain_id = "chain_" + client;
      token.client_id = client;
      tx.add_refresh_token("hash_" + client, token);
      EXPECT_TRUE(tx.remember_jti(client, "jti", at(1000), at(0)));
    });
  }
};

using Removed = std::vector<std::pair<std::string, std::size_t>>;

TEST_P(PartnerData, ClearRemovesOneClientsDataAndSaysWhat) {
  fill("a");
  fill("b");
  Removed removed;
  change([&](Write& tx) { removed = tx.clear_partner_data("a").removed; });
  EXPECT_EQ(removed, (Removed{{"spvRequests", 1},
                              {"investors", 1},
                              {"subscriptions", 1},
                              {"events", 1},
                              {"deliveries", 1},
                              {"attempts", 2},
                              {"timers", 1},
                              {"idempotencyKeys", 1},
                              {"chaosRules", 1}}));
  look([](Read& tx) {
    EXPECT_TRUE(tx.partner("a").has_value());
    EXPECT_TRUE(tx.lane("a").has_value());
    EXPECT_TRUE(tx.refresh_token("hash_a").has_value());
    EXPECT_FALSE(tx.chain_revoked("chain_a"));
    EXPECT_FALSE(tx.spv_request("svr_a").has_value());
    EXPECT_FALSE(tx.investor("psn_a").has_value());
    EXPECT_FALSE(tx.subscription("sub_a").has_value());
    EXPECT_FALSE(tx.event("wde_a").has_value());
    EXPECT_FALSE(tx.delivery("wde_a").has_value());
    EXPECT_TRUE(tx.attempts("wde_a").empty());
    EXPECT_FALSE(tx.next_due("a", true).has_value());
    EXPECT_FALSE(tx.reply("a", "key").has_value());
    DeliveryFilter about;
    about.subject = "sub_1";
    EXPECT_EQ(tx.deliveries(about, Page{}).count, 1U);
    EXPECT_TRUE(tx.subscription("sub_b").has_value());
    EXPECT_EQ(tx.attempts("wde_b").size(), 2U);
    EXPECT_EQ(tx.chaos_rules().size(), 1U);
    return 0;
  });
  change([](Write& tx) {
    EXPECT_EQ(tx.next_counter("a", "svr"), 2U);
    EXPECT_FALSE(tx.remember_jti("a", "jti", at(1000), at(0)));
  });
  Removed last;
  change([&](Write& tx) { last = tx.clear_partner_data("b").removed; });
  EXPECT_EQ(last, removed);
  look([](Read& tx) {
    EXPECT_TRUE(tx.attempts("wde_b").empty());
    EXPECT_FALSE(tx.event("wde_b").has_value());
    DeliveryFilter about;
    about.subject = "sub_1";
    EXPECT_EQ(tx.deliveries(about, Page{}).count, 0U);
    EXPECT_TRUE(tx.delivery_counts().empty());
    return 0;
  });
}

TEST_P(PartnerData, ClearsInPortionsWhatItClearsAtOnce) {
  fill("a");
  fill("b");
  Removed at_once;
  change([&](Write& tx) { at_once = tx.clear_partner_data("b").removed; });
  std::map<std::string, std::size_t> removed;
  int portions = 0;
  for (bool complete = false; !complete; ++portions) {
    change([&](Write& tx) {
      const ClearedPortion portion = tx.clear_partner_data("a", 1);
      for (const auto& [kind, count] : portion.removed) removed[kind] += count;
      complete = portion.complete;
    });
  }
  EXPECT_GT(portions, 5);
  EXPECT_EQ(removed, (std::map<std::string, std::size_t>(at_once.begin(), at_once.end())));
  look([](Read& tx) {
    EXPECT_TRUE(tx.delivery_counts().empty());
    EXPECT_EQ(tx.deliveries(DeliveryFilter{}, Page{}).count, 0U);
    EXPECT_EQ(tx.spv_requests(SpvFilter{}, Page{}).count, 0U);
    EXPECT_TRUE(tx.chaos_rules().empty());
    return 0;
  });
}

TEST_P(PartnerData, WhatIsBeingResetIsToldToTheWriterOnly) {
  fill("a");
  fill("b");
  change([](Write& tx) {
    Lane lane = *tx.lane("a");
    lane.resetting = "{}";
    tx.put_lane(lane);
    EXPECT_TRUE(tx.delivery("wde_a").has_value());
    EXPECT_TRUE(tx.spv_request("svr_a").has_value());
  });
  look([](Read& tx) {
    EXPECT_FALSE(tx.spv_request("svr_a").has_value());
    EXPECT_FALSE(tx.investor("psn_a").has_value());
    EXPECT_FALSE(tx.subscription("sub_a").has_value());
    EXPECT_FALSE(tx.delivery("wde_a").has_value());
    EXPECT_FALSE(tx.event("wde_a").has_value());
    EXPECT_TRUE(tx.attempts("wde_a").empty());
    EXPECT_FALSE(tx.next_due("a", true).has_value());
    EXPECT_EQ(tx.delivery_counts().size(), 1U);
    for (const auto& client : std::vector<std::optional<std::string>>{std::nullopt, "a", "b"}) {
      const std::size_t expected = client == "a" ? 0 : 1;
      EXPECT_EQ(tx.spv_requests(SpvFilter{client, std::nullopt}, Page{}).documents.size(), expected);
      EXPECT_EQ(tx.spv_requests(SpvFilter{client, std::nullopt}, Page{}).count, expected);
      EXPECT_EQ(tx.investors(client, Page{}).count, expected);
      EXPECT_EQ(tx.subscriptions(SubscriptionFilter{client, std::nullopt, std::nullopt}, Page{}).count,
                expected);
      EXPECT_EQ(tx.deliveries(DeliveryFilter{client, std::nullopt, std::nullopt, std::nullopt}, Page{}).count,
                expected);
      EXPECT_EQ(
          tx.deliveries(DeliveryFilter{client, std::nullopt, std::nullopt, "sub_1"}, Page{}).documents.size(),
          expected);
    }
    EXPECT_EQ(tx.visit_state([](const StateItem&) -> Result<void> { return {}; }).error().kind,
              ErrorKind::ServiceUnavailable);
    return 0;
  });
}

TEST_P(PartnerData, RemovingAPartnerLeavesNothingOfIt) {
  fill("a");
  fill("b");
  change([](Write& tx) { tx.remove_partner("a"); });
  std::map<std::size_t, int> kinds;
  const Result<void> visited = look([&kinds](Read& tx) {
    return tx.visit_state([&kinds](const StateItem& item) -> Result<void> {
      ++kinds[item.index()];
      std::visit(
          [](const auto& value) {
            if constexpr (requires { value.client_id; }) {
              EXPECT_NE(value.client_id, "a");
            }
          },
          item);
      return {};
    });
  });
  EXPECT_TRUE(visited.ok());
  EXPECT_EQ(kinds[StateItem(Attempt{}).index()], 2);
  EXPECT_EQ(kinds[StateItem(DeliveryState{}).index()], 1);
  DeliveryFilter about;
  about.subject = "sub_1";
  EXPECT_EQ(look([&about](Read& tx) { return tx.deliveries(about, Page{}).count; }), 1U);
}

TEST_P(PartnerData, SpvRequestsAreListedNewestFirst) {
  change([](Write& tx) {
    for (int i = 0; i < 12; ++i) {
      SpvRequest request = sample_spv_request("svr_" + std::to_string(i), i % 3 == 0 ? "b" : "a");
      if (i % 2 == 0) approve(request, std::to_string(i));
      tx.put_spv_request(request);
    }
  });
  const auto list = [this](std::optional<std::string> client, std::optional<SpvStatus> status, Page page) {
    SpvFilter filter;
    filter.client_id = std::move(client);
    filter.status = status;
    const Paged<SpvRequest> paged = look([&](Read& tx) { return tx.spv_requests(filter, page); });
    std::string text = std::to_string(paged.count) + ":";
    for (const SpvRequest& request : paged.documents) text += " " + request.slug.substr(4);
    return text;
  };
  EXPECT_EQ(list(std::nullopt, std::nullopt, Page{0, 3}), "12: 11 10 9");
  EXPECT_EQ(list("a", std::nullopt, Page{2, 3}), "8: 8 7 5");
  EXPECT_EQ(list("a", SpvStatus::Approved, Page{0, 10}), "4: 10 8 4 2");
  EXPECT_EQ(list(std::nullopt, SpvStatus::PendingReview, Page{4, 10}), "6: 3 1");
  EXPECT_EQ(list("b", SpvStatus::Cancelled, Page{0, 10}), "0:");
  change([](Write& tx) {
    SpvRequest request = tx.spv_request("svr_11").value();
    request.status = SpvStatus::Cancelled;
    tx.put_spv_request(request);
    tx.clear_partner_data("b");
  });
  EXPECT_EQ(list("a", SpvStatus::Cancelled, Page{0, 10}), "1: 11");
  EXPECT_EQ(list(std::nullopt, std::nullopt, Page{0, 2}), "8: 11 10");
}

TEST_P(PartnerData, SubscriptionsAreListedNewestFirst) {
  change([](Write& tx) {
    for (int i = 0; i < 8; ++i) {
      const std::string number = std::to_string(i);
      Subscription subscription = sample_subscription("sub_" + number, i < 6 ? "a" : "b",
                                                      i % 2 == 0 ? "veh_1" : "veh_2", "psn_" + number);
      if (i % 4 == 0) subscription.status = SubscriptionStatus::Completed;
      tx.put_subscription(subscription);
    }
  });
  const auto list = [this](const SubscriptionFilter& filter) {
    const Paged<Subscription> paged = look([&](Read& tx) { return tx.subscriptions(filter, Page{}); });
    std::string text = std::to_string(paged.count) + ":";
    for (const Subscription& subscription : paged.documents) text += " " + subscription.slug.substr(4);
    return text;
  };
  EXPECT_EQ(list({std::nullopt, std::nullopt, std::nullopt}), "8: 7 6 5 4 3 2 1 0");
  EXPECT_EQ(list({"b", std::nullopt, std::nullopt}), "2: 7 6");
  EXPECT_EQ(list({"a", SubscriptionStatus::Completed, std::nullopt}), "2: 4 0");
  EXPECT_EQ(list({"a", SubscriptionStatus::Pending, "veh_1"}), "1: 2");
  EXPECT_EQ(list({std::nullopt, std::nullopt, "veh_2"}), "4: 7 5 3 1");
  EXPECT_EQ(list({std::nullopt, SubscriptionStatus::Pending, std::nullopt}), "6: 7 6 5 3 2 1");
  change([](Write& tx) {
    Subscription subscription = tx.subscription("sub_7").value();
    subscription.status = SubscriptionStatus::Completed;
    tx.put_subscription(subscription);
  });
  EXPECT_EQ(list({"b", SubscriptionStatus::Completed, std::nullopt}), "1: 7");
}

TEST_P(PartnerData, CompletionsToEmitComeOldestFirst) {
  change([](Write& tx) {
    for (int i = 0; i < 4; ++i) {
      const std::string number = std::to_string(i);
      Subscription subscription = sample_subscription("sub_" + number, "a", "veh_1", "psn_" + number);
      subscription.status = SubscriptionStatus::Completed;
      subscription.completed_at = at(1000 - i);
      subscription.completion_emitted = i == 1;
      tx.put_subscription(subscription);
    }
  });
  std::string order;
  for (const Subscription& subscription : look([](Read& tx) { return tx.completions_to_emit("a"); })) {
    order += subscription.slug + " ";
  }
  EXPECT_EQ(order, "sub_3 sub_2 sub_0 ");
}

ZEST_FOR_EVERY_BACKEND(PartnerData);

}  // namespace
}  // namespace zest::store
