#include "base/log.h"

#include <spdlog/details/null_mutex.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/version.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <deque>
#include <variant>

#include "base/json.h"
#include "base/log_output.h"
#include "base/mutex.h"
#include "base/time.h"
#include "base/utf8.h"

namespace zest {
namespace {

struct LevelNames {
  std::string_view name;
  std::string_view column;  // of one width, so that messages line up
};

constexpr std::array<LevelNames, 5> kLevels = {
    {{"debug", "debug"}, {"info", "info "}, {"warning", "warn "}, {"error", "error"}, {"off", "off  "}}};

const LevelNames& names(LogLevel level) { return kLevels.at(static_cast<std::size_t>(level)); }

void append_escaped_byte(std::string& out, char c) {
  switch (c) {
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      std::array<char, 8> text{};
      std::snprintf(text.data(), text.size(), "\\x%02x",
                    static_cast<unsigned>(static_cast<unsigned char>(c)));
      out += text.data();
  }
}

// Messages carry text from outside: it must neither forge lines nor drive the terminal.
void append_one_line(std::string& out, std::string_view message) {
  for (std::size_t at = 0; at < message.size();) {
    const std::size_t length = utf8_sequence_length(message, at);
    const std::string_view sequence = message.substr(at, length == 0 ? 1 : length);
    if (length == 0 || is_control(sequence)) {
      for (const char c : sequence) append_escaped_byte(out, c);
    } else {
      out += sequence;
    }
    at += sequence.size();
  }
}

std::string text_line(std::string_view time, LogLevel level, std::string_view message) {
  std::string line(time);
  line += ' ';
  line += names(level).column;
  line += ' ';
  append_one_line(line, message);
  return line;
}

std::string json_line(std::string_view time, LogLevel level, std::string_view message,
                      const Log::Fields& fields) {
  Json line = Json::object();
  line["time"] = time;
  line["level"] = names(level).name;
  line["message"] = message;
  for (const auto& [name, value] : fields) {
    const auto add = [&line, key = std::string(name)](const auto& held) {
      line.emplace(key, held);  // never over the three above
    };
    std::visit(add, value);
  }
  // ASCII only, because programs differ in what beyond it they take for a line break.
  return line.dump(-1, ' ', true, Json::error_handler_t::replace);
}

std::string formatted(LogFormat format, LogLevel level, std::string_view message, const Log::Fields& fields) {
  const std::string time = format_instant(std::chrono::floor<Duration>(std::chrono::system_clock::now()));
  return format == LogFormat::JsonLines ? json_line(time, level, message, fields)
                                        : text_line(time, level, message);
}

std::string loss_line(LogFormat format, std::size_t lost) {
  return formatted(format, LogLevel::Warning,
                   std::to_string(lost) + (lost == 1 ? " line of the log was" : " lines of the log were") +
                       " lost: nobody read it",
                   {{"lostLines", static_cast<std::int64_t>(lost)}});
}

// Lines come whole; only LogOutput decides how they leave.
class OutputSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  explicit OutputSink(LogFormat format)
      : output_([format](std::size_t lost) { return loss_line(format, lost); }) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    output_.write({message.payload.data(), message.payload.size()});
  }
  void flush_() override {}

  LogOutput output_;
};

}  // namespace

struct Log::Sink {
  explicit Sink(LogFormat log_format)
      : format(log_format), logger("zest", std::make_shared<OutputSink>(log_format)) {
    logger.set_level(spdlog::level::trace);
    logger.set_error_handler(
        [](const std::string&) {});  // a log that cannot be written has nowhere to complain
  }

  void keep(const std::string& line) EXCLUDES(mutex) {
    const MutexLock lock(mutex);
    if (kept.size() >= most_kept) kept.pop_front();
    kept.push_back(line);
  }

  LogFormat format;
  spdlog::logger logger;
  std::size_t most_kept = 0;  // set before any thread writes
  mutable Mutex mutex;
  std::deque<std::string> kept GUARDED_BY(mutex);
};

Log::Log(LogFormat format, LogLevel level) : sink_(std::make_unique<Sink>(format)), level_(level) {}

Log::~Log() = default;

void Log::write(LogLevel level, std::string_view message, const Fields& fields) {
  if (!enabled(level) || level == LogLevel::Off) return;
  try {
    const std::string line = formatted(sink_->format, level, message, fields);
    if (level >= kept_level_) sink_->keep(line);
    if (level < level_) return;
    sink_->logger.log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
  } catch (...) {
    // Only memory can run out here; losing the line is better than losing the process.
  }
}

void Log::keep(std::size_t lines) {
  sink_->most_kept = lines;
  kept_level_ = lines > 0 ? LogLevel::Info : LogLevel::Off;
}

std::vector<std::string> Log::kept() const {
  const MutexLock lock(sink_->mutex);
  return {sink_->kept.begin(), sink_->kept.end()};
}

Result<LogLevel> parse_log_level(std::string_view text) {
  for (std::size_t i = 0; i < kLevels.size(); ++i) {
    if (kLevels[i].name == text) return static_cast<LogLevel>(i);
  }
  return make_error(ErrorKind::InvalidRequest,
                    "the log level must be one of debug, info, warning, error, off");
}

std::string log_library_version() {
  return std::to_string(SPDLOG_VER_MAJOR) + "." + std::to_string(SPDLOG_VER_MINOR) + "." +
         std::to_string(SPDLOG_VER_PATCH);
}

}  // namespace zest
