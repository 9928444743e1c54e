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

sigset_t blocked(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) sigaddset(&set, signal);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  return set;
}

void hang_while_starting() {
  Log log(LogFormat::Text, LogLevel::Warning);
  const StartLimit limit(
      blocked({SIGTERM, SIGINT}), [](int signal) { return 100 + signal; }, log);
  ::kill(::getpid(), SIGINT);
  for (;;) pause();
}

TEST(StartLimitDeathTest, AStartThatHangsIsEndedByASignal) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(hang_while_starting(), ::testing::ExitedWithCode(100 + SIGINT),
              "ending without the start, .* within 5s");
}

void start_and_be_told_meanwhile() {
  Log log(LogFormat::Text, LogLevel::Warning);
  const sigset_t signals = blocked({SIGTERM, SIGINT});
  const timespec at_once{};
  for (int i = 0; i < 1000; ++i) {
    const int told = i % 2 == 0 ? SIGINT : SIGTERM;
    {
      const StartLimit limit(
          signals, [](int) { return 1; }, log);
      ::kill(::getpid(), told);
    }
    if (sigtimedwait(&signals, nullptr, &at_once) != told) _exit(1);
  }
  _exit(SIGINT);
}

TEST(StartLimitDeathTest, ASignalThatCameMeanwhileIsThereForWhoWaitsNext) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(start_and_be_told_meanwhile(), ::testing::ExitedWithCode(SIGINT), "");
}

TEST(StartLimit, LeavesNoSignalBehind) {
  Log log(LogFormat::Text, LogLevel::Off);
  const sigset_t signals = blocked({SIGTERM, SIGINT});
  for (int i = 0; i < 100; ++i) {
    const StartLimit limit(
        signals, [](int) { return 1; }, log);
  }
  sigset_t pending;
  sigpending(&pending);
  EXPECT_EQ(sigismember(&pending, SIGTERM), 0);
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

}  // namespace
}  // namespace zest::app
