// The door to OpenSSL: hashes, HMAC, Ed25519, encodings, secrets. Thread-safety: free functions; keys are
// immutable.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace zest {

std::string to_hex(std::string_view bytes);  // lower case
Result<std::string> from_hex(std::string_view text);
std::string base64_encode(std::string_view bytes);            // standard alphabet, padded
Result<std::string> base64_decode(std::string_view text);     // strict: standard alphabet, padding required
std::string base64url_encode(std::string_view bytes);         // unpadded
Result<std::string> base64url_decode(std::string_view text);  // strict: unpadded

std::string sha256(std::string_view bytes);                               // 32 raw bytes
std::string hmac_sha256(std::string_view key, std::string_view message);  // 32 raw bytes
std::string random_bytes(std::size_t count);                              // cryptographically secure
bool constant_time_equal(std::string_view a, std::string_view b);

// What others may have used in the place of SHA-256; for saying so, never for trusting it.
enum class Digest { Sha256, Sha1, Sha512, Sha384, Sha224, Md5, Sha3_256 };
std::string_view to_string(Digest digest);  // "SHA-1"
// Raw bytes; empty where this OpenSSL does not offer the digest.
std::string hash(Digest digest, std::string_view bytes);
std::string hmac(Digest digest, std::string_view key, std::string_view message);

// SHA-256 over bytes that arrive in pieces.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  void update(std::string_view bytes);
  std::string finish();  // 32 raw bytes; call once

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Public keys travel as 32 raw bytes. One of small order verifies nothing: everything would be signed by it.
bool ed25519_verify(std::string_view public_key, std::string_view message, std::string_view signature);

class Ed25519PrivateKey {
 public:
  static Ed25519PrivateKey generate();
  static Result<Ed25519PrivateKey> from_pem(std::string_view pem);   // PKCS#8
  static Result<Ed25519PrivateKey> from_raw(std::string_view seed);  // 32 bytes
  std::string public_key() const;                                    // 32 raw bytes
  std::string sign(std::string_view message) const;                  // 64 raw bytes
  std::string pem() const;                                           // PKCS#8
  std::string raw() const;                                           // 32 bytes
  std::string jwk() const;                                           // JSON text: kty OKP, crv Ed25519, x, d

 private:
  explicit Ed25519PrivateKey(std::string seed) : seed_(std::move(seed)) {}
  std::string seed_;
};

// A public key in any form that partners have at hand: base64 of the raw 32 bytes, PEM (SPKI), or a JWK (JSON
// text). Returns the raw 32 bytes. Errors: InvalidRequest that names the form it took the text for and what
// is wrong with it, a key of small order among that.
Result<std::string> parse_ed25519_public_key(std::string_view text);

std::string crypto_library_version();

}  // namespace zest
