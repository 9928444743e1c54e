// Walking UTF-8 text, almost without decoding it. Thread-safety: pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace zest {

// Bytes (1 to 4) of the well-formed sequence that starts at `at`, or 0 when there is none: a stray or missing
// continuation byte, an overlong form, a surrogate, a code point above U+10FFFF, or the end of the text.
std::size_t utf8_sequence_length(std::string_view text, std::size_t at);

// Whether this sequence turns the direction of the text behind it, so that a line shows in another order than
// it reads: U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069. Source: Unicode UAX #9, Trojan
// Source.
bool is_bidirectional_control(std::string_view sequence);

// What drives a terminal, ends a line or reorders it: C0 and C1 controls, DEL, the line and paragraph
// separators, and the above.
bool is_control(std::string_view sequence);

// A well-formed sequence of at most three bytes as JSON would escape it: \u202e.
std::string unicode_escape(std::string_view sequence);

// The text without the byte order mark that some editors put before it. RFC 8259 lets readers of JSON skip
// one.
std::string_view without_byte_order_mark(std::string_view text);

}  // namespace zest
