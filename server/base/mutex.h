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
  friend class CondVar;
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
  void wait(Mutex& mutex) REQUIRES(mutex) {
    Held held(mutex.mutex_);
    condition_.wait(held.lock);
  }
  template <class TimePoint>
  bool wait_until(Mutex& mutex, TimePoint deadline) REQUIRES(mutex) {
    Held held(mutex.mutex_);
    return condition_.wait_until(held.lock, deadline) == std::cv_status::no_timeout;
  }
  void notify_all() { condition_.notify_all(); }
  void notify_one() { condition_.notify_one(); }

 private:
  // The caller's lock in the form that the condition asks for; it stays the caller's.
  struct Held {
    explicit Held(std::mutex& mutex) : lock(mutex, std::adopt_lock) {}
    ~Held() { lock.release(); }
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;
    std::unique_lock<std::mutex> lock;
  };
  std::condition_variable condition_;
};

}  // namespace zest
