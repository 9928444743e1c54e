// Parts of http(s) URLs, and what may be shown of one. Thread-safety: pure functions.
#pragma once

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

// A base URL: http:// or https:// and an authority, and nothing behind them but slashes, which are taken off.
// Errors: InvalidRequest that says what it must be.
Result<std::string> parse_base_url(std::string_view text);

}  // namespace zest
