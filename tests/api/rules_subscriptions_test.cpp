// Subscriptions to an SPV, all or none. Zest docs: subscriptions.
#include <gmock/gmock.h>

#include "rules_world.h"

namespace zest::api {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// An SPV of the sample: USD, tickets from 10000.00, share classes sc_classA and sc_founders.
struct Spv {
  World world;
  std::string slug = world.spv(world.acme(), world.sample());
  std::vector<std::string> people = {world.person("inv-1"), world.person("inv-2"), world.person("inv-3")};

  static Json row(const std::string& person, const std::string& value = "10000.00") {
    return World::subscription(person, value);
  }
  client::Reply post(const Json& rows) { return world.acme().subscriptions(slug, rows); }
  client::Reply post_one(const Json& row) { return post(Json::array({row})); }
  std::size_t count() { return world.get("/_sandbox/subscriptions").body["count"]; }
};

TEST(Rules, EachSubscriptionIsAnsweredInOrder) {
  Spv spv;
  Json second = Spv::row(spv.people[1], "10000.000");
  second["partnerSubscriptionId"] = "acme-sub-1";
  second["shareClassSlug"] = "sc_founders";
  const client::Reply reply = spv.post(Json::array({Spv::row(spv.people[0]), second}));
  ASSERT_EQ(reply.status, 201) << reply.text;
  EXPECT_THAT(member_names(reply.body), ElementsAre("results"));
  const Json& rows = reply.body["results"];
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_THAT(member_names(rows[0]),
              ::testing::UnorderedElementsAre("subscriptionSlug", "spvSlug", "personId", "status", "lumpSum",
                                              "shareClassSlug"));
  EXPECT_THAT(rows[0].value("subscriptionSlug", ""), StartsWith("sub_"));
  EXPECT_EQ(rows[0]["spvSlug"], spv.slug);
  EXPECT_EQ(rows[0]["personId"], spv.people[0]);
  EXPECT_EQ(rows[0]["status"], "pending");
  EXPECT_EQ(rows[1]["lumpSum"], World::money("USD", "10000.000"));  // as it was sent
  EXPECT_EQ(rows[1]["shareClassSlug"], "sc_founders");
  EXPECT_EQ(rows[1]["partnerSubscriptionId"], "acme-sub-1");
  EXPECT_EQ(spv.world.events("subscription.created").size(), 2U);
}

struct SubscriptionFault {
  const char* member;  // a JSON pointer into the row
  Json value;
  const char* row;  // behind "subscriptions[0]."
};

TEST(Rules, EverySubscriptionRowErrorIsToldWithItsPath) {
  Spv spv;
  for (const SubscriptionFault& fault : std::vector<SubscriptionFault>{
           {"/lumpSum/value", "9999.99", "lumpSum.value min_value"},
           {"/lumpSum/value", "9999.999999999999999999999999999999999999999", "lumpSum.value min_value"},
           {"/lumpSum/value", "0", "lumpSum.value min_value"},
           {"/lumpSum/value", "-10000.00", "lumpSum.value min_value"},
           {"/lumpSum/value", "1e5", "lumpSum.value format"},
           {"/lumpSum/value", "", "lumpSum.value format"},
           {"/lumpSum/value", 10000, "lumpSum.value type"},
           {"/lumpSum/value", nullptr, "lumpSum.value type"},
           {"/lumpSum/currency", "EUR", "lumpSum.currency currency_mismatch"},
           {"/lumpSum/currency", "usd", "lumpSum.currency format"},
           {"/lumpSum/currency", 1, "lumpSum.currency type"},
           {"/lumpSum/note", "x", "lumpSum.note unknown_attribute"},
           {"/shareClassSlug", "sc_classB", "shareClassSlug enum"},
           {"/shareClassSlug", "", "shareClassSlug enum"},
           {"/shareClassSlug", 1, "shareClassSlug type"},
           {"/lumpSum", "10000", "lumpSum type"},
           {"/zestPersonId", 1, "zestPersonId type"},
           {"/partnerSubscriptionId", 1, "partnerSubscriptionId type"}}) {
    Json row = Spv::row(spv.people[0]);
    row[Json::json_pointer(fault.member)] = fault.value;
    const client::Reply reply = spv.post_one(row);
    EXPECT_THAT(broken_rules(reply), ElementsAre(std::string("subscriptions[0].") + fault.row));
    const Json& told = reply.body["validationErrors"][0];
    EXPECT_EQ(told["field"], told["attribute"]);
    EXPECT_EQ(told["value"], fault.value.is_string() ? fault.value : Json(dump_json(fault.value)));
  }
  Json empty_sum = Spv::row(spv.people[0]);
  empty_sum["lumpSum"] = Json::object();
  EXPECT_THAT(broken_rules(spv.post_one(empty_sum)), ElementsAre("subscriptions[0].lumpSum.currency required",
                                                                 "subscriptions[0].lumpSum.value required"));
  EXPECT_THAT(broken_rules(spv.post(Json::array({Json::object(), "x"}))),
              ElementsAre("subscriptions[0].zestPersonId required", "subscriptions[0].lumpSum required",
                          "subscriptions[0].shareClassSlug required", "subscriptions[1] type"));
  EXPECT_THAT(broken_rules(spv.post("x")), ElementsAre("subscriptions type"));
  EXPECT_EQ(spv.count(), 0U);
}

TEST(Rules, OneBadRowFailsAllSubscriptions) {
  Spv spv;
  const std::size_t before = spv.world.events().size();
  Json third = Spv::row(spv.people[2], "1");
  third["shareClassSlug"] = "sc_none";
  third["lumpSum"]["currency"] = "GBP";
  EXPECT_THAT(
      broken_rules(spv.post(Json::array({Spv::row(spv.people[0]), Spv::row(spv.people[1], "5"), third}))),
      ElementsAre("subscriptions[1].lumpSum.value min_value",
                  "subscriptions[2].lumpSum.currency currency_mismatch",
                  "subscriptions[2].lumpSum.value min_value", "subscriptions[2].shareClassSlug enum"));
  EXPECT_EQ(spv.count(), 0U);
  EXPECT_EQ(spv.world.events().size(), before);
  // Nothing of it stays: the good rows can be sent again.
  EXPECT_EQ(spv.post(Json::array({Spv::row(spv.people[0])})).status, 201);
}

TEST(Rules, AllRowErrorsOfALargeBatchAreTold) {
  Spv spv;
  Json batch = Json::array();
  for (int i = 0; i < 1000; ++i) batch.push_back(Json::object());
  EXPECT_EQ(broken_rules(spv.post(batch)).size(), 3000U);
}

TEST(Rules, AHugeBadValueIsToldInPart) {
  Spv spv;
  Json row = Spv::row(spv.people[0]);
  row["lumpSum"]["value"] = std::string(100'000, '9');
  row["lumpSum"]["currency"] = Json::array({std::string(100'000, 'x')});
  const client::Reply reply = spv.post_one(row);
  EXPECT_THAT(broken_rules(reply),
              ElementsAre("subscriptions[0].lumpSum.currency type", "subscriptions[0].lumpSum.value format"));
  for (const Json& told : reply.body["validationErrors"]) EXPECT_EQ(told.value("value", "").size(), 200U);
}

TEST(Rules, ASecondSubscriptionOfAnInvestorIs409) {
  Spv spv;
  EXPECT_EQ(spv.post_one(Spv::row(spv.people[0])).status, 201);
  EXPECT_THAT(refusal_of(spv.post_one(Spv::row(spv.people[0], "20000")), 409, "conflict"),
              HasSubstr(spv.people[0]));
  // Also as part of a batch, and twice within one.
  refusal_of(spv.post(Json::array({Spv::row(spv.people[1]), Spv::row(spv.people[0])})), 409, "conflict");
  refusal_of(spv.post(Json::array({Spv::row(spv.people[1]), Spv::row(spv.people[1])})), 409, "conflict");
  EXPECT_EQ(spv.count(), 1U);
  // Another SPV is another matter.
  const std::string other = spv.world.spv();
  EXPECT_EQ(spv.world.acme().subscriptions(other, Json::array({Spv::row(spv.people[0])})).status, 201);
}

TEST(Rules, AnUnknownInvestorIs404) {
  Spv spv;
  EXPECT_THAT(
      refusal_of(spv.post(Json::array({Spv::row(spv.people[0]), Spv::row("psn_nobody")})), 404, "not_found"),
      HasSubstr("psn_nobody"));
  EXPECT_EQ(spv.count(), 0U);
}

TEST(Rules, SubscriptionsAreChecked404Then409Then400) {
  Spv spv;
  EXPECT_EQ(spv.post_one(Spv::row(spv.people[0])).status, 201);
  const Json taken = Spv::row(spv.people[0]);
  const Json unknown = Spv::row("psn_nobody");
  const Json bad = Spv::row(spv.people[1], "-1");
  const auto statuses = [&](const std::string& to, const Json& rows) {
    return spv.world.acme().subscriptions(to, rows).status;
  };
  EXPECT_EQ(statuses(spv.slug, Json::array({bad, taken, unknown})), 404);
  EXPECT_EQ(statuses("veh_none", Json::array({bad, taken})), 404);
  EXPECT_EQ(statuses(spv.slug, Json::array({bad, taken})), 409);
  EXPECT_EQ(statuses(spv.slug, Json::array({bad})), 400);
  // What breaks the schema is told before anything is looked up.
  EXPECT_EQ(statuses("veh_none", Json::array({unknown, Json::object()})), 400);
}

TEST(Rules, AThousandSubscriptionsInOneBatch) {
  World world;
  const std::string spv = world.spv();
  Json investors = Json::array();
  for (int i = 0; i < 1000; ++i) investors.push_back(World::investor("inv-" + std::to_string(i)));
  const client::Reply people = world.acme().investors(investors);
  Json rows = Json::array();
  for (const Json& person : people.body["results"]) {
    rows.push_back(World::subscription(person.value("zestPersonId", "")));
  }
  const client::Reply reply = world.acme().subscriptions(spv, rows);
  EXPECT_EQ(reply.status, 201);
  EXPECT_EQ(reply.body["results"].size(), 1000U);
  EXPECT_EQ(world.events("subscription.created").size(), 1000U);
}

TEST(Rules, WithoutAMinimumTicketAnyPositiveSumWillDo) {
  World world;
  const std::string spv = world.spv();
  const Json least = World::subscription(world.person(), "0.0000000000000000000000000000000000000001");
  EXPECT_EQ(world.acme().subscriptions(spv, Json::array({least})).status, 201);
}

}  // namespace
}  // namespace zest::api
