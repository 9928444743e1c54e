// Ed25519 keys and signatures; declared in crypto.h.
#include <openssl/pem.h>

#include <algorithm>
#include <optional>

#include "base/crypto.h"
#include "base/error.h"
#include "base/json.h"
#include "base/openssl.h"

namespace zest {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kSignatureBytes = 64;

// The y of the points whose order divides 8, each in every form that 255 bits can hold: 0, 1, p - 1, p, p + 1
// and the two of order 8. With such a key anybody can make signatures of any message. Source: "May the Fourth
// Be With You" (eprint 2016/1103), libsodium's ge25519_has_small_order.
constexpr std::string_view kSmallOrder[] = {
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"};

bool has_small_order(std::string_view key) {
  std::string y(key);
  y.back() = static_cast<char>(y.back() & 0x7F);  // without the sign of x
  return std::find(std::begin(kSmallOrder), std::end(kSmallOrder), to_hex(y)) != std::end(kSmallOrder);
}

openssl::Key private_key(std::string_view seed) {
  openssl::Key key(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, openssl::bytes(seed), seed.size()));
  if (!key) openssl::out_of_memory();
  return key;
}

openssl::Bio reader(std::string_view text) {
  openssl::Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  if (!bio) openssl::out_of_memory();
  return bio;
}

// Without it OpenSSL asks the terminal for the passphrase of an encrypted key.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*context*/) { return -1; }

std::string type_name(const openssl::Key& key) {
  const char* name = EVP_PKEY_get0_type_name(key.get());
  return name == nullptr ? "unknown" : name;
}

std::string raw_public(const openssl::Key& key) {
  std::string raw(kKeyBytes, '\0');
  std::size_t length = raw.size();
  if (EVP_PKEY_get_raw_public_key(key.get(), openssl::bytes(raw), &length) != 1 || length != kKeyBytes) {
    openssl::out_of_memory();
  }
  return raw;
}

constexpr std::size_t kVerifyMemory = 64 * 1024;  // far above what a verification allocates
constexpr std::size_t kMaxKeyText = 16384;        // far above any key; keeps sizes within OpenSSL's int

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

Result<std::string> public_key_from_pem(std::string_view text) {
  if (contains(text, "PRIVATE KEY-----")) {
    return invalid_request(
        "the PEM text holds a private key: give the public key and keep the private one to yourself");
  }
  if (!contains(text, "-----BEGIN PUBLIC KEY-----")) {
    return invalid_request(
        "the PEM text holds no public key: a block '-----BEGIN PUBLIC KEY-----' is expected");
  }
  const openssl::Key key(PEM_read_bio_PUBKEY(reader(text).get(), nullptr, no_passphrase, nullptr));
  openssl::forget_failure();
  if (!key)
    return invalid_request("the PEM text cannot be read as a public key: it is damaged or incomplete");
  if (EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_ED25519) {
    return invalid_request("the PEM text holds a key of type " + type_name(key) +
                           ": an Ed25519 key is required");
  }
  return raw_public(key);
}

Result<std::string> public_key_from_jwk(std::string_view text) {
  const Result<Json> parsed = parse_json(text);
  if (!parsed.ok()) return invalid_request("the JWK is " + parsed.error().detail);
  const Json& jwk = *parsed;
  if (member(jwk, "keys") != nullptr) return invalid_request("this is a JWK set: give one key of it");
  if (member(jwk, "d") != nullptr) {
    return invalid_request(
        "the JWK holds a private key (member 'd'): give the public key and keep the private one to yourself");
  }
  const std::string* type = string_member(jwk, "kty");
  if (type == nullptr || *type != "OKP")
    return invalid_request("the JWK is of another key type: 'kty' must be 'OKP'");
  const std::string* curve = string_member(jwk, "crv");
  if (curve == nullptr || *curve != "Ed25519") {
    return invalid_request("the JWK is of another curve: 'crv' must be 'Ed25519'");
  }
  const std::string* x = string_member(jwk, "x");
  if (x == nullptr) return invalid_request("the JWK has no 'x', which holds the public key");
  Result<std::string> raw = base64url_decode(*x);
  if (!raw.ok()) return invalid_request("the JWK's 'x' is " + raw.error().detail);
  if (raw->size() != kKeyBytes) {
    return invalid_request("the JWK's 'x' holds " + std::to_string(raw->size()) + " bytes: 32 are required");
  }
  return raw;
}

// A hint for what else the wrong number of bytes may be.
std::string hint(std::string_view text, std::string_view raw) {
  if (text.size() == 2 * kKeyBytes && from_hex(text).ok())
    return "; it looks like hex, which is not accepted";
  if (raw.size() == 48) return "; 48 bytes look like a private key (PKCS#8), give the public one";
  if (raw.size() == 64) return "; 64 bytes look like a private key with its public half, give the public one";
  if (raw.size() == 44) return "; 44 bytes look like DER, give it as PEM";
  return "";
}

Result<std::string> public_key_from_base64(std::string_view text) {
  std::string standard(text);
  const bool url_safe = text.find_first_of("+/") == std::string_view::npos;
  const bool padded = !text.empty() && text.back() == '=';
  if (url_safe && padded) {
    for (char& c : standard) c = c == '-' ? '+' : c == '_' ? '/' : c;
  }
  Result<std::string> raw = url_safe && !padded ? base64url_decode(text) : base64_decode(standard);
  if (!raw.ok()) {
    return invalid_request("the key was taken for base64 of the 32 raw bytes, but is " + raw.error().detail +
                           "; base64, PEM and JWK are accepted");
  }
  if (raw->size() != kKeyBytes) {
    return invalid_request("the key was taken for base64, but holds " + std::to_string(raw->size()) +
                           " bytes where 32 are required" + hint(text, *raw));
  }
  return raw;
}

bool verify_once(std::string_view public_key, std::string_view message, std::string_view signature) {
  const openssl::Key key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, openssl::bytes(public_key), public_key.size()));
  const openssl::DigestContext context(EVP_MD_CTX_new());
  const bool good = key && context &&
                    EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
                    EVP_DigestVerify(context.get(), openssl::bytes(signature), signature.size(),
                                     openssl::bytes(message), message.size()) == 1;
  ERR_clear_error();
  return good;
}

}  // namespace

