// The machine's time, as an interface so that tests decide what it is. Virtual time is computed from it per
// partner (model/lane.h); nothing else reads a clock. Thread-safety: implementations are safe for concurrent
// calls.
#pragma once

#include <atomic>
#include <chrono>

#include "base/time.h"

namespace zest {

class WallClock {
 public:
  virtual ~WallClock() = default;
  // The machine's wall clock; may jump when it is set. Shared with partners: `t` of signatures, assertions,
  // tokens.
  virtual Instant wall() const = 0;
  // Wall clock at construction plus the time since, that of a suspended machine included where the system
  // counts it: never jumps, never runs backwards within a process. Scaled and manual clocks are derived from
  // it.
  virtual Instant steady() const = 0;
  // The wall clock for those who must not see time go backwards: jumps ahead with it, never back. Real clocks
  // are derived from it. A machine that never jumps has one time for both.
  virtual Instant forward() const { return steady(); }
};

// The greatest distance that the wall clock was seen to be ahead of a steady one.
class ForwardOnly {
 public:
  // Both as time since their own beginnings. Read the wall clock first: a thread that sleeps between two
  // looks then sees a distance that is too small, not one that stays too great.
  std::chrono::nanoseconds at(std::chrono::nanoseconds wall, std::chrono::nanoseconds steady);

 private:
  std::atomic<std::int64_t> ahead_{0};  // nanoseconds
};

class SystemWallClock final : public WallClock {
 public:
  SystemWallClock();
  Instant wall() const override;
  Instant steady() const override;
  Instant forward() const override;

 private:
  std::chrono::system_clock::time_point wall_start_;
  std::chrono::nanoseconds steady_start_;
  mutable ForwardOnly forward_;
};

}  // namespace zest
