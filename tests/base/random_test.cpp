#include "base/random.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <set>

namespace zest {
namespace {

constexpr std::uint64_t kLargest = std::numeric_limits<std::uint64_t>::max();

// Seeds that users keep must mean the same in every release and on every machine.
TEST(Random, IsTheSameEverywhere) {
  EXPECT_EQ(random_at(1, "chaos", 0), 0xb58699b32d25f6b9ULL);
  EXPECT_EQ(random_at(1, "chaos", 1), 0xf2e0901d3cd236a7ULL);
  EXPECT_EQ(random_at(1, "ids", 0), 0xd4da7455d26d32fcULL);
  EXPECT_EQ(random_at(2, "chaos", 0), 0xa43875156e1030bdULL);
  EXPECT_EQ(random_at(kLargest, "", kLargest), 0x5540f94a5bf7c33dULL);
  EXPECT_EQ(random_unit(1, "chaos", 0), 0.7090850889627729);
  EXPECT_EQ(stable_hash(""), 0xf52a15e9a9b5e89bULL);
  EXPECT_EQ(stable_hash("client_acme"), 0xdfa5afaac231a502ULL);
}

TEST(Random, StreamsDoNotRepeatEachOther) {
  std::set<std::uint64_t> seen;
  for (const std::uint64_t seed : {0ULL, 1ULL, 2ULL}) {
    for (const char* name : {"", "a", "b", "ab"}) {
      for (std::uint64_t position = 0; position < 1000; ++position)
        seen.insert(random_at(seed, name, position));
    }
  }
  EXPECT_EQ(seen.size(), 12'000U);
}

TEST(Random, UnitIsUniformBelowOne) {
  std::array<int, 10> buckets{};
  for (std::uint64_t position = 0; position < 100'000; ++position) {
    const double value = random_unit(7, "uniform", position);
    ASSERT_GE(value, 0.0);
    ASSERT_LT(value, 1.0);
    ++buckets.at(static_cast<std::size_t>(value * 10));
  }
  for (const int count : buckets) {
    EXPECT_GT(count, 9'600);  // more than four standard deviations; the stream is fixed, so this never varies
    EXPECT_LT(count, 10'400);
  }
}

}  // namespace
}  // namespace zest
