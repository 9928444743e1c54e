#include "http/certificates.h"

#include <unistd.h>

namespace zest::http {
namespace {

constexpr const char* kBundles[] = {
    "/etc/ssl/certs/ca-certificates.crt",                 // Debian, Ubuntu, Arch, our container
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // Fedora, RHEL
    "/etc/ssl/ca-bundle.pem",                             // openSUSE
    "/etc/ssl/cert.pem",
};

}  // namespace

std::string first_readable(std::span<const char* const> paths) {
  for (const char* path : paths) {
    if (::access(path, R_OK) == 0) return path;
  }
  return "";
}

const std::string& system_certificates() {
  static const std::string found = first_readable(kBundles);
  return found;
}

}  // namespace zest::http
