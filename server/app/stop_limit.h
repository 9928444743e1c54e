// A process that is told to stop ends, whatever hangs. Thread-safety: none; one owner.
#pragma once

#include <csignal>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "base/log.h"
#include "base/mutex.h"
#include "base/time.h"

namespace zest::app {

// Wall; from the signal, or the end of exec's command, to the end of the process. Half of what container
// runtimes wait before they kill.
inline constexpr Duration kStopWithin{5'000};

// While it lives, the stop is under way. When it lives longer than `limit`, the log is told what is stuck,
// and the process ends at once with that exit code. What is committed is safe then, as after a kill.
class StopLimit {
 public:
  // `stuck_in` is asked on another thread: "the database", say.
  StopLimit(Duration limit, int exit_code, Log& log, std::function<std::string()> stuck_in);
  ~StopLimit();
  StopLimit(const StopLimit&) = delete;
  StopLimit& operator=(const StopLimit&) = delete;

 private:
  void watch(Duration limit, int exit_code, Log& log, const std::function<std::string()>& stuck_in)
      EXCLUDES(mutex_);

  Mutex mutex_;
  CondVar changed_;
  bool over_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

// While it lives, something starts that may take long, or for ever: a snapshot is read from a pipe, say. A
// signal ends the process kStopWithin later, unless the start is over by then; the signal then still waits
// for who takes it (SignalWait, ChildRunner).
class StartLimit {
 public:
  // `signals` are blocked in every thread, and SIGTERM is one of them. `exit_code` is that of the process
  // which a signal ended.
  StartLimit(const sigset_t& signals, std::function<int(int signal)> exit_code, Log& log);
  ~StartLimit();
  StartLimit(const StartLimit&) = delete;
  StartLimit& operator=(const StartLimit&) = delete;

 private:
  void watch(const sigset_t& signals, const std::function<int(int)>& exit_code, Log& log) EXCLUDES(mutex_);

  Mutex mutex_;
  CondVar changed_;
  bool over_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

class Sandbox;
// Stops the sandbox and takes it down, within kStopWithin.
void end_in_time(std::unique_ptr<Sandbox> sandbox, int exit_code, Log& log);

}  // namespace zest::app
