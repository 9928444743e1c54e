#include "base/clock.h"

#include <algorithm>
#include <ctime>

namespace zest {
namespace {

// CLOCK_BOOTTIME goes on while the machine is suspended, CLOCK_MONOTONIC does not.
std::chrono::nanoseconds since_boot() {
#ifdef CLOCK_BOOTTIME
  timespec now{};
  if (clock_gettime(CLOCK_BOOTTIME, &now) == 0) {
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
  }
#endif
  return std::chrono::steady_clock::now().time_since_epoch();
}

}  // namespace

std::chrono::nanoseconds ForwardOnly::at(std::chrono::nanoseconds wall, std::chrono::nanoseconds steady) {
  const std::int64_t distance = (wall - steady).count();
  std::int64_t ahead = ahead_.load();
  while (distance > ahead && !ahead_.compare_exchange_weak(ahead, distance)) {
  }
  return steady + std::chrono::nanoseconds(std::max(distance, ahead));
}

SystemWallClock::SystemWallClock()
    : wall_start_(std::chrono::system_clock::now()), steady_start_(since_boot()) {}

Instant SystemWallClock::wall() const {
  return std::chrono::floor<Duration>(std::chrono::system_clock::now());
}

Instant SystemWallClock::steady() const {
  return std::chrono::floor<Duration>(wall_start_ + (since_boot() - steady_start_));
}

Instant SystemWallClock::forward() const {
  const std::chrono::nanoseconds wall = std::chrono::system_clock::now() - wall_start_;
  return std::chrono::floor<Duration>(wall_start_ + forward_.at(wall, since_boot() - steady_start_));
}

}  // namespace zest
