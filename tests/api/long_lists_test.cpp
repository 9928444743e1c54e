#include "api/pipeline/long_lists.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace zest::api {
namespace {

TEST(LongLists, BuildsAFewAtATimeAndRefusesBeyondItsQueue) {
  std::promise<void> released;
  const std::shared_future<void> release = released.get_future().share();
  std::atomic<std::size_t> running{0};
  std::atomic<std::size_t> done{0};
  std::promise<void> full;
  {
    LongLists lists;
    const auto task = [&] {
      if (++running == LongLists::kThreads) full.set_value();
      release.wait();
      ++done;
    };
    for (std::size_t i = 0; i < LongLists::kThreads; ++i) ASSERT_TRUE(lists.run(task));
    full.get_future().wait();
    for (std::size_t i = 0; i < LongLists::kQueue; ++i) ASSERT_TRUE(lists.run([&done] { ++done; }));
    EXPECT_FALSE(lists.run([&done] { ++done; }));
    EXPECT_EQ(running, LongLists::kThreads);
    EXPECT_EQ(done, 0U);
    released.set_value();
  }
  EXPECT_EQ(done, LongLists::kThreads + LongLists::kQueue);
}

}  // namespace
}  // namespace zest::api
