#include "api/pipeline/schemas.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace zest::api {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// "field code value" of every violation.
std::vector<std::string> broken_by_body(const Json& document, const char* body) {
  std::vector<std::string> rows;
  for (const Violation& each : all_schemas().check(document, parse_json(body).value())) {
    EXPECT_EQ(each.attribute, each.field);
    EXPECT_NE(each.message, "");
    rows.push_back(each.field + " " + each.code + (each.value ? " " + *each.value : ""));
  }
  return rows;
}

std::vector<std::string> broken_by_body(const char* name, const char* body) {
  return broken_by_body(*all_schemas().find(name), body);
}

TEST(Schemas, AcceptsWhatFits) {
  EXPECT_THAT(
      broken_by_body("SpvRequestCreate", R"({"templateId":"a","templateVersion":"1","attributes":{}})"),
      IsEmpty());
}

TEST(Schemas, ToleratesUnknownMembers) {
  EXPECT_THAT(broken_by_body("SpvRequestCreate",
                             R"({"templateId":"a","templateVersion":"1","attributes":{},"more":1})"),
              IsEmpty());
}

TEST(Schemas, ReportsEveryBrokenRuleInTheOrderOfTheSchema) {
  EXPECT_THAT(broken_by_body("SpvRequestCreate", R"({"attributes":[],"templateVersion":1})"),
              ElementsAre("templateId required", "templateVersion type 1", "attributes type []"));
}

TEST(Schemas, NullIsNoString) {
  EXPECT_THAT(
      broken_by_body("SpvRequestCreate", R"({"templateId":null,"templateVersion":"1","attributes":{}})"),
      ElementsAre("templateId type null"));
}

TEST(Schemas, NamesElementsOfLists) {
  EXPECT_THAT(broken_by_body("SubscriptionBulkCreate", R"({"subscriptions":[
                       {"zestPersonId":"psn_1","lumpSum":{},"shareClassSlug":"sc"},
                       {"lumpSum":"1","shareClassSlug":"sc","partnerSubscriptionId":7}, 3]})"),
              ElementsAre("subscriptions[1].zestPersonId required", "subscriptions[1].lumpSum type 1",
                          "subscriptions[1].partnerSubscriptionId type 7", "subscriptions[2] type 3"));
}

TEST(Schemas, RowsWithResultsOfTheirOwnAreNotHeldToTheirSchema) {
  EXPECT_THAT(broken_by_body("InvestorBulkCreate", R"({"investors":[{}, 3]})"), IsEmpty());
  EXPECT_THAT(broken_by_body("InvestorBulkCreate", R"({"investors":{}})"), ElementsAre("investors type {}"));
}

TEST(Schemas, BodyMustBeAnObject) {
  EXPECT_THAT(broken_by_body("InvestorBulkCreate", "[]"), ElementsAre(" type []"));
}

TEST(Schemas, BoundsNumbersTextsAndLists) {
  Json number = schema::integer("");
  number["minimum"] = 1;
  number["maximum"] = 100;
  Json text = schema::text("");
  text["minLength"] = 1;
  text["maxLength"] = 3;
  Json list = schema::list("", schema::any(""));
  list["minItems"] = 1;
  list["maxItems"] = 2;
  const Json document = schema::object({{"n", number}, {"t", text}, {"l", list}});
  EXPECT_THAT(broken_by_body(document, R"({"n":1,"t":"äöü","l":[1,2]})"), IsEmpty());
  EXPECT_THAT(broken_by_body(document, R"({"n":0,"t":"","l":[]})"),
              ElementsAre("n min_value 0", "t required ", "l min_value"));
  EXPECT_THAT(broken_by_body(document, R"({"n":101,"t":"abcd","l":[1,2,3]})"),
              ElementsAre("n max_value 101", "t max_length abcd", "l max_value"));
  EXPECT_THAT(broken_by_body(document, R"({"n":1.0,"t":"a","l":[1]})"), ElementsAre("n type 1.0"));
}

TEST(Schemas, ChecksEnumsAndClosedObjects) {
  Json document = schema::object({}, {{"mode", schema::one_of("", {"real", "manual"})}});
  document["additionalProperties"] = false;
  EXPECT_THAT(broken_by_body(document, R"({"mode":"other","extra":true})"),
              ElementsAre("mode enum other", "extra unknown_attribute true"));
}

TEST(Schemas, ListsNoMoreThanTenThousandRows) {
  const Json document = schema::object({{"list", schema::list("", schema::text(""))}});
  Json body{{"list", Json::array()}};
  for (int i = 0; i < 20'000; ++i) body["list"].push_back(i);
  EXPECT_EQ(all_schemas().check(document, body).size(), 10'000U);
}

TEST(Schemas, EveryReferenceHasATarget) {
  const Schemas& schemas = all_schemas();
  for (const char* name :
       {"PartnerErrorResponse", "TokenResponse", "InfoResponse", "SpvRequestResponse", "AggregationResponse",
        "InvestorBulkCreate", "InvestorBulkResponse", "SubscriptionBulkCreate", "SubscriptionBulkResponse",
        "FormUploadResponse", "FundingUploadResponse", "Body_uploadFundingReceipt",
        "Body_uploadSubscriptionForm"}) {
    EXPECT_NE(schemas.find(name), nullptr) << name;
  }
  EXPECT_THAT(schemas.referred_by(schema::ref("SpvRequestResponse")),
              ElementsAre("Money", "SpvAttributes", "SpvRequestStatus", "MaterialisedRefsResponse",
                          "ShareClassFeesAndCarry", "FeesAndCarryResponse", "SpvRequestResponse"));
}

TEST(Schemas, ErrorCountsItsRows) {
  const Error one = violated({{"a", "a", "required", "a is required", std::nullopt}});
  EXPECT_EQ(one.kind, ErrorKind::ValidationError);
  EXPECT_EQ(one.detail, "the request breaks 1 rule: a is required");
}

}  // namespace
}  // namespace zest::api
