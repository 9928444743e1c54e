#include "http/memory_share.h"

#include <gtest/gtest.h>

namespace zest::http {
namespace {

TEST(MemoryShare, HoldsWhatThereIsAndGivesItBack) {
  const auto pool = std::make_shared<MemoryPool>(100'000);
  MemoryShare one(pool);
  EXPECT_TRUE(one.hold(60'000));
  {
    MemoryShare other(pool);
    EXPECT_FALSE(other.hold(50'000));
    EXPECT_TRUE(other.hold(MemoryShare::kSmall));
    EXPECT_TRUE(other.hold(40'000));
    EXPECT_FALSE(one.hold(60'001));
  }
  EXPECT_TRUE(one.hold(100'000));
  EXPECT_TRUE(one.hold(0));
}

TEST(MemoryShare, OfWhatMustNotBeRefusedTakesTheRoomOfOthers) {
  const auto pool = std::make_shared<MemoryPool>(100'000);
  MemoryShare one(pool);
  one.hold_anyway(150'000);
  MemoryShare other(pool);
  EXPECT_FALSE(other.hold(20'000));
  one.hold_anyway(20'000);
  EXPECT_TRUE(other.hold(80'000));
}

// Of a connection that somebody has to answer after its listener's end.
TEST(MemoryShare, MayBeTheLastToHaveThePool) {
  auto pool = std::make_shared<MemoryPool>(100'000);
  const std::weak_ptr<MemoryPool> watched = pool;
  {
    MemoryShare share(std::move(pool));
    EXPECT_TRUE(share.hold(50'000));
    EXPECT_FALSE(watched.expired());
  }
  EXPECT_TRUE(watched.expired());
}

}  // namespace
}  // namespace zest::http
