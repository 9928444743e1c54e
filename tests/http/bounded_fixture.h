// The hardened listener with deadlines of which only those under test are short.
#pragma once

#include <condition_variable>
#include <mutex>

#include "listener_fixture.h"

namespace zest::http::testing {

// A one-shot signal between threads.
class Signal {
 public:
  void raise() {
    const std::lock_guard lock(mutex_);
    raised_ = true;
    changed_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return raised_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool raised_ = false;
};

class Bounded : public ListenerTest {
 protected:
  // Only the deadline under test is short.
  Bounded() {
    options_.limits.header_deadline = options_.limits.body_idle = options_.limits.idle_deadline =
        options_.limits.linger_deadline = options_.limits.stall = Duration(60'000);
  }
  static constexpr Duration kShort{40};
};

}  // namespace zest::http::testing
