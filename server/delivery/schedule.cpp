#include "delivery/schedule.h"

#include <algorithm>

namespace zest::delivery {

std::optional<Instant> next_attempt_at(int attempt, Instant started_at, Instant outcome_known_at) {
  if (attempt < 1 || attempt >= kMaxAttempts) return std::nullopt;
  const Duration delay = kRetryDelays[static_cast<std::size_t>(attempt - 1)];
  return std::max(started_at + delay, outcome_known_at);
}

}  // namespace zest::delivery
