#include "certify/receiver_grading.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace zest::certify {
namespace {

TEST(ProbeTemplate, NamesWhatIsAllowed) {
  EXPECT_TRUE(check_probe_template("http://x/{kind}/{subject}?p={personId}").ok());
  for (const char* bad : {"http://x/", "http://x/{", "http://x/}", "http://x/{}", "http://x/{Subject}"}) {
    const Result<void> checked = check_probe_template(bad);
    ASSERT_FALSE(checked.ok()) << bad;
    EXPECT_THAT(checked.error().detail, testing::HasSubstr("{subject}")) << bad;
  }
}

}  // namespace
}  // namespace zest::certify
