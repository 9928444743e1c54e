// A pool of threads for calls that wait (advance, barriers, delayed answers), apart from the listener's
// workers: so the callbacks of the receivers that such a call waits for are always answered. Bounded; threads
// are made on demand and kept. Thread-safety: run() from any thread.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "base/mutex.h"

namespace zest::api {

class WaitingPool {
 public:
  static constexpr std::size_t kCapacity = 256;

  explicit WaitingPool(std::size_t capacity = kCapacity) : capacity_(capacity) {}
  ~WaitingPool();  // waits for what runs
  WaitingPool(const WaitingPool&) = delete;
  WaitingPool& operator=(const WaitingPool&) = delete;

  // Runs `task` on a thread of the pool. False: all are taken, `task` was not touched.
  bool run(const std::function<void()>& task) EXCLUDES(mutex_);

 private:
  void work() EXCLUDES(mutex_);

  const std::size_t capacity_;
  Mutex mutex_;
  CondVar changed_;
  std::deque<std::function<void()>> queue_ GUARDED_BY(mutex_);
  std::vector<std::thread> threads_ GUARDED_BY(mutex_);
  std::size_t busy_ GUARDED_BY(mutex_) = 0;  // running or queued
  bool stopping_ GUARDED_BY(mutex_) = false;
};

}  // namespace zest::api
