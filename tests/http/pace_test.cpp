#include "http/pace.h"

#include <gtest/gtest.h>

namespace zest::http {
namespace {

using Steady = Pace::Steady;
using std::chrono::milliseconds;
using std::chrono::seconds;

struct PaceTest : ::testing::Test {
  PaceTest() {
    limits.body_idle = Duration(30'000);
    limits.body_rate = 1000;
    pace.begin(start);
  }
  // Seconds from the beginning until which `pace` waits.
  double deadline() const { return std::chrono::duration<double>(pace.deadline(limits) - start).count(); }

  const Steady::time_point start{seconds(1000)};
  Limits limits;
  Pace pace;
};

TEST_F(PaceTest, NothingForTheIdleTimeIsTooSlow) {
  EXPECT_EQ(deadline(), 30);
  pace.moved(1'000'000, start + seconds(29));
  EXPECT_EQ(deadline(), 59);
}

TEST_F(PaceTest, ASteadySenderTakesTheTimeThatItNeeds) {
  for (int second = 1; second <= 600; ++second) {
    const auto now = start + seconds(second);
    ASSERT_LE(now, pace.deadline(limits));
    pace.moved(1000, now);
  }
  EXPECT_EQ(deadline(), 630);
}

TEST_F(PaceTest, OneThatTricklesDoesNotStay) {
  pace.moved(1, start + seconds(10));
  pace.moved(1, start + seconds(29));
  EXPECT_DOUBLE_EQ(deadline(), 30.002);
}

TEST_F(PaceTest, WithoutAMinimumOnlyTheIdleTimeCounts) {
  limits.body_rate = 0;
  pace.moved(1, start + seconds(29));
  EXPECT_EQ(deadline(), 59);
}

TEST_F(PaceTest, BeginsAnew) {
  pace.moved(100, start + seconds(5));
  pace.begin(start + seconds(7));
  EXPECT_EQ(deadline(), 37);
}

}  // namespace
}  // namespace zest::http
