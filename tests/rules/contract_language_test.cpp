// The template language: what templates may say, and how mistakes in them are reported.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/template.h"

namespace zest::rules {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

Json parsed(const std::string& text) {
  Result<Json> json = parse_json(text);
  EXPECT_TRUE(json.ok()) << text;
  return json.ok() ? std::move(json).value() : Json();
}

Result<Template> make(const std::string& attributes, const std::string& roles = "{}",
                      const TemplateTypes& types = {}) {
  return Template::parse(
      parsed(R"({"id":"t","version":"1","roles":)" + roles + R"(,"attributes":)" + attributes + "}"), types);
}

// Why the template is refused.
std::string fault(const std::string& attributes, const std::string& roles = "{}",
                  const TemplateTypes& types = {}) {
  const Result<Template> made = make(attributes, roles, types);
  return made.ok() ? "accepted" : made.error().detail;
}

// "attribute code" of each violation of a template with the one attribute `a`.
std::vector<std::string> check(const std::string& description, Json value) {
  const Result<Template> made = make(R"({"a":)" + description + "}");
  EXPECT_TRUE(made.ok()) << made.error().detail;
  std::vector<std::string> out;
  for (const Violation& v : made->validate(Json{{"a", std::move(value)}}))
    out.push_back(v.attribute + " " + v.code);
  return out;
}

TEST(TemplateLanguage, Integers) {
  const std::string description = R"({"type":"integer","min":"-2","max":"9007199254740993"})";
  EXPECT_THAT(check(description, -2), IsEmpty());
  EXPECT_THAT(check(description, -3), ElementsAre("a min_value"));
  // 2^53 + 1 and + 2, which are one number as doubles.
  EXPECT_THAT(check(description, std::int64_t{9007199254740993}), IsEmpty());
  EXPECT_THAT(check(description, std::int64_t{9007199254740994}), ElementsAre("a max_value"));
  EXPECT_THAT(check(description, 1.0), ElementsAre("a type"));
  EXPECT_THAT(check(description, "1"), ElementsAre("a type"));
}

TEST(TemplateLanguage, DecimalsAreComparedExactly) {
  const std::string description =
      R"({"type":"decimal","min":"0.1","max":"1234567890123456789012345678901234567890"})";
  EXPECT_THAT(check(description, "0.10000"), IsEmpty());
  EXPECT_THAT(check(description, "0.09999999999999999999999999999999"), ElementsAre("a min_value"));
  EXPECT_THAT(check(description, "1234567890123456789012345678901234567890.0"), IsEmpty());
  EXPECT_THAT(check(description, "1234567890123456789012345678901234567891"), ElementsAre("a max_value"));
  EXPECT_THAT(check(description, "1e400"), ElementsAre("a format"));
}

TEST(TemplateLanguage, TextRulesAreAllReported) {
  const std::string description =
      R"({"type":"string","enum":["GB"],"pattern":"[A-Z]{2}","maxLength":2,"format":"country"})";
  EXPECT_THAT(check(description, "GB"), IsEmpty());
  EXPECT_THAT(check(description, "nowhere"), ElementsAre("a max_length", "a enum", "a pattern", "a format"));
}

TEST(TemplateLanguage, Formats) {
  EXPECT_THAT(check(R"({"type":"string","format":"date"})", "2024-02-29"), IsEmpty());
  EXPECT_THAT(check(R"({"type":"string","format":"date"})", "2023-02-29"), ElementsAre("a format"));
  EXPECT_THAT(check(R"({"type":"string","format":"email"})", "ada@example.com"), IsEmpty());
  EXPECT_THAT(check(R"({"type":"string","format":"email"})", "ada"), ElementsAre("a format"));
  EXPECT_THAT(check(R"({"type":"string","format":"country"})", "UK"), ElementsAre("a format"));
}

TEST(TemplateLanguage, PatternsMatchCharactersOfTheWholeValue) {
  EXPECT_THAT(check(R"({"type":"string","pattern":".{3}"})", "\xE2\x82\xAC\xC3\xA4\xF0\x9F\x9A\x80"),
              IsEmpty());
  EXPECT_THAT(check(R"({"type":"string","pattern":"[\u00e0-\u00ff]+"})", "\xC3\xA4"), IsEmpty());
  EXPECT_THAT(check(R"({"type":"string","pattern":"b"})", "abc"), ElementsAre("a pattern"));
}

TEST(TemplateLanguage, PatternsAreSafeOnLongAndHostileValues) {
  const std::string nested = R"({"type":"string","pattern":"(a+)+b"})";
  EXPECT_THAT(check(nested, std::string(4096, 'a')), ElementsAre("a pattern"));
  EXPECT_THAT(check(nested, std::string(4095, 'a') + "b"), IsEmpty());
  EXPECT_THAT(check(nested, std::string(500'000, 'a')), ElementsAre("a max_length"));
  const std::string counted = R"({"type":"string","pattern":"((a{1,50}){1,50}){1,50}b"})";
  EXPECT_THAT(check(counted, std::string(10'000, 'a')), ElementsAre("a pattern"));
}

// Zest docs: contracts/templates
TEST(Rules, ATextWithoutAMaxLengthHoldsAtMostTenThousandCharacters) {
  for (const char* description : {R"({"type":"string"})", R"({"type":"string","pattern":".*"})"}) {
    EXPECT_THAT(check(description, std::string(10'000, 'a')), IsEmpty());
    EXPECT_THAT(check(description, std::string(10'001, 'a')), ElementsAre("a max_length"));
  }
  EXPECT_THAT(check(R"({"type":"list","items":{"type":"string"}})", Json::array({std::string(10'001, 'a')})),
              ElementsAre("a[0] max_length"));
  for (const char* more : {R"({"type":"string","maxLength":20000})",
                           R"({"type":"string","maxLength":20000,"pattern":"[a-z]*"})"}) {
    EXPECT_THAT(check(more, std::string(20'000, 'a')), IsEmpty());
    EXPECT_THAT(check(more, std::string(20'001, 'a')), ElementsAre("a max_length"));
  }
}

TEST(TemplateLanguage, ObjectsNest) {
  const std::string description =
      R"({"type":"object","attributes":{"b":{"type":"object","required":true,"attributes":{"c":{"type":"boolean"}}}}})";
  EXPECT_THAT(check(description, {{"b", {{"c", true}}}}), IsEmpty());
  EXPECT_THAT(check(description, Json::object()), ElementsAre("a.b required"));
  EXPECT_THAT(check(description, {{"b", {{"c", 1}, {"d", 1}}}, {"e", 1}}),
              ElementsAre("a.b.c type", "a.b.d unknown_attribute", "a.e unknown_attribute"));
}

TEST(TemplateLanguage, ListsOfAnything) {
  const std::string description =
      R"({"type":"list","minItems":2,"maxItems":3,"items":{"type":"list","items":{"type":"decimal"}}})";
  EXPECT_THAT(check(description, Json::array({Json::array(), Json::array({"1", "x"})})),
              ElementsAre("a[1][1] format"));
  EXPECT_THAT(check(description, Json::array()), ElementsAre("a required"));
  EXPECT_THAT(check(description, Json::array({Json::array()})), ElementsAre("a min_value"));
  // What is beyond the most items is refused as a whole.
  EXPECT_THAT(check(description, Json::array({1, Json::array(), Json::array(), 1})),
              ElementsAre("a max_length", "a[0] type"));
  EXPECT_THAT(check(R"({"type":"list","items":{"type":"boolean"}})", Json(std::vector<bool>(1001, true))),
              ElementsAre("a max_length"));
}

TEST(TemplateLanguage, MoneyInAnyCurrency) {
  const Result<Template> made = make(
      R"({"currency":{"type":"string"},"a":{"type":"money"},"b":{"type":"money","anyCurrency":true,"max":"5"}})",
      R"({"currency":"currency"})");
  ASSERT_TRUE(made.ok());
  const std::vector<Violation> violations = made->validate({{"currency", "USD"},
                                                            {"a", {{"currency", "EUR"}, {"value", "1"}}},
                                                            {"b", {{"currency", "EUR"}, {"value", "5.01"}}}});
  ASSERT_EQ(violations.size(), 2U);
  EXPECT_EQ(violations[0].attribute, "a.currency");
  EXPECT_EQ(violations[0].code, "currency_mismatch");
  EXPECT_EQ(violations[1].code, "max_value");
}

TEST(TemplateLanguage, WithoutRolesNoRuleApplies) {
  const Result<Template> made = make(R"({"currency":{"type":"string"},"a":{"type":"money"}})");
  ASSERT_TRUE(made.ok());
  const Json attributes = {{"currency", "USD"}, {"a", {{"currency", "EUR"}, {"value", "1"}}}};
  EXPECT_TRUE(made->validate(attributes).empty());
  EXPECT_EQ(made->currency(attributes), std::nullopt);
  EXPECT_FALSE(made->minimum_ticket(attributes).has_value());
  EXPECT_FALSE(made->has_share_classes());
  EXPECT_TRUE(made->share_classes(attributes).empty());
}

TEST(TemplateLanguage, RolesReachIntoObjectsAndRenameMembers) {
  const Result<Template> made = make(
      R"({"deal":{"type":"object","attributes":{"ccy":{"type":"string"},"ticket":{"type":"money"},
          "classes":{"type":"list","items":{"type":"object","attributes":{
            "title":{"type":"string"},"fee":{"type":"decimal"},"carryPercent":{"type":"decimal"}}}}}}})",
      R"({"currency":"deal.ccy","minimumTicket":"deal.ticket",
          "shareClasses":{"list":"deal.classes","name":"title","managementFeePercent":"fee"}})");
  ASSERT_TRUE(made.ok()) << made.error().detail;
  const Json attributes = parsed(R"({"deal":{"ccy":"GBP","ticket":{"currency":"GBP","value":"7"},
    "classes":[{"title":"One","fee":"1","carryPercent":"2"},{"fee":"3"}]}})");
  EXPECT_EQ(made->currency(attributes), "GBP");
  EXPECT_EQ(made->minimum_ticket(attributes)->value, "7");
  const std::vector<ShareClass> classes = made->share_classes(attributes);
  ASSERT_EQ(classes.size(), 1U) << "a share class without a name is none";
  EXPECT_EQ(classes[0].slug, "sc_one");
  EXPECT_EQ(classes[0].management_fee_percent, "1");
  EXPECT_EQ(classes[0].carry_percent, "2");
}

TEST(TemplateLanguage, PrimitivesAreTypes) {
  const TemplateTypes types = {{"percent", parsed(R"({"type":"decimal","min":"0","max":"100"})")}};
  const Result<Template> made =
      make(R"({"a":{"type":"percent"},"b":{"type":"percent","max":"50"}})", "{}", types);
  ASSERT_TRUE(made.ok());
  const std::vector<Violation> violations = made->validate({{"a", "60"}, {"b", "60"}});
  ASSERT_EQ(violations.size(), 1U);
  EXPECT_EQ(violations[0].attribute, "b");
  EXPECT_EQ(fault(R"({"a":{"type":"percent","maxLength":3}})", "{}", types),
            "attributes.a.maxLength does not apply to the type 'decimal'");
}

TEST(TemplateLanguage, DefinitionIsKeptAsGiven) {
  const Json definition =
      parsed(R"({"version":"1","id":"t","metadata":{"z":1,"a":2},"attributes":{"a":{"type":"boolean"}}})");
  const Result<Template> made = Template::parse(definition);
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(dump_json(made->definition()), dump_json(definition));
}

TEST(TemplateLanguage, FaultsOfATemplate) {
  const auto document_fault = [](const std::string& text) {
    const Result<Template> made = Template::parse(parsed(text));
    return made.ok() ? "accepted" : made.error().detail;
  };
  EXPECT_EQ(document_fault("[]"), "the document must be a JSON object");
  EXPECT_THAT(document_fault(R"({"version":"1","attributes":{"a":{"type":"string"}}})"),
              StartsWith("id must be"));
  EXPECT_THAT(document_fault(R"({"id":"t","version":1,"attributes":{"a":{"type":"string"}}})"),
              StartsWith("version must be"));
  EXPECT_THAT(document_fault(R"({"id":"t","version":"1"})"), StartsWith("attributes must be an object"));
  EXPECT_THAT(document_fault(R"({"id":"t","version":"1","attributes":{}})"),
              StartsWith("attributes must be"));
  EXPECT_THAT(document_fault(R"({"id":"t","version":"1","role":{},"attributes":{"a":{"type":"string"}}})"),
              StartsWith("role is not known here: known are id, version"));
}

TEST(TemplateLanguage, FaultsOfAnAttribute) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"("string")", "attributes.a must be an object"},
      {R"({})", "attributes.a must have a type"},
      {R"({"type":7})", "attributes.a.type must be a string"},
      {R"({"type":"text"})", "attributes.a.type is the unknown type 'text': known are string, boolean"},
      {R"({"type":"string","max_length":3})",
       "attributes.a.max_length is not known here: did you mean 'maxLength'?"},
      {R"({"type":"string","minimum":"3"})", "attributes.a.minimum is not known here: known are type"},
      {R"({"type":"boolean","maxLength":3})", "attributes.a.maxLength does not apply to the type 'boolean'"},
      {R"({"type":"string","required":"yes"})", "attributes.a.required must be true or false"},
      {R"({"type":"string","serverSupplied":1})", "attributes.a.serverSupplied must be true or false"},
      {R"({"serverSupplied":true,"required":true})", "attributes.a.required makes no sense"},
      {R"({"type":"string","maxLength":0})", "attributes.a.maxLength must be at least 1"},
      {R"({"type":"string","maxLength":-1})", "attributes.a.maxLength must be a whole number"},
      {R"({"type":"string","maxLength":1.5})", "attributes.a.maxLength must be a whole number"},
      {R"({"type":"string","enum":[]})", "attributes.a.enum must be a list of at least one string"},
      {R"({"type":"string","enum":["x",1]})", "attributes.a.enum[1] must be a string"},
      {R"({"type":"string","enum":["x","x"]})", "attributes.a.enum[1] is there twice"},
      {R"({"type":"string","format":"iban"})", "attributes.a.format must be one of: date, date-time"},
      {R"({"type":"string","pattern":3})", "attributes.a.pattern must be a string"},
      {R"({"type":"string","pattern":"[a-"})", "attributes.a.pattern is no usable regular expression"},
      {R"({"type":"string","pattern":"(a"})",
       "attributes.a.pattern is no usable regular expression: unbalanced ( )"},
      {R"({"type":"string","pattern":"*"})", "attributes.a.pattern is no usable regular expression"},
      {R"({"type":"string","pattern":"(a)\\1"})", "attributes.a.pattern is no usable regular expression"},
      {R"({"type":"string","pattern":"((a{1000}){1000}){1000}"})", "attributes.a.pattern is no usable"},
      {R"({"type":"decimal","min":0})", "attributes.a.min must be a decimal string"},
      {R"({"type":"decimal","max":"ten"})", "attributes.a.max is not a decimal"},
      {R"({"type":"money","min":"2","max":"1.99"})", "attributes.a.min is greater than max"},
      {R"({"type":"money","anyCurrency":"yes"})", "attributes.a.anyCurrency must be true or false"},
      {R"({"type":"object"})", "attributes.a.attributes must be an object"},
      {R"({"type":"object","attributes":{"b":{"type":"x"}}})",
       "attributes.a.attributes.b.type is the unknown type"},
      {R"({"type":"list"})", "attributes.a must say with 'items'"},
      {R"({"type":"list","items":{"type":"string","required":true}})",
       "attributes.a.items must not be required"},
      {R"({"type":"list","minItems":3,"maxItems":2,"items":{"type":"string"}})",
       "attributes.a.minItems is greater than maxItems"},
  };
  for (const auto& [description, expected] : cases) {
    EXPECT_THAT(fault(R"({"a":)" + description + "}"), StartsWith(expected)) << description;
  }
  EXPECT_THAT(fault(R"({"a.b":{"type":"string"}})"), StartsWith("attributes has the attribute name 'a.b'"));
  EXPECT_THAT(fault(R"({"a":{"type":"string","pattern":")" + std::string(501, 'a') + R"("}})"),
              StartsWith("attributes.a.pattern must have at most 500 bytes"));
}

TEST(TemplateLanguage, FaultsOfRoles) {
  const std::string attributes =
      R"({"text":{"type":"string"},"flag":{"type":"boolean"},"sum":{"type":"money"},"status":{"serverSupplied":true},
          "texts":{"type":"list","items":{"type":"string"}},
          "classes":{"type":"list","items":{"type":"object","attributes":{"title":{"type":"string"}}}},
          "odd":{"type":"list","items":{"type":"object","attributes":{"name":{"type":"string"},"slug":{"type":"money"}}}}})";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"([])", "roles must be an object"},
      {R"({"minimum":"sum"})",
       "roles.minimum is not known here: known are currency, minimumTicket, shareClasses"},
      {R"({"currency":5})", "roles.currency must be the name of an attribute"},
      {R"({"currency":"nothing"})", "roles.currency names 'nothing', which is no attribute"},
      {R"({"currency":"text.more"})", "roles.currency names 'text.more', which is no attribute"},
      {R"({"currency":"status"})",
       "roles.currency names 'status', which is no attribute that a partner can send"},
      {R"({"currency":"flag"})", "roles.currency names 'flag', which must be a string for this role"},
      {R"({"minimumTicket":"text"})", "roles.minimumTicket names 'text', which must be money for this role"},
      {R"({"shareClasses":7})", "roles.shareClasses must be the name of a list, or an object"},
      {R"({"shareClasses":"text"})", "roles.shareClasses names 'text', which must be a list of objects"},
      {R"({"shareClasses":"texts"})", "roles.shareClasses must name a list of objects"},
      {R"({"shareClasses":"classes"})", "roles.shareClasses.name names 'name', which is no attribute"},
      {R"({"shareClasses":"odd"})", "roles.shareClasses.slug names 'slug', which must be a string"},
      {R"({"shareClasses":{"slug":"text"}})", "roles.shareClasses.name is missing"},
      {R"({"shareClasses":{"name":"text","fee":"sum"}})", "roles.shareClasses.fee is not known here"},
      {R"({"shareClasses":{"name":"text","setupFee":"flag"}})", "roles.shareClasses.setupFee names 'flag'"},
  };
  for (const auto& [roles, expected] : cases)
    EXPECT_THAT(fault(attributes, roles), StartsWith(expected)) << roles;
  EXPECT_EQ(fault(attributes, R"({"shareClasses":{"list":"classes","name":"title"},"minimumTicket":"sum"})"),
            "accepted");
}

TEST(TemplateLanguage, FaultsOfPrimitives) {
  const auto definition_fault = [](const char* name, const std::string& definition) {
    const Result<void> checked = check_type_definition(name, parsed(definition));
    return checked.ok() ? "accepted" : checked.error().detail;
  };
  EXPECT_EQ(definition_fault("percent", R"({"type":"decimal"})"), "accepted");
  EXPECT_EQ(definition_fault("money", R"({"type":"decimal"})"),
            "definition redefines the built-in type 'money'");
  EXPECT_THAT(definition_fault("fee", R"({"type":"percent"})"),
              HasSubstr("definition.type is the unknown type"));
  EXPECT_THAT(definition_fault("fee", R"({"type":"decimal","required":true})"),
              StartsWith("definition must not be"));
}

}  // namespace
}  // namespace zest::rules
