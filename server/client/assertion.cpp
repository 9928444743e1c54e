#include "client/assertion.h"

namespace zest::client {

std::string sign_jwt(const Ed25519PrivateKey& key, const Json& header, const Json& claims) {
  const std::string signed_part =
      base64url_encode(dump_json(header)) + "." + base64url_encode(dump_json(claims));
  return signed_part + "." + base64url_encode(key.sign(signed_part));
}

std::string sign_assertion(const Ed25519PrivateKey& key, const AssertionClaims& claims) {
  const std::int64_t issued = to_ms(claims.issued_at) / 1000;
  Json payload;
  payload["iss"] = claims.issuer;
  payload["sub"] = claims.client_id;
  payload["client_id"] = claims.client_id;
  payload["aud"] = claims.audience;
  payload["iat"] = issued;
  payload["exp"] = issued + claims.lifetime.count() / 1000;
  if (claims.jti) payload["jti"] = *claims.jti;
  Json header;
  header["alg"] = "EdDSA";
  header["typ"] = "JWT";
  return sign_jwt(key, header, payload);
}

}  // namespace zest::client
