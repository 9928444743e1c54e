// Virtual clocks against a machine that sleeps or is set.
#include "engine/engine_fixture.h"

namespace zest::engine {
namespace {

constexpr Duration kNight{8 * 3'600'000};

class ClockTest : public EngineTest {};

TEST_F(ClockTest, RealModeFollowsTheWallClockAheadAndDoesWhatBecameDue) {
  start([](const http::Call&) { return answer(500); }, ClockMode::Real);
  add_partner("client_a");
  const std::string id = emit("client_a").front();
  ASSERT_TRUE(sender_->await_calls(1));
  ASSERT_TRUE(wait_idle());
  clock_.wall_jumps_ahead(kNight);
  EXPECT_EQ(*engine_->now("client_a"), kStart + kNight);
  ASSERT_TRUE(sender_->await_calls(2));  // nobody woke the lane
  ASSERT_TRUE(wait_idle());
  EXPECT_EQ(offsets(id), (std::vector<std::int64_t>{0, kNight.count()}));
}

TEST_F(ClockTest, ScaledAndManualModesDoNot) {
  for (const ClockMode mode : {ClockMode::Scaled, ClockMode::Manual}) {
    start([](const http::Call&) { return answer(200); }, mode, 1000);
    add_partner("client_a");
    clock_.wall_jumps_ahead(kNight);
    EXPECT_EQ(*engine_->now("client_a"), kStart);
    stop();
  }
}

TEST_F(ClockTest, AChangeOfModeKeepsTheTimeWhateverTheMachineDidBefore) {
  start([](const http::Call&) { return answer(200); }, ClockMode::Scaled, 1000);
  add_partner("client_a");
  clock_.wall_jumps_ahead(kNight);
  ClockChange change;
  for (const ClockMode mode : {ClockMode::Real, ClockMode::Manual, ClockMode::Real, ClockMode::Scaled}) {
    change.mode = mode;
    ASSERT_TRUE(engine_->set_clock("client_a", change).ok());
    EXPECT_EQ(*engine_->now("client_a"), kStart);
  }
}

TEST_F(ClockTest, AManualClockHasNoScale) {
  start([](const http::Call&) { return answer(200); }, ClockMode::Scaled, 1000);
  add_partner("client_a");
  ClockChange change;
  change.mode = ClockMode::Manual;
  const auto lanes = engine_->set_clock("client_a", change);
  ASSERT_TRUE(lanes.ok());
  EXPECT_EQ(lanes->front().clock.scale, 1);
}

TEST_F(ClockTest, AScaledClockStopsAtTheEndOfTime) {
  start([](const http::Call&) { return answer(500); }, ClockMode::Scaled, kMaxTimeScale);
  add_partner("client_a");
  ClockChange change;
  change.time = kLastInstant - Duration(20'000);
  ASSERT_TRUE(engine_->set_clock("client_a", change).ok());
  const std::string id = emit("client_a").front();
  ASSERT_TRUE(sender_->await_calls(1));
  clock_.move(kNight);  // a thousand years
  engine_->wake("client_a");
  ASSERT_TRUE(wait_idle());
  EXPECT_EQ(*engine_->now("client_a"), kLastInstant);
  EXPECT_EQ(offsets(id), (std::vector<std::int64_t>{0}));  // the second never comes
  EXPECT_EQ(emit("client_a").size(), 1U);
  ASSERT_TRUE(sender_->await_calls(2));  // what is due now is sent all the same
}

}  // namespace
}  // namespace zest::engine
