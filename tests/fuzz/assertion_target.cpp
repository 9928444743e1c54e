// Assertions of partners: any text, and any header and claims (two JSON documents, one line each) under a
// good signature. What is accepted claims what it must.
#include <optional>

#include "base/json.h"
#include "client/assertion.h"
#include "fuzz/target.h"
#include "rules/jwt.h"
#include "rules/tokens.h"

namespace zest::fuzz {
namespace {

constexpr Instant kAssertionTime = instant_from_ms(1'780'000'000'000);

struct Registered {
  Registered() {
    partner.client_id = "client_acme";
    partner.public_key = key.public_key();
  }
  const Ed25519PrivateKey key = *Ed25519PrivateKey::from_raw("0123456789abcdef0123456789abcdef");
  const rules::Audiences audiences = rules::accepted_audiences("http://127.0.0.1:8080", 8080, "sandbox:80");
  Partner partner;
};

Result<rules::Assertion> check(const Registered& registered, std::string_view text) {
  return rules::check_assertion(text, registered.audiences, kAssertionTime,
                                [&](const std::string& client_id) -> std::optional<Partner> {
                                  if (client_id != registered.partner.client_id) return std::nullopt;
                                  return registered.partner;
                                });
}

}  // namespace

FUZZ_TARGET(assertion, Bytes) {
  static const Registered registered;
  const Result<rules::Assertion> raw = check(registered, input);
  FUZZ_CHECK(!raw.ok() && raw.error().kind == ErrorKind::InvalidToken && !raw.error().detail.empty());

  const std::size_t end = input.find('\n');
  if (end == std::string_view::npos) return;
  const Result<Json> header = parse_json(input.substr(0, end));
  const Result<Json> claims = parse_json(input.substr(end + 1));
  if (!header.ok() || !claims.ok()) return;
  const std::string token = client::sign_jwt(registered.key, *header, *claims);
  const Result<rules::Assertion> checked = check(registered, token);
  if (!checked.ok()) {
    FUZZ_CHECK(checked.error().kind == ErrorKind::InvalidToken && !checked.error().detail.empty());
    return;
  }
  FUZZ_CHECK(checked->client_id == registered.partner.client_id);
  FUZZ_CHECK(*string_member(*header, "alg") == "EdDSA");
  FUZZ_CHECK(*string_member(*claims, "sub") == checked->client_id &&
             string_member(*claims, "iss") != nullptr);
  FUZZ_CHECK(checked->expires_at + rules::kClockSkew > kAssertionTime);
  FUZZ_CHECK(checked->expires_at <= kAssertionTime + rules::kClockSkew + rules::kMaxAssertionLifetime);
  // One more byte anywhere, and the signature is no longer its own.
  FUZZ_CHECK(!check(registered, token + "A").ok() && !check(registered, "A" + token).ok());
}

}  // namespace zest::fuzz
