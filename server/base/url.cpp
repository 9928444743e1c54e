#include "base/url.h"

#include <arpa/inet.h>
#include <net/if.h>

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "base/text.h"

namespace zest {
namespace {

constexpr std::string_view kSchemeEnd = "://";

bool is_alphanumeric(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// What names and addresses of hosts consist of; '%' is for zones of IPv6.
bool is_host(std::string_view text, std::string_view punctuation) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [punctuation](char c) {
    return is_alphanumeric(c) || punctuation.find(c) != std::string_view::npos;
  });
}

// An IPv6 address, with or without the zone of a link-local one (RFC 6874).
bool is_ipv6(std::string_view host) {
  const std::size_t end = std::min(host.find('%'), host.size());
  if (end < host.size()) {
    std::string_view zone = host.substr(end + 1);
    if (zone.size() > 2 && zone.substr(0, 2) == "25") zone.remove_prefix(2);  // the '%' may be encoded
    if (zone.empty() || zone.size() >= IF_NAMESIZE) return false;
  }
  in6_addr address{};
  return ::inet_pton(AF_INET6, std::string(host.substr(0, end)).c_str(), &address) == 1;
}

// A name of the domain name system, without the dot of the root (RFC 1035, 2.3.4).
bool has_proper_labels(std::string_view name) {
  constexpr std::size_t kLongestName = 253;
  constexpr std::size_t kLongestLabel = 63;
  if (name.size() > kLongestName) return false;
  for (;;) {
    const std::size_t label = std::min(name.find('.'), name.size());
    if (label == 0 || label > kLongestLabel) return false;
    if (label == name.size()) return true;
    name.remove_prefix(label + 1);
  }
}

std::string lower_case(std::string_view text) {
  std::string lowered(text);
  for (char& c : lowered) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lowered;
}

std::optional<std::uint16_t> read_port(std::string_view digits) {
  std::uint16_t port = 0;
  const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (fault != std::errc() || end != digits.data() + digits.size() || port == 0) return std::nullopt;
  return port;
}

Result<void> read_authority(std::string_view authority, HttpUrl& url) {
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    url.user = std::string(authority.substr(0, at));
    authority.remove_prefix(at + 1);
  }
  const bool bracketed = authority.substr(0, 1) == "[";
  const std::size_t bracket = bracketed ? authority.find(']') : 0;
  const std::size_t colon = bracket == std::string_view::npos ? bracket : authority.find(':', bracket);
  const std::string_view host = authority.substr(0, colon);
  if (host.empty()) return invalid_request("names no host");
  const std::optional<Authority> parsed = parse_authority(host);
  // Readers disagree about where the user ends when there is one of these in it.
  if (!parsed || url.user.find_first_of("\\@") != std::string::npos) {
    return invalid_request("has a host that is no name and no address");
  }
  url.host = bracketed ? "[" + parsed->host + "]" : parsed->host;
  if (colon == std::string_view::npos || colon + 1 == authority.size()) return {};
  const std::optional<std::uint16_t> port = read_port(authority.substr(colon + 1));
  if (!port) return invalid_request("must have a port from 1 to 65535, or none");
  url.port = *port;
  return {};
}

Result<HttpUrl> read_after_scheme(bool secure, std::string_view rest) {
  HttpUrl url;
  url.secure = secure;
  const std::size_t end = std::min(rest.find_first_of("/?#"), rest.size());
  url.path = std::string(rest.substr(end));
  RETURN_IF_ERROR(read_authority(rest.substr(0, end), url));
  return url;
}

}  // namespace

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

std::optional<Authority> parse_authority(std::string_view text) {
  std::string_view host;
  std::string_view rest;
  const bool bracketed = text.substr(0, 1) == "[";
  if (bracketed) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    host = text.substr(1, close - 1);
    rest = text.substr(close + 1);
  } else {
    host = text.substr(0, text.find(':'));
    rest = text.substr(host.size());
  }
  if (!rest.empty()) {
    if (rest.front() != ':') return std::nullopt;
    rest.remove_prefix(1);
    if (!rest.empty() && !read_port(rest)) return std::nullopt;
  }
  if (!bracketed && !host.empty() && host.back() == '.') host.remove_suffix(1);
  if (!is_host(host, bracketed ? ":.%" : "-._~")) return std::nullopt;
  if (bracketed ? !is_ipv6(host) : !has_proper_labels(host)) return std::nullopt;
  return Authority{lower_case(host), std::string(rest)};
}

std::optional<Authority> parse_origin(std::string_view text) {
  const std::string scheme = lower_case(text.substr(0, text.find("://")));
  if (scheme != "http" && scheme != "https") return std::nullopt;
  if (text.size() < scheme.size() + 3) return std::nullopt;
  std::optional<Authority> authority = parse_authority(text.substr(scheme.size() + 3));
  if (authority && authority->port.empty()) authority->port = scheme == "http" ? "80" : "443";
  return authority;
}

std::string HttpUrl::origin() const {
  return (secure ? "https://" : "http://") + host + (port == 0 ? "" : ":" + std::to_string(port));
}

std::string missing_scheme_hint(std::string_view text) {
  if (text.find(kSchemeEnd) != std::string_view::npos) return "";
  while (text.substr(0, 1) == "/") text.remove_prefix(1);
  const Result<HttpUrl> meant = read_after_scheme(false, text);
  if (!meant.ok() || !meant->user.empty()) return "";
  // "http:/x" and the like: a word and a colon are no host and port.
  if (meant->port == 0 && text.substr(meant->host.size(), 1) == ":") return "";
  return "; did you mean http://" + std::string(text) + "?";
}

Result<HttpUrl> parse_http_url(std::string_view text) {
  const std::size_t end = text.find(kSchemeEnd);
  const std::string scheme = end == std::string_view::npos ? "" : lower_case(text.substr(0, end));
  if (scheme != "http" && scheme != "https") {
    return invalid_request("must start with http:// or https://" + missing_scheme_hint(text));
  }
  return read_after_scheme(scheme == "https", text.substr(end + kSchemeEnd.size()));
}

Result<std::string> parse_base_url(std::string_view text) {
  const Result<HttpUrl> url = parse_http_url(text);
  if (url.ok() && url->user.empty() && url->path.find_first_not_of('/') == std::string::npos) {
    return url->origin();
  }
  return invalid_request(
      "must be http:// or https:// and a host, without a path, such as https://zest.example.com" +
      (url.ok() ? "; did you mean " + url->origin() + "?" : missing_scheme_hint(text)));
}

}  // namespace zest
