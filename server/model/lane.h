// A lane: one partner's virtual clock and counters. Virtual time is a function of the lane's clock and the
// machine's; in manual mode it stands still. It ends with the year 9999. Thread-safety: plain values; changed
// only by the store's writer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "base/time.h"
#include "protocol/statuses.h"

namespace zest {

inline constexpr std::int64_t kMaxTimeScale = 1'000'000;

// The machine's time from which a clock of that mode is computed: real clocks follow the wall clock ahead (a
// laptop that slept, a machine that was set), the others only count what has passed.
Instant machine_time(ClockMode mode, const WallClock& clock);

// The machine's time at one moment, for lanes of every mode: what rules get in the place of a clock.
struct MachineTime {
  Instant steady{};   // WallClock::steady()
  Instant forward{};  // WallClock::forward()
  Instant of(ClockMode mode) const { return mode == ClockMode::Real ? forward : steady; }
};
MachineTime machine_time(const WallClock& clock);

struct LaneClock {
  ClockMode mode = ClockMode::Real;
  std::int64_t scale = 1;    // 1 in real mode; ignored in manual mode
  Instant anchor_virtual{};  // virtual time at anchor_wall (manual: the time it is)
  Instant anchor_wall{};     // machine_time() of the anchor

  // Virtual time at the machine's time `machine`; never before anchor_virtual, never after kLastInstant.
  Instant now(Instant machine) const;
  // The same clock with its anchor moved to (virtual_time, machine).
  LaneClock anchored(Instant virtual_time, Instant machine) const;
  // Earliest machine time at which virtual time is at least `virtual_time` (never early); manual clocks never
  // get there by themselves, and none gets beyond kLastInstant, so this is for the automatic modes and up to
  // there.
  Instant wall_at(Instant virtual_time) const;
};

struct Lane {
  std::string client_id;
  LaneClock clock;
  LaneClock initial;  // where reset returns to; its anchor_wall is set anew then
  // Latest virtual time that anything was stamped with: the clock resumes at or after it.
  Instant high_water{};
  bool paused = false;  // the dispatcher is down for this partner
  // Which reset is under way (rules/reset.h), or "": until its end nobody sees what the partner still has.
  std::string resetting;
};

// Virtual time of the lane: at its machine_time() `machine`, at a moment, and now.
Instant lane_at(const Lane& lane, Instant machine);
Instant lane_now(const Lane& lane, const MachineTime& machine);
Instant lane_now(const Lane& lane, const WallClock& clock);
// Moves the anchor of the lane's clock: it shows `virtual_time` now, and goes on from there.
void anchor_now(Lane& lane, Instant virtual_time, const WallClock& clock);

}  // namespace zest
