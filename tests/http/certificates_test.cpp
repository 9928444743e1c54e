#include "http/certificates.h"

#include <gtest/gtest.h>

#include "support/paths.h"

namespace zest::http {
namespace {

TEST(Certificates, TheFirstBundleThatCanBeReadIsTheSystems) {
  const char* const paths[] = {"/nowhere/bundle.pem", test::binary().c_str(), "/etc/passwd"};
  EXPECT_EQ(first_readable(paths), test::binary());
  const char* const none[] = {"/nowhere/bundle.pem"};
  EXPECT_EQ(first_readable(none), "");
}

}  // namespace
}  // namespace zest::http
