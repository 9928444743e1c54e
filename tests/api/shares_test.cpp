#include "api/pipeline/shares.h"

#include <gtest/gtest.h>

namespace zest::api {
namespace {

std::size_t taken_by(Shares& shares, const std::string& partner) {
  std::size_t count = 0;
  while (shares.take(partner)) ++count;
  return count;
}

TEST(Shares, OnePartnerGetsHalfAndTheNextHalfOfTheRest) {
  Shares shares(512);
  EXPECT_EQ(taken_by(shares, "a"), 256U);
  EXPECT_EQ(taken_by(shares, "b"), 128U);
  EXPECT_EQ(taken_by(shares, "c"), 64U);
  EXPECT_FALSE(shares.has_room("a"));
  EXPECT_TRUE(shares.has_room("d"));
}

TEST(Shares, WhatIsGivenBackIsThereForAll) {
  Shares shares(2);
  EXPECT_TRUE(shares.take("a"));
  EXPECT_FALSE(shares.take("a"));
  EXPECT_TRUE(shares.take("b"));
  EXPECT_FALSE(shares.take("c"));
  shares.give_back("a");
  EXPECT_EQ(shares.taken(), 1U);
  EXPECT_TRUE(shares.take("c"));
}

}  // namespace
}  // namespace zest::api
