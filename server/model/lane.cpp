#include "model/lane.h"

#include <algorithm>

namespace zest {

std::string_view to_string(ClockMode mode) {
  switch (mode) {
    case ClockMode::Real:
      return "real";
    case ClockMode::Scaled:
      return "scaled";
    case ClockMode::Manual:
      return "manual";
  }
  return "";
}

Instant LaneClock::now(Instant wall) const {
  if (mode == ClockMode::Manual || wall <= anchor_wall) return anchor_virtual;
  return anchor_virtual + (wall - anchor_wall) * scale;
}

LaneClock LaneClock::anchored(Instant virtual_time, Instant wall) const {
  LaneClock clock = *this;
  clock.anchor_virtual = virtual_time;
  clock.anchor_wall = wall;
  return clock;
}

Instant LaneClock::wall_at(Instant virtual_time) const {
  if (virtual_time <= anchor_virtual) return anchor_wall;
  const std::int64_t distance = (virtual_time - anchor_virtual).count();
  const std::int64_t divisor = std::max<std::int64_t>(scale, 1);
  return anchor_wall + Duration((distance + divisor - 1) / divisor);
}

}  // namespace zest
