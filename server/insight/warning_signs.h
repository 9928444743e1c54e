// What can be told of one call or URL alone for the warnings (warnings.h). Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace zest::insight {

// Bytes of a file from which its type is told: readers of PDF take its mark within so many.
inline constexpr std::size_t kFileBeginning = 1024;

// What an Idempotency-Key holds of a person: "an e-mail address", "a phone number", "a passport number", or,
// of the investors of `body`, "an investor's name" or "a date of birth"; "" for nothing. UUIDs, ULIDs,
// digests, counters and dates are nothing.
std::string personal_data_in(std::string_view key, const Json& body);

// What is to be said of the first name that is none of those known: "per_page is no query parameter of it;
// did you mean perPage?"; "" when all are known. A name that is not written like one is not repeated, and one
// without a letter, which keeps caches away, is none.
std::string unknown_parameter_in(const std::vector<std::string_view>& sent,
                                 const std::vector<std::string>& known);

// Whether a file that begins so may be of its declared media type (parameters and case do not matter).
// Types other than the four of uploads fit anything.
bool fits_type(std::string_view media_type, std::string_view beginning);
// "PNG", "text" …, for people.
std::string type_of_bytes(std::string_view beginning);

// Whether the URL is http:// to somewhere else than this machine or a private network. Names without a dot
// (containers) and those of private use (.local, .internal, .test …) are one's own.
bool is_plain_http_elsewhere(const std::string& url);

}  // namespace zest::insight
