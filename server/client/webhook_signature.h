// How a receiver checks a Zest-Signature, and how a tool makes one. Written from the documentation and
// independent of the code that signs deliveries, so that the two prove each other. Zest docs:
// webhooks/signatures.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace zest::client {

// `header`: the Zest-Signature field, nullptr when it is missing. `now`: the receiver's wall clock. Errors:
// InvalidToken whose detail says why the webhook is not to be trusted.
Result<void> verify_webhook(std::string_view secret, const std::string* header, std::string_view body,
                            Instant now);

// The value of a Zest-Signature field: "t=<unix seconds>,v1=<hex>".
std::string sign_webhook(std::string_view secret, std::string_view body, Instant at);

}  // namespace zest::client
