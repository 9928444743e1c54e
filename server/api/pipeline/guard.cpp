#include "api/pipeline/guard.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "base/crypto.h"
#include "base/url.h"

namespace zest::api {
namespace {

constexpr std::string_view kCookieName = "zest_sandbox_session";

// Hosts that were named when the server was started, IPv6 ones with or without brackets.
bool is_allowed_host(const Settings& settings, const std::string& host) {
  return std::any_of(settings.allowed_hosts.begin(), settings.allowed_hosts.end(),
                     [&host](const std::string& allowed) {
                       std::optional<Authority> named = parse_authority(allowed);
                       if (!named) named = parse_authority("[" + allowed + "]");
                       return named && named->host == host;
                     });
}

bool is_named_host(const Settings& settings, const std::string& public_url, const std::string& host) {
  if (is_allowed_host(settings, host)) return true;
  const std::optional<Authority> own = parse_origin(public_url);
  return own && own->host == host;
}

// Whether a page of that origin is one of ours. Another port is another site: what is served there is not
// ours.
bool is_own_origin(const Settings& settings, const std::string& public_url, const http::RequestHead& head,
                   std::string_view origin) {
  const std::optional<Authority> page = parse_origin(origin);
  if (!page) return false;  // "null" too
  if (parse_origin(public_url) == page || is_allowed_host(settings, page->host)) return true;
  // What the browser took for our address; whether it is ours is the Host's or the token's matter.
  const std::string* host = head.headers.find("host");
  if (host == nullptr) return false;
  std::optional<Authority> named = parse_authority(*host);
  if (!named) return false;
  if (named->port.empty()) named->port = page->port == "443" ? "443" : "80";
  if (*named == *page) return true;
  // The names of loopback are one machine's. The port is that of the call: ours may be mapped to another.
  return is_loopback_host(page->host) && is_loopback_host(named->host) && page->port == named->port;
}

std::string session_value(const Settings& settings) {
  return to_hex(hmac_sha256(settings.session_key, "control plane session " + settings.admin_token));
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

// The token of the one Authorization field, or nothing when there is none of the Bearer scheme.
std::optional<std::string_view> bearer_of(const http::RequestHead& head) {
  constexpr std::string_view kBearer = "bearer ";
  const std::string* field = head.headers.find("authorization");
  if (field == nullptr || head.headers.count("authorization") != 1 || field->size() <= kBearer.size())
    return std::nullopt;
  const std::string_view value = *field;
  if (!http::equal_ignoring_case(value.substr(0, kBearer.size()), kBearer)) return std::nullopt;
  return trim(value.substr(kBearer.size()));
}

// What a page asks for without an Origin (an image, a script, a read whose answer it does not see), browsers
// mark as from elsewhere. A link that is followed to us is none of the page's doing.
bool is_for_a_foreign_page(const http::RequestHead& head) {
  const std::string* const site = head.headers.find("sec-fetch-site");
  if (site == nullptr || *site == "same-origin" || *site == "none") return false;
  const std::string* const mode = head.headers.find("sec-fetch-mode");
  return mode == nullptr || *mode != "navigate";
}

std::optional<Error> check_origin(const Settings& settings, const std::string& public_url,
                                  const http::RequestHead& head) {
  const std::size_t count = head.headers.count("origin");
  if (count == 0 && !is_for_a_foreign_page(head)) return std::nullopt;
  if (count == 1 && is_own_origin(settings, public_url, head, *head.headers.find("origin")))
    return std::nullopt;
  return make_error(
      ErrorKind::Forbidden,
      "the control plane does not answer pages of another origin; call it from outside a browser, or name "
      "this origin's host with --allow-host");
}

std::optional<Error> check_host(const Settings& settings, const std::string& public_url,
                                const http::RequestHead& head) {
  if (head.headers.count("host") == 1) {
    const std::optional<Authority> host = parse_authority(*head.headers.find("host"));
    if (host && (is_loopback_host(host->host) || is_named_host(settings, public_url, host->host)))
      return std::nullopt;
  }
  return make_error(
      ErrorKind::Forbidden,
      "the control plane answers to loopback names only; allow this Host with --allow-host, or set an "
      "admin token with --admin-token");
}

}  // namespace

bool is_loopback_host(std::string_view host) {
  if (host == "localhost") return true;
  const std::string text(host);
  in_addr v4{};
  if (inet_pton(AF_INET, text.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6{};
  return inet_pton(AF_INET6, text.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

std::string login_cookie(const Settings& settings) {
  return std::string(kCookieName) + "=" + session_value(settings) + "; HttpOnly; SameSite=Strict; Path=/";
}

std::optional<Guard::Refused> Guard::check(const http::RequestHead& head) {
  std::string public_url = public_url_.get();
  if (!settings_.public_url_is_trusted && public_url == public_url_.at_start()) public_url.clear();
  if (std::optional<Error> foreign = check_origin(settings_, public_url, head)) return Refused{*foreign};
  if (settings_.admin_token.empty()) {
    std::optional<Error> foreign = check_host(settings_, public_url, head);
    if (!foreign) return std::nullopt;
    return Refused{std::move(*foreign)};
  }
  if (head.path == kLoginPath || carries_cookie(settings_, head)) return std::nullopt;
  if (const std::optional<std::string_view> bearer = bearer_of(head)) return check_token(*bearer, head.peer);
  const bool presented = head.headers.count("authorization") != 0 || head.headers.count("cookie") != 0;
  return Refused{make_error(
      ErrorKind::Unauthorized,
      presented ? "neither Authorization nor Cookie holds the admin token; send it as Authorization: Bearer"
                : "the control plane needs the admin token (--admin-token, or the one printed at start) as "
                  "Authorization: Bearer")};
}

std::optional<Guard::Refused> Guard::check_token(std::string_view presented, const std::string& peer) {
  if (!guesses_.may_guess(peer, clock_.steady())) {
    return Refused{make_error(ErrorKind::ServiceUnavailable,
                              "too many wrong admin tokens came from this address; this one was not looked "
                              "at, try again in a moment")};
  }
  if (constant_time_equal(presented, settings_.admin_token)) return std::nullopt;
  return Refused{make_error(ErrorKind::Unauthorized,
                            "the admin token is wrong; send the one given with --admin-token, or the one "
                            "printed at start, as Authorization: Bearer"),
                 guesses_.was_wrong(peer, clock_.steady())};
}

}  // namespace zest::api
