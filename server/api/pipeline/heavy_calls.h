// Lists of many documents are built here, and large bodies are read, a few at a time, and not by the
// listener's workers: however large they are, calls that are quick to answer find a worker, and the memory
// for it has a bound (a document takes up to 40 times the bytes of its text). Bounded; what waits its turn
// waits as an entry of a queue, not as a thread. Thread-safety: any thread.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "api/pipeline/router.h"
#include "base/mutex.h"

namespace zest::api {

class HeavyCalls {
 public:
  static constexpr std::size_t kThreads = 2;
  static constexpr std::size_t kQueue = 512;            // waiting for their turn
  static constexpr std::size_t kShortPage = 20;         // documents; a page of more is a long list
  static constexpr std::size_t kSmallBody = 64 * 1024;  // bytes

  HeavyCalls() = default;
  ~HeavyCalls();  // runs what waits
  HeavyCalls(const HeavyCalls&) = delete;
  HeavyCalls& operator=(const HeavyCalls&) = delete;

  // Runs `task` on a thread of its own. False: too many wait, `task` was not touched.
  bool run(std::function<void()> task) EXCLUDES(mutex_);

 private:
  void work() EXCLUDES(mutex_);

  Mutex mutex_;
  CondVar changed_;
  std::deque<std::function<void()>> queue_ GUARDED_BY(mutex_);
  std::vector<std::thread> threads_ GUARDED_BY(mutex_);  // made on demand
  std::size_t idle_ GUARDED_BY(mutex_) = 0;
  bool stopping_ GUARDED_BY(mutex_) = false;
};

// Whether a page of so many documents is asked for that no worker of the listener should build it.
bool asks_for_long_list(const Route& route, const http::RequestHead& head);

}  // namespace zest::api
