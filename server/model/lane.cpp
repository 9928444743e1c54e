#include "model/lane.h"

#include <algorithm>

namespace zest {

Instant machine_time(ClockMode mode, const WallClock& clock) {
  return mode == ClockMode::Real ? clock.forward() : clock.steady();
}

MachineTime machine_time(const WallClock& clock) { return {clock.steady(), clock.forward()}; }

Instant LaneClock::now(Instant machine) const {
  if (mode == ClockMode::Manual || machine <= anchor_wall) return std::min(anchor_virtual, kLastInstant);
  std::int64_t passed = 0;
  const bool overflows = __builtin_sub_overflow(to_ms(machine), to_ms(anchor_wall), &passed) ||
                         __builtin_mul_overflow(passed, scale, &passed) ||
                         __builtin_add_overflow(passed, to_ms(anchor_virtual), &passed);
  return overflows ? kLastInstant : std::min(instant_from_ms(passed), kLastInstant);
}

LaneClock LaneClock::anchored(Instant virtual_time, Instant machine) const {
  LaneClock clock = *this;
  clock.anchor_virtual = virtual_time;
  clock.anchor_wall = machine;
  return clock;
}

Instant LaneClock::wall_at(Instant virtual_time) const {
  if (virtual_time <= anchor_virtual) return anchor_wall;
  const std::int64_t distance = (virtual_time - anchor_virtual).count();
  const std::int64_t divisor = std::max<std::int64_t>(scale, 1);
  return anchor_wall + Duration((distance + divisor - 1) / divisor);
}

Instant lane_at(const Lane& lane, Instant machine) {
  return std::min(std::max(lane.clock.now(machine), lane.high_water), kLastInstant);
}

Instant lane_now(const Lane& lane, const MachineTime& machine) {
  return lane_at(lane, machine.of(lane.clock.mode));
}

Instant lane_now(const Lane& lane, const WallClock& clock) {
  return lane_at(lane, machine_time(lane.clock.mode, clock));
}

void anchor_now(Lane& lane, Instant virtual_time, const WallClock& clock) {
  lane.clock = lane.clock.anchored(virtual_time, machine_time(lane.clock.mode, clock));
}

}  // namespace zest
