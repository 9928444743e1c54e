// Formats of text values that contract templates, investor rows and subscriptions share. Zest docs:
// errors/validation
// (`format`). Thread-safety: free functions on values.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/json.h"

namespace zest::rules {

// An active ISO 4217 code (funds, metals and test codes included), upper case.
bool is_currency(std::string_view text);
// An assigned ISO 3166-1 alpha-2 code, upper case.
bool is_country(std::string_view text);
// local@domain: at most 254 bytes, no quoting, a domain of at least two labels. Letters beyond ASCII are
// accepted.
bool is_email(std::string_view text);
// An absolute RFC 3986 URI of any scheme; http and https need a host.
bool is_uri(std::string_view text);

// A person's or a partner's name: no control characters, and not only blanks and what cannot be seen.
bool is_name(std::string_view text);

// The code lists, sorted.
std::span<const std::string_view> currency_codes();
std::span<const std::string_view> country_codes();

// The number of Unicode code points of UTF-8 text.
std::size_t count_code_points(std::string_view text);

// The `value` of a violation: a string as it is, anything else as compact JSON; cut to kMaxValueBytes between
// two characters, so that an answer stays readable whatever was sent.
inline constexpr std::size_t kMaxValueBytes = 200;
std::string value_text(const Json& value);

}  // namespace zest::rules
