#include "base/clock.h"

namespace zest {

SystemWallClock::SystemWallClock()
    : wall_start_(std::chrono::floor<Duration>(std::chrono::system_clock::now())),
      steady_start_(std::chrono::steady_clock::now()) {}

Instant SystemWallClock::wall() const {
  return std::chrono::floor<Duration>(std::chrono::system_clock::now());
}

Instant SystemWallClock::steady() const {
  return wall_start_ + std::chrono::floor<Duration>(std::chrono::steady_clock::now() - steady_start_);
}

}  // namespace zest
