// Parts of http(s) URLs, and what may be shown of one. Thread-safety: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace zest {

// The URL without what may be secret in it: user, password, query and fragment.
std::string bare_url(std::string_view url);

// Who answers at an address: what a Host field and the middle of a URL name. RFC 3986, section 3.2.
struct Authority {
  std::string host;  // lower case, without brackets and a final dot
  std::string port;  // "" when none is named
  friend bool operator==(const Authority& a, const Authority& b) = default;
};

// "host", "host:port" or "[v6]:port"; nothing when it is malformed.
std::optional<Authority> parse_authority(std::string_view text);
// The authority of "http://host:port" or "https://host:port" and nothing behind it, with the scheme's own
// port when it names none; nothing for anything else.
std::optional<Authority> parse_origin(std::string_view text);

// The parts of an http or https URL (RFC 3986, section 3).
struct HttpUrl {
  bool secure = false;     // https
  std::string user;        // as written, "" when there is none
  std::string host;        // in lower case; an IPv6 address in its brackets
  std::uint16_t port = 0;  // 0: the scheme's own
  std::string path;        // as written, with query and fragment: "", "/…", "?…" or "#…"

  // Scheme, host and port: "http://127.0.0.1:8080".
  std::string origin() const;
};

// Scheme and host are read whatever their case. Errors: InvalidRequest, whose detail goes on behind what the
// URL is called: "must start with http:// or https://; did you mean http://127.0.0.1:8080?", "names no host",
// "has a host that is no name and no address", "must have a port from 1 to 65535, or none".
Result<HttpUrl> parse_http_url(std::string_view text);
// "; did you mean http://127.0.0.1:8080?" for a text that lacks nothing but the scheme, else "".
std::string missing_scheme_hint(std::string_view text);

// The origin of a base URL: an http(s) URL with nothing behind its authority but slashes. Errors:
// InvalidRequest that says what it must be, and what seems to be meant.
Result<std::string> parse_base_url(std::string_view text);

}  // namespace zest
