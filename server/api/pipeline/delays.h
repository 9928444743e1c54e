// Calls that are answered late on purpose (Prefer: delay, chaos latency). Each waits as an entry of a queue,
// not as a thread: a few threads go on with those whose time has come. Bounded, and shared between partners;
// whose client has hung up makes room when room is needed, by going on at once. Thread-safety: any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "api/pipeline/shares.h"
#include "base/mutex.h"
#include "base/time.h"

namespace zest::api {

class Delays {
 public:
  static constexpr std::size_t kCapacity = 512;
  static constexpr std::size_t kThreads = 8;  // as many as the listener has workers
  enum class End { Due, Stopped };
  struct Call {
    std::string partner;  // whose share it takes
    std::function<bool()> client_gone;
    // Runs once, on a thread of the queue.
    std::function<void(End)> go_on;
  };

  explicit Delays(std::size_t capacity = kCapacity) : shares_(capacity) {}
  ~Delays() { stop(); }
  Delays(const Delays&) = delete;
  Delays& operator=(const Delays&) = delete;

  // Wall time. False: there is no room, and `call` is not gone on with.
  bool hold(Duration delay, Call call) EXCLUDES(mutex_);
  // Goes on with all that wait, as Stopped, and waits for them; later calls find no room. Idempotent.
  void stop() EXCLUDES(mutex_);

 private:
  using Steady = std::chrono::steady_clock;

  bool take_share(const std::string& partner) REQUIRES(mutex_);
  void let_go_of_those_gone() REQUIRES(mutex_);
  // The next call to go on with; waits for it. Nothing: stopped.
  std::optional<Call> next(End& end) REQUIRES(mutex_);
  void start_thread_if_all_are_busy() REQUIRES(mutex_);
  void work() EXCLUDES(mutex_);

  Mutex mutex_;
  CondVar changed_;
  std::multimap<Steady::time_point, Call> waiting_ GUARDED_BY(mutex_);
  std::deque<Call> let_go_ GUARDED_BY(mutex_);
  Shares shares_ GUARDED_BY(mutex_);  // of those in waiting_
  std::vector<std::thread> threads_ GUARDED_BY(mutex_);
  std::size_t idle_threads_ GUARDED_BY(mutex_) = 0;
  bool stopping_ GUARDED_BY(mutex_) = false;
};

}  // namespace zest::api
