// JSON Web Tokens, compact form: parsed and checked for shape only. RFC 7519. Thread-safety: free functions.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace zest::rules {

inline constexpr std::size_t kMaxJwt = 16 * 1024;

struct Jwt {
  Json header;   // an object
  Json payload;  // an object
  std::string signing_input;
  std::string signature;  // raw bytes
};

// Errors: InvalidToken that says which part is malformed.
Result<Jwt> parse_jwt(std::string_view text);
// Header and payload, encoded and joined: what is signed.
std::string jwt_signing_input(const Json& header, const Json& payload);

}  // namespace zest::rules
