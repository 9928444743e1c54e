#include "api/pipeline/public_url.h"

#include "base/url.h"

namespace zest::api {

std::string base_url_of_call(const http::RequestHead& head, const std::string& public_url) {
  if (head.headers.count("host") != 1) return public_url;
  const std::string& host = *head.headers.find("host");
  const std::optional<Authority> called = parse_authority(host);
  if (!called) return public_url;
  // A proxy that passes the Host on need not say that it speaks https: the public URL does.
  const std::optional<Authority> named = parse_origin(public_url);
  if (named && named->host == called->host) {
    const bool standard_port = named->port == "80" || named->port == "443";
    if (called->port == named->port || (called->port.empty() && standard_port)) return public_url;
  }
  const std::string* proto = head.headers.find("x-forwarded-proto");
  const bool secure = proto != nullptr && http::equal_ignoring_case(*proto, "https");
  return (secure ? "https://" : "http://") + host;
}

}  // namespace zest::api
