// A lane: one partner's virtual clock and counters. Virtual time is a function of the lane's clock and the
// machine's steady clock; in manual mode it stands still. Thread-safety: plain values; changed only by the
// store's writer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace zest {

enum class ClockMode { Real, Scaled, Manual };
std::string_view to_string(ClockMode mode);

inline constexpr std::int64_t kMaxTimeScale = 1'000'000;

struct LaneClock {
  ClockMode mode = ClockMode::Real;
  std::int64_t scale = 1;    // 1 in real mode; ignored in manual mode
  Instant anchor_virtual{};  // virtual time at anchor_wall (manual: the time it is)
  Instant anchor_wall{};     // steady wall time of the anchor

  // Virtual time at `wall`; never before anchor_virtual.
  Instant now(Instant wall) const;
  // The same clock with its anchor moved to (virtual_time, wall).
  LaneClock anchored(Instant virtual_time, Instant wall) const;
  // Earliest steady wall instant at which virtual time is at least `virtual_time` (never early); manual
  // clocks never get there by themselves, so this is for the automatic modes only.
  Instant wall_at(Instant virtual_time) const;
};

struct Lane {
  std::string client_id;
  LaneClock clock;
  LaneClock initial;  // where reset returns to; its anchor_wall is set anew then
  // Latest virtual time that anything was stamped with: the clock resumes at or after it.
  Instant high_water{};
  bool paused = false;  // the dispatcher is down for this partner
};

}  // namespace zest
