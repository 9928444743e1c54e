// Zest docs: investors.
#include "rules/investors.h"

#include "rules/rules_fixture.h"

namespace zest::rules {
namespace {

using ::testing::ElementsAre;

class Investors : public RulesTest {
 protected:
  // "created", "already_exists", or "code field" of a row's error.
  std::vector<std::string> outcomes(Instant now, const Json& rows) {
    std::vector<std::string> told;
    for (const InvestorResult& result : invest(now, rows)) {
      told.push_back(result.error ? result.error->code + " " + result.error->field
                                  : std::string(to_string(result.status)));
    }
    return told;
  }
  std::string outcome(const char* member, const Json& value) {
    Json row = investor_row("p-" + std::to_string(++ids_));
    if (value.is_discarded()) {
      row.erase(member);
    } else {
      row[member] = value;
    }
    return outcomes(kDawn, Json::array({row})).front();
  }
  static inline const Json kAbsent = Json(Json::value_t::discarded);
  int ids_ = 0;
};

TEST_F(Investors, ACreatedInvestorTellsItsEventAtThatInstant) {
  const std::vector<InvestorResult> results = invest(after(5), Json::array({investor_row("p1")}));
  ASSERT_EQ(results.size(), 1U);
  EXPECT_EQ(results[0].status, RowStatus::Created);
  const Investor stored = look([&](store::Read& tx) { return tx.investor(results[0].person_id); }).value();
  EXPECT_EQ(stored.created_at, after(5));
  EXPECT_EQ(stored.partner_investor_id, "p1");
  ASSERT_EQ(fired().size(), 1U);
  EXPECT_EQ(fired()[0].type, "investor.created");
  EXPECT_EQ(fired()[0].occurred_at, after(5));
  EXPECT_EQ(fired()[0].data["zestPersonId"], results[0].person_id);
  EXPECT_EQ(fired()[0].data["kycManagedBy"], "partner");
}

TEST_F(Investors, EveryInvestorRowErrorIsTold) {
  for (const char* member : {"partnerInvestorId", "email", "firstName", "lastName", "dateOfBirth"}) {
    EXPECT_EQ(outcome(member, kAbsent), std::string("required ") + member);
    EXPECT_EQ(outcome(member, ""), std::string("required ") + member);
    EXPECT_EQ(outcome(member, 7), std::string("type ") + member);
  }
  EXPECT_EQ(outcome("email", "ada"), "format email");
  EXPECT_EQ(outcome("firstName", "  "), "pattern firstName");
  EXPECT_EQ(outcome("lastName", "a\nb"), "pattern lastName");
  EXPECT_EQ(outcome("dateOfBirth", "1990-02-30"), "format dateOfBirth");
  EXPECT_EQ(outcome("countryOfResidence", 1), "type countryOfResidence");
  EXPECT_EQ(outcome("countryOfResidence", "ZZZ"), "format countryOfResidence");
  EXPECT_EQ(outcome("countryOfResidence", "DE"), "created");
  EXPECT_EQ(outcomes(kDawn, Json::array({1})).front(), "type ");
}

TEST_F(Investors, BadRowsDoNotTouchTheOthers) {
  Json bad = investor_row("bad");
  bad["email"] = "nowhere";
  const Json rows = Json::array({investor_row("a"), bad, investor_row("b")});
  const std::vector<InvestorResult> results = invest(kDawn, rows);
  ASSERT_EQ(results.size(), 3U);
  EXPECT_EQ(results[0].status, RowStatus::Created);
  EXPECT_EQ(results[1].status, RowStatus::Failed);
  EXPECT_EQ(results[1].partner_investor_id, "bad");
  EXPECT_TRUE(results[1].person_id.empty());
  EXPECT_EQ(results[2].status, RowStatus::Created);
  EXPECT_THAT(fired_types(), ElementsAre("investor.created", "investor.created"));
}

TEST_F(Investors, AKnownInvestorAlreadyExistsAndFiresNothing) {
  const std::string person = invest(after(0), Json::array({investor_row("a")})).front().person_id;
  Json changed = investor_row("a");
  changed["firstName"] = "Augusta";
  const InvestorResult again = invest(after(1), Json::array({changed})).front();
  EXPECT_EQ(again.status, RowStatus::AlreadyExists);
  EXPECT_EQ(again.person_id, person);
  EXPECT_EQ(look([&](store::Read& tx) { return tx.investor(person); })->first_name, "Ada");
  EXPECT_EQ(fired().size(), 1U);
}

TEST_F(Investors, AnIdIsUniqueWithinItsPartnerOnly) {
  add_partner("other");
  invest(kDawn, Json::array({investor_row("a")}));
  const auto theirs = at(
      kDawn,
      [](Context& context) -> Result<std::vector<InvestorResult>> {
        return create_investors(context, prepare_investors(Json::array({investor_row("a")})));
      },
      "other");
  EXPECT_EQ(theirs->front().status, RowStatus::Created);
}

TEST_F(Investors, OfARepeatedIdTheFirstValidRowWins) {
  Json bad = investor_row("a");
  bad["email"] = 1;
  EXPECT_THAT(outcomes(kDawn, Json::array({bad, investor_row("a"), investor_row("a")})),
              ElementsAre("type email", "created", "already_exists"));
}

// The day is that of virtual time, in UTC.
TEST_F(Investors, ABirthMustLieInThePast) {
  Json row = investor_row("a");
  row["dateOfBirth"] = "2026-01-02";
  EXPECT_THAT(outcomes(after(86'400'000), Json::array({row})), ElementsAre("max_value dateOfBirth"));
  EXPECT_THAT(outcomes(after(2 * 86'400'000 - 1), Json::array({row})), ElementsAre("max_value dateOfBirth"));
  EXPECT_THAT(outcomes(after(2 * 86'400'000), Json::array({row})), ElementsAre("created"));
}

}  // namespace
}  // namespace zest::rules
