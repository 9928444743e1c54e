// Everything that is wrong with an assertion, or another token, at once. Zest docs: authentication.
// Thread-safety: free functions.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "insight/finding.h"
#include "model/partner.h"
#include "rules/tokens.h"

namespace zest::insight {

struct TokenCase {
  std::string token;
  rules::Audiences audiences;
  Instant wall{};
  std::vector<Partner> partners;
  std::string own_key;  // raw public key of the caller's key file; "" when none was given
};

struct TokenDiagnosis {
  std::string kind;                  // "assertion", "access token", "refresh token", "unknown"
  Json header;                       // null when it cannot be read
  Json claims;                       // null when they cannot be read
  const Partner* partner = nullptr;  // of `partners`, whom it names
  std::vector<Finding> findings;     // advice among them
};

TokenDiagnosis diagnose_token(const TokenCase& given);
// What only the store can tell.
void add_refused_access(TokenDiagnosis& diagnosis, const std::string& detail);
void add_spent_jti(TokenDiagnosis& diagnosis);

// RFC 7638, of an Ed25519 key: base64url of the SHA-256 of its JWK.
std::string key_thumbprint(std::string_view public_key);

}  // namespace zest::insight
