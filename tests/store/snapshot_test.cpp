// Export and import of the whole state.
#include "store/samples.h"

namespace zest::store {
namespace {

class Snapshot : public StoreTest {
 protected:
  void fill() {
    change([](Write& tx) {
      tx.set_meta("seed", "7");
      tx.set_meta("local.token_key", "secret of this database");
      tx.put_partner(sample_partner("a"));
      tx.put_lane(sample_lane("a"));
      tx.next_counter("a", "svr");
      SpvRequest request = sample_spv_request("svr_1", "a");
      approve(request, "1");
      tx.put_spv_request(request);
      tx.put_investor(sample_investor("psn_1", "a"));
      Subscription subscription = sample_subscription("sub_1", "a", "veh_1", "psn_1");
      subscription.form = sample_upload('a');
      tx.put_subscription(subscription);
      tx.add_event(sample_event("wde_1", "a", "subscription.created"),
                   sample_delivery("wde_1", "a", "subscription.created"));
      Delivery in_flight = sample_delivery("wde_2", "a", "investor.created");
      in_flight.status = DeliveryStatus::InFlight;
      in_flight.schedule_attempts = 1;
      tx.add_event(sample_event("wde_2", "a", "investor.created"), in_flight);
      tx.add_attempt(sample_attempt("wde_2"));
      Timer timer;
      timer.client_id = "a";
      timer.subject = "svr_1";
      tx.add_timer(timer);
      tx.put_reply("a", "key", StoredReply{std::string("\0f", 2), 201, "{}", at(1)});
      tx.put_chaos_rule(ChaosRuleRow{"r", std::nullopt, "{}"});
      tx.add_chain("chain", "a");
    });
  }
  Json exported() {
    return look([](Read& tx) { return tx.export_tables(); });
  }
  Result<void> import(const Json& snapshot) {
    return store_->write([&snapshot](Write& tx) { return tx.import_tables(snapshot); });
  }
  std::string refusal(const Json& snapshot) {
    const Result<void> result = import(snapshot);
    if (result.ok()) return "imported";
    EXPECT_EQ(result.error().kind, ErrorKind::InvalidRequest);
    return result.error().detail;
  }
};

TEST_F(Snapshot, ComesBackTheSameThroughText) {
  fill();
  const std::string text = dump_json(exported());
  change([](Write& tx) {
    tx.remove_partner("a");
    tx.put_partner(sample_partner("intruder"));
    tx.set_meta("seed", "8");
    tx.set_meta("later", "1");
    tx.set_meta("local.token_key", "another secret");
    Timer timer;
    timer.client_id = "intruder";
    tx.add_timer(timer);
  });
  const Result<void> done = import(parse_json(text).value());
  ASSERT_TRUE(done.ok()) << done.error().detail;
  Json expected = parse_json(text).value();
  expected["tables"]["deliveries"][1]["status"] = "retrying";  // nobody is sending it here
  EXPECT_EQ(dump_json_pretty(exported()), dump_json_pretty(expected));
  look([](Read& tx) {
    EXPECT_EQ(tx.meta("seed"), "7");
    EXPECT_EQ(tx.meta("later"), std::nullopt);
    EXPECT_EQ(tx.meta("local.token_key"), "another secret");
    EXPECT_EQ(tx.partner("a")->public_key, sample_partner("a").public_key);
    EXPECT_EQ(tx.attempts("wde_2").at(0).response_body, sample_attempt("wde_2").response_body);
    EXPECT_EQ(tx.open_deliveries("a"), 2U);
    DeliveryFilter filter;
    filter.client_id = "a";
    filter.event_type = "investor.created";
    EXPECT_EQ(tx.deliveries(filter, Page{}).count, 1U);
    return 0;
  });
}

TEST_F(Snapshot, LeavesOutWhatBelongsToTheDatabaseItself) {
  fill();
  const Json snapshot = exported();
  ASSERT_EQ(snapshot["tables"]["meta"].size(), 1U);
  EXPECT_EQ(snapshot["tables"]["meta"][0]["name"], "seed");
  Json smuggled = snapshot;
  smuggled["tables"]["meta"].push_back(Json{{"name", "local.token_key"}, {"value", "forged"}});
  ASSERT_TRUE(import(smuggled).ok());
  EXPECT_EQ(look([](Read& tx) { return tx.meta("local.token_key"); }), "secret of this database");
}

TEST_F(Snapshot, CountsOfAnEmptyStateAreEmpty) {
  fill();
  ASSERT_TRUE(import(Json{{"tables", Json::object()}}).ok());
  EXPECT_TRUE(look([](Read& tx) { return tx.delivery_counts(); }).empty());
  EXPECT_TRUE(look([](Read& tx) { return tx.partners(); }).empty());
}

TEST_F(Snapshot, WhatDoesNotFitIsRefusedByNameAndChangesNothing) {
  fill();
  const Json good = exported();
  const auto with = [&good](const std::function<void(Json&)>& spoil) {
    Json bad = good;
    spoil(bad["tables"]);
    return bad;
  };
  EXPECT_EQ(refusal(Json::array()), "The snapshot has no object \"tables\".");
  EXPECT_EQ(refusal(with([](Json& tables) { tables["sqlite_master"] = Json::array(); })),
            "The snapshot's table \"sqlite_master\" is unknown to this version.");
  EXPECT_EQ(refusal(with([](Json& tables) { tables["delivery_counts"] = Json::array(); })),
            "The snapshot's table \"delivery_counts\" is unknown to this version.");
  EXPECT_EQ(refusal(with([](Json& tables) { tables["meta\"; DROP TABLE meta; --"] = Json::array(); })),
            "The snapshot's table \"meta\"; DROP TABLE meta; --\" is unknown to this version.");
  EXPECT_EQ(refusal(with([](Json& tables) { tables["meta"] = 5; })),
            "The snapshot's table \"meta\" is no list of rows.");
  EXPECT_EQ(refusal(with([](Json& tables) { tables["meta"].push_back(5); })),
            "The snapshot's table \"meta\" holds a row that is no object.");
  EXPECT_EQ(refusal(with([](Json& tables) { tables["meta"].push_back(Json::object()); })),
            "The snapshot's table \"meta\" holds an empty row.");
  EXPECT_EQ(refusal(with([](Json& tables) { tables["partners"][0]["name) --"] = "x"; })),
            "The snapshot's table \"partners\" has an unknown column.");
  EXPECT_EQ(
      refusal(with([](Json& tables) { tables["partners"][0]["name"] = 1.5; })),
      "The snapshot's table \"partners\" holds a value that is neither null, text, a 64-bit integer nor "
      "{\"$hex\": …}.");
  EXPECT_EQ(refusal(with([](Json& tables) { tables["partners"][0]["public_key"]["$hex"] = "xyz"; })),
            "The snapshot's table \"partners\" holds bytes that are no hexadecimal text.");
  EXPECT_NE(refusal(with([](Json& tables) {
              tables["partners"][0]["seeded"] = "yes";
            })).find("The snapshot's table \"partners\" holds a row that does not fit: "),
            std::string::npos);
  EXPECT_NE(refusal(with([](Json& tables) {
              tables["deliveries"][0]["status"] = "lost";
            })).find("The snapshot's table \"deliveries\" holds a row that does not fit: "),
            std::string::npos);
  EXPECT_NE(refusal(with([](Json& tables) {
              tables["attempts"][0]["delivery"] = 4711;
            })).find("The snapshot's table \"attempts\" holds a row that does not fit: "),
            std::string::npos);
  EXPECT_EQ(refusal(with([](Json& tables) { tables["spv_requests"][0]["attributes"] = "{"; })),
            "The snapshot's table \"spv_requests\" holds a document that is not the JSON expected there.");
  EXPECT_EQ(dump_json(exported()), dump_json(good));
}

}  // namespace
}  // namespace zest::store
