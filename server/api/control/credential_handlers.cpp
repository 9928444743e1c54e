// Tokens for those who have no key at hand, and whether a signature follows from a secret.
#include <algorithm>
#include <charconv>
#include <chrono>

#include "api/api.h"
#include "api/control/control.h"
#include "api/pipeline/auth.h"
#include "api/pipeline/readers.h"
#include "base/text.h"
#include "delivery/signer.h"
#include "rules/tokens.h"

namespace zest::api {
namespace {

constexpr std::string_view kSignatureHeader = "Zest-Signature";

Result<Answer> issue_token(const Services& services, Exchange& exchange) {
  const BodyReader reader(exchange);
  if (reader.error()) return *reader.error();
  const std::string& client_id = exchange.parameter("clientId");
  const Instant wall = services.clock.wall();
  ASSIGN_OR_RETURN(const rules::TokenPair pair,
                   services.store.write([&](store::Write& tx) -> Result<rules::TokenPair> {
                     if (!tx.partner(client_id)) return no_such("partner", client_id);
                     return services.tokens.grant(tx, rules::Assertion{client_id, std::nullopt, wall}, wall);
                   }));
  Answer answer = json_answer(201, token_json(pair));
  answer.headers.emplace_back("Cache-Control", "no-store");
  return answer;
}

// The value of the header field of that name in {"Name": "value", …}, whatever the case of its letters.
const std::string* header_value(const Json& headers, std::string_view name) {
  for (const auto& [field, value] : headers.items()) {
    if (value.is_string() && http::equal_ignoring_case(field, name))
      return value.get_ptr<const std::string*>();
  }
  return nullptr;
}

// The first `t=` of a signature header, in seconds.
std::optional<Instant> signed_at(std::string_view header) {
  while (!header.empty()) {
    const std::size_t end = std::min(header.find(','), header.size());
    std::string_view item = header.substr(0, end);
    header.remove_prefix(std::min(end + 1, header.size()));
    while (!item.empty() && is_blank(item.front())) item.remove_prefix(1);
    if (item.substr(0, 2) != "t=") continue;
    std::int64_t seconds = 0;
    const char* stop = item.data() + item.size();
    const auto [parsed, problem] = std::from_chars(item.data() + 2, stop, seconds);
    constexpr std::int64_t kFarthest = 253'402'300'799;  // the last second of year 9999
    if (problem != std::errc() || parsed != stop || seconds < 0 || seconds > kFarthest) return std::nullopt;
    return Instant(std::chrono::seconds(seconds));
  }
  return std::nullopt;
}

Result<Answer> verify_signature(const Services& services, Exchange& exchange) {
  BodyReader reader(exchange);
  const Json* headers = reader.any("headers");
  if (headers != nullptr && !headers->is_object())
    reader.fail_member("headers", "must be an object of header fields");
  const std::string body = reader.text("body").value_or("");
  const std::string secret = reader.text("secret").value_or("");
  const std::optional<std::string> computed = reader.text("computed");
  if (reader.error()) return *reader.error();

  const Instant now = services.clock.wall();
  const std::string* header = header_value(*headers, kSignatureHeader);
  const std::optional<Instant> at = header != nullptr ? signed_at(*header) : std::nullopt;
  using Check = delivery::SignatureCheck;
  const Check check =
      header == nullptr ? Check::MissingHeader : delivery::check_signature(secret, *header, body, now);
  // Whether it follows from secret and body, whenever that was.
  const bool matches = at && delivery::check_signature(secret, *header, body, *at) == Check::Valid;
  Json json{{"verified", check == Check::Valid},
            {"signatureMatches", matches},
            {"detail", check == Check::Valid ? "the signature is valid" : to_string(check)}};
  if (at) {
    const std::string fresh = delivery::zest_signature(secret, *at, body);
    const std::string expected = fresh.substr(fresh.find("v1=") + 3);
    json["signedAt"] = format_instant(*at);
    json["ageSeconds"] = (now - *at).count() / 1000;
    json["expected"] = expected;
    if (computed) json["computedMatches"] = *computed == expected;
  }
  return json_answer(200, json);
}

}  // namespace

void add_credential_routes(RouteTable& table, const Services& services) {
  Route token = control_route(Operation::IssueToken, "A token pair of that partner, without its key",
                              {"NoMembers", "TokenResponse"}, {404});
  token.success = 201;
  add_control(table, services, std::move(token), issue_token);
  add_control(table, services,
              control_route(Operation::VerifySignature, "Whether a webhook's signature follows from a secret",
                            {"SignatureToVerify", "SignatureVerdict"}),
              verify_signature);
}

}  // namespace zest::api
