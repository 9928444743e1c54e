// Every kind of value has a form of its own, is read back as it was, and refuses what it is not.
#include <set>

#include "snapshot/state_json.h"
#include "store/sqlite/sqlite_fixture.h"

namespace zest::snapshot {
namespace {

const Instant kTaken = store::at(6);

class Forms : public store::SqliteTest {
 protected:
  void SetUp() override {
    SqliteTest::SetUp();
    change(store::fill_state);
    // A key has 32 bytes, which the store does not care about.
    change([](store::Write& tx) {
      Partner partner = store::sample_partner("a");
      partner.public_key.resize(32, 'k');
      tx.put_partner(partner);
      SpvRequest request = store::sample_spv_request("svr_3", "a");
      request.status = SpvStatus::Rejected;
      request.rejection_reason = " ";
      tx.put_spv_request(request);
    });
    const Result<void> visited = look([this](store::Read& tx) {
      return tx.visit_state([this](const store::StateItem& item) -> Result<void> {
        forms_.emplace_back(std::string(section_of(item)), to_json(item, kTaken));
        return {};
      });
    });
    ASSERT_TRUE(visited.ok());
  }

  static Result<Json> again(const std::string& section, const Json& form) {
    ASSIGN_OR_RETURN(const store::StateItem item, read_item(section, form, section + "[0]", kTaken));
    return to_json(item, kTaken);
  }

  // Calls `look` with each value of `wrong` in the place of `json`, and of every value inside of it.
  static void spoil(Json& json, const std::vector<Json>& wrong, const std::function<void()>& look) {
    const Json kept = json;
    for (const Json& value : wrong) {
      json = value;
      look();
    }
    json = kept;
    if (!json.is_structured()) return;
    for (Json& inner : json) spoil(inner, wrong, look);
  }

  std::vector<std::pair<std::string, Json>> forms_;
};

TEST_F(Forms, ThereIsOneOfEverySectionAndEachIsReadBackAsItWas) {
  std::set<std::string_view> seen;
  for (const auto& [section, form] : forms_) {
    const Result<Json> read = again(section, form);
    ASSERT_TRUE(read.ok()) << section << ": " << read.error().detail;
    EXPECT_EQ(dump_json_pretty(*read), dump_json_pretty(form)) << section;
    seen.insert(section);
  }
  EXPECT_EQ(seen, std::set<std::string_view>(sections().begin(), sections().end()));
}

TEST_F(Forms, ClocksAreSaidByTheTimeThatTheyShowed) {
  // Scaled by 60: at(5) at the machine's at(6); its high water mark is at(9).
  const Lane lane = store::sample_lane("a");
  const auto shown = [&lane](Instant taken) {
    store::PartnerState state{store::sample_partner("a"), lane};
    return to_json(state, taken)["clock"]["now"].get<std::string>();
  };
  EXPECT_EQ(shown(store::at(6)), format_instant(store::at(9)));
  EXPECT_EQ(shown(store::at(106)), format_instant(store::at(6005)));
}

TEST_F(Forms, BytesThatAreNoTextAreBase64) {
  Attempt attempt = store::sample_attempt("wde_1");
  Json form = to_json(attempt, kTaken);
  EXPECT_EQ(form["responseBodyBase64"], "/wByYXc=");
  EXPECT_FALSE(form.contains("responseBody"));
  attempt.response_body = "ü";
  form = to_json(attempt, kTaken);
  EXPECT_EQ(form["responseBody"], "ü");
}

// Whatever stands anywhere in an element in place of what belongs there: it is refused by name, or it is as
// good.
TEST_F(Forms, WrongValuesAreRefusedByTheirPlaceWhereverTheyStand) {
  const std::vector<Json> wrong = {nullptr,
                                   true,
                                   -1,
                                   1.5,
                                   "",
                                   "x",
                                   Json::array(),
                                   Json::array({nullptr}),
                                   Json::object(),
                                   Json{{"x", 1}},
                                   18446744073709551615U,
                                   std::string(1, '\0')};
  int refused = 0;
  for (const auto& [section, form] : forms_) {
    Json spoilt = form;
    spoil(spoilt, wrong, [&, &name = section] {
      const Result<store::StateItem> read = read_item(name, spoilt, name + "[7]", kTaken);
      if (read.ok()) {
        EXPECT_TRUE(again(name, to_json(*read, kTaken)).ok()) << name << " " << dump_json(spoilt);
        return;
      }
      ++refused;
      EXPECT_EQ(read.error().kind, ErrorKind::InvalidRequest) << dump_json(spoilt);
      EXPECT_EQ(read.error().detail.find(name + "[7]"), 0U) << read.error().detail;
    });
  }
  EXPECT_GT(refused, 1000);
}

TEST_F(Forms, MembersThatAreMissingOrTooManyAreRefused) {
  const std::set<std::string> optional = {"webhookUrl",
                                          "autoApprove",
                                          "autoComplete",
                                          "rejectionReason",
                                          "cancelledAt",
                                          "approvedAt",
                                          "feesAndCarry",
                                          "countryOfResidence",
                                          "nextAttemptAt",
                                          "scheduleStartedAt",
                                          "completedAt",
                                          "materialisedRefs",
                                          "partnerSubscriptionId",
                                          "form",
                                          "funding",
                                          "expiresAt",
                                          "untilEvent",
                                          "follows",
                                          "followsExtra"};
  for (const auto& [section, form] : forms_) {
    if (section == "chaosRules") continue;  // the rules' own language
    for (const auto& entry : form.items()) {
      Json less = form;
      less.erase(entry.key());
      const Result<Json> read = again(section, less);
      const bool may_be_missing = optional.contains(entry.key()) && section != "refreshTokens" &&
                                  section != "assertionIds" && section != "idempotencyKeys";
      if (!may_be_missing) {
        EXPECT_FALSE(read.ok()) << section << "." << entry.key();
      }
    }
    Json more = form;
    more["surplus"] = 1;
    const Result<Json> read = again(section, more);
    ASSERT_FALSE(read.ok()) << section;
    EXPECT_EQ(read.error().detail.find(section + "[0] has an unknown member \"surplus\""), 0U)
        << read.error().detail;
  }
}

}  // namespace
}  // namespace zest::snapshot
