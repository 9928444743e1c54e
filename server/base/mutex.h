// std::mutex and a guard that clang's -Wthread-safety understands: write GUARDED_BY next to the data.
#pragma once

#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define ZEST_TSA(x) __attribute__((x))
#else
#define ZEST_TSA(x)
#endif
#define GUARDED_BY(x) ZEST_TSA(guarded_by(x))
#define REQUIRES(...) ZEST_TSA(requires_capability(__VA_ARGS__))
#define EXCLUDES(...) ZEST_TSA(locks_excluded(__VA_ARGS__))

namespace zest {

class ZEST_TSA(capability("mutex")) Mutex {
 public:
  void lock() ZEST_TSA(acquire_capability()) { mutex_.lock(); }
  void unlock() ZEST_TSA(release_capability()) { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

class ZEST_TSA(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ZEST_TSA(acquire_capability(mutex)) : mutex_(mutex) { mutex_.lock(); }
  ~MutexLock() ZEST_TSA(release_capability()) { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

// Waits on a Mutex that the caller holds. Always wait in a loop over the condition.
class CondVar {
 public:
  void wait(Mutex& mutex) REQUIRES(mutex) { condition_.wait(mutex); }
  template <class TimePoint>
  bool wait_until(Mutex& mutex, TimePoint deadline) REQUIRES(mutex) {
    return condition_.wait_until(mutex, deadline) == std::cv_status::no_timeout;
  }
  void notify_all() { condition_.notify_all(); }
  void notify_one() { condition_.notify_one(); }

 private:
  std::condition_variable_any condition_;
};

}  // namespace zest
