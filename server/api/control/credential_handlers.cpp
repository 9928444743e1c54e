// Tokens for those who have no key at hand.
#include "api/api.h"
#include "api/control/control.h"
#include "api/pipeline/auth.h"
#include "api/pipeline/readers.h"
#include "rules/partners.h"
#include "rules/tokens.h"

namespace zest::api {
namespace {

Result<Answer> issue_token(const Services& services, Exchange& exchange) {
  const BodyReader reader(exchange);
  if (reader.error()) return *reader.error();
  const std::string& client_id = exchange.parameter("clientId");
  const Instant wall = services.clock.wall();
  ASSIGN_OR_RETURN(const rules::TokenPair pair,
                   services.store.write([&](store::Write& tx) -> Result<rules::TokenPair> {
                     if (!tx.partner(client_id)) return rules::unknown_partner(tx, client_id);
                     return services.tokens.grant(tx, rules::Assertion{client_id, std::nullopt, wall}, wall);
                   }));
  Answer answer = json_answer(201, token_json(pair));
  answer.headers.emplace_back("Cache-Control", "no-store");
  return answer;
}

}  // namespace

void add_credential_routes(RouteTable& table, const Services& services) {
  Route token = control_route(Operation::IssueToken, "A token pair of that partner, without its key",
                              {"NoMembers", "TokenResponse"}, {404});
  token.success = 201;
  add_control(table, services, std::move(token), issue_token);
  add_doctor_routes(table, services);
}

}  // namespace zest::api
