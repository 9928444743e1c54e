// The automatic modes and what survives a restart.
#include <atomic>
#include <filesystem>
#include <thread>

#include "base/crypto.h"
#include "engine/engine_fixture.h"

namespace zest::engine {
namespace {

class AutomaticTest : public EngineTest {
 protected:
  void use_file() {
    folder_ = std::filesystem::temp_directory_path() / ("zest-engine-" + to_hex(random_bytes(8)));
    std::filesystem::create_directories(folder_);
    database_ = folder_ / "sandbox.db";
  }
  void TearDown() override {
    EngineTest::TearDown();
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }
  std::filesystem::path folder_;
  const SystemWallClock system_;
};

TEST_F(AutomaticTest, HangingReceiversNeverHoldUpAHealthyPartner) {
  options_.total_capacity = 16;
  start(
      [](const http::Call& call) -> std::optional<http::Outcome> {
        if (call.url.find("hanging") != std::string::npos) return std::nullopt;
        return answer(200);
      },
      ClockMode::Real);
  for (int i = 0; i < 20; ++i) {
    add_partner("hanging_" + std::to_string(i));
    emit("hanging_" + std::to_string(i), 8);
  }
  add_partner("healthy");
  const std::string id = emit("healthy").front();
  WaitRequest delivered;
  delivered.until = WaitRequest::DeliveryIn{id, DeliveryStatus::Delivered};
  delivered.timeout = Duration(60'000);
  const auto report = engine_->wait(delivered);
  ASSERT_TRUE(report.ok());
  EXPECT_TRUE(report->reached);
}

TEST_F(AutomaticTest, LaneKeepsAtMostItsCapacityInFlight) {
  options_.lane_capacity = 3;
  start([](const http::Call&) -> std::optional<http::Outcome> { return std::nullopt; }, ClockMode::Real);
  add_partner("client_a");
  emit("client_a", 10);
  ASSERT_TRUE(sender_->await_open(3));
  EXPECT_EQ(engine_->lanes("client_a")->front().in_flight, 3U);
}

TEST_F(AutomaticTest, RestartReturnsWhatWasInFlightToDueAndKeepsTheClock) {
  use_file();
  start([](const http::Call&) -> std::optional<http::Outcome> { return std::nullopt; });
  add_partner("client_a");
  ASSERT_TRUE(advance_by(Duration(5'000)).ok());
  const std::string id = emit("client_a").front();
  WaitRequest in_flight;
  in_flight.until = WaitRequest::DeliveryIn{id, DeliveryStatus::InFlight};
  in_flight.timeout = Duration(60'000);
  ASSERT_TRUE(engine_->wait(in_flight)->reached);
  stop();
  start([](const http::Call&) { return answer(200); });
  ASSERT_TRUE(wait_idle());
  EXPECT_EQ(delivery(id).status, DeliveryStatus::Delivered);
  EXPECT_EQ(attempts(id).size(), 1U);
  EXPECT_EQ(*engine_->now("client_a"), kStart + Duration(5'000));
}

TEST_F(AutomaticTest, ClockGoesOnWhenTheMachineWasSetBackBetweenTwoLives) {
  use_file();
  start([](const http::Call&) { return answer(200); }, ClockMode::Scaled, 1000);
  add_partner("client_a");
  clock_.move(Duration(10));
  emit("client_a");
  ASSERT_TRUE(wait_idle());
  const Instant before = *engine_->now("client_a");
  stop();
  clock_.move(Duration(-3'600'000));
  start([](const http::Call&) { return answer(200); }, ClockMode::Scaled, 1000);
  EXPECT_EQ(*engine_->now("client_a"), before);
  clock_.move(Duration(1));
  EXPECT_EQ(*engine_->now("client_a"), before + Duration(1'000));
}

// Nothing was stamped with the time that passed, but whoever looked has seen it.
TEST_F(AutomaticTest, IdleClockGoesOnWhenTheMachineWasSetBackBetweenTwoLives) {
  use_file();
  start([](const http::Call&) { return answer(200); }, ClockMode::Scaled, 3600);
  add_partner("client_a");
  clock_.move(Duration(4'000));
  const Instant before = *engine_->now("client_a");
  EXPECT_EQ(before, kStart + Duration(4'000 * 3'600));
  stop();
  clock_.move(Duration(-86'400'000));
  start([](const http::Call&) { return answer(200); }, ClockMode::Scaled, 3600);
  EXPECT_EQ(*engine_->now("client_a"), before);
}

// A change is committed a moment after it has read the time, and a fast clock goes far in a moment.
TEST_F(AutomaticTest, WhoWatchesChangesOfModeNeverSeesTheClockGoBack) {
  machine_ = &system_;
  start([](const http::Call&) { return answer(200); }, ClockMode::Scaled, 100'000);
  add_partner("client_a");
  std::atomic<bool> over = false;
  std::thread setter([this, &over] {
    for (int i = 0; i < 300; ++i) {
      ClockChange change;
      change.mode = i % 2 == 0 ? ClockMode::Manual : ClockMode::Scaled;
      EXPECT_TRUE(engine_->set_clock("client_a", change).ok());
    }
    over = true;
  });
  Instant latest = kStart;
  while (!over) {
    const Instant seen = engine_->lanes("client_a")->front().now;
    EXPECT_GE(seen, latest);
    latest = seen;
    const Instant again = *engine_->now("client_a");
    EXPECT_GE(again, latest);
    latest = again;
  }
  setter.join();
}

TEST_F(AutomaticTest, ClockNeverRunsBackwardsThroughModeChanges) {
  start([](const http::Call&) { return answer(200); }, ClockMode::Scaled, 1000);
  add_partner("client_a");
  clock_.move(Duration(10));
  const Instant before = *engine_->now("client_a");
  EXPECT_EQ(before, kStart + Duration(10'000));
  ClockChange to_manual;
  to_manual.mode = ClockMode::Manual;
  ASSERT_TRUE(engine_->set_clock("client_a", to_manual).ok());
  clock_.move(Duration(1'000));
  EXPECT_EQ(*engine_->now("client_a"), before);
  ClockChange back;
  back.time = before - Duration(1);
  const auto refused = engine_->set_clock("client_a", back);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::InvalidRequest);
  ClockChange too_fast;
  too_fast.mode = ClockMode::Scaled;
  too_fast.scale = 1'000'001;
  EXPECT_FALSE(engine_->set_clock("client_a", too_fast).ok());
}

// The clock goes on while a turn looks at a lane: what became due meanwhile is neither done by this turn nor
// forgotten.
TEST_F(AutomaticTest, WorkThatBecomesDueDuringATurnIsDone) {
  start([](const http::Call&) { return answer(500); }, ClockMode::Scaled, 1000);
  add_partner("client_a");
  const std::string id = emit("client_a").front();
  ASSERT_TRUE(wait_idle());
  ASSERT_EQ(offsets(id).size(), 1U);
  clock_.move(Duration(29));  // the second attempt is due in another millisecond
  std::thread::id writer;
  ASSERT_TRUE(store_
                  ->write([&](store::Write& tx) -> Result<Done> {
                    tx.after_commit([&writer] { writer = std::this_thread::get_id(); });
                    return Done{};
                  })
                  .ok());
  clock_.move_after_next_look(writer, Duration(1));
  engine_->wake("client_a");
  while (sender_->calls().size() < 2 && engine_->now("client_a").ok()) std::this_thread::yield();
  ASSERT_TRUE(wait_idle());
  EXPECT_EQ(offsets(id), (std::vector<std::int64_t>{0, 30'000}));
}

TEST_F(AutomaticTest, TimersFireInALaneThatIsFullOfHangingExchanges) {
  machine_ = &system_;
  options_.lane_capacity = 1;
  start([](const http::Call&) -> std::optional<http::Outcome> { return std::nullopt; }, ClockMode::Scaled,
        1000);
  add_partner("client_a");
  const std::vector<std::string> ids = emit("client_a", 2);
  WaitRequest first;
  first.until = WaitRequest::DeliveryIn{ids[0], DeliveryStatus::InFlight};
  first.timeout = Duration(60'000);
  ASSERT_TRUE(engine_->wait(first)->reached);
  const Instant due = *engine_->now("client_a") + Duration(60'000);
  ASSERT_TRUE(store_
                  ->write([&](store::Write& tx) -> Result<Done> {
                    Timer timer;
                    timer.client_id = "client_a";
                    timer.kind = TimerKind::Reconcile;
                    timer.due_at = due;
                    tx.add_timer(timer);
                    return Done{};
                  })
                  .ok());
  engine_->wake("client_a");
  const auto waiting = [this] {
    return store_->read([](store::Read& tx) { return tx.next_due("client_a", false).has_value(); });
  };
  while (*waiting()) std::this_thread::yield();
  EXPECT_GE(*engine_->now("client_a"), due);
}

// Late is what the machine makes of it (bench_lateness says how much); early is never.
TEST_F(AutomaticTest, NoAttemptIsEverEarlyOnTheMachinesOwnClock) {
  machine_ = &system_;
  for (const std::int64_t scale : {200'000, 1'000'000}) {
    start([](const http::Call&) { return answer(500); }, ClockMode::Scaled, scale);
    std::vector<std::string> ids;
    for (int i = 0; i < 4; ++i) {
      const std::string client_id = "client_" + std::to_string(scale) + "_" + std::to_string(i);
      add_partner(client_id);
      for (std::string& id : emit(client_id, 25)) ids.push_back(std::move(id));
    }
    for (const std::string& id : ids) {
      WaitRequest dead;
      dead.until = WaitRequest::DeliveryIn{id, DeliveryStatus::Dead};
      dead.timeout = Duration(60'000);
      ASSERT_TRUE(engine_->wait(dead)->reached);
      const std::vector<std::int64_t> made = offsets(id);
      ASSERT_EQ(made.size(), kLadder.size());
      EXPECT_EQ(made.front(), 0);
      for (std::size_t i = 1; i < made.size(); ++i) {
        EXPECT_GE(made[i] - made[i - 1], kLadder[i] - kLadder[i - 1]) << id << ", attempt " << i + 1;
      }
    }
    stop();
  }
}

TEST_F(AutomaticTest, TheLogNamesTheFailureOfAnAttemptThatHadAStatusAlready) {
  Log loud(LogFormat::Text, LogLevel::Info);
  engine_log_ = &loud;
  ::testing::internal::CaptureStderr();
  start([](const http::Call& call) -> std::optional<http::Outcome> {
    http::Outcome outcome = answer(call.url.find("trickling") != std::string::npos ? 200 : 500);
    if (outcome.status == 200) outcome.failure = http::Failure::Timeout;
    return outcome;
  });
  for (const char* id : {"trickling", "broken"}) {
    add_partner(id);
    emit(id);
  }
  EXPECT_TRUE(wait_idle());
  stop();
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("<-- 200 timeout POST http://127.0.0.1:1/trickling "), std::string::npos) << log;
  EXPECT_NE(log.find("<-- 500 POST http://127.0.0.1:1/broken "), std::string::npos) << log;
}

TEST_F(AutomaticTest, AWaitEndsWhenItIsGivenUpOrItsLaneIsQuiesced) {
  start([](const http::Call&) -> std::optional<http::Outcome> { return answer(200); });
  add_partner("client_a");
  add_partner("client_b");
  WaitRequest dead;
  dead.until = WaitRequest::DeliveryIn{emit("client_a").front(), DeliveryStatus::Dead};
  dead.timeout = Duration(3'600'000);
  dead.given_up = [] { return true; };
  const auto given_up = engine_->wait(dead);
  ASSERT_TRUE(given_up.ok());
  EXPECT_FALSE(given_up->reached);
  EXPECT_TRUE(given_up->given_up);

  // Which lane it is, is known from the delivery.
  std::atomic<bool> waits{false};
  std::atomic<bool> over{false};
  dead.given_up = [&waits] {
    waits = true;
    return false;
  };
  std::thread waiting([&] {
    const auto interrupted = engine_->wait(dead);
    ASSERT_FALSE(interrupted.ok());
    EXPECT_EQ(interrupted.error().kind, ErrorKind::Conflict);
    over = true;
  });
  while (!waits) std::this_thread::yield();
  const auto nothing = []() -> Result<void> { return {}; };
  EXPECT_TRUE(engine_->quiesce("client_b", nothing).ok());
  EXPECT_FALSE(over);
  EXPECT_TRUE(engine_->quiesce("client_a", nothing).ok());
  waiting.join();
}

}  // namespace
}  // namespace zest::engine