bool ed25519_verify(std::string_view public_key, std::string_view message, std::string_view signature) {
  if (public_key.size() != kKeyBytes || signature.size() != kSignatureBytes) return false;
  if (has_small_order(public_key)) return false;
  if (verify_once(public_key, message, signature)) return true;
  // OpenSSL does not tell a wrong signature from a failure to allocate. What it needs is asked for here,
  // which throws, and then it is told apart.
  std::string().reserve(kVerifyMemory);
  return verify_once(public_key, message, signature);
}

Ed25519PrivateKey Ed25519PrivateKey::generate() { return Ed25519PrivateKey(random_bytes(kKeyBytes)); }

Result<Ed25519PrivateKey> Ed25519PrivateKey::from_raw(std::string_view seed) {
  if (seed.size() != kKeyBytes) {
    return invalid_request("an Ed25519 private key is 32 bytes, not " + std::to_string(seed.size()));
  }
  return Ed25519PrivateKey(std::string(seed));
}

namespace {

// The seed in a private key as nearly every tool writes it (RFC 8410: PKCS #8, no attributes, one line of
// base64); nothing for any other text. OpenSSL's reader first looks for decoders of all that a text might
// hold, which takes a third of the sandbox's start.
std::optional<std::string> seed_of_plain_pem(std::string_view pem) {
  constexpr std::string_view kBegin = "-----BEGIN PRIVATE KEY-----\n";
  constexpr std::string_view kEnd = "\n-----END PRIVATE KEY-----\n";
  constexpr std::size_t kBase64 = 64;
  const std::string der_start = from_hex("302e020100300506032b657004220420").value();
  if (pem.size() != kBegin.size() + kBase64 + kEnd.size() || pem.substr(0, kBegin.size()) != kBegin ||
      pem.substr(kBegin.size() + kBase64) != kEnd) {
    return std::nullopt;
  }
  const Result<std::string> der = base64_decode(pem.substr(kBegin.size(), kBase64));
  if (!der.ok() || der->size() != der_start.size() + kKeyBytes ||
      der->substr(0, der_start.size()) != der_start)
    return std::nullopt;
  return der->substr(der_start.size());
}

}  // namespace

