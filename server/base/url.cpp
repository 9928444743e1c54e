#include "base/url.h"

namespace zest {

std::string bare_url(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  const std::size_t scheme = url.find("://");
  const std::size_t host = scheme == std::string_view::npos ? 0 : scheme + 3;
  const std::size_t path = url.find('/', host);
  const std::string_view authority = url.substr(host, path == std::string_view::npos ? path : path - host);
  const std::size_t user = authority.rfind('@');
  std::string bare(url);
  if (user != std::string_view::npos) bare.erase(host, user + 1);
  return bare;
}

}  // namespace zest
