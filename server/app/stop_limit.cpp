#include "app/stop_limit.h"

#include <unistd.h>

#include <chrono>
#include <exception>
#include <utility>

#include "app/sandbox.h"
#include "base/thread_name.h"

namespace zest::app {
namespace {

// Takes a further SIGTERM, if there is one: of two the destructor's is one.
bool another_came() {
  sigset_t only{};
  sigemptyset(&only);
  sigaddset(&only, SIGTERM);
  const timespec at_once{};
  return sigtimedwait(&only, nullptr, &at_once) == SIGTERM;
}

}  // namespace

StopLimit::StopLimit(Duration limit, int exit_code, Log& log, std::function<std::string()> stuck_in) {
  thread_ = std::thread([this, limit, exit_code, &log, stuck_in = std::move(stuck_in)] {
    watch(limit, exit_code, log, stuck_in);
  });
}

StopLimit::~StopLimit() {
  {
    const MutexLock lock(mutex_);
    over_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

void StopLimit::watch(Duration limit, int exit_code, Log& log, const std::function<std::string()>& stuck_in) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  {
    const MutexLock lock(mutex_);
    while (!over_ && std::chrono::steady_clock::now() < deadline) changed_.wait_until(mutex_, deadline);
    if (over_) return;
  }
  try {
    log.error("ending without " + stuck_in() + ", which did not end within " + format_duration(limit) +
              "; what was committed is safe");
  } catch (const std::exception&) {
    // Without memory it ends unsaid.
  }
  // Not exit(): what hangs would hold up its destructors.
  _exit(exit_code);
}

StartLimit::StartLimit(const sigset_t& signals, std::function<int(int signal)> exit_code, Log& log) {
  thread_ = std::thread([this, signals, exit_code = std::move(exit_code), &log] {
    name_thread("start");
    watch(signals, exit_code, log);
  });
}

StartLimit::~StartLimit() {
  {
    const MutexLock lock(mutex_);
    over_ = true;
    changed_.notify_all();
    // For the thread alone, which waits for just that (sigwait).
    pthread_kill(thread_.native_handle(), SIGTERM);  // NOLINT(bugprone-bad-signal-to-kill-thread)
  }
  thread_.join();
}

void StartLimit::watch(const sigset_t& signals, const std::function<int(int)>& exit_code, Log& log) {
  int signal = 0;
  while (sigwait(&signals, &signal) != 0) {
  }
  const MutexLock lock(mutex_);
  if (!over_) {
    const StopLimit limit(kStopWithin, exit_code(signal), log, [] { return std::string("the start"); });
    while (!over_) changed_.wait(mutex_);
  } else if (signal == SIGTERM && !another_came()) {
    return;  // the destructor's
  }
  ::kill(::getpid(), signal);
}

void end_in_time(std::unique_ptr<Sandbox> sandbox, int exit_code, Log& log) {
  const auto part = sandbox->stopping_part();
  const StopLimit limit(kStopWithin, exit_code, log, [part] { return std::string(part->load()); });
  sandbox->stop();
  sandbox.reset();
}

}  // namespace zest::app
