// /v1/oauth2. Zest docs: authentication.
#include "api/api.h"
#include "api/pipeline/auth.h"
#include "api/pipeline/request_scope.h"
#include "base/error.h"
#include "rules/tokens.h"

namespace zest::api {
namespace {

constexpr std::string_view kAssertionGrant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
constexpr std::string_view kRefreshGrant = "refresh_token";

// A form field that must be there, once.
Result<std::string> form_field(const Exchange& exchange, const std::string& name) {
  const std::string* value = nullptr;
  for (const auto& [key, text] : exchange.form) {
    if (key != name) continue;
    if (value != nullptr)
      return refusal(Rule::AuthGrantForm, ErrorKind::InvalidRequest,
                     "the form field '" + name + "' was sent more than once");
    value = &text;
  }
  if (value == nullptr || value->empty())
    return refusal(Rule::AuthGrantForm, ErrorKind::InvalidRequest,
                   "the form field '" + name + "' is required");
  return *value;
}

Duration lifetime_in(const Exchange& exchange) {
  return exchange.token_lifetime.value_or(rules::kAccessTokenLifetime);
}

Result<rules::TokenPair> grant(const Services& services, Exchange& exchange) {
  ASSIGN_OR_RETURN(const std::string jwt, form_field(exchange, "assertion"));
  const Instant wall = services.clock.wall();
  std::optional<Error> unreadable;
  const auto find = [&](const std::string& client_id) -> std::optional<Partner> {
    Result<std::optional<Partner>> partner =
        services.store.read([&client_id](store::Read& tx) { return tx.partner(client_id); });
    if (!partner.ok()) {
      unreadable = std::move(partner).error();
      return std::nullopt;
    }
    if (*partner) exchange.caller = client_id;
    return std::move(partner).value();
  };
  const rules::Audiences audiences = audiences_of_call(services, exchange);
  const Result<rules::Assertion> assertion = rules::check_assertion(jwt, audiences, wall, find);
  if (unreadable) return std::move(*unreadable);
  if (!assertion.ok()) return assertion.error();
  return services.store.write(
      [&](store::Write& tx) { return services.tokens.grant(tx, *assertion, wall, lifetime_in(exchange)); });
}

Result<rules::TokenPair> refresh(const Services& services, Exchange& exchange) {
  ASSIGN_OR_RETURN(const std::string token, form_field(exchange, "refresh_token"));
  const Instant wall = services.clock.wall();
  using Outcome = rules::TokenAuthority::RefreshOutcome;
  // A success of the transaction also when the token is refused: the revocation of its chain is to be
  // committed.
  ASSIGN_OR_RETURN(Outcome outcome, services.store.write([&](store::Write& tx) -> Result<Outcome> {
    return services.tokens.refresh(tx, token, wall, lifetime_in(exchange));
  }));
  if (!outcome.client_id.empty()) exchange.caller = std::move(outcome.client_id);
  if (!outcome.pair) return refusal(outcome.rule, ErrorKind::InvalidToken, std::move(outcome.refusal));
  return std::move(*outcome.pair);
}

Result<Answer> exchange_token(const Services& services, Exchange& exchange) {
  ASSIGN_OR_RETURN(const std::string grant_type, form_field(exchange, "grant_type"));
  if (grant_type != kAssertionGrant && grant_type != kRefreshGrant) {
    return refusal(Rule::AuthGrantForm, ErrorKind::InvalidRequest,
                   "the grant_type is not supported; send " + std::string(kAssertionGrant) + " or " +
                       std::string(kRefreshGrant));
  }
  ASSIGN_OR_RETURN(const rules::TokenPair pair,
                   grant_type == kAssertionGrant ? grant(services, exchange) : refresh(services, exchange));
  Answer answer = json_answer(201, token_json(pair));
  answer.headers.emplace_back("Cache-Control", "no-store");
  return answer;
}

Result<Answer> info(const Exchange& exchange) {
  const Partner& partner = *exchange.partner;
  return json_answer(
      200, Json{{"clientType", "service"},
                {"clientId", partner.client_id},
                {"metadata", Json{{"applicationName", partner.name}, {"tenantSlug", partner.tenant_slug}}}});
}

}  // namespace

void add_token_routes(RouteTable& table, const Services& services) {
  Route tokens = route_of(Operation::ExchangeTokens, "Get an access token");
  tokens.description =
      "Takes a JWT that is signed with the partner's Ed25519 key, or a refresh token, and answers a new "
      "pair. A refresh "
      "token works once; presenting it again revokes every token that came from the same assertion.";
  tokens.tag = "Authentication";
  tokens.request_schema = "Body_exchangeJwtAssertion";
  tokens.response_schema = "TokenResponse";
  tokens.success = 201;
  tokens.errors = {400, 401, 413};
  tokens.handle = [&services](Exchange& exchange) { return exchange_token(services, exchange); };
  table.add(std::move(tokens));

  Route about = route_of(Operation::GetTokenInfo, "Inspect the access token");
  about.description = "Tells whom the access token stands for.";
  about.tag = "Authentication";
  about.response_schema = "InfoResponse";
  about.errors = {401};
  about.handle = [](Exchange& exchange) { return info(exchange); };
  table.add(std::move(about));
}

}  // namespace zest::api
