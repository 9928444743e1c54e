// What one attempt puts on the wire: the event's body and fresh headers, or a spoilt pair of them on purpose.
// Zest docs: webhooks/signatures. Thread-safety: free functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "chaos/rule.h"
#include "model/event.h"

namespace zest::delivery {

struct Outgoing {
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;  // in order
};

struct Spoiling {
  std::optional<Tampering> tamper;
  bool extra_signature_version = false;  // "v2=…" after v1, which a good receiver skips
};

// How far beyond the tolerance a spoilt timestamp lies.
inline constexpr Duration kSpoiltTimestampOffset{600'000};

// `signed_at` as for zest_signature().
Outgoing outgoing(const Event& event, std::string_view secret, Instant signed_at, const Spoiling& spoiling);

}  // namespace zest::delivery
