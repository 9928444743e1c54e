// Signatures of webhooks. Zest docs: webhooks/signatures. Thread-safety: free functions.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "model/event.h"

namespace zest::delivery {

// "t=<unix seconds>,v1=<hex>": HMAC-SHA256 with the whole secret string over "<t>.<body>". `signed_at` is
// wall time unless the user asked for virtual signatures: receivers compare t with their own clock.
std::string zest_signature(std::string_view secret, Instant signed_at, std::string_view body);

// Header fields of one attempt, in order.
std::vector<std::pair<std::string, std::string>> webhook_headers(const Event& event,
                                                                 std::string_view signature);

// How old or young `t` may be for a receiver that follows the documentation.
inline constexpr Duration kSignatureTolerance{300'000};

enum class SignatureCheck { Valid, MissingHeader, Malformed, NoKnownVersion, Mismatch, Stale, Future };
std::string_view to_string(SignatureCheck check);
// What a receiver does: parses the header (unknown versions are skipped), checks t against `now`, compares in
// constant time.
SignatureCheck check_signature(std::string_view secret, std::string_view header, std::string_view body,
                               Instant now);

}  // namespace zest::delivery
