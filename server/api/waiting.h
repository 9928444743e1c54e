// A pool of threads for calls that wait (advance, barriers, delayed answers), apart from the listener's
// workers: so the callbacks of the receivers that such a call waits for are always answered. Bounded; threads
// are made on demand and kept. Tasks that wait for others (barriers, delays) never take all of it: what ends
// them, a reset or an advance, finds room; nor do advances, which a reset ends. Thread-safety: run() from any
// thread.
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
  static constexpr std::size_t kReserved = 32;  // of these, never taken by tasks that wait for others
  static constexpr std::size_t kKeptFree = 8;   // of those, never taken by advances either
  enum class Task { Works, Advances, WaitsForOthers };

  explicit WaitingPool(std::size_t capacity = kCapacity, std::size_t reserved = kReserved,
                       std::size_t kept_free = kKeptFree)
      : capacity_(capacity), reserved_(reserved), kept_free_(kept_free) {}
  ~WaitingPool();  // waits for what runs
  WaitingPool(const WaitingPool&) = delete;
  WaitingPool& operator=(const WaitingPool&) = delete;

  // Runs `task` on a thread of the pool. False: all that it may take are taken, `task` was not touched.
  bool run(Task kind, const std::function<void()>& task) EXCLUDES(mutex_);

 private:
  void work() EXCLUDES(mutex_);

  struct Queued {
    Task kind = Task::Works;
    std::function<void()> task;
  };

  const std::size_t capacity_;
  const std::size_t reserved_;
  const std::size_t kept_free_;
  Mutex mutex_;
  CondVar changed_;
  std::deque<Queued> queue_ GUARDED_BY(mutex_);
  std::vector<std::thread> threads_ GUARDED_BY(mutex_);
  std::size_t busy_ GUARDED_BY(mutex_) = 0;       // running or queued
  std::size_t waiting_ GUARDED_BY(mutex_) = 0;    // of these, for others
  std::size_t advancing_ GUARDED_BY(mutex_) = 0;  // of these, advances
  bool stopping_ GUARDED_BY(mutex_) = false;
};

}  // namespace zest::api
