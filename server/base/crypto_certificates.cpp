#include "base/crypto_certificates.h"

#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/file.h"
#include "base/openssl.h"

namespace zest {

Result<void> check_certificate_file(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, read_file(path));
  const openssl::Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  if (!bio) openssl::out_of_memory();
  X509* const first = PEM_read_bio_X509_AUX(bio.get(), nullptr, nullptr, nullptr);
  X509_free(first);
  openssl::forget_failure();
  if (first != nullptr) return {};
  return make_error(ErrorKind::InvalidRequest, path + " holds no certificate (PEM)");
}

}  // namespace zest
