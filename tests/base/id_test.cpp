#include "base/id.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "base/utf8.h"
#include "base/version.h"

namespace zest {
namespace {

using ::testing::MatchesRegex;

TEST(Id, IsPrefixTagAndCounter) {
  EXPECT_EQ(make_id("svr", 0x1234abcd, 7), "svr_1234abcd00000007");
  EXPECT_EQ(make_id("wde", 0, 0), "wde_0000000000000000");
  EXPECT_EQ(make_id("wde", 1, 0x123456789), "wde_00000001123456789");
  EXPECT_EQ(make_id("wde", 1, 0xfedcba9876543210), "wde_00000001fedcba9876543210");
  EXPECT_EQ(make_id("psn", 0xffffffff, 0xffffffff), "psn_ffffffffffffffff");
}

TEST(Id, TellsItsCounter) {
  for (const std::uint64_t counter : {0ULL, 7ULL, 0xffffffffULL, 0x123456789ULL, 0xfedcba9876543210ULL})
    EXPECT_EQ(counter_of(make_id("wde", 0x1234abcd, counter)), counter);
  for (const char* other : {"", "_", "wde", "wde_", "wde_1234abcd", "wde_1234abcd0000000x", "my-key", "a_b",
                            "wde_1234abcd11111111111111111"})
    EXPECT_EQ(counter_of(other), std::nullopt) << other;
}

TEST(Id, GrowsWithTheCounter) {
  EXPECT_LT(make_id("svr", 1, 9), make_id("svr", 1, 10));
  EXPECT_LT(make_id("svr", 1, 0xff), make_id("svr", 1, 0x100));
}

TEST(Id, StaysUniqueBeyond32Bits) {
  EXPECT_EQ(make_id("svr", 1, 0x100000000ULL), "svr_00000001100000000");
  EXPECT_EQ(make_id("svr", 0xffffffff, std::numeric_limits<std::uint64_t>::max()),
            "svr_ffffffffffffffffffffffff");
}

TEST(Uuid, IsVersion4) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string uuid = make_uuid();
    ASSERT_EQ(uuid.size(), 36U);
    ASSERT_EQ(uuid[14], '4');
    ASSERT_NE(std::string("89ab").find(uuid[19]), std::string::npos);
    seen.insert(uuid);
  }
  EXPECT_EQ(seen.size(), 1000U);
  EXPECT_THAT(make_uuid(), MatchesRegex("[0-9a-f]+-[0-9a-f]+-4[0-9a-f]+-[89ab][0-9a-f]+-[0-9a-f]+"));
}

TEST(Version, IsThreeNumbers) {
  EXPECT_THAT(std::string(version()), MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
}

TEST(Utf8, MeasuresSequences) {
  EXPECT_EQ(utf8_sequence_length("a", 0), 1U);
  EXPECT_EQ(utf8_sequence_length("a\u00e9", 1), 2U);
  EXPECT_EQ(utf8_sequence_length("\u4e2d", 0), 3U);
  EXPECT_EQ(utf8_sequence_length("\U0001F600", 0), 4U);
  EXPECT_EQ(utf8_sequence_length(std::string_view("\0", 1), 0), 1U);
}

TEST(Utf8, RefusesMalformedSequences) {
  for (const char* text : {"", "\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2\x41", "\xE0\x9F\xBF",
                           "\xED\xA0\x80", "\xE2\x82", "\xE2\x82\x41", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80",
                           "\xF5\x80\x80\x80", "\xF0\x9F\x98", "\xFF"}) {
    EXPECT_EQ(utf8_sequence_length(text, 0), 0U);
  }
  EXPECT_EQ(utf8_sequence_length("a", 1), 0U);
}

}  // namespace
}  // namespace zest
