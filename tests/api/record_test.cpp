#include "api/pipeline/record.h"

#include <gtest/gtest.h>

namespace zest::api {
namespace {

std::string redacted(std::string path, std::string query = "") {
  http::RequestHead head;
  head.path = std::move(path);
  head.query = std::move(query);
  return redacted_target(head);
}

TEST(RedactedTarget, KeepsOrdinaryTargets) {
  EXPECT_EQ(redacted("/v1/spv-requests", "page=2&status=approved"),
            "/v1/spv-requests?page=2&status=approved");
}

TEST(RedactedTarget, HidesTokensOfFiles) {
  EXPECT_EQ(redacted("/files/eyJ.abc"), "/files/[redacted]");
  EXPECT_EQ(redacted("/files/eyJ/abc"), "/files/[redacted]");
}

TEST(RedactedTarget, HidesSecretsInQueries) {
  EXPECT_EQ(redacted("/v1/x", "a=1&Access_Token=s3cret&b"), "/v1/x?a=1&Access_Token=[redacted]&b");
}

TEST(RedactedTarget, HoldsNothingThatBreaksALine) { EXPECT_EQ(redacted("/a\nb\x1b\xc3"), "/a?b??"); }

}  // namespace
}  // namespace zest::api
