#include "base/decimal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace zest {
namespace {

using ::testing::HasSubstr;

Decimal decimal(std::string_view text) {
  Result<Decimal> parsed = Decimal::parse(text);
  EXPECT_TRUE(parsed.ok()) << text;
  return parsed.ok() ? *parsed : Decimal();
}

TEST(Decimal, NormalisesText) {
  const std::pair<const char*, const char*> cases[] = {
      {"0", "0"},       {"-0", "0"},
      {"0.000", "0"},   {"-00.00", "0"},
      {"20.000", "20"}, {"20", "20"},
      {"007", "7"},     {"0.10", "0.1"},
      {"-0.5", "-0.5"}, {"-001.2300", "-1.23"},
      {"100", "100"},   {"1000.0001", "1000.0001"},
  };
  for (const auto& [text, normal] : cases) EXPECT_EQ(decimal(text).text(), normal) << text;
}

TEST(Decimal, EqualsWhateverItsSpelling) {
  EXPECT_EQ(decimal("20.000"), decimal("20"));
  EXPECT_EQ(decimal("-0"), decimal("0.0"));
  EXPECT_NE(decimal("-1"), decimal("1"));
  EXPECT_NE(decimal("1"), decimal("0.1"));
}

TEST(Decimal, MinusZeroIsZeroAndNotNegative) {
  for (const char* text : {"0", "-0", "-0.00", "000"}) {
    EXPECT_TRUE(decimal(text).is_zero()) << text;
    EXPECT_FALSE(decimal(text).is_negative()) << text;
  }
  EXPECT_TRUE(decimal("-0.01").is_negative());
  EXPECT_FALSE(decimal("-0.01").is_zero());
}

TEST(Decimal, OrdersByValue) {
  const std::vector<std::string> ascending = {"-1234567890123456789012345678901234567890",
                                              "-100",
                                              "-20.5",
                                              "-20",
                                              "-0.2",
                                              "-0.19",
                                              "0",
                                              "0.0001",
                                              "0.001",
                                              "0.09",
                                              "0.1",
                                              "0.10000000000000000000001",
                                              "1",
                                              "9",
                                              "9.99",
                                              "10",
                                              "99.5",
                                              "100",
                                              "1234567890123456789012345678901234567890",
                                              "1234567890123456789012345678901234567890.1"};
  for (std::size_t i = 0; i < ascending.size(); ++i) {
    for (std::size_t k = 0; k < ascending.size(); ++k) {
      EXPECT_EQ(decimal(ascending[i]) <=> decimal(ascending[k]), i <=> k)
          << ascending[i] << " " << ascending[k];
    }
  }
}

TEST(Decimal, KeepsFortyDigitsExactly) {
  const std::string text = "12345678901234567890.12345678901234567891";
  EXPECT_EQ(decimal(text).text(), text);
  EXPECT_LT(decimal("12345678901234567890.12345678901234567890"), decimal(text));
}

TEST(Decimal, BoundsDigitsAsWritten) {
  EXPECT_TRUE(Decimal::parse(std::string(60, '9')).ok());
  EXPECT_TRUE(Decimal::parse("-" + std::string(30, '9') + "." + std::string(30, '9')).ok());
  EXPECT_TRUE(Decimal::parse(std::string(500, '0') + std::string(60, '1')).ok());
  for (const std::string& text : {std::string(61, '9'), std::string(31, '9') + "." + std::string(30, '9'),
                                  "0." + std::string(61, '0')}) {
    const Result<Decimal> parsed = Decimal::parse(text);
    ASSERT_FALSE(parsed.ok());
    EXPECT_EQ(parsed.error().kind, ErrorKind::InvalidRequest);
    EXPECT_THAT(parsed.error().detail, HasSubstr("at most 60"));
  }
}

TEST(Decimal, RefusesExponents) {
  for (const char* text : {"1e3", "1E3", "1.5e-3"}) EXPECT_FALSE(Decimal::parse(text).ok()) << text;
}

TEST(Decimal, RefusesOtherForms) {
  for (const char* text :
       {"",      "-",     "+1",  ".",     ".5",   "5.",  "-.5",      "--1",   "1-",     " 1", "1 ",
        "1 000", "1,000", "1,5", "1.2.3", "0x10", "NaN", "Infinity", "1_000", "\u0661", "1\n"}) {
    EXPECT_FALSE(Decimal::parse(text).ok()) << text;
  }
  EXPECT_FALSE(Decimal::parse(std::string_view("1\0", 2)).ok());
}

}  // namespace
}  // namespace zest
