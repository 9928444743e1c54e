// URLs that people write, and the authorities in them: what is accepted, the library that calls it reads in
// the same way.
#include "base/url.h"

#include <arpa/inet.h>
#include <curl/curl.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>

#include "fuzz/target.h"
#include "rules/partners.h"

namespace zest::fuzz {
namespace {

struct UrlDeleter {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using ReadUrl = std::unique_ptr<CURLU, UrlDeleter>;

std::string part_of(const ReadUrl& url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url.get(), part, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) return "";
  std::string copy(text);
  curl_free(text);
  std::transform(copy.begin(), copy.end(), copy.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return copy;
}

// libcurl writes odd spellings of an IPv4 address (0x7f.1) as the usual one.
bool is_number_like(std::string_view host) {
  return host.find_first_not_of("0123456789abcdefx.") == host.npos;
}

// The same for IPv6: libcurl writes [::0] as [::].
bool is_same_ipv6(const std::string& a, const std::string& b) {
  in6_addr first{};
  in6_addr second{};
  const auto read = [](const std::string& host, in6_addr& address) {
    return host.front() == '[' &&
           ::inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &address) == 1;
  };
  return read(a, first) && read(b, second) && std::memcmp(&first, &second, sizeof first) == 0;
}

void check_as_curl_reads_it(const std::string& text, const HttpUrl& parsed) {
  const ReadUrl url(curl_url());
  FUZZ_CHECK(curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) == CURLUE_OK);
  FUZZ_CHECK(part_of(url, CURLUPART_SCHEME) == (parsed.secure ? "https" : "http"));
  std::string host = part_of(url, CURLUPART_HOST);
  if (host.back() == '.') host.pop_back();
  std::string ours = parsed.host;
  if (const std::size_t zone = ours.find('%'); zone != std::string::npos)
    ours.erase(zone, ours.find(']') - zone);
  FUZZ_CHECK(host == ours || (is_number_like(host) && is_number_like(ours)) || is_same_ipv6(host, ours));
  const int port = parsed.port > 0 ? parsed.port : (parsed.secure ? 443 : 80);
  FUZZ_CHECK(part_of(url, CURLUPART_PORT) == std::to_string(port));
}

}  // namespace

FUZZ_TARGET(url, Bytes) {
  const std::string text(input);
  const std::string shown = bare_url(text);
  FUZZ_CHECK(shown.find_first_of("?#") == std::string::npos && shown.size() <= text.size());
  FUZZ_CHECK(missing_scheme_hint(text).empty() || !parse_http_url(text).ok());

  const Result<HttpUrl> parsed = parse_http_url(text);
  const Result<void> webhook = rules::check_webhook_url(text, false);
  FUZZ_CHECK(parsed.ok() || !webhook.ok());
  FUZZ_CHECK(parsed.ok() || !parsed.error().detail.empty());
  if (webhook.ok()) {
    check_as_curl_reads_it(text, *parsed);
    FUZZ_CHECK(shown.find('@') == std::string::npos || parsed->path.find('@') != std::string::npos);
    FUZZ_CHECK(rules::check_webhook_url(text, true).ok() == parsed->secure);
    static_cast<void>(rules::is_public_address(text));
  }
  if (const auto origin = parse_origin(text)) {
    FUZZ_CHECK(parsed.ok() && !origin->host.empty() && !origin->port.empty());
  }
  const Result<std::string> base = parse_base_url(text);
  if (base.ok()) {
    FUZZ_CHECK(parsed.ok() && *base == parsed->origin() && parse_origin(*base));
    const Result<std::string> again = parse_base_url(*base);
    FUZZ_CHECK(again.ok() && *again == *base);
  }
  if (const auto authority = parse_authority(text)) FUZZ_CHECK(!authority->host.empty());
}

}  // namespace zest::fuzz
