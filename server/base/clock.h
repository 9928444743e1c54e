// The machine's time, as an interface so that tests decide what it is. Virtual time is computed from it per
// partner (model/lane.h); nothing else reads a clock. Thread-safety: implementations are safe for concurrent
// calls.
#pragma once

#include "base/time.h"

namespace zest {

class WallClock {
 public:
  virtual ~WallClock() = default;
  // The machine's wall clock; may jump when it is set. Shared with partners: `t` of signatures, assertions,
  // tokens.
  virtual Instant wall() const = 0;
  // Wall clock at construction plus steady time since: never jumps, never runs backwards within a process.
  // Virtual clocks are derived from it.
  virtual Instant steady() const = 0;
};

class SystemWallClock final : public WallClock {
 public:
  SystemWallClock();
  Instant wall() const override;
  Instant steady() const override;

 private:
  Instant wall_start_;
  std::chrono::steady_clock::time_point steady_start_;
};

}  // namespace zest
