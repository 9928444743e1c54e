#include "api/pipeline/waiting.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <thread>

namespace zest::api {
namespace {

TEST(WaitingPool, RunsEveryTaskItTookEvenWhileItEnds) {
  std::atomic<int> ran{0};
  {
    WaitingPool pool(4);
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(pool.run(WaitingPool::Task::Works, "", [&ran] { ++ran; }));
  }
  EXPECT_EQ(ran, 4);
}

TEST(WaitingPool, RefusesMoreThanItsCapacity) {
  std::promise<void> gate;
  const std::shared_future<void> opened = gate.get_future().share();
  std::atomic<int> ran{0};
  {
    WaitingPool pool(2);
    const auto wait = [opened, &ran] {
      opened.wait();
      ++ran;
    };
    EXPECT_TRUE(pool.run(WaitingPool::Task::Works, "", wait));
    EXPECT_TRUE(pool.run(WaitingPool::Task::Works, "", wait));
    EXPECT_FALSE(pool.run(WaitingPool::Task::Works, "", wait));
    gate.set_value();
  }
  EXPECT_EQ(ran, 2);
}

// Hundreds of waits at once are no reason to have hundreds of threads for ever.
TEST(WaitingPool, ThreadsThatHaveNothingToDoEnd) {
  using Task = WaitingPool::Task;
  WaitingPool pool(100, 0, 0, std::chrono::milliseconds(1));
  for (int round = 0; round < 3; ++round) {
    std::promise<void> gate;
    const std::shared_future<void> opened = gate.get_future().share();
    for (int i = 0; i < 50; ++i) {
      ASSERT_TRUE(pool.run(Task::Works, "", [opened] { opened.wait(); }));
    }
    EXPECT_GE(pool.threads(), 50U);
    gate.set_value();
    while (pool.threads() > 0) std::this_thread::yield();
  }
}

TEST(WaitingPool, TasksThatWaitForOthersLeaveRoomForThem) {
  std::promise<void> gate;
  const std::shared_future<void> opened = gate.get_future().share();
  const auto wait = [opened] { opened.wait(); };
  using Task = WaitingPool::Task;
  WaitingPool pool(4, 1);
  for (const char* partner : {"a", "b", "c"}) EXPECT_TRUE(pool.run(Task::WaitsForOthers, partner, wait));
  EXPECT_FALSE(pool.run(Task::WaitsForOthers, "d", wait));
  EXPECT_TRUE(pool.run(Task::Works, "", [&gate] { gate.set_value(); }));
}

TEST(WaitingPool, OnePartnerNeverTakesAllThatWaitsMayTake) {
  std::promise<void> gate;
  const std::shared_future<void> opened = gate.get_future().share();
  const auto wait = [opened] { opened.wait(); };
  using Task = WaitingPool::Task;
  WaitingPool pool(5, 1);
  EXPECT_TRUE(pool.run(Task::WaitsForOthers, "a", wait));
  EXPECT_TRUE(pool.run(Task::WaitsForOthers, "a", wait));
  EXPECT_FALSE(pool.run(Task::WaitsForOthers, "a", wait));
  EXPECT_TRUE(pool.run(Task::WaitsForOthers, "b", wait));
  gate.set_value();
}

TEST(WaitingPool, AdvancesLeaveRoomForWhatEndsThem) {
  std::promise<void> gate;
  const std::shared_future<void> opened = gate.get_future().share();
  const auto wait = [opened] { opened.wait(); };
  using Task = WaitingPool::Task;
  WaitingPool pool(4, 2, 1);
  for (const char* partner : {"a", "b"}) EXPECT_TRUE(pool.run(Task::WaitsForOthers, partner, wait));
  EXPECT_FALSE(pool.run(Task::WaitsForOthers, "c", wait));
  EXPECT_TRUE(pool.run(Task::Advances, "", wait));
  EXPECT_FALSE(pool.run(Task::Advances, "", wait));
  EXPECT_TRUE(pool.run(Task::Works, "", [&gate] { gate.set_value(); }));
}

TEST(WaitingPool, TasksRunAtTheSameTime) {
  std::promise<void> first;
  std::promise<void> second;
  WaitingPool pool(2);
  // Each ends only when the other has begun.
  ASSERT_TRUE(pool.run(WaitingPool::Task::Works, "", [&] {
    first.set_value();
    second.get_future().wait();
  }));
  first.get_future().wait();
  ASSERT_TRUE(pool.run(WaitingPool::Task::Works, "", [&] { second.set_value(); }));
}

}  // namespace
}  // namespace zest::api
