#include "delivery/schedule.h"

#include <gtest/gtest.h>

namespace zest::delivery {
namespace {

TEST(Rules, RetryScheduleIs30s5m30m2h12h) {
  Instant at = instant_from_ms(0);
  std::vector<std::int64_t> offsets = {0};
  for (int attempt = 1; attempt < kMaxAttempts; ++attempt) {
    const auto next = next_attempt_at(attempt, at, at);
    ASSERT_TRUE(next.has_value());
    at = *next;
    offsets.push_back(to_ms(at) / 1000);
  }
  EXPECT_EQ(offsets, (std::vector<std::int64_t>{0, 30, 330, 2130, 9330, 52530}));
}

TEST(Rules, AfterTheSixthFailureThereIsNoNextAttempt) {
  EXPECT_FALSE(next_attempt_at(kMaxAttempts, instant_from_ms(0), instant_from_ms(0)).has_value());
}

TEST(Rules, DelayCountsFromTheStartButNeverEndsBeforeTheOutcomeIsKnown) {
  const Instant start = instant_from_ms(1'000'000);
  EXPECT_EQ(next_attempt_at(1, start, start + Duration(10'000)), start + Duration(30'000));
  EXPECT_EQ(next_attempt_at(1, start, start + Duration(45'000)), start + Duration(45'000));
}

}  // namespace
}  // namespace zest::delivery
