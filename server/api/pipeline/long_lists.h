// Lists of many documents are built here, a few at a time, and not by the listener's workers: however large
// the documents are, calls that are quick to answer find a worker. Bounded; what waits its turn waits as an
// entry of a queue, not as a thread. Thread-safety: any thread.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "api/pipeline/router.h"
#include "base/mutex.h"

namespace zest::api {

class LongLists {
 public:
  static constexpr std::size_t kThreads = 2;
  static constexpr std::size_t kQueue = 512;     // waiting for their turn
  static constexpr std::size_t kShortPage = 20;  // documents; a page of more is a long list

  LongLists() = default;
  ~LongLists();  // runs what waits
  LongLists(const LongLists&) = delete;
  LongLists& operator=(const LongLists&) = delete;

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