Result<Ed25519PrivateKey> Ed25519PrivateKey::from_pem(std::string_view pem) {
  if (std::optional<std::string> seed = seed_of_plain_pem(pem)) return Ed25519PrivateKey(std::move(*seed));
  if (pem.size() > kMaxKeyText) return invalid_request("the PEM text is too long for a key");
  if (contains(pem, "-----BEGIN ENCRYPTED PRIVATE KEY-----")) {
    return invalid_request("the PEM text holds a private key under a passphrase: give it without one");
  }
  if (contains(pem, "-----BEGIN PUBLIC KEY-----")) {
    return invalid_request("the PEM text holds a public key: the private key is required");
  }
  const openssl::Key key(PEM_read_bio_PrivateKey(reader(pem).get(), nullptr, no_passphrase, nullptr));
  openssl::forget_failure();
  if (!key) {
    return invalid_request(
        "the PEM text holds no readable private key: a block '-----BEGIN PRIVATE KEY-----' is expected");
  }
  if (EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_ED25519) {
    return invalid_request("the PEM text holds a key of type " + type_name(key) +
                           ": an Ed25519 key is required");
  }
  std::string seed(kKeyBytes, '\0');
  std::size_t length = seed.size();
  if (EVP_PKEY_get_raw_private_key(key.get(), openssl::bytes(seed), &length) != 1) {
    openssl::out_of_memory();
  }
  return Ed25519PrivateKey(std::move(seed));
}

std::string Ed25519PrivateKey::public_key() const { return raw_public(private_key(seed_)); }

std::string Ed25519PrivateKey::sign(std::string_view message) const {
  const openssl::Key key = private_key(seed_);
  const openssl::DigestContext context(EVP_MD_CTX_new());
  std::string signature(kSignatureBytes, '\0');
  std::size_t length = signature.size();
  if (!context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), openssl::bytes(signature), &length, openssl::bytes(message),
                     message.size()) != 1) {
    openssl::out_of_memory();
  }
  return signature;
}

std::string Ed25519PrivateKey::pem() const {
  const openssl::Bio bio(BIO_new(BIO_s_mem()));
  if (!bio || PEM_write_bio_PKCS8PrivateKey(bio.get(), private_key(seed_).get(), nullptr, nullptr, 0, nullptr,
                                            nullptr) != 1) {
    openssl::out_of_memory();
  }
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<std::size_t>(length));
}

std::string Ed25519PrivateKey::raw() const { return seed_; }

std::string Ed25519PrivateKey::jwk() const {
  Json jwk = Json::object();
  jwk["kty"] = "OKP";
  jwk["crv"] = "Ed25519";
  jwk["x"] = base64url_encode(public_key());
  jwk["d"] = base64url_encode(seed_);
  return dump_json(jwk);
}

Result<std::string> parse_ed25519_public_key(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return invalid_request("the public key is empty");
  if (text.size() > kMaxKeyText) return invalid_request("the public key is too long for a key");
  const std::string_view key = text.substr(first, text.find_last_not_of(kSpace) - first + 1);
  if (key.substr(0, 4) == "ssh-") {
    return invalid_request(
        "this is a key in the form of OpenSSH: give it as base64 of the 32 raw bytes, PEM or JWK");
  }
  Result<std::string> raw = contains(key, "-----BEGIN ") ? public_key_from_pem(key)
                            : key.front() == '{'         ? public_key_from_jwk(key)
                                                         : public_key_from_base64(key);
  if (raw.ok() && has_small_order(*raw)) {
    return invalid_request(
        "the key is a point of small order, which belongs to no private key: anybody could sign with it");
  }
  return raw;
}

}  // namespace zest
