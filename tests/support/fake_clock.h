// The machine's clock as a test wants it: it stands still or goes on with the system's, and moves when the
// test says. Thread-safe.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>

#include "base/clock.h"

namespace zest::test {

class FakeClock final : public WallClock {
 public:
  enum class Pace {
    Stands,      // until it is moved
    SteadyRuns,  // time passes, but the wall clock stands until it is moved
    Runs,        // as the system's clock, from where that is
  };
  static constexpr std::int64_t kStart = 1'780'000'000'000;  // 2026-05-28T20:26:40Z

  explicit FakeClock(Pace pace = Pace::Stands, Instant start = instant_from_ms(kStart))
      : pace_(pace), start_(start) {}

  Instant wall() const override {
    if (fail_next_.exchange(false)) throw std::runtime_error("a bug with a secret inside");
    return shown_on_the_wall();
  }
  Instant steady() const override {
    if (at_each_look_) at_each_look_();
    return look();
  }
  Instant forward() const override { return steady() + Duration(ahead_.load()); }

  void move(Duration by) {  // negative: set back, as between two lives of a process
    const std::lock_guard<std::mutex> lock(mutex_);
    moved_ += by;
  }
  // The machine was suspended without its steady clock noticing, or its wall clock was set.
  void wall_jumps_ahead(Duration by) { ahead_ += by.count(); }
  // The next time that `reader` looks, it sees the present instant, and time goes on by that much right
  // after.
  void move_after_next_look(std::thread::id reader, Duration by) {
    const std::lock_guard<std::mutex> lock(mutex_);
    reader_ = reader;
    jump_ = by;
  }
  // The next reader of the wall clock gets an exception: what a bug in a handler looks like.
  void fail_next() { fail_next_ = true; }
  // Set it before others read the clock.
  void at_each_look(std::function<void()> hook) { at_each_look_ = std::move(hook); }

  std::int64_t seconds() const { return to_ms(shown_on_the_wall()) / 1000; }

 private:
  Instant shown_on_the_wall() const { return pace_ == Pace::SteadyRuns ? start_ + moved() : look(); }
  Duration moved() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return moved_;
  }
  Instant look() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    const Instant shown = (pace_ == Pace::Stands ? start_ : system_.steady()) + moved_;
    if (reader_ == std::this_thread::get_id()) moved_ += std::exchange(jump_, Duration(0));
    return shown;
  }

  const Pace pace_;
  const Instant start_;
  const SystemWallClock system_;
  std::function<void()> at_each_look_;
  mutable std::atomic<bool> fail_next_{false};
  std::atomic<std::int64_t> ahead_{0};
  mutable std::mutex mutex_;
  mutable Duration moved_{0};
  mutable Duration jump_{0};
  std::thread::id reader_;
};

}  // namespace zest::test
