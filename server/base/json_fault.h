// Where and why a text is no JSON that is accepted here, for json.cpp and for readers of files that point at
// places: the parser behind it reports faults in words that repeat the input, this says them in its own.
// Thread-safety: pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace zest {

struct JsonFault {
  std::size_t offset = 0;  // byte of the text that is wrong
  std::string reason;
};

// The first break of a bound: a byte order mark (read past the one that is let through), NUL, kMaxJsonDepth,
// kMaxJsonMembers. One pass, no allocation; it trusts the parser to refuse what is no JSON.
std::optional<JsonFault> find_json_bound_fault(std::string_view text);

// The first break of RFC 8259's grammar, of UTF-8, or of the range of a double; nothing when the text is
// fine. Precondition: no bound fault (nesting is walked by recursion).
std::optional<JsonFault> find_json_syntax_fault(std::string_view text);

// "line 3, column 7"; both count from 1, columns count characters.
std::string describe_position(std::string_view text, std::size_t offset);

}  // namespace zest
