#include "api/pipeline/delays.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace zest::api {
namespace {

constexpr Duration kForEver{3'600'000};

// Records in which order, and how, calls are gone on with.
class DelaysTest : public ::testing::Test {
 protected:
  struct Ended {
    std::string name;
    Delays::End end;
    friend bool operator==(const Ended& a, const Ended& b) = default;
  };

  bool hold(Duration delay, const std::string& partner, const std::string& name, bool gone = false) {
    return delays_.hold(delay, {partner, [gone] { return gone; },
                                [this, name](Delays::End end) {
                                  const MutexLock lock(mutex_);
                                  ended_.push_back({name, end});
                                  changed_.notify_all();
                                }});
  }
  std::vector<Ended> ended(std::size_t count) {
    const MutexLock lock(mutex_);
    while (ended_.size() < count) changed_.wait(mutex_);
    return ended_;
  }

  Mutex mutex_;
  CondVar changed_;
  std::vector<Ended> ended_ GUARDED_BY(mutex_);
  Delays delays_{4};
};

TEST_F(DelaysTest, GoOnWhenTheirTimeHasComeNotBefore) {
  const auto start = std::chrono::steady_clock::now();
  ASSERT_TRUE(hold(kForEver, "a", "late"));
  ASSERT_TRUE(hold(Duration(20), "a", "early"));
  EXPECT_EQ(ended(1), (std::vector<Ended>{{"early", Delays::End::Due}}));
  EXPECT_GE(std::chrono::steady_clock::now() - start, Duration(20));
}

TEST_F(DelaysTest, APartnerHasAShare) {
  EXPECT_TRUE(hold(kForEver, "a", "1"));
  EXPECT_TRUE(hold(kForEver, "a", "2"));
  EXPECT_FALSE(hold(kForEver, "a", "3"));
  EXPECT_TRUE(hold(kForEver, "b", "4"));
}

TEST_F(DelaysTest, WhoHungUpMakesRoomWhenItIsNeeded) {
  ASSERT_TRUE(hold(kForEver, "a", "gone", true));
  ASSERT_TRUE(hold(kForEver, "a", "there"));
  ASSERT_TRUE(hold(kForEver, "a", "next"));
  EXPECT_EQ(ended(1), (std::vector<Ended>{{"gone", Delays::End::Due}}));
  EXPECT_FALSE(hold(kForEver, "a", "one too many"));
}

TEST_F(DelaysTest, AStopEndsThemAll) {
  ASSERT_TRUE(hold(kForEver, "a", "1"));
  ASSERT_TRUE(hold(kForEver, "b", "2"));
  delays_.stop();
  EXPECT_EQ(ended(2), (std::vector<Ended>{{"1", Delays::End::Stopped}, {"2", Delays::End::Stopped}}));
  EXPECT_FALSE(hold(Duration(0), "a", "3"));
  delays_.stop();
}

// Each goes on only when the other does, too: neither holds up the queue.
TEST_F(DelaysTest, OneThatTakesLongHoldsUpNoOther) {
  std::promise<void> first;
  std::promise<void> second;
  const auto never = [] { return false; };
  ASSERT_TRUE(delays_.hold(Duration(1), {"a", never, [&](Delays::End) {
                                           first.set_value();
                                           second.get_future().wait();
                                         }}));
  first.get_future().wait();
  ASSERT_TRUE(delays_.hold(Duration(1), {"a", never, [&](Delays::End) { second.set_value(); }}));
  delays_.stop();
}

}  // namespace
}  // namespace zest::api
