// Virtual time of a lane at this moment. Thread-safety: free function.
#pragma once

#include <algorithm>

#include "base/clock.h"
#include "model/lane.h"

namespace zest::engine {

inline Instant lane_now(const zest::Lane& lane, const WallClock& clock) {
  return std::max(lane.clock.now(clock.steady()), lane.high_water);
}

}  // namespace zest::engine
