#include "base/compression.h"

#include <gtest/gtest.h>

namespace zest {
namespace {

using namespace std::string_literals;

constexpr std::size_t kMost = 64;

// "hello" as zlib.compress and gzip.compress(mtime=0) of Python write it.
const std::string kZlib = "\x78\x9c\xcb\x48\xcd\xc9\xc9\x07\x00\x06\x2c\x02\x15"s;
const std::string kGzip =
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\x48\xcd\xc9\xc9\x07\x00\x86\xa6\x10\x36\x05\x00\x00\x00"s;
// A thousand times 'a', by zlib.
const std::string kMany = "\x78\x9c\x4b\x4c\x1c\x05\xa3\x60\x14\x0c\x77\x00\x00\xf9\xd8\x7a\xf8"s;

TEST(Inflate, TakesBothFormsApart) {
  EXPECT_EQ(decompress(kZlib, kMost), "hello");
  EXPECT_EQ(decompress(kGzip, kMost), "hello");
  EXPECT_EQ(decompress(kMany, 1000), std::string(1000, 'a'));
}

TEST(Inflate, WhatIsBrokenShortOrPlainIsNothing) {
  for (const std::string& bytes : {kZlib, kGzip}) {
    for (std::size_t length = 0; length < bytes.size(); ++length)
      EXPECT_EQ(decompress(bytes.substr(0, length), kMost), std::nullopt) << length;
  }
  std::string spoilt = kZlib;
  spoilt[4] = static_cast<char>(~spoilt[4]);
  EXPECT_EQ(decompress(spoilt, kMost), std::nullopt);
  EXPECT_EQ(decompress(R"({"eventId":"evt_1"})", kMost), std::nullopt);
}

TEST(Compress, BytesComeBackAsTheyWere) {
  for (const std::string& bytes : {""s, "x"s, std::string(5000, '\0'), "a\0\xff"s + std::string(70'000, 'b')})
    EXPECT_EQ(decompress(compress(bytes), 100'000), bytes);
  EXPECT_LT(compress(std::string(1'000'000, '\0')).size(), 2000U);
}

TEST(Inflate, HoldsNoMoreThanItMay) {
  EXPECT_EQ(decompress(kMany, 999), std::nullopt);
  EXPECT_EQ(decompress(kZlib, 4), std::nullopt);
}

}  // namespace
}  // namespace zest
