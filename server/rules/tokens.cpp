#include "rules/tokens.h"

#include <algorithm>
#include <cmath>

#include "base/crypto.h"
#include "base/id.h"
#include "base/url.h"
#include "rules/jwt.h"

namespace zest::rules {
namespace {

Error refused(Rule rule, std::string detail) {
  return refusal(rule, ErrorKind::InvalidToken, std::move(detail));
}

// A NumericDate (RFC 7519, section 2): seconds, possibly with a fraction.
Result<Instant> read_numeric_date(const Json& payload, const char* name) {
  const Json* value = member(payload, name);
  if (value == nullptr)
    return refused(Rule::AuthClaims, "the assertion lacks the claim '" + std::string(name) + "'");
  if (!value->is_number()) {
    return refused(Rule::AuthClaims,
                   "the assertion's '" + std::string(name) + "' must be a number of seconds since 1970");
  }
  const double seconds = value->get<double>();
  if (!(seconds >= 0) || seconds > static_cast<double>(kLastSecond)) {
    return refused(Rule::AuthClaims,
                   "the assertion's '" + std::string(name) +
                       "' is not a plausible time: it counts seconds since 1970 (milliseconds were sent?)");
  }
  return instant_from_ms(static_cast<std::int64_t>(std::floor(seconds * 1000.0)));
}

Result<std::string> read_claim(const Json& payload, const char* name) {
  const Json* value = member(payload, name);
  if (value == nullptr)
    return refused(Rule::AuthClaims, "the assertion lacks the claim '" + std::string(name) + "'");
  if (!value->is_string() || value->get_ref<const std::string&>().empty()) {
    return refused(Rule::AuthClaims,
                   "the assertion's '" + std::string(name) + "' must be a non-empty string");
  }
  return value->get<std::string>();
}

// A string, or a list of exactly one.
Result<std::string> read_audience(const Json& payload) {
  const Json* value = member(payload, "aud");
  if (value != nullptr && value->is_array() && value->size() == 1 && value->front().is_string()) {
    return value->front().get<std::string>();
  }
  if (value != nullptr && value->is_array())
    return refused(Rule::AuthAudience, "the assertion's 'aud' must name exactly one audience");
  return read_claim(payload, "aud");
}

bool contains(const std::vector<std::string>& list, const std::string& text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

// Zest docs: getting-started/environments.
constexpr std::string_view kProductionHosts[] = {"api.zestequity.com", "public-api.zestequity.com"};

// "http://" or "https://", or "" for an audience that begins otherwise.
std::string_view scheme_of(std::string_view audience) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (audience.substr(0, scheme.size()) == scheme) return scheme;
  }
  return "";
}

bool is_production(std::string_view audience) {
  const std::size_t path = audience.find('/', scheme_of(audience).size());
  const std::optional<Authority> named = parse_origin(audience.substr(0, path));
  return named && std::find(std::begin(kProductionHosts), std::end(kProductionHosts), named->host) !=
                      std::end(kProductionHosts);
}

// Whether this is the address of the call, by either scheme: a proxy may speak https for the sandbox.
bool is_address_of_call(const std::string& audience, const Audiences& audiences) {
  const std::string_view scheme = scheme_of(audience);
  const std::optional<Authority> named = parse_origin(audience);
  return !scheme.empty() && named && named == parse_origin(std::string(scheme) + audiences.called_by);
}

// The base URLs that an assertion may name, for who has another.
std::string expected_audience(const Audiences& audiences) {
  std::string own = audiences.accepted.empty() ? "" : audiences.accepted.front();
  if (!parse_authority(audiences.called_by) || is_address_of_call(own, audiences)) return own;
  return own + " or, as it was called, http://" + audiences.called_by;
}

Result<void> check_times(Instant issued_at, Instant expires_at, const Json& payload, Instant wall) {
  if (issued_at > wall + kClockSkew) {
    return refused(
        Rule::AuthClock,
        "the assertion was issued in the future: check your clock (5 seconds of skew are tolerated)");
  }
  if (expires_at <= issued_at)
    return refused(Rule::AuthLifetime, "the assertion's 'exp' is not after its 'iat'");
  if (expires_at - issued_at > kMaxAssertionLifetime) {
    return refused(Rule::AuthLifetime,
                   "the assertion's lifetime is longer than one hour; 60 seconds are recommended");
  }
  if (expires_at + kClockSkew <= wall)
    return refused(Rule::AuthAssertionExpired, "the assertion has expired");
  if (payload.contains("nbf")) {
    ASSIGN_OR_RETURN(const Instant not_before, read_numeric_date(payload, "nbf"));
    if (not_before > wall + kClockSkew)
      return refused(Rule::AuthClock, "the assertion is not valid yet ('nbf')");
  }
  return {};
}

// Claims of an access token: kept apart from assertions by "use".
constexpr const char* kAccessUse = "access";

// For so long an expired refresh token is still told from an unknown one.
constexpr Duration kExpiredTokensKept{86'400'000};

std::int64_t seconds_of(Instant instant) {
  return std::chrono::floor<std::chrono::seconds>(instant).time_since_epoch().count();
}

}  // namespace

