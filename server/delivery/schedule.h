// The retry schedule. Zest docs: webhooks/retries. All values are virtual time.
#pragma once

#include <array>
#include <optional>

#include "base/time.h"

namespace zest::delivery {

inline constexpr int kMaxAttempts = 6;
// Delays before attempts 2 to 6, counted from the start of the attempt before.
inline constexpr std::array<Duration, kMaxAttempts - 1> kRetryDelays = {
    Duration{30'000}, Duration{300'000}, Duration{1'800'000}, Duration{7'200'000}, Duration{43'200'000}};

// When the attempt after number `attempt` is due: its delay after the start of that one, but not before the
// outcome was known. Nothing after the last: the delivery is dead.
std::optional<Instant> next_attempt_at(int attempt, Instant started_at, Instant outcome_known_at);

}  // namespace zest::delivery
