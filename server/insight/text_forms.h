// Text in the forms that decoders, encoders and careless code give it. Thread-safety: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace zest::insight {

// Without spaces, tabs and line ends around it.
std::string trimmed(std::string_view text);
bool starts_with(std::string_view text, std::string_view prefix);
std::string upper(std::string text);
std::string lower(std::string text);
std::string replaced(std::string text, std::string_view what, std::string_view by);
// As lenient decoders do: skips what is no digit of the alphabet; `both` takes the URL-safe digits too.
std::string loose_base64(std::string_view text, bool both);
// Code points of UTF-8; nothing for text that is none.
std::optional<std::vector<std::uint32_t>> code_points(std::string_view text);
void append_utf8(std::string& text, std::uint32_t code);
std::string utf16(const std::vector<std::uint32_t>& points, bool little);
// Each code point as one byte; `other` for those that have none ("" : dropped).
std::string single_bytes(const std::vector<std::uint32_t>& points, std::uint32_t last,
                         std::string_view other);
// The bytes taken for Latin-1 and written as UTF-8.
std::string encoded_twice(std::string_view bytes);
// The other way round: UTF-8 of Latin-1 letters back to their bytes.
std::optional<std::string> decoded_once(std::string_view text);
std::string percent_encoded(std::string_view text, bool form);
std::string percent_decoded(std::string_view text);
std::string html_escaped(std::string text, bool single_quotes);
std::string html_unescaped(std::string text);
std::string with_slashes(std::string_view text);
bool is_hex(std::string_view text);
std::string without_all(std::string_view text, std::string_view marks);

}  // namespace zest::insight
