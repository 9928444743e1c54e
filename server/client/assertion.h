// Signed assertions: how a partner application proves who it is. Zest docs: authentication. Instants are wall
// time.
#pragma once

#include <optional>
#include <string>

#include "base/crypto.h"
#include "base/json.h"
#include "base/time.h"

namespace zest::client {

struct AssertionClaims {
  std::string client_id;  // goes into `sub` and `client_id`
  std::string issuer;     // the partner's API base URL
  std::string audience;   // base URL of the environment
  Instant issued_at{};
  Duration lifetime{60'000};       // 60 s is recommended
  std::optional<std::string> jti;  // absent: none
};

// A JWT signed with EdDSA.
std::string sign_assertion(const Ed25519PrivateKey& key, const AssertionClaims& claims);
// The same for a header and claims of any shape, so that refusals can be provoked.
std::string sign_jwt(const Ed25519PrivateKey& key, const Json& header, const Json& claims);

}  // namespace zest::client
