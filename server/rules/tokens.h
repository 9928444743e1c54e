// OAuth 2.0 JWT-bearer assertions, access tokens and refresh chains. Zest docs: authentication. All instants
// are wall time: tokens are shared with the partner's own clock.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "model/partner.h"
#include "store/store.h"

namespace zest::rules {

inline constexpr Duration kAccessTokenLifetime{3'600'000};       // Zest docs: authentication (expiresIn 3600)
inline constexpr Duration kRefreshTokenLifetime{2'592'000'000};  // refreshExpiresIn 2592000
inline constexpr Duration kClockSkew{5'000};                     // "a few seconds"
inline constexpr Duration kMaxAssertionLifetime{3'600'000};      // 60 s is recommended; the limit is ours

inline Error access_token_expired() {
  return refusal(Rule::AuthAccessExpired, ErrorKind::InvalidToken,
                 "the access token has expired: use the refresh token or a new assertion");
}

inline constexpr std::string_view kJtiSpent = "the assertion was used before: its 'jti' is spent";

struct TokenPair {
  std::string access_token;
  std::string refresh_token;
  Duration access_lifetime = kAccessTokenLifetime;  // whole seconds
};

struct Assertion {
  std::string client_id;
  std::optional<std::string> jti;
  Instant expires_at{};
};

// Which `aud` an assertion may have.
struct Audiences {
  std::vector<std::string> accepted;  // exactly so; the first one is named to who has another
  // The Host field of the call: with http:// or https:// before it, it is what the partner takes for the base
  // URL (mapped ports, container names). "" or malformed: none.
  std::string called_by;
};
// The sandbox's own base URLs, Zest's sandbox, and the address of the call. Zest's production is refused by
// name, also when the call came by it.
Audiences accepted_audiences(const std::string& public_url, int port, std::string called_by);
// Errors: InvalidToken that names what is expected.
Result<void> check_audience(const std::string& audience, const Audiences& audiences);

// The whole check of an assertion but for its jti, which needs the writer (a replayed one is refused; Zest
// documents none). EdDSA only; `iat` may lie kClockSkew ahead, and the assertion ends kClockSkew after its
// `exp`, exclusive. `aud` is one string, or a list of one. `find` gives the registered partner. Errors:
// InvalidToken whose detail names the cause.
Result<Assertion> check_assertion(std::string_view text, const Audiences& audiences, Instant wall,
                                  const std::function<std::optional<Partner>(const std::string&)>& find);

struct AccessClaims {
  std::string client_id;
  std::string chain_id;
  std::uint64_t number = 1;  // in its chain
  Instant expires_at{};      // wall
  std::string token_id;      // `jti`
  bool short_lived = false;  // by a chaos rule
};

// Makes and checks access tokens. `secret` is the database's own. Thread-safety: immutable.
class TokenAuthority {
 public:
  TokenAuthority(std::string secret, std::string issuer)
      : secret_(std::move(secret)), issuer_(std::move(issuer)) {}

  // A new chain. `lifetime` of the access token, counted in whole seconds. Errors: InvalidToken for a
  // replayed jti.
  Result<TokenPair> grant(store::Write& tx, const Assertion& assertion, Instant wall,
                          Duration lifetime = kAccessTokenLifetime) const;
  // Rotates. Errors: InvalidToken for an unknown, expired or revoked token; a spent one revokes its chain,
  // and that is committed although the caller gets the error: see RefreshOutcome.
  struct RefreshOutcome {
    std::optional<TokenPair> pair;
    std::string refusal;     // detail of the InvalidToken when there is no pair
    Rule rule = Rule::None;  // of the same
    std::string client_id;   // whose token it is, also when it is refused; "" for an unknown one
  };
  RefreshOutcome refresh(store::Write& tx, std::string_view refresh_token, Instant wall,
                         Duration lifetime = kAccessTokenLifetime) const;
  // Signature, kind and expiry; whether the chain is revoked, or its tokens up to this number have expired
  // before their time, is the caller's to ask the store.
  Result<AccessClaims> check_access(std::string_view access_token, Instant wall) const;
  // Whose genuine access token it is, of whatever age; nothing for any other text.
  std::optional<std::string> owner_of(std::string_view access_token) const;

 private:
  Result<AccessClaims> read_access(std::string_view access_token) const;
  TokenPair issue(store::Write& tx, const std::string& client_id, const std::string& chain_id, Instant wall,
                  Duration lifetime) const;
  std::string secret_;
  std::string issuer_;
};

}  // namespace zest::rules
