// What may be shown of a URL.
#include "base/url.h"

#include <gtest/gtest.h>

namespace zest {
namespace {

TEST(BareUrl, LeavesOutWhatMayBeSecret) {
  EXPECT_EQ(bare_url("http://user:pa55w@host:9000/hooks?token=x#y"), "http://host:9000/hooks");
  EXPECT_EQ(bare_url("https://a@b:c@host"), "https://host");
  EXPECT_EQ(bare_url("http://host/@name"), "http://host/@name");
  EXPECT_EQ(bare_url("http://host?user@x"), "http://host");
  EXPECT_EQ(bare_url(""), "");
}

}  // namespace
}  // namespace zest
