#include "scenario/markdown.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace zest::scenario {
namespace {

using ::testing::HasSubstr;

TEST(Markdown, TextStaysText) {
  EXPECT_EQ(markdown_text("a|b\n<img src=x> [l](u) *b* `c` @team #1"),
            "a\\|b \\<img src=x\\> \\[l\\]\\(u\\) \\*b\\* \\`c\\` \\@team \\#1");
  EXPECT_EQ(markdown_text("Čeština 100%"), "Čeština 100%");
}

TEST(Markdown, ABlockHasAFenceThatItsTextHasNot) {
  EXPECT_EQ(markdown_block("one\n"), "```\none\n```\n");
  EXPECT_EQ(markdown_block("```` in it"), "`````\n```` in it\n`````\n");
}

TEST(Markdown, RunsAreATableWithWhatDidNotHoldBelow) {
  Report good;
  good.name = "happy-path";
  good.purpose = "all of it";
  good.checks = 3;
  Report bad = good;
  bad.name = "lost";
  bad.outcome = Report::Outcome::Failed;
  bad.failures.push_back({"lost.json:3:1", "expect", {}, 0});
  const std::string text = markdown_report({good, bad});
  EXPECT_THAT(text, HasSubstr("### Scenarios: 1 passed, 1 failed"));
  EXPECT_THAT(text, HasSubstr("| ✅ | happy\\-path | all of it | 3 | "));
  EXPECT_THAT(text, HasSubstr("| ❌ | lost | "));
  EXPECT_THAT(text, HasSubstr("#### lost\n\n```\n"));
}

}  // namespace
}  // namespace zest::scenario
