// A pool of threads for calls that wait (advance, barriers), apart from the listener's workers: so the
// callbacks of the receivers that such a call waits for are always answered. Bounded; threads are made on
// demand, and end once they have had nothing to do for a while. Tasks that wait for others (barriers) never
// take all of it: what ends them, a reset or an advance, finds room; nor do advances, which a reset ends; nor
// do those of one partner take all that such tasks may have. Thread-safety: run() from any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "api/pipeline/shares.h"
#include "base/mutex.h"

namespace zest::api {

class WaitingPool {
 public:
  static constexpr std::size_t kCapacity = 512;
  static constexpr std::size_t kReserved = 64;  // of these, never taken by tasks that wait for others
  static constexpr std::size_t kKeptFree = 8;   // of those, never taken by advances either
  static constexpr std::chrono::milliseconds kIdle{10'000};  // wall
  enum class Task { Works, Advances, WaitsForOthers };

  explicit WaitingPool(std::size_t capacity = kCapacity, std::size_t reserved = kReserved,
                       std::size_t kept_free = kKeptFree, std::chrono::milliseconds idle = kIdle)
      : capacity_(capacity), kept_free_(kept_free), idle_(idle), waiting_(capacity - reserved) {}
  ~WaitingPool();  // waits for what runs
  WaitingPool(const WaitingPool&) = delete;
  WaitingPool& operator=(const WaitingPool&) = delete;

  // Runs `task` on a thread of the pool. `partner` is whom one that waits for others waits for; "": for all.
  // False: all that it may take are taken, `task` was not touched.
  bool run(Task kind, const std::string& partner, const std::function<void()>& task) EXCLUDES(mutex_);

  // How many there are now.
  std::size_t threads() EXCLUDES(mutex_);

 private:
  void work() EXCLUDES(mutex_);
  // The calling thread is about to end.
  void retire() REQUIRES(mutex_);

  struct Queued {
    Task kind = Task::Works;
    std::string partner;
    std::function<void()> task;
  };

  const std::size_t capacity_;
  const std::size_t kept_free_;
  const std::chrono::milliseconds idle_;
  Mutex mutex_;
  CondVar changed_;
  std::deque<Queued> queue_ GUARDED_BY(mutex_);
  std::vector<std::thread> threads_ GUARDED_BY(mutex_);
  std::vector<std::thread> retired_ GUARDED_BY(mutex_);  // to be joined, which takes no time
  std::size_t busy_ GUARDED_BY(mutex_) = 0;              // running or queued
  Shares waiting_ GUARDED_BY(mutex_);                    // of these, for others
  std::size_t advancing_ GUARDED_BY(mutex_) = 0;         // of these, advances
  bool stopping_ GUARDED_BY(mutex_) = false;
};

}  // namespace zest::api
