#include "http/certificates.h"

#include <gtest/gtest.h>

namespace zest::http {
namespace {

TEST(Certificates, TheFirstBundleThatCanBeReadIsTheSystems) {
  const char* const paths[] = {"/nowhere/bundle.pem", ZEST_BINARY, "/etc/passwd"};
  EXPECT_EQ(first_readable(paths), ZEST_BINARY);
  const char* const none[] = {"/nowhere/bundle.pem"};
  EXPECT_EQ(first_readable(none), "");
}

}  // namespace
}  // namespace zest::http
