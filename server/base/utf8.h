// Walking UTF-8 text without decoding it. Thread-safety: pure functions.
#pragma once

#include <cstddef>
#include <string_view>

namespace zest {

// Bytes (1 to 4) of the well-formed sequence that starts at `at`, or 0 when there is none: a stray or missing
// continuation byte, an overlong form, a surrogate, a code point above U+10FFFF, or the end of the text.
std::size_t utf8_sequence_length(std::string_view text, std::size_t at);

}  // namespace zest
