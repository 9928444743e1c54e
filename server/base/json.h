// The door to nlohmann/json. Text from outside goes through parse_json only: it bounds what a document may
// cost and answers errors as values. Thread-safety: free functions on values.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/json_fault.h"
#include "base/result.h"

// The library's own function takes memory to give memory back, in a destructor: when there is none left, that
// ends the process. Depth is bounded here (zest::kMaxJsonDepth), so that children are simply destroyed by
// their parents. The name and its meaning are the library's, which is private to it: checked against 3.11.
template <>
void nlohmann::ordered_json::json_value::destroy(value_t type);

namespace zest {

// Objects keep the order of their members: answers read like the documentation's examples.
using Json = nlohmann::ordered_json;

// Nested deeper than this is refused before parsing (dumping or copying very deep documents overflows the
// stack).
inline constexpr std::size_t kMaxJsonDepth = 64;
// Members of one object. Look-up in an ordered object is linear, so this bounds the quadratic cost of a
// hostile one.
inline constexpr std::size_t kMaxJsonMembers = 2000;

// Strict RFC 8259 in valid UTF-8; one byte order mark before it is skipped; of duplicate keys the last wins;
// a number outside the range of a double is an error. Errors: InvalidRequest whose detail names line and
// column and what was wrong there, never echoing the input.
Result<Json> parse_json(std::string_view text);
// The same for a text that is part of a larger one: the fault is said by its offset.
std::variant<Json, JsonFault> parse_json_or_fault(std::string_view text);

// The place of the first member that one object has twice, such as "attributes.name"; list items are not told
// apart. Nothing when there is none, or the text is no JSON. For files that people write: parse_json lets the
// last one win, silently. Precondition: no deeper than kMaxJsonDepth.
std::optional<std::string> find_duplicate_member(std::string_view text);

// One line, no white space, UTF-8. Never throws: invalid UTF-8 inside a value is replaced.
std::string dump_json(const Json& value);
// Indented by two spaces, for people: what would drive or mislead their terminal is escaped (base/utf8.h).
std::string dump_json_pretty(const Json& value);
// The same in one line.
std::string dump_json_line(const Json& value);

// The same document whatever its white space and key order: sorted keys, numbers as parsed (1.10 equals 1.1,
// 1 differs from 1.0). Zest docs: idempotency.
std::string canonical_json(const Json& value);

// The string at a member, or nullptr when it is absent or no string.
const std::string* string_member(const Json& object, std::string_view key);
// The same as a value, empty when there is none.
std::string text_member(const Json& object, std::string_view key);
// The member, or nullptr when absent (or `object` is not an object).
const Json* member(const Json& object, std::string_view key);

std::string json_library_version();

}  // namespace zest
