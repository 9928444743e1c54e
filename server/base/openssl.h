// What the sources of crypto.h share: owners of OpenSSL's objects. Private to base/, never included
// elsewhere.
#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <memory>
#include <new>
#include <string>
#include <string_view>

#include "base/memory.h"

namespace zest::openssl {

struct Free {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};

using DigestContext = std::unique_ptr<EVP_MD_CTX, Free>;
using MacContext = std::unique_ptr<EVP_MAC_CTX, Free>;
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Bio = std::unique_ptr<BIO, Free>;

inline const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
inline unsigned char* bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

// After a call that fails only when memory runs out: throws, or returns when it is worth another try.
inline void make_room() {
  ERR_clear_error();
  zest::make_room();
}
[[noreturn]] inline void out_of_memory() {
  ERR_clear_error();
  throw std::bad_alloc();
}

// After a call that fails for what it was given as well: throws when it was memory that it lacked. Forgets
// the reason.
inline void forget_failure() {
  const bool memory = ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE;
  ERR_clear_error();
  if (memory) throw std::bad_alloc();
}

}  // namespace zest::openssl