Audiences accepted_audiences(const std::string& public_url, int port, std::string called_by) {
  Audiences audiences;
  audiences.accepted = {public_url};
  for (const std::string& url :
       {"http://localhost:" + std::to_string(port), "http://127.0.0.1:" + std::to_string(port),
        std::string("https://sandbox-api.zestequity.com"),
        std::string("https://sandbox.api.zestequity.com")}) {
    if (!contains(audiences.accepted, url)) audiences.accepted.push_back(url);
  }
  audiences.called_by = std::move(called_by);
  return audiences;
}

Result<void> check_audience(const std::string& audience, const Audiences& audiences) {
  const std::string expected = expected_audience(audiences);
  if (is_production(audience)) {
    return refused(Rule::AuthAudience, "audience mismatch: the assertion's 'aud' is Zest's production URL " +
                                           audience + ", this is a sandbox (" + expected + ")");
  }
  if (contains(audiences.accepted, audience) || is_address_of_call(audience, audiences)) return {};
  return refused(
      Rule::AuthAudience,
      "audience mismatch: the assertion's 'aud' must be exactly the environment's base URL, here " +
          expected + " (no path, no trailing slash)");
}

Result<Assertion> check_assertion(std::string_view text, const Audiences& audiences, Instant wall,
                                  const std::function<std::optional<Partner>(const std::string&)>& find) {
  ASSIGN_OR_RETURN(const Jwt jwt, parse_jwt(text));
  const std::string* algorithm = string_member(jwt.header, "alg");
  if (algorithm == nullptr)
    return refused(Rule::AuthAlgorithm, "the assertion's header names no algorithm ('alg')");
  if (*algorithm != "EdDSA") {
    return refused(Rule::AuthAlgorithm,
                   "the assertion's algorithm is not accepted: sign it with EdDSA (Ed25519)");
  }
  if (jwt.header.contains("crit"))
    return refused(Rule::AuthTokenForm, "the assertion's header has critical extensions ('crit')");
  const std::string* use = string_member(jwt.payload, "use");
  if (use != nullptr && *use == kAccessUse)
    return refused(Rule::AuthTokenKind, "this is an access token, not an assertion");

  RETURN_IF_ERROR(read_claim(jwt.payload, "iss"));
  ASSIGN_OR_RETURN(const std::string subject, read_claim(jwt.payload, "sub"));
  ASSIGN_OR_RETURN(const std::string client_id, read_claim(jwt.payload, "client_id"));
  ASSIGN_OR_RETURN(const std::string audience, read_audience(jwt.payload));
  ASSIGN_OR_RETURN(const Instant issued_at, read_numeric_date(jwt.payload, "iat"));
  ASSIGN_OR_RETURN(const Instant expires_at, read_numeric_date(jwt.payload, "exp"));
  if (subject != client_id)
    return refused(Rule::AuthSubject, "the assertion's 'sub' differs from its 'client_id'");

  const std::optional<Partner> partner = find(client_id);
  if (!partner)
    return refused(Rule::AuthUnknownClient,
                   "unknown client: no partner is registered under the assertion's 'client_id'");
  if (jwt.signature.size() != 64 || !ed25519_verify(partner->public_key, jwt.signing_input, jwt.signature)) {
    return refused(
        Rule::AuthSignature,
        "bad signature: the assertion is not signed by the key registered for '" + client_id + "'");
  }
  RETURN_IF_ERROR(check_audience(audience, audiences));
  RETURN_IF_ERROR(check_times(issued_at, expires_at, jwt.payload, wall));

  Assertion assertion;
  assertion.client_id = client_id;
  assertion.expires_at = expires_at;
  if (const Json* jti = member(jwt.payload, "jti")) {
    if (!jti->is_string()) return refused(Rule::AuthClaims, "the assertion's 'jti' must be a string");
    assertion.jti = jti->get<std::string>();
  }
  return assertion;
}

TokenPair TokenAuthority::issue(store::Write& tx, const std::string& client_id, const std::string& chain_id,
                                Instant wall, Duration lifetime) const {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(lifetime);
  const Json header{{"alg", "HS256"}, {"typ", "JWT"}};
  const Json payload{
      {"iss", issuer_},     {"sub", client_id},        {"client_id", client_id},
      {"use", kAccessUse},  {"iat", seconds_of(wall)}, {"exp", seconds_of(wall + seconds)},
      {"jti", make_uuid()}, {"chain", chain_id},       {"number", tx.next_access_token(chain_id)}};
  const std::string signing_input = jwt_signing_input(header, payload);
  TokenPair pair;
  pair.access_lifetime = seconds;
  pair.access_token = signing_input + "." + base64url_encode(hmac_sha256(secret_, signing_input));
  pair.refresh_token = "zrt_" + base64url_encode(random_bytes(32));
  tx.add_refresh_token(to_hex(sha256(pair.refresh_token)),
                       store::RefreshToken{chain_id, client_id, wall + kRefreshTokenLifetime, false, false});
  return pair;
}

