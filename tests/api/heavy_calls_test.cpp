#include "api/pipeline/heavy_calls.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace zest::api {
namespace {

TEST(HeavyCalls, BuildsAFewAtATimeAndRefusesBeyondItsQueue) {
  std::promise<void> released;
  const std::shared_future<void> release = released.get_future().share();
  std::atomic<std::size_t> running{0};
  std::atomic<std::size_t> done{0};
  std::promise<void> full;
  {
    HeavyCalls calls;
    const auto task = [&] {
      if (++running == HeavyCalls::kThreads) full.set_value();
      release.wait();
      ++done;
    };
    for (std::size_t i = 0; i < HeavyCalls::kThreads; ++i) ASSERT_TRUE(calls.run(task));
    full.get_future().wait();
    for (std::size_t i = 0; i < HeavyCalls::kQueue; ++i) ASSERT_TRUE(calls.run([&done] { ++done; }));
    EXPECT_FALSE(calls.run([&done] { ++done; }));
    EXPECT_EQ(running, HeavyCalls::kThreads);
    EXPECT_EQ(done, 0U);
    released.set_value();
  }
  EXPECT_EQ(done, HeavyCalls::kThreads + HeavyCalls::kQueue);
}

}  // namespace
}  // namespace zest::api
