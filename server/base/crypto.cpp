#include "base/crypto.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <algorithm>
#include <new>
#include <stdexcept>

#include "base/openssl.h"

namespace zest {
namespace {

constexpr std::size_t kSha256Bytes = 32;

// HMAC with SHA-256, without a key: EVP_Q_mac() would look both up among the providers for each message,
// which takes several times as long as a short message. Kept to the end of the process.
const EVP_MAC_CTX* hmac_template() {
  static const EVP_MAC_CTX* const made = [] {
    EVP_MAC_CTX* const context = EVP_MAC_CTX_new(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
    char digest[] = "SHA256";
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                     OSSL_PARAM_construct_end()};
    if (context == nullptr || EVP_MAC_CTX_set_params(context, parameters) != 1) throw std::bad_alloc();
    return context;
  }();
  return made;
}

}  // namespace

std::string sha256(std::string_view bytes) {
  Sha256 digest;
  digest.update(bytes);
  return digest.finish();
}

std::string hmac_sha256(std::string_view key, std::string_view message) {
  std::string mac(kSha256Bytes, '\0');
  std::size_t length = 0;
  const char nothing = '\0';  // OpenSSL takes a null key for "the key of the call before"
  const char* key_data = key.empty() ? &nothing : key.data();
  while (true) {
    const openssl::MacContext context(EVP_MAC_CTX_dup(hmac_template()));
    const bool made = context &&
                      EVP_MAC_init(context.get(), openssl::bytes(std::string_view(key_data, key.size())),
                                   key.size(), nullptr) == 1 &&
                      EVP_MAC_update(context.get(), openssl::bytes(message), message.size()) == 1 &&
                      EVP_MAC_final(context.get(), openssl::bytes(mac), &length, mac.size()) == 1;
    if (made && length == kSha256Bytes) return mac;
    openssl::make_room();
  }
}

std::string random_bytes(std::size_t count) {
  constexpr std::size_t kPiece = 1U << 20U;  // OpenSSL counts in int
  std::string bytes(count, '\0');
  for (std::size_t at = 0; at < count; at += kPiece) {
    const std::size_t piece = std::min(kPiece, count - at);
    if (RAND_bytes(openssl::bytes(bytes) + at, static_cast<int>(piece)) != 1)
      throw std::runtime_error("the machine has no random bytes");
  }
  return bytes;
}

bool constant_time_equal(std::string_view a, std::string_view b) {
  return a.size() == b.size() && (a.empty() || CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0);
}

struct Sha256::State {
  openssl::DigestContext context{EVP_MD_CTX_new()};
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  // EVP_sha256() would be looked up among the providers by each call, which takes longer than a short digest.
  static const EVP_MD* const kAlgorithm = [] {
    const EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    if (fetched == nullptr) throw std::bad_alloc();
    return fetched;
  }();
  while (!state_->context || EVP_DigestInit_ex(state_->context.get(), kAlgorithm, nullptr) != 1) {
    openssl::make_room();
    if (!state_->context) state_->context.reset(EVP_MD_CTX_new());
  }
}

Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::string_view bytes) {
  if (bytes.empty()) return;
  if (EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()) != 1) openssl::out_of_memory();
}

std::string Sha256::finish() {
  std::string digest(kSha256Bytes, '\0');
  unsigned length = 0;
  if (EVP_DigestFinal_ex(state_->context.get(), openssl::bytes(digest), &length) != 1 ||
      length != kSha256Bytes) {
    openssl::out_of_memory();
  }
  return digest;
}

std::string crypto_library_version() { return OpenSSL_version(OPENSSL_VERSION_STRING); }

}  // namespace zest
