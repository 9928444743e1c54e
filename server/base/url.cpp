#include "base/url.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace zest {
namespace {

constexpr std::size_t kPortDigits = 5;

bool is_alphanumeric(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// What names and addresses of hosts consist of; '%' is for zones of IPv6.
bool is_host(std::string_view text, std::string_view punctuation) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [punctuation](char c) {
    return is_alphanumeric(c) || punctuation.find(c) != std::string_view::npos;
  });
}

std::string lower_case(std::string_view text) {
  std::string lowered(text);
  for (char& c : lowered) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lowered;
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
    if (rest.size() > kPortDigits || !std::all_of(rest.begin(), rest.end(), is_digit)) return std::nullopt;
  }
  if (!host.empty() && host.back() == '.') host.remove_suffix(1);
  if (!is_host(host, bracketed ? ":.%" : "-._~")) return std::nullopt;
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

Result<std::string> parse_base_url(std::string_view text) {
  while (!text.empty() && text.back() == '/') text.remove_suffix(1);
  if (parse_origin(text)) return std::string(text);
  return invalid_request(
      "must be http:// or https:// and a host, without a path, such as https://zest.example.com");
}

}  // namespace zest
