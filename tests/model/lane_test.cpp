#include "model/lane.h"

#include <gtest/gtest.h>

#include <limits>

namespace zest {
namespace {

const Instant kVirtual = instant_from_ms(1'767'225'600'000);
const Instant kWall = instant_from_ms(5'000'000);

LaneClock clock_of(ClockMode mode, std::int64_t scale) { return LaneClock{mode, scale, kVirtual, kWall}; }

TEST(LaneClock, ManualTimeStandsStill) {
  EXPECT_EQ(clock_of(ClockMode::Manual, 1).now(kWall + Duration(1'000'000)), kVirtual);
}

TEST(LaneClock, ScaledTimeRunsThatManyTimesFaster) {
  EXPECT_EQ(clock_of(ClockMode::Scaled, 1000).now(kWall + Duration(7)), kVirtual + Duration(7'000));
  EXPECT_EQ(clock_of(ClockMode::Real, 1).now(kWall + Duration(7)), kVirtual + Duration(7));
}

TEST(LaneClock, NeverRunsBackwardsWhenTheMachineDoes) {
  EXPECT_EQ(clock_of(ClockMode::Scaled, 1000).now(kWall - Duration(60'000)), kVirtual);
}

TEST(LaneClock, EndsWithTheYear9999WithoutOverflow) {
  const LaneClock late{ClockMode::Scaled, kMaxTimeScale, kLastInstant - Duration(1'000), kWall};
  EXPECT_EQ(late.now(kWall), kLastInstant - Duration(1'000));
  EXPECT_EQ(late.now(kWall + Duration(1)), kLastInstant);
  const LaneClock fast = clock_of(ClockMode::Scaled, kMaxTimeScale);
  EXPECT_EQ(fast.now(kWall + Duration(4'000'000'000'000)), kLastInstant);
  const Instant far = instant_from_ms(std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(fast.now(far), kLastInstant);
  const LaneClock odd{ClockMode::Real, 1, far, instant_from_ms(std::numeric_limits<std::int64_t>::min())};
  EXPECT_EQ(odd.now(far), kLastInstant);
  EXPECT_EQ((LaneClock{ClockMode::Manual, 1, far, kWall}.now(kWall)), kLastInstant);
}

TEST(LaneClock, WallInstantOfAVirtualOneIsNeverEarly) {
  for (const std::int64_t scale : {1, 3, 1000, 1'000'000}) {
    const LaneClock clock = clock_of(ClockMode::Scaled, scale);
    for (const std::int64_t ahead : {1, 29'999, 30'000, 43'200'001}) {
      const Instant due = kVirtual + Duration(ahead);
      const Instant wall = clock.wall_at(due);
      EXPECT_GE(clock.now(wall), due);
      EXPECT_LT(clock.now(wall - Duration(1)), due);
    }
  }
}

}  // namespace
}  // namespace zest
