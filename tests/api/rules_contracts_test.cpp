// Contract validation and the contracts themselves, over HTTP. Zest docs: contracts, errors/validation.
#include <gmock/gmock.h>

#include <filesystem>
#include <set>

#include "rules_world.h"
#include "support/temporary_folder.h"

namespace zest::api {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAreArray;

// A fixtures directory of the user's.
class FixtureFolder : public test::TemporaryFolder {
 public:
  app::ServeOptions options() const {
    app::ServeOptions options = World::with_endpoint();
    options.fixtures = path();
    return options;
  }
};

// One attribute of a sample changed, and how the change is answered.
struct Fault {
  const char* template_id;
  const char* attribute;      // a JSON pointer into the attributes
  std::optional<Json> value;  // absent: the attribute is taken out
  const char* row;
};

std::vector<Fault> one_fault_per_code() {
  return {
      {"syndicate_primary", "/deal_name", std::nullopt, "deal_name required"},
      {"syndicate_primary", "/colour", "red", "colour unknown_attribute"},
      {"syndicate_primary", "/is_fixed_price", "true", "is_fixed_price type"},
      {"syndicate_primary", "/deal_type", "tertiary", "deal_type enum"},
      {"syndicate_primary", "/private_code", "abc", "private_code pattern"},
      {"syndicate_primary", "/deal_name", std::string(201, 'n'), "deal_name max_length"},
      {"syndicate_primary", "/price_per_share/value", "-0.01", "price_per_share.value min_value"},
      {"syndicate_secondary", "/shareClasses/0/carryPercent", "100.1",
       "shareClasses[0].carryPercent max_value"},
      {"syndicate_primary", "/start_date", "2026-02-30T00:00:00Z", "start_date format"},
      {"syndicate_primary", "/minimum_ticket_size/currency", "EUR",
       "minimum_ticket_size.currency currency_mismatch"},
      {"syndicate_primary", "/vehicle_slug", "veh_1", "vehicle_slug server_supplied"},
      {"syndicate_secondary", "/investorType", "institutional", "investorType institutional_not_supported"},
  };
}

void change(Json& attributes, const Fault& fault) {
  const Json::json_pointer pointer(fault.attribute);
  if (fault.value) {
    attributes[pointer] = *fault.value;
  } else {
    attributes.erase(pointer.back());
  }
}

TEST(Rules, EachValidationCodeIsReachableOverHttp) {
  World world;
  std::set<std::string> codes;
  for (const Fault& fault : one_fault_per_code()) {
    Json body = world.sample(fault.template_id);
    change(body["attributes"], fault);
    const client::Reply reply = world.acme().submit(body);
    EXPECT_THAT(broken_rules(reply), ElementsAre(fault.row));
    codes.insert(reply.body["validationErrors"][0].value("code", ""));
  }
  EXPECT_EQ(codes.size(), 12U);
  EXPECT_THAT(world.events(), IsEmpty());
}

TEST(Rules, AllViolationsComeInOneAnswerInStableOrder) {
  World world;
  Json body = world.sample("syndicate_primary");
  std::vector<std::string> expected;
  for (const Fault& fault : one_fault_per_code()) {
    if (fault.template_id == std::string("syndicate_primary")) change(body["attributes"], fault);
  }
  body["attributes"]["start_date"] = Json::array();
  const client::Reply reply = world.acme().submit(body);
  EXPECT_THAT(
      broken_rules(reply),
      ElementsAre("deal_name max_length", "deal_type enum", "price_per_share.value min_value",
                  "is_fixed_price type", "minimum_ticket_size.currency currency_mismatch", "start_date type",
                  "private_code pattern", "vehicle_slug server_supplied", "colour unknown_attribute"));
  // The order is the template's, not the caller's.
  Json turned = body;
  turned["attributes"] = Json::object();
  std::vector<std::string> names = member_names(body["attributes"]);
  std::reverse(names.begin(), names.end());
  for (const std::string& name : names) turned["attributes"][name] = body["attributes"][name];
  EXPECT_EQ(world.acme().submit(turned).body["validationErrors"], reply.body["validationErrors"]);
}

TEST(Rules, AViolationHasBothPathsAMessageAndItsValueAsText) {
  World world;
  Json body = world.sample();
  Json& attributes = body["attributes"];
  attributes["shareClasses"][1]["carryPercent"] = 20.5;
  attributes["shareClasses"][1]["name"] = nullptr;
  attributes["shareClasses"][1]["setupFee"] = Json{{"value", Json::array({1, "a"})}};
  attributes["underlyingCompanySlug"] = "acme";
  const client::Reply reply = world.acme().submit(body);
  EXPECT_THAT(broken_rules(reply),
              ElementsAre("underlyingCompanySlug pattern", "shareClasses[1].name type",
                          "shareClasses[1].carryPercent type", "shareClasses[1].setupFee.currency required",
                          "shareClasses[1].setupFee.value type"));
  std::vector<std::string> values;
  for (const Json& row : reply.body["validationErrors"]) {
    EXPECT_EQ(row["field"], "attributes." + row.value("attribute", ""));
    EXPECT_FALSE(row.value("message", "").empty());
    if (row.contains("value")) {
      EXPECT_TRUE(row["value"].is_string());
      values.push_back(row["value"]);
    }
  }
  EXPECT_THAT(values, ElementsAre("acme", "null", "20.5", R"([1,"a"])"));
}

// The carry percentage of a small submission, as JSON text; its bounds are 0 and 100.
client::Reply submit_carry(World& world, const std::string& json_text) {
  std::string body = dump_json(World::small_submission());
  const std::string carry = R"("carryPercent":"20")";
  body.replace(body.find(carry), carry.size(), R"("carryPercent":)" + json_text);
  return world.acme().submit_text(body);
}

TEST(Rules, DecimalsAreComparedDigitByDigit) {
  World world;
  const std::string tiny = "0000000000000000000000000000000000000001";
  for (const std::string& text :
       {std::string("20.000"), std::string("-0"), std::string("-0.00"), std::string("100.000"),
        "99." + std::string(38, '9'), "0." + tiny, std::string("007")}) {
    const client::Reply reply = submit_carry(world, "\"" + text + "\"");
    ASSERT_EQ(reply.status, 201) << text << ": " << reply.text;
    // As it was sent, to the last digit.
    EXPECT_EQ(reply.body["attributes"]["shareClasses"][0]["carryPercent"], text);
    EXPECT_EQ(reply.body["feesAndCarry"]["shareClasses"][0]["carryPercent"], text);
  }
  const auto code_of = [&world](const std::string& json_text) {
    const std::vector<std::string> rows = broken_rules(submit_carry(world, json_text));
    EXPECT_EQ(rows.size(), 1U);
    return rows.empty() ? "" : rows.front().substr(rows.front().find(' ') + 1);
  };
  EXPECT_EQ(code_of("\"100." + tiny + "\""), "max_value");
  EXPECT_EQ(code_of("\"-0." + tiny + "\""), "min_value");
  for (const char* text : {R"("1e400")", R"("1e1")", R"("+1")", R"("1,5")", R"("")", R"(" 1")", R"("1.")",
                           R"(".5")", R"("NaN")", R"("0x10")", R"("Infinity")"}) {
    EXPECT_EQ(code_of(text), "format") << text;
  }
  EXPECT_EQ(code_of("\"" + std::string(61, '1') + "\""), "format");
  for (const char* text : {"20", "20.5", "-0", "1e2", "null", "true", "{}"}) {
    EXPECT_EQ(code_of(text), "type") << text;
  }
  EXPECT_THAT(refusal_of(submit_carry(world, "1e400"), 400, "invalid_request"), HasSubstr("line 1"));
}

TEST(Rules, UnknownTemplateOrVersionIs404BeforeItsRules) {
  World world;
  for (const auto& [id, version] :
       std::vector<std::pair<std::string, std::string>>{{"nothing", "1.0.0"},
                                                        {"syndicate_primary", "1.0.1"},
                                                        {"", ""},
                                                        {"syndicate_primary.json", "1.0.0"}}) {
    const Json body{{"templateId", id}, {"templateVersion", version}, {"attributes", {{"x", 1}}}};
    refusal_of(world.acme().submit(body), 404, "not_found");
  }
}

TEST(Rules, FeesAndCarryAreDerivedFromTheShareClasses) {
  World world;
  const client::Reply list = world.acme().submit(world.sample("syndicate_secondary"));
  EXPECT_EQ(
      dump_json(list.body["feesAndCarry"]),
      R"({"shareClasses":[{"name":"Class A","slug":"sc_classA","managementFeePercent":"2.00","carryPercent":"20.00"},)"
      R"({"name":"Class B","slug":"sc_founders","managementFeePercent":"0","carryPercent":"10.5",)"
      R"("setupFee":{"currency":"USD","value":"250.00"}}]})");
  const client::Reply flat = world.acme().submit(world.sample("syndicate_primary"));
  EXPECT_EQ(dump_json(flat.body["feesAndCarry"]),
            R"({"shareClasses":[{"name":"Class A","slug":"acme-class-a"}]})");
  // Shown wherever the request is.
  EXPECT_EQ(world.acme().get("/v1/spv-requests/" + flat.body.value("spvRequestSlug", "")).body, flat.body);
}

TEST(Rules, ContractsAreListedAndServedOneByOne) {
  World world;
  EXPECT_EQ(world.get("/v1/contracts").text, R"({"versions":["1.0.0"]})");
  for (const std::string kind : {"templates", "catalogs", "primitives", "samples"}) {
    const std::string shelf = "/v1/contracts/" + kind + "/1.0.0";
    const client::Reply list = world.get(shelf);
    EXPECT_EQ(list.status, 200);
    EXPECT_THAT(member_names(list.body), ElementsAre("version", kind));
    EXPECT_FALSE(list.body[kind].empty());
    refusal_of(world.get("/v1/contracts/" + kind + "/1.0.1"), 404, "not_found");
    refusal_of(world.get(shelf + "/nothing"), 404, "not_found");
    refusal_of(world.get("/v1/contracts/" + kind + "/9.9.9/syndicate_primary"), 404, "not_found");
  }
  client::Reply templates = world.get("/v1/contracts/templates/1.0.0");
  for (const Json& definition : templates.body["templates"]) {
    EXPECT_EQ(world.get("/v1/contracts/templates/1.0.0/" + definition.value("id", "")).body, definition);
  }
  EXPECT_EQ(world.get("/v1/contracts/primitives/1.0.0/money").status, 200);
  EXPECT_EQ(world.get("/v1/contracts/catalogs/1.0.0/currencies").status, 200);
}

TEST(Rules, EverySampleCanBePostedAsItIs) {
  World world;
  const Json samples = world.get("/v1/contracts/samples/1.0.0").body["samples"];
  EXPECT_EQ(samples.size(), 2U);
  for (const Json& sample : samples) {
    const client::Reply reply = world.acme().submit(sample);
    EXPECT_EQ(reply.status, 201) << reply.text;
    EXPECT_EQ(reply.body["attributes"], sample["attributes"]);
  }
}

const char* const kOwnTemplate = R"({
  "id": "deal_of_ours", "version": "2.0.0",
  "roles": {"currency": "currency", "minimumTicket": "ticket", "shareClasses": {"name": "class_name"}},
  "attributes": {
    "currency": {"type": "string", "format": "currency", "required": true},
    "ticket": {"type": "money", "min": "0.01"},
    "class_name": {"type": "string", "required": true, "maxLength": 7},
    "seats": {"type": "integer", "min": "1", "max": "9007199254740993"}
  }
})";

