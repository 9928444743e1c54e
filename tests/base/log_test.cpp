#include "base/log.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <thread>

#include "base/json.h"
#include "base/time.h"

namespace zest {
namespace {

using ::testing::HasSubstr;

// What `write` puts on stderr, line by line.
template <class Write>
std::vector<std::string> lines_of(LogFormat format, LogLevel level, Write write) {
  ::testing::internal::CaptureStderr();
  {
    Log log(format, level);
    write(log);
  }
  std::istringstream stream(::testing::internal::GetCapturedStderr());
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// One line of text without its time, which is checked for its form.
std::string text_of(std::string_view message) {
  const auto lines = lines_of(LogFormat::Text, LogLevel::Debug, [&](Log& log) { log.info(message); });
  EXPECT_EQ(lines.size(), 1U);
  if (lines.size() != 1 || lines[0].size() < 25) return "";
  EXPECT_TRUE(parse_instant(lines[0].substr(0, 24)).ok()) << lines[0];
  return lines[0].substr(24);
}

// Standard error is a pipe until the end of its life, which nobody reads but the test.
class StandardErrorAsPipe {
 public:
  StandardErrorAsPipe() : before_(::dup(STDERR_FILENO)) {
    int ends[2] = {-1, -1};
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    reading_ = ends[0];
    ::dup2(ends[1], STDERR_FILENO);
    ::close(ends[1]);
  }
  ~StandardErrorAsPipe() {
    ::dup2(before_, STDERR_FILENO);
    ::close(before_);
    ::close(reading_);
  }
  StandardErrorAsPipe(const StandardErrorAsPipe&) = delete;
  StandardErrorAsPipe& operator=(const StandardErrorAsPipe&) = delete;

  // All that is in it.
  std::string take() {
    ::fcntl(reading_, F_SETFL, O_NONBLOCK);
    std::string text;
    char piece[4096];
    for (ssize_t got = 0; (got = ::read(reading_, piece, sizeof piece)) > 0;) {
      text.append(piece, static_cast<std::size_t>(got));
    }
    return text;
  }

 private:
  int before_;
  int reading_ = -1;
};

// More lines than any pipe holds by default (64 KiB).
constexpr int kManyLines = 2'000;
const std::string kLongMessage(100, 'x');

TEST(LogOutput, LosesWhatNobodyReadsAndSaysSoOnceThereIsRoom) {
  StandardErrorAsPipe pipe;
  Log log(LogFormat::Text, LogLevel::Info);
  for (int i = 0; i < kManyLines; ++i) log.info(kLongMessage);
  const std::string before = pipe.take();
  log.info("there is room again");
  log.info("and nothing more to say of it");
  const std::string after = pipe.take();
  const auto written = std::count(before.begin(), before.end(), '\n');
  EXPECT_LT(written, kManyLines);
  EXPECT_THAT(after, HasSubstr(std::to_string(kManyLines - written) + " lines of the log were lost"));
  EXPECT_EQ(std::count(after.begin(), after.end(), '\n') - (before.back() == '\n' ? 0 : 1), 3);
}

TEST(LogOutput, ALossIsALineOfJsonWhereLinesAre) {
  StandardErrorAsPipe pipe;
  Log log(LogFormat::JsonLines, LogLevel::Info);
  for (int i = 0; i < kManyLines; ++i) log.info(kLongMessage);
  pipe.take();
  log.info("there is room again");
  std::istringstream after(pipe.take());
  std::string line;
  while (std::getline(after, line) && line.find("lostLines") == std::string::npos) {
  }
  const Result<Json> loss = parse_json(line);
  ASSERT_TRUE(loss.ok()) << line;
  EXPECT_GT((*loss)["lostLines"].get<int>(), 0);
}

// A line that did not fit to its end does not run into the next one.
TEST(LogOutput, EndsALineThatWasCut) {
  StandardErrorAsPipe pipe;
  Log log(LogFormat::Text, LogLevel::Info);
  log.info(std::string(1024 * 1024, 'y'));
  const std::string before = pipe.take();
  EXPECT_EQ(before.find('\n'), std::string::npos);
  log.info("next");
  const std::string after = pipe.take();
  EXPECT_EQ(after.front(), '\n');
  EXPECT_THAT(after, HasSubstr("1 line of the log was lost"));
  EXPECT_THAT(after, HasSubstr("next\n"));
}

TEST(LogLevel, HasFiveNames) {
  const std::pair<const char*, LogLevel> cases[] = {{"debug", LogLevel::Debug},
                                                    {"info", LogLevel::Info},
                                                    {"warning", LogLevel::Warning},
                                                    {"error", LogLevel::Error},
                                                    {"off", LogLevel::Off}};
  for (const auto& [name, level] : cases) {
    const Result<LogLevel> parsed = parse_log_level(name);
    ASSERT_TRUE(parsed.ok()) << name;
    EXPECT_EQ(*parsed, level);
  }
  for (const char* name : {"", "INFO", "warn", "trace", "info "}) {
    const Result<LogLevel> parsed = parse_log_level(name);
    ASSERT_FALSE(parsed.ok()) << name;
    EXPECT_THAT(parsed.error().detail, HasSubstr("debug, info, warning, error, off"));
  }
}

TEST(Log, TextIsTimeLevelMessage) {
  EXPECT_EQ(text_of("--> spv_request.created"), " info  --> spv_request.created");
  const auto lines = lines_of(LogFormat::Text, LogLevel::Debug, [](Log& log) {
    log.debug("a");
    log.warning("b", {{"field", "not shown"}});
    log.error("c");
  });
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0].substr(24), " debug a");
  EXPECT_EQ(lines[1].substr(24), " warn  b");
  EXPECT_EQ(lines[2].substr(24), " error c");
}

TEST(Log, TextStaysOneLine) {
  EXPECT_EQ(text_of("a\nb\r\tc"), " info  a\\nb\\r\\tc");
  EXPECT_EQ(text_of(std::string_view("\x1b[31m\0\x7f", 7)), " info  \\x1b[31m\\x00\\x7f");
  EXPECT_EQ(text_of("\u0085|\u2028|\u2029"), " info  \\xc2\\x85|\\xe2\\x80\\xa8|\\xe2\\x80\\xa9");
  EXPECT_EQ(text_of("a\u202Eb\u061C"),
            " info  a\\xe2\\x80\\xaeb\\xd8\\x9c");  // it would show in another order
  EXPECT_EQ(text_of("bad \xFF\xC3"), " info  bad \\xff\\xc3");
  EXPECT_EQ(text_of("caf\u00e9 \u4e2d {} {0} %v"), " info  caf\u00e9 \u4e2d {} {0} %v");
}

TEST(Log, JsonIsOneObjectALine) {
  const auto lines = lines_of(LogFormat::JsonLines, LogLevel::Debug, [](Log& log) {
    log.warning("a\nb \u2028", {{"deliveryId", "wde_1"}, {"attempt", std::int64_t{2}}, {"level", "forged"}});
    log.info("bad \xFF");
  });
  ASSERT_EQ(lines.size(), 2U);
  const Result<Json> first = parse_json(lines[0]);
  ASSERT_TRUE(first.ok()) << lines[0];
  EXPECT_EQ(first->size(), 5U);
  EXPECT_TRUE(parse_instant(first->at("time").get<std::string>()).ok());
  EXPECT_EQ(first->at("level"), "warning");
  EXPECT_EQ(first->at("message"), "a\nb \u2028");
  EXPECT_EQ(first->at("deliveryId"), "wde_1");
  EXPECT_EQ(first->at("attempt"), 2);
  EXPECT_EQ(lines[0].find("\u2028"), std::string::npos);
  const Result<Json> second = parse_json(lines[1]);
  ASSERT_TRUE(second.ok()) << lines[1];
  EXPECT_EQ(second->at("message"), "bad \uFFFD");
}

TEST(Log, KeepsTheNewestLinesWhateverItsLevel) {
  std::vector<std::string> kept;
  const auto shown = lines_of(LogFormat::Text, LogLevel::Warning, [&kept](Log& log) {
    log.keep(2);
    log.info("a");
    log.debug("not worth keeping");
    log.warning("b");
    log.info("c");
    kept = log.kept();
  });
  ASSERT_EQ(shown.size(), 1U);
  ASSERT_EQ(kept.size(), 2U);
  EXPECT_EQ(kept[0].substr(24), " warn  b");
  EXPECT_EQ(kept[1].substr(24), " info  c");
}

TEST(Log, KeepsItsLevel) {
  const auto lines = lines_of(LogFormat::Text, LogLevel::Warning, [](Log& log) {
    EXPECT_FALSE(log.enabled(LogLevel::Info));
    EXPECT_TRUE(log.enabled(LogLevel::Warning));
    log.debug("a");
    log.info("b");
    log.warning("c");
    log.error("d");
  });
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_THAT(lines[0], HasSubstr("c"));
}

TEST(Log, OffIsSilent) {
  EXPECT_TRUE(lines_of(LogFormat::Text, LogLevel::Off, [](Log& log) {
                log.error("a");
                log.write(LogLevel::Off, "b");
              }).empty());
}

TEST(Log, LinesOfThreadsDoNotInterleave) {
  const std::string message(300, 'x');
  const auto lines = lines_of(LogFormat::Text, LogLevel::Info, [&](Log& log) {
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int k = 0; k < 200; ++k) log.info(message);
      });
    }
    for (std::thread& thread : threads) thread.join();
  });
  ASSERT_EQ(lines.size(), 800U);
  for (const std::string& line : lines) ASSERT_EQ(line.substr(24), " info  " + message);
}

}  // namespace
}  // namespace zest
