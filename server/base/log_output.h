// Where the lines of the log go: standard error, whatever that is at the moment. Who holds it without reading
// it (a test run that starts a program and looks at its output at the end, a terminal that was stopped) must
// not stop the program: a line waits for a moment, and then is lost, and it is said how many were. Thread-
// safety: safe; lines never interleave.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/mutex.h"

namespace zest {

class LogOutput {
 public:
  // How long (wall) a line waits for room, and how long lines then do not wait at all.
  static constexpr std::chrono::seconds kPatience{1};
  static constexpr std::chrono::seconds kWithoutPatience{10};

  // `loss` makes the line that says how many were lost; it leaves as soon as there is room again.
  explicit LogOutput(std::function<std::string(std::size_t lost)> loss) : loss_(std::move(loss)) {}
  ~LogOutput();
  LogOutput(const LogOutput&) = delete;
  LogOutput& operator=(const LogOutput&) = delete;

  // A line without its end. One that cannot be written for another reason (a full disk) is lost unsaid.
  void write(std::string_view line) EXCLUDES(mutex_);

 private:
  using Steady = std::chrono::steady_clock;
  enum class Outcome { Written, NoRoom, Failed };

  Outcome put(std::string_view line) REQUIRES(mutex_);
  // As many bytes as there is room for now; -1 with EAGAIN when there is none.
  ssize_t put_now(std::string_view bytes) REQUIRES(mutex_);
  bool wait_for_room() REQUIRES(mutex_);
  void open_pipe_again() REQUIRES(mutex_);

  const std::function<std::string(std::size_t)> loss_;
  Mutex mutex_;
  // The pipe that standard error is, opened once more: others that write to it may wait, we do not.
  int pipe_ GUARDED_BY(mutex_) = -1;
  std::optional<FileIdentity> pipe_identity_ GUARDED_BY(mutex_);
  std::size_t lost_ GUARDED_BY(mutex_) = 0;
  bool cut_ GUARDED_BY(mutex_) = false;  // the last line lacks its end
  std::optional<Steady::time_point> last_loss_ GUARDED_BY(mutex_);
};

}  // namespace zest