TEST(Rules, APartnersOwnTemplateIsServedAndEnforced) {
  const FixtureFolder folder;
  folder.write("contracts/2.0.0/templates/deal_of_ours.json", kOwnTemplate);
  World world(folder.options());
  EXPECT_EQ(world.get("/v1/contracts").text, R"({"versions":["1.0.0","2.0.0"]})");
  EXPECT_EQ(world.get("/v1/contracts/templates/2.0.0/deal_of_ours").body, parse_json(kOwnTemplate).value());
  EXPECT_EQ(world.get("/v1/contracts/samples/2.0.0").text, R"({"version":"2.0.0","samples":[]})");

  Json body{
      {"templateId", "deal_of_ours"},
      {"templateVersion", "2.0.0"},
      {"attributes", {{"currency", "EUR"}, {"ticket", World::money("EUR", "500")}, {"class_name", "Seed"}}}};
  const std::string spv = world.spv(world.acme(), body);
  Json row = World::subscription(world.person(), "499.99");
  row["lumpSum"]["currency"] = "EUR";
  row["shareClassSlug"] = "sc_seed";
  EXPECT_THAT(broken_rules(world.acme().subscriptions(spv, Json::array({row}))),
              ElementsAre("subscriptions[0].lumpSum.value min_value"));

  body["attributes"] = {{"currency", "EUR"},
                        {"ticket", World::money("USD", "0")},
                        {"class_name", "Class AB"},
                        {"seats", 9007199254740994},
                        {"status", "approved"}};
  EXPECT_THAT(broken_rules(world.acme().submit(body)),
              ElementsAre("ticket.currency currency_mismatch", "ticket.value min_value",
                          "class_name max_length", "seats max_value", "status unknown_attribute"));
}

TEST(Rules, ABadTemplateStopsTheStartWithFilePathAndReason) {
  const FixtureFolder folder;
  const fs::path file = folder.write("contracts/1.0.0/templates/mine.json", R"({"id":"mine","version":"1.0.0",
      "attributes":{"deal_name":{"type":"string","max_length":5}}})");
  Log log(LogFormat::Text, LogLevel::Off);
  const auto started = app::Sandbox::start(folder.options(), log);
  ASSERT_FALSE(started.ok());
  EXPECT_EQ(started.error().kind, ErrorKind::InvalidRequest);
  EXPECT_EQ(started.error().detail,
            file.string() + ": attributes.deal_name.max_length is not known here: did you mean 'maxLength'?");
}

}  // namespace
}  // namespace zest::api
