// What one attempt puts on the wire: the event's body and fresh headers, or a tampered pair of them on
// purpose. Zest docs: webhooks/signatures. Thread-safety: free functions.
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

// How far beyond the tolerance a tampered timestamp lies.
inline constexpr Duration kTamperedTimestampOffset{600'000};

// `signed_at` as for zest_signature(). `extra_signature_version`: "v2=…" after v1, which a good receiver
// skips; not of a tampered one.
Outgoing outgoing(const Event& event, std::string_view secret, Instant signed_at,
                  std::optional<Tampering> tampering, bool extra_signature_version);

}  // namespace zest::delivery
