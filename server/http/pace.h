// Whether bytes move fast enough: never idle for long, and not slower on average than a minimum. So a steady
// sender takes the time that it needs, and one that trickles does not stay for ever. Thread-safety: none.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "http/listener.h"

namespace zest::http {

class Pace {
 public:
  using Steady = std::chrono::steady_clock;

  void begin(Steady::time_point now) {
    begun_ = last_ = now;
    bytes_ = 0;
  }
  void moved(std::uint64_t bytes, Steady::time_point now) {
    bytes_ += bytes;
    last_ = now;
  }
  // When it is too late, should nothing move until then.
  Steady::time_point deadline(const Limits& limits) const {
    const Steady::time_point idle = last_ + limits.body_idle;
    if (limits.body_rate == 0) return idle;
    const double seconds = static_cast<double>(bytes_) / static_cast<double>(limits.body_rate);
    const auto allowed = std::chrono::duration_cast<Steady::duration>(std::chrono::duration<double>(seconds));
    return std::min(idle, begun_ + limits.body_idle + allowed);
  }

 private:
  Steady::time_point begun_{};
  Steady::time_point last_{};
  std::uint64_t bytes_ = 0;
};

}  // namespace zest::http
