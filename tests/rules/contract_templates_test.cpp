// The constraints of the shipped templates. Zest docs: contracts/templates, errors/validation.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "rules/contracts.h"

namespace zest::rules {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Contracts& shipped() {
  static const Contracts contracts = [] {
    Result<Contracts> loaded = Contracts::load(std::nullopt);
    if (!loaded.ok()) ADD_FAILURE() << loaded.error().detail;
    return std::move(loaded).value();
  }();
  return contracts;
}

const Template& secondary() { return *shipped().find_template("syndicate_secondary", "1.0.0"); }
const Template& primary() { return *shipped().find_template("syndicate_primary", "1.0.0"); }

Json sample(const char* name) {
  return (*shipped().find("1.0.0", Contracts::Kind::Samples, name))["attributes"];
}
Json secondary_sample() { return sample("syndicate_secondary"); }
Json primary_sample() { return sample("syndicate_primary"); }

// "attribute code" of each violation.
std::vector<std::string> codes(const std::vector<Violation>& violations) {
  std::vector<std::string> out;
  for (const Violation& violation : violations) {
    EXPECT_EQ(violation.field, "attributes." + violation.attribute);
    EXPECT_FALSE(violation.message.empty());
    out.push_back(violation.attribute + " " + violation.code);
  }
  return out;
}

// The codes after one attribute of otherwise valid ones was replaced, or removed.
std::vector<std::string> with(const Template& contract, Json attributes, const std::string& name,
                              Json value) {
  attributes[name] = std::move(value);
  return codes(contract.validate(attributes));
}
std::vector<std::string> without(const Template& contract, Json attributes, const std::string& name) {
  attributes.erase(name);
  return codes(contract.validate(attributes));
}
std::vector<std::string> with_class(Json share_class) {
  return with(secondary(), secondary_sample(), "shareClasses", Json::array({std::move(share_class)}));
}
Json money(const char* currency, const char* value) { return Json{{"currency", currency}, {"value", value}}; }

TEST(ContractTemplates, SamplesAreValid) {
  EXPECT_THAT(codes(secondary().validate(secondary_sample())), IsEmpty());
  EXPECT_THAT(codes(primary().validate(primary_sample())), IsEmpty());
}

TEST(ContractTemplates, SecondaryAcceptsWhatTheDocumentationShows) {
  const Json attributes = {
      {"underlyingCompanySlug", "co_abc123"},
      {"currency", "USD"},
      {"shareClasses",
       Json::array({{{"name", "Class A"}, {"managementFeePercent", "2.0"}, {"carryPercent", "20.0"}}})}};
  EXPECT_THAT(codes(secondary().validate(attributes)), IsEmpty());
}

TEST(ContractTemplates, SecondaryRequiredAttributes) {
  EXPECT_THAT(codes(secondary().validate(Json::object())),
              ElementsAre("underlyingCompanySlug required", "currency required", "shareClasses required"));
}

TEST(ContractTemplates, SecondaryCompany) {
  const auto check = [](Json value) {
    return with(secondary(), secondary_sample(), "underlyingCompanySlug", std::move(value));
  };
  EXPECT_THAT(check("co_A-z_9"), IsEmpty());
  EXPECT_THAT(check("acme"), ElementsAre("underlyingCompanySlug pattern"));
  EXPECT_THAT(check("co_"), ElementsAre("underlyingCompanySlug pattern"));
  EXPECT_THAT(check("co_a b"), ElementsAre("underlyingCompanySlug pattern"));
  EXPECT_THAT(check("co_a\n"), ElementsAre("underlyingCompanySlug pattern"));
  EXPECT_THAT(check("co_" + std::string(61, 'a')), IsEmpty());
  EXPECT_THAT(check("co_" + std::string(62, 'a')), ElementsAre("underlyingCompanySlug max_length"));
  EXPECT_THAT(check(""), ElementsAre("underlyingCompanySlug required"));
  EXPECT_THAT(check(7), ElementsAre("underlyingCompanySlug type"));
  EXPECT_THAT(check(nullptr), ElementsAre("underlyingCompanySlug type"));
}

TEST(ContractTemplates, SecondaryCurrency) {
  const auto check = [](Json value) {
    Json attributes = {{"underlyingCompanySlug", "co_a"},
                       {"shareClasses", Json::array({{{"name", "Class A"}}})}};
    return with(secondary(), std::move(attributes), "currency", std::move(value));
  };
  EXPECT_THAT(check("EUR"), IsEmpty());
  EXPECT_THAT(check("usd"), ElementsAre("currency format"));
  EXPECT_THAT(check("ZZZ"), ElementsAre("currency format"));
  EXPECT_THAT(check(840), ElementsAre("currency type"));
}

TEST(ContractTemplates, SecondaryShareClassesAreOneToTwenty) {
  const auto check = [](Json list) {
    return with(secondary(), secondary_sample(), "shareClasses", std::move(list));
  };
  Json list = Json::array();
  EXPECT_THAT(check(list), ElementsAre("shareClasses required"));
  for (int i = 0; i < 20; ++i) list.push_back({{"name", "Class"}});
  EXPECT_THAT(check(list), IsEmpty());
  list.push_back({{"name", "Class"}});
  EXPECT_THAT(check(list), ElementsAre("shareClasses max_length"));
  EXPECT_THAT(check("Class A"), ElementsAre("shareClasses type"));
  EXPECT_THAT(check(Json::array({"Class A"})), ElementsAre("shareClasses[0] type"));
}

TEST(ContractTemplates, SecondaryShareClassMembers) {
  EXPECT_THAT(with_class(Json::object()), ElementsAre("shareClasses[0].name required"));
  EXPECT_THAT(with_class({{"name", std::string(120, 'x')}}), IsEmpty());
  EXPECT_THAT(with_class({{"name", std::string(121, 'x')}}), ElementsAre("shareClasses[0].name max_length"));
  EXPECT_THAT(with_class({{"name", "A"}, {"slug", "sc_A-1"}}), IsEmpty());
  EXPECT_THAT(with_class({{"name", "A"}, {"slug", "sc A"}}), ElementsAre("shareClasses[0].slug pattern"));
  EXPECT_THAT(with_class({{"name", "A"}, {"colour", "red"}}),
              ElementsAre("shareClasses[0].colour unknown_attribute"));
}

TEST(ContractTemplates, SecondaryPercentages) {
  for (const std::string name : {"managementFeePercent", "carryPercent"}) {
    const auto check = [&name](Json value) { return with_class({{"name", "A"}, {name, std::move(value)}}); };
    const std::string path = "shareClasses[0]." + name;
    for (const char* fine : {"0", "-0", "-0.00", "20.000", "100", "100.0000", "0099.5"}) {
      EXPECT_THAT(check(fine), IsEmpty()) << fine;
    }
    EXPECT_THAT(check("99.9999999999999999999999999999999999999999"), IsEmpty());
    EXPECT_THAT(check("100.0000000000000000000000000000000000000001"), ElementsAre(path + " max_value"));
    EXPECT_THAT(check("-0.0000000000000000000000000000000000000001"), ElementsAre(path + " min_value"));
    for (const char* malformed : {"1e400", "1e1", "", "+5", ".5", "5.", " 5", "5%", "NaN", "0x10"}) {
      EXPECT_THAT(check(malformed), ElementsAre(path + " format")) << malformed;
    }
    EXPECT_THAT(check(std::string(61, '1')), ElementsAre(path + " format"));
    EXPECT_THAT(check(20), ElementsAre(path + " type"));
    EXPECT_THAT(check(20.5), ElementsAre(path + " type"));
  }
}

TEST(ContractTemplates, SecondarySetupFee) {
  const auto check = [](Json value) { return with_class({{"name", "A"}, {"setupFee", std::move(value)}}); };
  EXPECT_THAT(check(money("USD", "250.00")), IsEmpty());
  EXPECT_THAT(check("250"), ElementsAre("shareClasses[0].setupFee type"));
  EXPECT_THAT(check(Json::object()), ElementsAre("shareClasses[0].setupFee.currency required",
                                                 "shareClasses[0].setupFee.value required"));
  EXPECT_THAT(check(money("EUR", "250")), ElementsAre("shareClasses[0].setupFee.currency currency_mismatch"));
}

TEST(ContractTemplates, SecondaryMinimumTicket) {
  const auto check = [](Json value) {
    return with(secondary(), secondary_sample(), "minimumTicketSize", std::move(value));
  };
  EXPECT_THAT(check(money("USD", "0")), IsEmpty());
  EXPECT_THAT(check(money("USD", "-1")), ElementsAre("minimumTicketSize.value min_value"));
  EXPECT_THAT(check(money("GBP", "1")), ElementsAre("minimumTicketSize.currency currency_mismatch"));
  EXPECT_THAT(check(money("dollars", "1")), ElementsAre("minimumTicketSize.currency format"));
  EXPECT_THAT(check(money("USD", "many")), ElementsAre("minimumTicketSize.value format"));
  EXPECT_THAT(check({{"currency", 1}, {"value", 1000}}),
              ElementsAre("minimumTicketSize.currency type", "minimumTicketSize.value type"));
  EXPECT_THAT(check({{"currency", "USD"}, {"value", "1"}, {"scale", 2}}),
              ElementsAre("minimumTicketSize.scale unknown_attribute"));
  EXPECT_THAT(without(secondary(), secondary_sample(), "minimumTicketSize"), IsEmpty());
}

TEST(ContractTemplates, InvestorTypes) {
  for (const auto& [contract, attributes, name] :
       {std::tuple(&secondary(), secondary_sample(), "investorType"),
        std::tuple(&primary(), primary_sample(), "investor_type")}) {
    const std::string path = name;
    EXPECT_THAT(with(*contract, attributes, name, "individual"), IsEmpty());
    EXPECT_THAT(with(*contract, attributes, name, "institutional"),
                ElementsAre(path + " institutional_not_supported"));
    EXPECT_THAT(with(*contract, attributes, name, "robot"), ElementsAre(path + " enum"));
    EXPECT_THAT(with(*contract, attributes, name, true), ElementsAre(path + " type"));
  }
}

TEST(ContractTemplates, ServerSuppliedAttributes) {
  for (const char* name : {"status", "tenantSlug", "clientId", "spvRequestSlug", "opportunitySlug",
                           "vehicleSlug", "spSlug", "spcSlug"}) {
    EXPECT_THAT(with(secondary(), secondary_sample(), name, "x"),
                ElementsAre(std::string(name) + " server_supplied"));
    EXPECT_THAT(with(secondary(), secondary_sample(), name, nullptr),
                ElementsAre(std::string(name) + " server_supplied"));
  }
  for (const char* name : {"status", "tenant_slug", "client_id", "spv_request_slug", "opportunity_slug",
                           "vehicle_slug", "sp_slug", "spc_slug"}) {
    EXPECT_THAT(with(primary(), primary_sample(), name, Json::array({1})),
                ElementsAre(std::string(name) + " server_supplied"));
  }
}

TEST(ContractTemplates, PrimaryRequiredAttributes) {
  EXPECT_THAT(
      codes(primary().validate(Json::object())),
      ElementsAre("deal_name required", "deal_slug required", "company_id required", "deal_type required",
                  "security_type required", "currency required", "price_per_share required",
                  "is_fixed_price required", "minimum_ticket_size required", "start_date required",
                  "share_class_name required", "share_class_slug required"));
}

TEST(ContractTemplates, PrimaryOptionalAttributes) {
  for (const char* name :
       {"status_tag", "deal_stage", "investment_summary", "deal_documents_title", "deal_documents_url",
        "deal_documents_media_type", "link_enabled", "private_code"}) {
    EXPECT_THAT(without(primary(), primary_sample(), name), IsEmpty()) << name;
  }
}

TEST(ContractTemplates, PrimaryLengths) {
  for (const auto& [name, most] : std::map<std::string, std::size_t>{{"deal_name", 200},
                                                                     {"deal_slug", 100},
                                                                     {"investment_summary", 5000},
                                                                     {"deal_documents_title", 200},
                                                                     {"share_class_name", 120}}) {
    EXPECT_THAT(with(primary(), primary_sample(), name, std::string(most, 'a')), IsEmpty()) << name;
    EXPECT_THAT(with(primary(), primary_sample(), name, std::string(most + 1, 'a')),
                ElementsAre(name + " max_length"));
  }
}

TEST(ContractTemplates, LengthsCountCharacters) {
  std::string name;
  for (int i = 0; i < 200; ++i) name += "\xF0\x9F\x9A\x80";
  EXPECT_THAT(with(primary(), primary_sample(), "deal_name", name), IsEmpty());
  EXPECT_THAT(with(primary(), primary_sample(), "deal_name", name + "x"),
              ElementsAre("deal_name max_length"));
}

TEST(ContractTemplates, PrimaryPatterns) {
  const auto check = [](const char* name, const char* value) {
    return with(primary(), primary_sample(), name, value);
  };
  EXPECT_THAT(check("deal_slug", "a-1-b"), IsEmpty());
  for (const char* slug : {"A", "a--b", "-a", "a-", "a_b", "a b", "\xC3\xA4"}) {
    EXPECT_THAT(check("deal_slug", slug), ElementsAre("deal_slug pattern")) << slug;
  }
  EXPECT_THAT(check("share_class_slug", "A_b-9"), IsEmpty());
  EXPECT_THAT(check("share_class_slug", "a.b"), ElementsAre("share_class_slug pattern"));
  for (const char* code : {"ABCD", "ABCD1234EFGH"}) EXPECT_THAT(check("private_code", code), IsEmpty());
  for (const char* code : {"ABC", "ABCD1234EFGH5", "abcd", ""}) {
    EXPECT_THAT(check("private_code", code), ElementsAre("private_code pattern")) << code;
  }
}

TEST(ContractTemplates, PrimaryEnums) {
  const std::map<std::string, std::vector<std::string>> enums = {
      {"deal_type", {"primary", "secondary"}},
      {"security_type", {"Equity", "SAFE", "Convertible Note", "Debt"}},
      {"status_tag", {"Live", "Upcoming", "Closed"}},
      {"deal_stage", {"sourcing", "executing", "closed"}},
      {"deal_documents_media_type", {"pdf", "jpeg", "png", "webp"}}};
  for (const auto& [name, values] : enums) {
    for (const std::string& value : values) {
      EXPECT_THAT(with(primary(), primary_sample(), name, value), IsEmpty()) << value;
    }
    Json attributes = primary_sample();
    attributes[name] = "other";
    const std::vector<Violation> violations = primary().validate(attributes);
    ASSERT_THAT(codes(violations), ElementsAre(name + " enum"));
    for (const std::string& value : values) EXPECT_THAT(violations[0].message, HasSubstr(value));
    EXPECT_EQ(violations[0].value, "other");
  }
}

TEST(ContractTemplates, PrimaryMoneyIsInItsCurrency) {
  for (const std::string name : {"price_per_share", "minimum_ticket_size"}) {
    EXPECT_THAT(with(primary(), primary_sample(), name, money("USD", "0")), IsEmpty());
    EXPECT_THAT(with(primary(), primary_sample(), name, money("USD", "-0.01")),
                ElementsAre(name + ".value min_value"));
    EXPECT_THAT(with(primary(), primary_sample(), name, money("EUR", "1")),
                ElementsAre(name + ".currency currency_mismatch"));
    EXPECT_THAT(with(primary(), primary_sample(), name, "36.97"), ElementsAre(name + " type"));
  }
  EXPECT_THAT(with(primary(), primary_sample(), "currency", "EUR"),
              ElementsAre("price_per_share.currency currency_mismatch",
                          "minimum_ticket_size.currency currency_mismatch"));
  // Without a usable currency there is nothing to compare with.
  EXPECT_THAT(with(primary(), primary_sample(), "currency", "dollar"), ElementsAre("currency format"));
}

TEST(ContractTemplates, PrimaryBooleansDatesAndUris) {
  const auto check = [](const char* name, Json value) {
    return with(primary(), primary_sample(), name, std::move(value));
  };
  for (const char* name : {"is_fixed_price", "link_enabled"}) {
    EXPECT_THAT(check(name, false), IsEmpty());
    EXPECT_THAT(check(name, "true"), ElementsAre(std::string(name) + " type"));
    EXPECT_THAT(check(name, 1), ElementsAre(std::string(name) + " type"));
  }
  EXPECT_THAT(check("start_date", "2026-06-01T12:30:00.123+04:00"), IsEmpty());
  for (const char* text : {"2026-06-01", "2026-06-01T00:00:00", "2026-02-30T00:00:00Z", "soon"}) {
    EXPECT_THAT(check("start_date", text), ElementsAre("start_date format")) << text;
  }
  EXPECT_THAT(check("deal_documents_url", "example.com/deck.pdf"), ElementsAre("deal_documents_url format"));
}

TEST(Rules, AllViolationsComeInOneAnswerInTheTemplatesOrder) {
  const Json attributes = {{"zebra", 1},
                           {"status", "approved"},
                           {"deal_name", std::string(300, 'n')},
                           {"aardvark", {{"x", 2}}},
                           {"dealSlug", "acme"},
                           {"is_fixed_price", "yes"},
                           {"currency", "USD"},
                           {"deal_slug", "Not A Slug"},
                           {"price_per_share", money("EUR", "-1")},
                           {"start_date", "tomorrow"}};
  const std::vector<Violation> violations = primary().validate(attributes);
  EXPECT_THAT(
      codes(violations),
      ElementsAre("deal_name max_length", "deal_slug pattern", "company_id required", "deal_type required",
                  "security_type required", "price_per_share.currency currency_mismatch",
                  "price_per_share.value min_value", "is_fixed_price type", "minimum_ticket_size required",
                  "start_date format", "share_class_name required", "share_class_slug required",
                  "status server_supplied", "zebra unknown_attribute", "aardvark unknown_attribute",
                  "dealSlug unknown_attribute"));
  EXPECT_THAT(violations.back().message, HasSubstr("did you mean deal_slug?"));
}

TEST(ContractTemplates, AnUnknownAttributeIsNamedAsItWasSent) {
  const auto message = [](const char* name) {
    Json attributes = secondary_sample();
    attributes[name] = 1;
    return secondary().validate(attributes).front().message;
  };
  EXPECT_EQ(message("colour"), "colour is no attribute of the template");
  EXPECT_EQ(message("company.slug"), "\"company.slug\" is no attribute of the template");
  EXPECT_EQ(message("x[0]"), "\"x[0]\" is no attribute of the template");
  EXPECT_EQ(message(""), "\"\" is no attribute of the template");
}

TEST(Rules, EveryValidationCodeIsReachable) {
  Json first = secondary_sample();
  first["underlyingCompanySlug"] = "nobody";
  first["shareClasses"] = Json::array({{{"carryPercent", "101"}, {"managementFeePercent", "-1"}}});
  first["minimumTicketSize"] = money("EUR", "x");
  first["investorType"] = "institutional";
  first["clientId"] = "client_acme";
  first["colour"] = "red";
  Json second = primary_sample();
  second["deal_type"] = "tertiary";
  second["deal_name"] = std::string(201, 'a');
  second["link_enabled"] = 0;
  std::set<std::string> seen;
  for (const Violation& violation : secondary().validate(first)) seen.insert(violation.code);
  for (const Violation& violation : primary().validate(second)) seen.insert(violation.code);
  EXPECT_THAT(seen, ElementsAre("currency_mismatch", "enum", "format", "institutional_not_supported",
                                "max_length", "max_value", "min_value", "pattern", "required",
                                "server_supplied", "type", "unknown_attribute"));
}

TEST(Rules, ViolationsCarryTheOffendingValue) {
  const auto value_of = [](Json value) {
    Json attributes = primary_sample();
    attributes["link_enabled"] = std::move(value);
    return primary().validate(attributes).front().value;
  };
  EXPECT_EQ(value_of("yes"), "yes");
  EXPECT_EQ(value_of(nullptr), "null");
  EXPECT_EQ(value_of({{"a", Json::array({1, "b"})}}), R"({"a":[1,"b"]})");
  // Cut between two characters: 200 bytes would end inside one.
  std::string umlauts = "x";
  for (int i = 0; i < 200; ++i) umlauts += "\xC3\xBC";
  EXPECT_EQ(value_of(umlauts), umlauts.substr(0, 199));
  Json attributes = primary_sample();
  attributes.erase("deal_name");
  EXPECT_EQ(primary().validate(attributes).front().value, std::nullopt);
}

TEST(ContractTemplates, AttributesThatAreNoObject) {
  const std::vector<Violation> violations = primary().validate(Json::array());
  ASSERT_EQ(violations.size(), 1U);
  EXPECT_EQ(violations[0].code, "type");
}

TEST(ContractTemplates, RolesOfTheSecondaryTemplate) {
  const Json attributes = secondary_sample();
  EXPECT_EQ(secondary().currency(attributes), "USD");
  ASSERT_TRUE(secondary().minimum_ticket(attributes).has_value());
  EXPECT_EQ(secondary().minimum_ticket(attributes)->value, "10000.00");
  EXPECT_TRUE(secondary().has_share_classes());
  const std::vector<ShareClass> classes = secondary().share_classes(attributes);
  ASSERT_EQ(classes.size(), 2U);
  EXPECT_EQ(classes[0].name, "Class A");
  EXPECT_EQ(classes[0].slug, "sc_classA");
  EXPECT_EQ(classes[0].management_fee_percent, "2.00");
  EXPECT_EQ(classes[0].carry_percent, "20.00");
  EXPECT_EQ(classes[0].setup_fee, std::nullopt);
  EXPECT_EQ(classes[1].slug, "sc_founders");
  EXPECT_EQ(classes[1].setup_fee, money("USD", "250.00"));
  EXPECT_EQ(secondary().minimum_ticket(Json::object()).has_value(), false);
}

TEST(ContractTemplates, RolesOfTheFlatTemplate) {
  const Json attributes = primary_sample();
  EXPECT_EQ(primary().currency(attributes), "USD");
  EXPECT_EQ(primary().minimum_ticket(attributes)->value, "1000");
  const std::vector<ShareClass> classes = primary().share_classes(attributes);
  ASSERT_EQ(classes.size(), 1U);
  EXPECT_EQ(classes[0].name, "Class A");
  EXPECT_EQ(classes[0].slug, "acme-class-a");
  EXPECT_EQ(classes[0].carry_percent, std::nullopt);
}

TEST(Rules, ShareClassSlugsThatArePartnersChoiceAreGivenOnce) {
  const auto repeated = [](std::vector<std::string> slugs) {
    Json item = secondary_sample()["shareClasses"].front();
    Json list = Json::array();
    for (const std::string& slug : slugs) {
      item["slug"] = slug;
      if (slug.empty()) item.erase("slug");
      list.push_back(item);
    }
    return with(secondary(), secondary_sample(), "shareClasses", std::move(list));
  };
  EXPECT_THAT(repeated({"a", "b", ""}), IsEmpty());
  EXPECT_THAT(repeated({"", "", "sc_classA"}), IsEmpty());
  EXPECT_THAT(repeated({"a", "b", "a", "a"}),
              ElementsAre("shareClasses[2].slug pattern", "shareClasses[3].slug pattern"));
}

TEST(Rules, ShareClassSlugsAreDerivedAndUnique) {
  const auto slugs = [](std::vector<std::pair<std::string, std::string>> classes) {
    Json list = Json::array();
    for (auto& [name, slug] : classes) {
      Json item = {{"name", name}};
      if (!slug.empty()) item["slug"] = slug;
      list.push_back(std::move(item));
    }
    std::vector<std::string> out;
    for (const ShareClass& c : secondary().share_classes(Json{{"shareClasses", list}})) out.push_back(c.slug);
    return out;
  };
  EXPECT_THAT(slugs({{"Class A", ""}, {"class b", ""}, {"ABC growth fund", ""}, {"founders' shares", ""}}),
              ElementsAre("sc_classA", "sc_classB", "sc_abcGrowthFund", "sc_foundersShares"));
  EXPECT_THAT(slugs({{"Class A", ""}, {"Class  A", ""}, {"class-a", ""}}),
              ElementsAre("sc_classA", "sc_classA2", "sc_classA3"));
  // A chosen slug is kept, wherever it stands.
  EXPECT_THAT(slugs({{"Class A", ""}, {"Other", "sc_classA"}}), ElementsAre("sc_classA2", "sc_classA"));
  EXPECT_THAT(slugs({{"Class A", ""}, {"Class A2", ""}, {"Class A", ""}}),
              ElementsAre("sc_classA", "sc_classA2", "sc_classA3"));
  EXPECT_THAT(slugs({{"\xD0\x91", ""}, {"...", ""}}), ElementsAre("sc_shareClass", "sc_shareClass2"));
}

}  // namespace
}  // namespace zest::rules
