// Digests by name; declared in crypto.h.
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/crypto.h"
#include "base/enum_table.h"
#include "base/openssl.h"

namespace zest {
namespace {

struct DigestRow {
  Digest digest;
  std::string_view text;
  const char* name;  // OpenSSL's
};
constexpr DigestRow kDigests[] = {
    {Digest::Sha256, "SHA-256", "SHA256"},      {Digest::Sha1, "SHA-1", "SHA1"},
    {Digest::Sha512, "SHA-512", "SHA512"},      {Digest::Sha384, "SHA-384", "SHA384"},
    {Digest::Sha224, "SHA-224", "SHA224"},      {Digest::Md5, "MD5", "MD5"},
    {Digest::Sha3_256, "SHA3-256", "SHA3-256"},
};
static_assert(is_complete(kDigests, &DigestRow::digest));

const EVP_MD* method_of(Digest digest) { return EVP_get_digestbyname(row_of(kDigests, digest).name); }

}  // namespace

std::string_view to_string(Digest digest) { return row_of(kDigests, digest).text; }

std::string hash(Digest digest, std::string_view bytes) {
  const EVP_MD* method = method_of(digest);
  std::string value(EVP_MAX_MD_SIZE, '\0');
  unsigned length = 0;
  const bool made = method != nullptr && EVP_Digest(bytes.data(), bytes.size(), openssl::bytes(value),
                                                    &length, method, nullptr) == 1;
  value.resize(made ? length : 0);
  return value;
}

std::string hmac(Digest digest, std::string_view key, std::string_view message) {
  const EVP_MD* method = method_of(digest);
  std::string value(EVP_MAX_MD_SIZE, '\0');
  unsigned length = 0;
  const char nothing = '\0';  // OpenSSL takes a null key for "the key of the call before"
  const bool made = method != nullptr &&
                    HMAC(method, key.empty() ? &nothing : key.data(), static_cast<int>(key.size()),
                         openssl::bytes(message), message.size(), openssl::bytes(value), &length) != nullptr;
  value.resize(made ? length : 0);
  return value;
}

}  // namespace zest
