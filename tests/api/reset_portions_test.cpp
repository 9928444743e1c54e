// Resets of more rows than one transaction may take (rules/reset.h): nobody sees half of one, whatever ends
// it.
#include <gmock/gmock.h>

#include "api/control_fixture.h"
#include "base/clock.h"
#include "rules/reset.h"
#include "support/temporary_folder.h"

namespace zest::api {
namespace {

struct ResetPortions : ControlTest {
  void SetUp() override { restart(); }
  void restart() {
    app::ServeOptions options = plain_options();
    options.database = folder_.path() / "sandbox.db";
    start(options);
  }

  client::Reply reset(const Json& scope) { return post("/_sandbox/reset", scope); }

  // The first of the portions of the seeded partner's reset, of one row.
  void begin(bool rewind = false) {
    rules::Reset wanted;
    wanted.client_id = acme();
    wanted.rewind = rewind;
    const auto first = sandbox().store().write(
        [&](store::Write& tx) { return rules::reset_portion(tx, wanted, machine_time(clock_), {}, 1); });
    ASSERT_TRUE(first.ok()) << first.error().detail;
    ASSERT_FALSE(first->complete);
  }

  void add_investors(client::PartnerApi api, int count, const std::string& name) {
    Json rows = Json::array();
    for (int i = 0; i < count; ++i) {
      rows.push_back(test::investor_row(name + "-" + std::to_string(i)));
      if (rows.size() < 100 && i + 1 < count) continue;
      const Result<Json> made = api.create_investors(rows);
      ASSERT_TRUE(made.ok()) << made.error().detail;
      rows = Json::array();
    }
  }

  std::vector<int> counts(const std::string& filter) {
    std::vector<int> found;
    for (const char* list : {"/_sandbox/investors", "/_sandbox/spv-requests", "/_sandbox/subscriptions",
                             "/_sandbox/webhook-deliveries", "/_sandbox/uploads"}) {
      const client::Reply reply = get(list + filter);
      found.push_back(reply.body.value("count", -1));
      EXPECT_EQ(reply.body["documents"].size(), std::min(10U, static_cast<unsigned>(found.back())));
    }
    return found;
  }

  const SystemWallClock clock_;
  test::TemporaryFolder folder_;
};

using ::testing::ElementsAre;

TEST_F(ResetPortions, NobodySeesHalfOfIt) {
  subscribe(true);
  const std::string slug = get("/_sandbox/spv-requests").body["documents"][0].value("spvRequestSlug", "");
  const std::string event = get("/_sandbox/webhook-deliveries").body["documents"][0].value("deliveryId", "");
  client::PartnerApi api = partner();
  ASSERT_TRUE(api.spv_request(slug).ok());
  begin();
  for (const std::string& filter : {std::string(), "?clientId=" + acme()}) {
    EXPECT_THAT(counts(filter), ElementsAre(0, 0, 0, 0, 0)) << filter;
  }
  refusal(get("/_sandbox/spv-requests/" + slug), 404, "not_found");
  refusal(get("/_sandbox/webhook-deliveries/" + event), 404, "not_found");
  EXPECT_EQ(get("/_sandbox/webhook-deliveries?subject=" + slug).body["count"], 0);
  refusal(get("/_sandbox/snapshot"), 503, "service_unavailable");
}

TEST_F(ResetPortions, ThePartnersCallsAreRefusedMeanwhile) {
  const std::string slug = submit_spv();
  const std::string later = submit_spv();
  add_investors(partner(), 3, "early");
  client::PartnerApi api = partner();
  ASSERT_TRUE(api.spv_request(slug).ok());
  begin();
  const Result<Json> look = api.spv_request(slug);
  ASSERT_FALSE(look.ok());
  EXPECT_EQ(look.error().kind, ErrorKind::ServiceUnavailable);
  EXPECT_THAT(look.error().detail, ::testing::HasSubstr("is being reset; try again in a moment"));
  EXPECT_FALSE(api.create_investors(Json::array({test::investor_row("late")})).ok());
  refusal(post("/_sandbox/spv-requests/" + later + "/approve"), 503, "service_unavailable");
  // Another reset takes it to its end.
  EXPECT_EQ(reset(Json{{"clientId", acme()}}).status, 200);
  EXPECT_TRUE(api.create_investors(Json::array({test::investor_row("late")})).ok());
  EXPECT_EQ(get("/_sandbox/investors").body["count"], 1);
}

TEST_F(ResetPortions, AfterAKillTheNextStartFinishesIt) {
  const std::string first = submit_spv();
  add_investors(partner(), 3, "early");
  begin(true);
  restart();
  EXPECT_THAT(counts(""), ElementsAre(0, 0, 0, 0, 0));
  EXPECT_EQ(get("/_sandbox/clock?clientId=" + acme()).body["now"], kStart);
  EXPECT_EQ(submit_spv(), first);  // rewound, as it was to be
}

TEST_F(ResetPortions, ManyRowsGoAndAreCounted) {
  const int many = static_cast<int>(rules::kRowsPerPortion) + 150;
  add_investors(partner(), many, "many");
  const client::Reply gone = reset(Json{{"clientId", acme()}});
  ASSERT_EQ(gone.status, 200) << gone.text;
  EXPECT_EQ(gone.body["cleared"]["investors"], many);
  EXPECT_EQ(gone.body["cleared"]["deliveries"], many);
  EXPECT_THAT(counts(""), ElementsAre(0, 0, 0, 0, 0));
  add_investors(partner(), many, "again");
  const client::Reply all = reset(Json::object());
  EXPECT_EQ(all.body["cleared"]["investors"], many);
  EXPECT_THAT(counts(""), ElementsAre(0, 0, 0, 0, 0));
}

TEST_F(ResetPortions, APartnerOfManyRowsIsRemoved) {
  const int many = static_cast<int>(rules::kRowsPerPortion) + 10;
  add_investors(partner(), many, "many");
  EXPECT_EQ(call("DELETE", "/_sandbox/partners/" + acme()).status, 200);
  refusal(get("/_sandbox/partners/" + acme()), 404, "not_found");
  EXPECT_THAT(counts(""), ElementsAre(0, 0, 0, 0, 0));
}

}  // namespace
}  // namespace zest::api
