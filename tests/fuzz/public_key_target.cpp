// Keys as partners paste them: base64, PEM, JWK; and private keys in PEM.
#include "base/crypto.h"
#include "fuzz/target.h"

namespace zest::fuzz {

FUZZ_TARGET(public_key, Json) {
  const Result<std::string> key = parse_ed25519_public_key(input);
  if (key.ok()) {
    FUZZ_CHECK(key->size() == 32);
    const Result<std::string> again = parse_ed25519_public_key(base64_encode(*key));
    FUZZ_CHECK(again.ok() && *again == *key);
    FUZZ_CHECK(!ed25519_verify(*key, "message", std::string(64, '\0')));
  } else {
    FUZZ_CHECK(key.error().kind == ErrorKind::InvalidRequest && !key.error().detail.empty());
  }

  const Result<Ed25519PrivateKey> secret = Ed25519PrivateKey::from_pem(input);
  if (!secret.ok()) return;
  const std::string signature = secret->sign(input);
  FUZZ_CHECK(ed25519_verify(secret->public_key(), input, signature));
  const Result<Ed25519PrivateKey> again = Ed25519PrivateKey::from_pem(secret->pem());
  FUZZ_CHECK(again.ok() && again->raw() == secret->raw());
}

}  // namespace zest::fuzz
