// The log: one line an event, to stderr (LogOutput), as text for people or JSON for programs. Secrets and
// bearer tokens are never given to it. The door to spdlog. Thread-safety: safe; lines never interleave.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"

namespace zest {

enum class LogLevel { Debug, Info, Warning, Error, Off };
enum class LogFormat { Text, JsonLines };

Result<LogLevel> parse_log_level(std::string_view text);  // debug, info, warning, error, off

class Log {
 public:
  using Value = std::variant<std::string, std::int64_t>;  // numbers stay numbers in JSON
  using Fields = std::vector<std::pair<std::string_view, Value>>;
  Log(LogFormat format, LogLevel level);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  bool enabled(LogLevel level) const { return level >= std::min(level_, kept_level_); }
  // `message` is the whole line for people; `fields` are added to the JSON form only.
  void write(LogLevel level, std::string_view message, const Fields& fields = {});
  // From now on the newest lines from Info on are also kept in memory, whatever the level. Before any thread
  // writes.
  void keep(std::size_t lines);
  std::vector<std::string> kept() const;
  void debug(std::string_view message, const Fields& fields = {}) { write(LogLevel::Debug, message, fields); }
  void info(std::string_view message, const Fields& fields = {}) { write(LogLevel::Info, message, fields); }
  void warning(std::string_view message, const Fields& fields = {}) {
    write(LogLevel::Warning, message, fields);
  }
  void error(std::string_view message, const Fields& fields = {}) { write(LogLevel::Error, message, fields); }

 private:
  struct Sink;
  std::unique_ptr<Sink> sink_;
  LogLevel level_;
  LogLevel kept_level_ = LogLevel::Off;
};

std::string log_library_version();

}  // namespace zest
