// Questions and changes stay cheap however much there is: their plans use indexes.
#include "store/sqlite/rows.h"
#include "store/sqlite/schema.h"
#include "store/sqlite/sqlite_fixture.h"
#include "store/sqlite/write.h"

namespace zest::store {
namespace {

class Plans : public ::testing::Test {
 protected:
  Plans() : db_(folder_.path() / "sandbox.db") {
    db_.configure(ConnectionSettings{});
    migrate(db_);
  }

  // Prepares every statement that the store has for work on single resources, lanes and filtered lists.
  void ask_everything(SqliteWrite& tx) {
    tx.meta("a");
    tx.partner("a");
    tx.partner_by_key("a");
    tx.lane("a");
    tx.spv_request("a");
    tx.spv_request_by_vehicle("a");
    tx.investor("a");
    tx.investor_by_partner_id("a", "a");
    tx.subscription("a");
    tx.subscription_of("a", "a");
    tx.completions_to_emit("a");
    tx.delivery("a");
    tx.event("a");
    tx.attempts("a");
    tx.next_due("a", true);
    tx.due_work("a", at(0), true);
    tx.open_deliveries("a");
    tx.open_delivery_ids("a", 5);
    tx.reply("a", "a");
    tx.refresh_token("a");
    tx.chain_revoked("a");
    tx.referenced_uploads();
    tx.refers_to_upload("a");
    tx.former_generation("a");
    tx.has_timer("a", TimerKind::Release, "a");
    tx.delivery_counts();
    tx.expired_access_tokens("a");
    tx.chaos_rule_lane("a", "a");
    tx.delivery_chaos("a");
    ask_lists(tx);
    ask_held(tx);
  }
  // Not those of one rule, which are asked for when the rule goes and all of them are let go.
  void ask_held(SqliteWrite& tx) {
    for (auto member : {&HeldFilter::delivery_id, &HeldFilter::client_id, &HeldFilter::follows}) {
      HeldFilter filter;
      filter.*member = "a";
      tx.held_deliveries(filter);
    }
    HeldFilter waiting;
    waiting.client_id = "a";
    waiting.until_event = true;
    tx.held_deliveries(waiting);
  }
  void ask_lists(SqliteWrite& tx) {
    const std::vector<std::optional<std::string>> texts = {std::nullopt, "a"};
    for (const auto& client : texts) {
      if (client) tx.investors(client, Page{});
      tx.uploads(client, Page{});
      for (const bool by_status : {false, true}) {
        if (client || by_status) {
          SpvFilter spv{client, by_status ? std::optional(SpvStatus::Approved) : std::nullopt};
          tx.spv_requests(spv, Page{});
        }
        for (const auto& other : texts) {
          if (!client && !by_status && !other) continue;
          SubscriptionFilter subscription{
              client, by_status ? std::optional(SubscriptionStatus::Completed) : std::nullopt, other};
          tx.subscriptions(subscription, Page{});
          for (const auto& subject : texts) {
            DeliveryFilter delivery{client, by_status ? std::optional(DeliveryStatus::Dead) : std::nullopt,
                                    other, subject};
            tx.deliveries(delivery, Page{});
            tx.deliveries(delivery, Page{5'000, 10});
          }
        }
      }
    }
  }
  void change_everything(SqliteWrite& tx) {
    tx.add_event(sample_event("wde_1", "a", "investor.created"),
                 sample_delivery("wde_1", "a", "investor.created"));
    tx.put_delivery(sample_delivery("wde_1", "a", "investor.created"));
    tx.add_attempt(sample_attempt("wde_1"));
    tx.remove_timer(1);
    tx.remove_timers("a", TimerKind::Release, "a");
    tx.put_reply("a", "k", StoredReply{});
    tx.prune_replies("a", at(0));
    tx.revoke_chain("a");
    tx.revoke_all_chains("a");
    tx.spend_refresh_token("a");
    tx.prune_tokens(at(0));
    tx.remember_jti("a", "j", at(1), at(0));
    tx.next_counter("a", "n");
    tx.next_access_token("a");
    tx.expire_access_tokens("a");
    tx.put_chaos_rule_lane(ChaosRuleLane{"r", "a", std::nullopt, 0, 0});
    tx.put_delivery_chaos(DeliveryChaos{"wde_1", "a", {}, {}, {}});
    tx.hold_delivery(HeldDelivery{"wde_1", "a", "r", at(0), std::nullopt, std::nullopt, false});
    tx.remove_held("wde_1");
    tx.remove_chaos_rule("r");
    tx.keep_replaced_upload({"a", "a", at(0)});
    tx.forget_replaced_uploads("a", at(0));
    tx.raise_counter({"a", "n", 1});
    return_in_flight(db_);
    tx.remove_partner("b");
    put_what_is_rare(tx);
  }
  // What is mostly not there is only asked for once it is.
  void put_what_is_rare(SqliteWrite& tx) {
    Timer timer;
    timer.client_id = "a";
    tx.add_timer(timer);
    tx.put_chaos_rule(store::ChaosRuleRow{"r", "a", "{}"});
    tx.put_delivery_chaos(DeliveryChaos{"wde_1", "a", {}, {}, {}});
    tx.hold_delivery(HeldDelivery{"wde_1", "a", "r", at(0), std::nullopt, std::nullopt, false});
  }

  std::vector<std::string> plan(const std::string& sql) {
    std::vector<std::string> steps;
    Query query = db_.query("EXPLAIN QUERY PLAN " + sql);
    while (query.step()) {
      query.skip(3);
      steps.push_back(query.text());
    }
    return steps;
  }

  test::TemporaryFolder folder_;
  Connection db_;
};

TEST_F(Plans, NoHotStatementScansATable) {
  Published published;
  SqliteWrite tx(db_, Limits{}, published, [](const std::string&) {});
  change_everything(tx);
  ask_everything(tx);
  const std::vector<std::string> statements = db_.prepared();
  EXPECT_GT(statements.size(), 50U);
  for (const std::string& sql : statements) {
    for (const std::string& step : plan(sql)) {
      // The counts are few, whatever they count; json_each walks the subjects of one event.
      const bool small =
          step.find("_counts") != std::string::npos || step.find("VIRTUAL TABLE") != std::string::npos;
      EXPECT_FALSE(step.rfind("SCAN", 0) == 0 && !small) << sql << "\n  " << step;
    }
  }
}

TEST_F(Plans, ListsAndDueWorkComeInOrderFromTheIndex) {
  Published published;
  SqliteWrite tx(db_, Limits{}, published, [](const std::string&) {});
  change_everything(tx);
  ask_everything(tx);
  for (const std::string& sql : db_.prepared()) {
    // Completions wait for at most one sweep, so that sorting them by id within an instant costs nothing.
    if (sql.find("ORDER BY") == std::string::npos || sql.find("subscriptions_to_emit") != std::string::npos) {
      continue;
    }
    for (const std::string& step : plan(sql)) {
      EXPECT_EQ(step.find("TEMP B-TREE"), std::string::npos) << sql << "\n  " << step;
    }
  }
}

TEST_F(Plans, AnUnfilteredListReadsItsPageOnly) {
  Published published;
  SqliteWrite tx(db_, Limits{}, published, [](const std::string&) {});
  tx.deliveries(DeliveryFilter{}, Page{});
  for (const std::string& sql : db_.prepared()) {
    if (sql.find("FROM deliveries") == std::string::npos) continue;
    EXPECT_EQ(plan(sql), std::vector<std::string>{"SCAN deliveries"}) << sql;  // newest first, up to LIMIT
  }
}

}  // namespace
}  // namespace zest::store
