#include "api/pipeline/auth.h"

#include "api/pipeline/checks.h"
#include "base/crypto.h"
#include "rules/context.h"

namespace zest::api {
namespace {

constexpr std::string_view kScheme = "Bearer";
constexpr std::string_view kRefreshPrefix = "zrt_";

Error refused(Rule rule, std::string detail) {
  return refusal(rule, ErrorKind::InvalidToken, std::move(detail));
}

}  // namespace

Json token_json(const rules::TokenPair& pair) {
  return Json{{"accessToken", pair.access_token},
              {"refreshToken", pair.refresh_token},
              {"tokenType", "Bearer"},
              {"expiresIn", pair.access_lifetime.count() / 1000},
              {"refreshExpiresIn", rules::kRefreshTokenLifetime.count() / 1000}};
}

Result<std::string> bearer_token(const http::RequestHead& head) {
  const std::string* header = head.headers.find("Authorization");
  if (header == nullptr) {
    return refused(Rule::AuthBearer,
                   "the Authorization header is missing; send 'Authorization: Bearer <access token>'" +
                       other_header(head.headers, "Authorization"));
  }
  if (head.headers.count("Authorization") > 1)
    return refused(Rule::AuthBearer, "the Authorization header was sent more than once");
  const std::size_t space = header->find(' ');
  const std::string scheme = header->substr(0, space);
  if (!http::equal_ignoring_case(scheme, kScheme)) {
    return refused(Rule::AuthBearer,
                   "the Authorization header is not of the Bearer scheme; send 'Bearer <access token>'");
  }
  const std::size_t start = space == std::string::npos ? space : header->find_first_not_of(' ', space);
  if (start == std::string::npos)
    return refused(Rule::AuthBearer, "the Authorization header holds no token after 'Bearer'");
  std::string token = header->substr(start, header->find_last_not_of(' ') + 1 - start);
  // One search for each, which the library does quickly; for any of them it would ask at each byte.
  const auto holds = [&token](char c) { return token.find(c) != std::string::npos; };
  if (holds(' ') || holds('\t') || holds(',')) {
    return refused(Rule::AuthBearer, "the Authorization header holds more than one token");
  }
  if (token.front() == '"' || token.front() == '\'' || token.front() == '<')
    return refused(Rule::AuthTokenForm, "the token stands in quotes or brackets: send it bare");
  if (token.compare(0, kRefreshPrefix.size(), kRefreshPrefix) == 0) {
    return refused(Rule::AuthTokenKind,
                   "this is a refresh token, not an access token: exchange it at POST /v1/oauth2/tokens");
  }
  return token;
}

Result<void> check_not_resetting(const store::Store& store, std::string_view client_id) {
  const std::optional<Lane> lane = store.committed_lane(client_id);
  return lane ? rules::check_not_resetting(*lane) : Result<void>();
}

Result<Authenticator::Caller> Authenticator::authenticate(const http::RequestHead& head) {
  ASSIGN_OR_RETURN(const std::string token, bearer_token(head));
  const std::string digest = sha256(token);
  {
    const std::uint64_t version = services_.store.version(store::Topic::Credentials);
    const MutexLock lock(mutex_);
    const auto found = verified_.find(digest);
    if (found != verified_.end() && found->second.version == version &&
        services_.clock.wall() < found->second.caller.expires_at) {
      return found->second.caller;
    }
  }
  Result<Verified> verified = check(token);
  const MutexLock lock(mutex_);
  if (!verified.ok()) {
    verified_.erase(digest);
    return std::move(verified).error();
  }
  if (verified_.size() >= kRemembered) verified_.clear();
  return verified_.insert_or_assign(digest, std::move(verified).value()).first->second.caller;
}

Result<Authenticator::Verified> Authenticator::check(const std::string& token) const {
  ASSIGN_OR_RETURN(const rules::AccessClaims claims,
                   services_.tokens.check_access(token, services_.clock.wall()));
  struct Standing {
    bool revoked = true;
    bool expired = true;
    std::optional<Partner> partner;
  };
  // Before the look: what is committed during it makes the copy old.
  const std::uint64_t version = services_.store.version(store::Topic::Credentials);
  ASSIGN_OR_RETURN(Standing standing, services_.store.read([&claims](store::Read& tx) {
    return Standing{tx.chain_revoked(claims.chain_id),
                    claims.number <= tx.expired_access_tokens(claims.chain_id), tx.partner(claims.client_id)};
  }));
  if (!standing.partner) {
    return refused(Rule::AuthPartnerGone,
                   "the access token's client '" + claims.client_id + "' is not registered any more");
  }
  if (standing.revoked)
    return refused(Rule::AuthAccessRevoked, "the access token was revoked; sign a new assertion");
  if (standing.expired) return rules::access_token_expired();
  return Verified{{std::move(*standing.partner), claims.token_id, claims.expires_at, claims.short_lived},
                  version};
}

}  // namespace zest::api