Result<TokenPair> TokenAuthority::grant(store::Write& tx, const Assertion& assertion, Instant wall,
                                        Duration lifetime) const {
  if (assertion.jti &&
      !tx.remember_jti(assertion.client_id, *assertion.jti, assertion.expires_at + kClockSkew, wall)) {
    return refused(Rule::AuthJtiOnce, std::string(kJtiSpent));
  }
  tx.prune_tokens(wall - kExpiredTokensKept);
  const std::string chain_id = make_uuid();
  tx.add_chain(chain_id, assertion.client_id);
  return issue(tx, assertion.client_id, chain_id, wall, lifetime);
}

TokenAuthority::RefreshOutcome TokenAuthority::refresh(store::Write& tx, std::string_view refresh_token,
                                                       Instant wall, Duration lifetime) const {
  const std::string hash = to_hex(sha256(refresh_token));
  const std::optional<store::RefreshToken> token = tx.refresh_token(hash);
  if (!token) return {std::nullopt, "unknown refresh token", Rule::AuthRefreshUnknown, ""};
  const std::string& owner = token->client_id;
  if (token->revoked)
    return {std::nullopt, "the refresh token's chain is revoked: sign a new assertion",
            Rule::AuthRefreshRevoked, owner};
  if (token->spent) {
    tx.revoke_chain(token->chain_id);
    return {std::nullopt,
            "the refresh token is spent; presenting it again revoked its whole chain, access tokens included",
            Rule::AuthRefreshOnce, owner};
  }
  if (token->expires_at <= wall)
    return {std::nullopt, "the refresh token has expired", Rule::AuthRefreshExpired, owner};
  if (!tx.partner(token->client_id))
    return {std::nullopt, "unknown client: the token's partner is gone", Rule::AuthPartnerGone, owner};
  tx.spend_refresh_token(hash);
  return {issue(tx, token->client_id, token->chain_id, wall, lifetime), "", Rule::None, owner};
}

Result<AccessClaims> TokenAuthority::check_access(std::string_view access_token, Instant wall) const {
  ASSIGN_OR_RETURN(AccessClaims claims, read_access(access_token));
  if (claims.expires_at <= wall) return access_token_expired();
  return claims;
}

std::optional<std::string> TokenAuthority::owner_of(std::string_view access_token) const {
  const Result<AccessClaims> claims = read_access(access_token);
  return claims.ok() ? std::optional<std::string>(claims->client_id) : std::nullopt;
}

Result<AccessClaims> TokenAuthority::read_access(std::string_view access_token) const {
  ASSIGN_OR_RETURN(const Jwt jwt, parse_jwt(access_token));
  const std::string* use = string_member(jwt.payload, "use");
  if (use == nullptr || *use != kAccessUse) {
    return refused(Rule::AuthTokenKind,
                   "this is not an access token: exchange your assertion at POST /v1/oauth2/tokens");
  }
  const std::string* algorithm = string_member(jwt.header, "alg");
  if (algorithm == nullptr || *algorithm != "HS256" ||
      !constant_time_equal(jwt.signature, hmac_sha256(secret_, jwt.signing_input))) {
    return refused(Rule::AuthSignature, "bad signature: the access token was not issued by this sandbox");
  }
  const std::string* client_id = string_member(jwt.payload, "client_id");
  const std::string* chain_id = string_member(jwt.payload, "chain");
  const Json* expires = member(jwt.payload, "exp");
  if (client_id == nullptr || chain_id == nullptr || expires == nullptr || !expires->is_number_integer()) {
    return refused(Rule::AuthTokenForm, "the access token lacks claims");
  }
  const Instant expires_at = instant_from_ms(expires->get<std::int64_t>() * 1000);
  const Json* issued = member(jwt.payload, "iat");
  const bool short_lived =
      issued != nullptr && issued->is_number_integer() &&
      expires_at - instant_from_ms(issued->get<std::int64_t>() * 1000) < kAccessTokenLifetime;
  const Json* number = member(jwt.payload, "number");
  const bool numbered = number != nullptr && number->is_number_unsigned();
  return AccessClaims{*client_id,
                      *chain_id,
                      numbered ? number->get<std::uint64_t>() : 1,
                      expires_at,
                      text_member(jwt.payload, "jti"),
                      short_lived};
}

}  // namespace zest::rules
