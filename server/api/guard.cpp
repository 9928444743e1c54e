#include "api/guard.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "base/crypto.h"

namespace zest::api {
namespace {

constexpr std::string_view kCookieName = "zest_sandbox_session";

struct Authority {
  std::string host;  // lower case, without brackets and final dot
  std::string port;  // "" when none is named
  friend bool operator==(const Authority& a, const Authority& b) = default;
};

std::string lower_case(std::string_view text) {
  std::string lowered(text);
  for (char& c : lowered) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lowered;
}

bool is_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<Authority> parse_authority(std::string_view text) {
  std::string_view host;
  std::string_view rest;
  if (!text.empty() && text.front() == '[') {
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
    if (rest.size() > 5 || !is_digits(rest)) return std::nullopt;
  }
  if (!host.empty() && host.back() == '.') host.remove_suffix(1);
  if (host.empty() || host.find_first_of("/@?#\\ \t,") != std::string_view::npos) return std::nullopt;
  return Authority{lower_case(host), std::string(rest)};
}

// Splits "scheme://authority" and gives the authority the scheme's own port when it names none.
std::optional<Authority> parse_origin(std::string_view text, bool allow_path) {
  std::string_view default_port;
  const std::string lowered = lower_case(text.substr(0, 8));
  if (lowered.rfind("http://", 0) == 0) {
    default_port = "80";
    text.remove_prefix(7);
  } else if (lowered == "https://") {
    default_port = "443";
    text.remove_prefix(8);
  } else {
    return std::nullopt;
  }
  if (allow_path) text = text.substr(0, text.find_first_of("/?#"));
  std::optional<Authority> authority = parse_authority(text);
  if (authority && authority->port.empty()) authority->port = default_port;
  return authority;
}

// Hosts that were named when the server was started, IPv6 ones with or without brackets.
bool is_allowed_host(const Settings& settings, const std::string& host) {
  return std::any_of(
      settings.allowed_hosts.begin(), settings.allowed_hosts.end(),
      [&host](const std::string& allowed) { return host_of_authority(allowed) == host || allowed == host; });
}

bool is_named_host(const Settings& settings, const std::string& host) {
  if (is_allowed_host(settings, host)) return true;
  const std::optional<Authority> own = parse_origin(settings.public_url, true);
  return own && own->host == host;
}

// Whether a page of that origin is one of ours. Another port is another site: what is served there is not
// ours.
bool is_own_origin(const Settings& settings, const http::RequestHead& head, std::string_view origin) {
  const std::optional<Authority> page = parse_origin(origin, false);
  if (!page) return false;  // "null" too
  if (is_loopback_host(page->host) && page->port == std::to_string(head.local_port)) return true;
  if (const std::optional<Authority> own = parse_origin(settings.public_url, true); own && *own == *page)
    return true;
  if (is_allowed_host(settings, page->host)) return true;
  // What the browser took for our address; whether it is ours is the Host's or the token's matter.
  const std::string* host = head.headers.find("host");
  if (host == nullptr) return false;
  std::optional<Authority> named = parse_authority(*host);
  if (!named) return false;
  if (named->port.empty()) named->port = page->port == "443" ? "443" : "80";
  return *named == *page;
}

std::string session_value(const Settings& settings) {
  return to_hex(hmac_sha256(settings.admin_token, "zest-sandbox control plane session"));
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool carries_cookie(const Settings& settings, const http::RequestHead& head) {
  const std::string expected = session_value(settings);
  for (const auto& [name, value] : head.headers.fields()) {
    if (!http::equal_ignoring_case(name, "cookie")) continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(';'), rest.size());
      const std::string_view pair = trim(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      const std::size_t equals = pair.find('=');
      if (equals == std::string_view::npos || pair.substr(0, equals) != kCookieName) continue;
      if (constant_time_equal(pair.substr(equals + 1), expected)) return true;
    }
  }
  return false;
}

bool carries_bearer(const Settings& settings, const http::RequestHead& head) {
  constexpr std::string_view kBearer = "bearer ";
  const std::string* field = head.headers.find("authorization");
  if (field == nullptr || head.headers.count("authorization") != 1 || field->size() <= kBearer.size())
    return false;
  const std::string_view value = *field;
  if (!http::equal_ignoring_case(value.substr(0, kBearer.size()), kBearer)) return false;
  return is_admin_token(settings, trim(value.substr(kScheme.size())));
}

std::optional<Error> check_origin(const Settings& settings, const http::RequestHead& head) {
  const std::size_t count = head.headers.count("origin");
  if (count == 0) return std::nullopt;
  if (count == 1 && is_own_origin(settings, head, *head.headers.find("origin"))) return std::nullopt;
  return make_error(
      ErrorKind::Forbidden,
      "the control plane does not answer pages of another origin; call it from outside a browser, or name "
      "this origin's host with --allow-host");
}

std::optional<Error> check_host(const Settings& settings, const http::RequestHead& head) {
  if (head.headers.count("host") == 1) {
    const std::optional<Authority> host = parse_authority(*head.headers.find("host"));
    if (host && (is_loopback_host(host->host) || is_named_host(settings, host->host))) return std::nullopt;
  }
  return make_error(
      ErrorKind::Forbidden,
      "the control plane answers to loopback names only; allow this Host with --allow-host, or set an "
      "admin token with --admin-token");
}

}  // namespace

std::optional<std::string> host_of_authority(std::string_view authority) {
  std::optional<Authority> parsed = parse_authority(authority);
  if (!parsed) return std::nullopt;
  return std::move(parsed->host);
}

bool is_loopback_host(std::string_view host) {
  if (host == "localhost") return true;
  const std::string text(host);
  in_addr v4{};
  if (inet_pton(AF_INET, text.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6{};
  return inet_pton(AF_INET6, text.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

bool is_admin_token(const Settings& settings, std::string_view presented) {
  return !settings.admin_token.empty() && constant_time_equal(presented, settings.admin_token);
}

std::string login_cookie(const Settings& settings) {
  return std::string(kCookieName) + "=" + session_value(settings) + "; HttpOnly; SameSite=Strict; Path=/";
}

std::optional<Error> check_control_access(const Settings& settings, const http::RequestHead& head) {
  if (std::optional<Error> foreign = check_origin(settings, head)) return foreign;
  if (settings.admin_token.empty()) return check_host(settings, head);
  if (head.path == kLoginPath) return std::nullopt;
  if (carries_bearer(settings, head) || carries_cookie(settings, head)) return std::nullopt;
  const bool presented = head.headers.count("authorization") != 0 || head.headers.count("cookie") != 0;
  return make_error(
      ErrorKind::Unauthorized,
      presented ? "the admin token is wrong; send the one given with --admin-token as Authorization: Bearer"
                : "the control plane needs the admin token (--admin-token) as Authorization: Bearer");
}

}  // namespace zest::api
