// Expressions mean what they mean in ECMAScript, and never take long.
#include "base/pattern.h"

#include <gtest/gtest.h>

namespace zest {
namespace {

bool fits(std::string_view expression, std::string_view text) {
  const Result<Pattern> pattern = Pattern::compile(expression);
  EXPECT_TRUE(pattern.ok()) << expression << " " << (pattern.ok() ? "" : pattern.error().detail);
  return pattern.ok() && pattern->matches(text);
}

std::string fault(std::string_view expression) {
  const Result<Pattern> pattern = Pattern::compile(expression);
  return pattern.ok() ? "accepted" : pattern.error().detail;
}

TEST(Pattern, IsMatchedAgainstTheWholeText) {
  EXPECT_TRUE(fits("b", "b"));
  EXPECT_FALSE(fits("b", "abc"));
  EXPECT_TRUE(fits("^b$", "b"));
  EXPECT_TRUE(fits("a|ab", "ab"));  // the first alternative alone does not reach the end
  EXPECT_FALSE(fits("b", "b\n"));
  EXPECT_FALSE(fits("b$", "b\n"));
  EXPECT_TRUE(fits("", ""));
  EXPECT_FALSE(fits("", "x"));
}

TEST(Pattern, IsFoundAnywhereBySearch) {
  const Pattern pattern = Pattern::compile("^veh_").value();
  EXPECT_EQ(pattern.search("veh_1"), Pattern::Match::Yes);
  EXPECT_EQ(pattern.search("a\nveh_1"), Pattern::Match::No);
  EXPECT_EQ(Pattern::compile("b+").value().search("abbc"), Pattern::Match::Yes);
}

TEST(Pattern, CountsCharactersNotBytes) {
  EXPECT_TRUE(fits(".{3}", "\xE2\x82\xAC\xC3\xA4\xF0\x9F\x9A\x80"));
  EXPECT_TRUE(fits("[\xC3\xA0-\xC3\xBF]+", "\xC3\xA4"));
  EXPECT_TRUE(fits("\\u20ac\\x41\\u{1f680}",
                   "\xE2\x82\xAC"
                   "A\xF0\x9F\x9A\x80"));
  EXPECT_TRUE(fits("\\p{Lu}\\p{L}+", "\xC3\x84rger"));
  EXPECT_FALSE(fits("\\P{L}+", "\xC3\x84"));
  EXPECT_FALSE(fits("ab", "ab\xFF"));
  EXPECT_FALSE(fits("ab",
                    "\xFF"
                    "ab"));
}

TEST(Pattern, ClassesAreThoseOfAscii) {
  EXPECT_TRUE(fits("\\d\\w\\s\\D\\W\\S", "1_\t-+."));
  EXPECT_FALSE(fits("\\d", "\xD9\xA3"));  // an Arabic digit
  EXPECT_FALSE(fits("\\w", "\xC3\xA4"));
  EXPECT_TRUE(fits("[[:alpha:]]+[^[:digit:]]", "abc-"));
  EXPECT_TRUE(fits("[^]", "\n"));
  EXPECT_FALSE(fits("[]", "a"));
  EXPECT_TRUE(fits("[\\]\\-a]+", "]-a"));
  EXPECT_FALSE(fits(".", "\n"));
  EXPECT_FALSE(fits(".", "\r"));
  EXPECT_TRUE(fits("\\v\\f\\0\\cA", std::string_view("\v\f\0\1", 4)));
  EXPECT_FALSE(fits("\\v", "\n"));
  EXPECT_TRUE(fits("[\\v\\b]+", "\v\b"));
}

TEST(Pattern, LooksAheadAndBehind) {
  EXPECT_TRUE(fits("(?=.*[0-9])(?!.*x).{4,}", "abc1"));
  EXPECT_FALSE(fits("(?=.*[0-9])(?!.*x).{4,}", "abx1"));
  EXPECT_TRUE(fits("[a-z]+(?<!admin)", "user"));
  EXPECT_FALSE(fits("[a-z]+(?<!admin)", "admin"));
  EXPECT_TRUE(fits("(?<year>\\d{4})-\\d\\d", "2026-01"));
  EXPECT_TRUE(fits("(?:ab){2}c??d*?", "ababdd"));
}

TEST(Pattern, BracesThatCountNothingStandForThemselves) {
  EXPECT_TRUE(fits("a{x}", "a{x}"));
  EXPECT_TRUE(fits("a{,2}", "a{,2}"));
  EXPECT_TRUE(fits("{", "{"));
  EXPECT_TRUE(fits("a{2,}b{1}", "aaab"));
}

TEST(Pattern, TellsBackReferences) {
  EXPECT_TRUE(Pattern::compile("(a)\\1").value().refers_back());
  EXPECT_TRUE(Pattern::compile("(?<x>a)\\k<x>").value().refers_back());
  EXPECT_FALSE(Pattern::compile("(a)(?<x>b)").value().refers_back());
  EXPECT_TRUE(fits("(a|b)\\1", "bb"));
}

TEST(Pattern, OfAnotherDialectIsRefused) {
  for (const char* expression : {"\\Aa", "a\\z", "a\\Z", "\\Qa\\E", "\\Ka", "\\R", "\\X", "\\h", "\\N",
                                 "\\pL", "\\e", "\\g1", "[\\R]"}) {
    EXPECT_NE(fault(expression).find("is no escape of ECMAScript"), std::string::npos) << expression;
  }
  for (const char* expression : {"(?i)a", "(?>a)", "(?#a)", "(?|a)", "(?P<x>a)", "(?R)", "(?1)", "(?C1)"}) {
    EXPECT_NE(fault(expression).find("begins no group of ECMAScript"), std::string::npos) << expression;
  }
  for (const char* expression :
       {"(*UTF)a", "a(*ACCEPT)b", "*", "a|*", "(+)", "a++", "a**", "a{2}{3}", "a{2}+", "a???", "?"}) {
    EXPECT_NE(fault(expression).find("with nothing before it to repeat"), std::string::npos) << expression;
  }
}

TEST(Pattern, ThatCannotBeReadIsRefusedWithAReason) {
  EXPECT_EQ(fault("(a"), "is no usable regular expression: unbalanced ( )");
  EXPECT_EQ(fault("a)"), "is no usable regular expression: unbalanced ( )");
  EXPECT_EQ(fault("[a-"), "is no usable regular expression: unbalanced [ ]");
  for (const char* expression :
       {"\\", "[b-a]", "a{3,2}", "((a{1000}){1000}){1000}", "\\p{Nonsense}", "(?<=a+)b", "\xFF"}) {
    EXPECT_EQ(fault(expression).find("is no usable regular expression: "), 0U) << expression;
  }
}

// An engine that backtracks without a bound needs hours for some of these.
TEST(Pattern, GivesUpOnWhatWouldTakeTooLong) {
  const std::string text(10'000, 'a');
  for (const char* expression : {"(a+)+b", "((a{1,50}){1,50}){1,50}b", "(a|a)*b", "(.*)*x",
                                 "(a{0,100}){0,100}b", "(([a-z])+.)+[A-Z]([a-z])+", ".*.*.*.*.*b"}) {
    EXPECT_NE(Pattern::compile(expression).value().match_all(text), Pattern::Match::Yes) << expression;
  }
  EXPECT_EQ(Pattern::compile("(a+)+b").value().match_all(text), Pattern::Match::GaveUp);
}

TEST(Pattern, LongTextsThatFitAreFound) {
  const std::string text(1'000'000, 'a');
  for (const char* expression : {"(a+)+", "[a-z]*", "(?!x).*"})
    EXPECT_TRUE(fits(expression, text)) << expression;
  for (const char* expression : {"(?:a|b)*", "((a{1,50}){1,50}){1,50}"}) {
    EXPECT_TRUE(fits(expression, text.substr(0, 100'000))) << expression;
  }
}

}  // namespace
}  // namespace zest
