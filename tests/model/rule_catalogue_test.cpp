// The catalogue of rules against the papers and the tests.
#include "model/rule_catalogue.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "support/paths.h"

namespace zest {
namespace {

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(RuleCatalogue, EveryRuleHasAnIdOfItsOwnAndAllThatIsToldOfIt) {
  std::set<std::string_view> ids;
  for (const RuleRow& row : rule_catalogue()) {
    EXPECT_TRUE(ids.insert(row.id).second) << row.id;
    EXPECT_NE(row.id.find('.'), std::string_view::npos) << row.id;
    for (const std::string_view text : {row.sentence, row.fix})
      EXPECT_EQ(text.substr(text.size() - 1), ".") << row.id;
    EXPECT_FALSE(row.outcome.empty()) << row.id;
    EXPECT_EQ(parse_rule(row.id), row.rule);
  }
  EXPECT_EQ(parse_rule("spv.nothing"), std::nullopt);
}

TEST(RuleCatalogue, EveryRuleNamesATestThatThereIs) {
  std::string tests;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(test::in_source("tests"))) {
    if (entry.path().extension() == ".cpp" || entry.path().extension() == ".py")
      tests += text_of(entry.path());
  }
  for (const RuleRow& row : rule_catalogue()) {
    const std::string name(row.test);
    const bool exists = tests.find(", " + name + ")") != std::string::npos ||
                        tests.find("\ndef " + name + "(") != std::string::npos;
    EXPECT_TRUE(exists) << row.id << " " << name;
  }
}

TEST(RuleCatalogue, TheFidelityTableSaysTheSame) {
  const std::string papers = text_of(test::in_source("tests/README.md"));
  std::string table;
  for (const RuleRow& row : rule_catalogue()) {
    const std::string page = row.documentation.empty() ? "–" : std::string(row.documentation);
    table += "| `" + std::string(row.id) + "` | " + std::string(row.sentence) + " | " + page + " | " +
             std::string(row.outcome) + " | `" + std::string(row.test) + "` |\n";
  }
  EXPECT_NE(papers.find(table), std::string::npos) << "tests/README.md, section Rules, should be:\n" << table;
}

TEST(RuleCatalogue, EveryValidationCodeIsARule) {
  for (const std::string_view code :
       {"required", "unknown_attribute", "type", "enum", "pattern", "max_length", "min_value", "max_value",
        "format", "currency_mismatch", "server_supplied", "institutional_not_supported"}) {
    EXPECT_NE(rule_of_violation(code), Rule::None) << code;
  }
  EXPECT_EQ(rule_of_violation("other"), Rule::None);
}

}  // namespace
}  // namespace zest
