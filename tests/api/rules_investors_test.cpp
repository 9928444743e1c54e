// Investors in bulk, a result per row. Zest docs: investors.
#include <gmock/gmock.h>

#include <set>

#include "rules_world.h"

namespace zest::api {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

Json rows_of(const client::Reply& reply) {
  EXPECT_EQ(reply.status, 200) << reply.text;
  EXPECT_THAT(member_names(reply.body), ElementsAre("results"));
  return reply.body.value("results", Json::array());
}

// "field code" of a failed row; "created" and the like of another.
std::string verdict_of(const Json& row) {
  const std::string status = row.value("status", "");
  if (status != "failed") {
    EXPECT_THAT(member_names(row), ElementsAre("partnerInvestorId", "status", "zestPersonId"));
    EXPECT_THAT(row.value("zestPersonId", ""), StartsWith("psn_"));
    return status;
  }
  EXPECT_THAT(member_names(row), ElementsAre("partnerInvestorId", "status", "error"));
  const Json error = row.value("error", Json::object());
  EXPECT_THAT(member_names(error), ElementsAre("code", "field", "message", "retryable"));
  EXPECT_EQ(error["retryable"], false);
  EXPECT_FALSE(error.value("message", "").empty());
  return error.value("field", "") + " " + error.value("code", "");
}

std::vector<std::string> verdicts_of(const client::Reply& reply) {
  std::vector<std::string> verdicts;
  for (const Json& row : rows_of(reply)) verdicts.push_back(verdict_of(row));
  return verdicts;
}

Json with(const char* member, Json value) {
  Json row = World::investor("inv-x");
  row[member] = std::move(value);
  return row;
}
Json without_member(const char* member) {
  Json row = World::investor("inv-x");
  row.erase(member);
  return row;
}

struct InvestorFault {
  Json row;
  const char* verdict;
};

std::vector<InvestorFault> row_faults() {
  std::vector<InvestorFault> faults = {
      {with("email", "ada"), "email format"},
      {with("email", "ada@localhost"), "email format"},
      {with("email", "ada @example.com"), "email format"},
      {with("dateOfBirth", "1990-02-30"), "dateOfBirth format"},
      {with("dateOfBirth", "10/12/1990"), "dateOfBirth format"},
      {with("dateOfBirth", "1990-12-10T00:00:00Z"), "dateOfBirth format"},
      {with("dateOfBirth", "2026-01-01"), "dateOfBirth max_value"},
      {with("dateOfBirth", "2031-05-05"), "dateOfBirth max_value"},
      {with("countryOfResidence", "GBR"), "countryOfResidence format"},
      {with("countryOfResidence", "gb"), "countryOfResidence format"},
      {with("countryOfResidence", "ZZ"), "countryOfResidence format"},
      {with("countryOfResidence", 44), "countryOfResidence type"},
      {with("firstName", " \t "), "firstName pattern"},
      {with("firstName", std::string("A\0B", 3)), "firstName pattern"},
      {with("lastName", "\u00A0\u2003\u200B"), "lastName pattern"},
      {with("lastName", "Love\nlace"), "lastName pattern"},
      {with("lastName", "\u0085"), "lastName pattern"},
      {"inv-x", " type"},
      {nullptr, " type"},
      {Json::array(), " type"},
      {7, " type"},
      {Json::object(), "partnerInvestorId required"},
  };
  static const std::vector<std::array<std::string, 4>> kMembers = {
      {"partnerInvestorId", "partnerInvestorId required", "partnerInvestorId type",
       "partnerInvestorId required"},
      {"email", "email required", "email type", "email required"},
      {"firstName", "firstName required", "firstName type", "firstName required"},
      {"lastName", "lastName required", "lastName type", "lastName required"},
      {"dateOfBirth", "dateOfBirth required", "dateOfBirth type", "dateOfBirth required"}};
  for (const auto& [member, missing, wrong_type, empty] : kMembers) {
    faults.push_back({without_member(member.c_str()), missing.c_str()});
    faults.push_back({with(member.c_str(), 5), wrong_type.c_str()});
    faults.push_back({with(member.c_str(), nullptr), wrong_type.c_str()});
    faults.push_back({with(member.c_str(), ""), empty.c_str()});
  }
  return faults;
}

TEST(Rules, EveryInvestorRowErrorIsTold) {
  World world;
  Json batch = Json::array();
  std::vector<std::string> expected;
  for (const InvestorFault& fault : row_faults()) {
    batch.push_back(fault.row);
    expected.emplace_back(fault.verdict);
  }
  EXPECT_EQ(verdicts_of(world.acme().investors(batch)), expected);
  EXPECT_THAT(world.events(), IsEmpty());
}

TEST(Rules, AFailedRowIsNamedByItsIdOrByNothing) {
  World world;
  const Json rows = rows_of(world.acme().investors(Json::array(
      {with("email", "x"), without_member("partnerInvestorId"), with("partnerInvestorId", 7), "no object"})));
  std::vector<std::string> ids;
  for (const Json& row : rows) ids.push_back(row["partnerInvestorId"]);
  EXPECT_THAT(ids, ElementsAre("inv-x", "", "", ""));
}

TEST(Rules, BadRowsDoNotTouchTheOthers) {
  World world;
  Json swiss = World::investor("inv-2");
  swiss["countryOfResidence"] = "CH";
  const client::Reply reply = world.acme().investors(
      Json::array({World::investor("inv-1"), with("email", "x"), swiss, nullptr, World::investor("inv-3")}));
  EXPECT_THAT(verdicts_of(reply), ElementsAre("created", "email format", "created", " type", "created"));
  const Json rows = rows_of(reply);
  std::vector<std::string> told;
  for (const Json& event : world.events("investor.created")) told.push_back(event["data"]["zestPersonId"]);
  EXPECT_THAT(told, ::testing::UnorderedElementsAre(rows[0]["zestPersonId"], rows[2]["zestPersonId"],
                                                    rows[4]["zestPersonId"]));
}

TEST(Rules, AKnownInvestorAlreadyExistsAndFiresNothing) {
  World world;
  const std::string person = world.person("inv-1");
  Json again = World::investor("inv-1");
  again["firstName"] = "Augusta";
  const Json rows = rows_of(world.acme().investors(Json::array({again, World::investor("INV-1")})));
  EXPECT_EQ(verdict_of(rows[0]), "already_exists");
  EXPECT_EQ(rows[0]["zestPersonId"], person);
  EXPECT_EQ(verdict_of(rows[1]), "created");
  // A row is judged before it is looked up.
  Json bad = World::investor("inv-1");
  bad["email"] = "x";
  EXPECT_THAT(verdicts_of(world.acme().investors(Json::array({bad}))), ElementsAre("email format"));
  EXPECT_EQ(world.events("investor.created").size(), 2U);
}

TEST(Rules, OfARepeatedIdTheFirstValidRowWins) {
  World world;
  Json bad = World::investor("inv-1");
  bad["dateOfBirth"] = "never";
  const client::Reply reply = world.acme().investors(
      Json::array({bad, World::investor("inv-1"), World::investor("inv-1"), bad, World::investor("inv-1")}));
  EXPECT_THAT(verdicts_of(reply), ElementsAre("dateOfBirth format", "created", "already_exists",
                                              "dateOfBirth format", "already_exists"));
  const Json rows = rows_of(reply);
  EXPECT_EQ(rows[2]["zestPersonId"], rows[1]["zestPersonId"]);
  EXPECT_EQ(rows[4]["zestPersonId"], rows[1]["zestPersonId"]);
  EXPECT_EQ(world.events().size(), 1U);
}

TEST(Rules, BirthIsInThePastOfTheVirtualDay) {
  World world;  // 2026-01-01
  Json row = World::investor("inv-1");
  row["dateOfBirth"] = "2026-01-02";
  const auto verdict = [&] { return verdicts_of(world.acme().investors(Json::array({row}))).front(); };
  EXPECT_EQ(verdict(), "dateOfBirth max_value");
  world.advance("47h");  // still the day itself
  EXPECT_EQ(verdict(), "dateOfBirth max_value");
  world.advance("1h");
  EXPECT_EQ(verdict(), "created");
  Json yesterday = World::investor("inv-2");
  yesterday["dateOfBirth"] = "2026-01-01";
  EXPECT_THAT(verdicts_of(world.acme().investors(Json::array({yesterday}))), ElementsAre("created"));
}

TEST(Rules, AThousandInvestorsInOneBatch) {
  World world;
  Json batch = Json::array();
  for (int i = 0; i < 1000; ++i) {
    batch.push_back(i % 10 == 9 ? Json("bad") : World::investor("inv-" + std::to_string(i)));
  }
  const Json rows = rows_of(world.acme().investors(batch));
  ASSERT_EQ(rows.size(), 1000U);
  std::set<std::string> people;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i]["status"], i % 10 == 9 ? "failed" : "created");
    if (i % 10 != 9) {
      EXPECT_EQ(rows[i]["partnerInvestorId"], "inv-" + std::to_string(i));
      people.insert(rows[i].value("zestPersonId", ""));
    }
  }
  EXPECT_EQ(people.size(), 900U);
  EXPECT_EQ(world.events("investor.created").size(), 900U);
}

TEST(Rules, ABatchThatIsNoListIsAValidationError) {
  World world;
  EXPECT_THAT(broken_rules(world.acme().investors(Json::object())), ElementsAre("investors type"));
  EXPECT_THAT(broken_rules(world.acme().investors(nullptr)), ElementsAre("investors type"));
  EXPECT_THAT(broken_rules(world.acme().send("POST", "/v1/investors", "{}")),
              ElementsAre("investors required"));
  EXPECT_EQ(world.acme().investors(Json::array()).text, R"({"results":[]})");
  // More rows than a body can hold of good ones.
  Json flood = Json::array();
  for (int i = 0; i <= 20'000; ++i) flood.push_back(0);
  EXPECT_THAT(broken_rules(world.acme().investors(flood)), ElementsAre("investors max_value"));
}

}  // namespace
}  // namespace zest::api
