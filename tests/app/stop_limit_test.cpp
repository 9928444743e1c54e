// A stop that hangs ends the process all the same.
#include "app/stop_limit.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace zest::app {
namespace {

void hang_while_stopping() {
  Log log(LogFormat::Text, LogLevel::Warning);
  const StopLimit limit(Duration(50), 7, log, [] { return std::string("the database"); });
  for (;;) pause();
}

TEST(StopLimitDeathTest, SaysWhatHangsAndEndsWithTheExitCode) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(hang_while_stopping(), ::testing::ExitedWithCode(7),
              "ending without the database, .* within 50ms");
}

TEST(StopLimit, LetsAStopThatEndsBe) {
  Log log(LogFormat::Text, LogLevel::Off);
  const StopLimit limit(Duration(3'600'000), 7, log, [] { return std::string("nothing"); });
}

}  // namespace
}  // namespace zest::app
