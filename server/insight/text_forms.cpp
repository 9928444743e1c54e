#include "insight/text_forms.h"

#include <algorithm>
#include <utility>

#include "base/crypto.h"
#include "base/utf8.h"

namespace zest::insight {

std::string trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n\f\v";
  const std::size_t start = text.find_first_not_of(kBlanks);
  if (start == std::string_view::npos) return "";
  return std::string(text.substr(start, text.find_last_not_of(kBlanks) + 1 - start));
}

bool starts_with(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

std::string upper(std::string text) {
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return text;
}
std::string lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
  return text;
}

std::string loose_base64(std::string_view text, bool both) {
  std::string kept;
  for (const char c : text) {
    const bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (c == '=') break;
    if (letter || c == '+' || c == '/') kept += c == '+' ? '-' : c == '/' ? '_' : c;
    if (both && (c == '-' || c == '_')) kept += c;
  }
  if (kept.size() % 4 == 1) kept.pop_back();
  // Bits that are left over are dropped, where the strict decoder asks for zeros.
  std::string bytes;
  std::uint32_t buffer = 0;
  unsigned bits = 0;
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (const char c : kept) {
    buffer = (buffer << 6U) | static_cast<std::uint32_t>(kDigits.find(c));
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>((buffer >> bits) & 0xFFU);
  }
  return bytes;
}

std::optional<std::vector<std::uint32_t>> code_points(std::string_view text) {
  std::vector<std::uint32_t> points;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_sequence_length(text, at);
    if (length == 0) return std::nullopt;
    std::uint32_t code = static_cast<unsigned char>(text[at]) & (length == 1 ? 0x7FU : 0x7FU >> length);
    for (std::size_t i = 1; i < length; ++i)
      code = (code << 6U) | (static_cast<unsigned char>(text[at + i]) & 0x3FU);
    points.push_back(code);
    at += length;
  }
  return points;
}

void append_utf8(std::string& text, std::uint32_t code) {
  if (code < 0x80) {
    text += static_cast<char>(code);
  } else {
    text += static_cast<char>(0xC0U | (code >> 6U));  // what is written here is below U+0800
    text += static_cast<char>(0x80U | (code & 0x3FU));
  }
}

std::string utf16(const std::vector<std::uint32_t>& points, bool little) {
  std::string text;
  const auto unit = [&](std::uint32_t code) {
    const char high = static_cast<char>(code >> 8U);
    const char low = static_cast<char>(code & 0xFFU);
    text += little ? low : high;
    text += little ? high : low;
  };
  for (const std::uint32_t code : points) {
    if (code < 0x10000) {
      unit(code);
      continue;
    }
    unit(0xD800 + ((code - 0x10000) >> 10U));
    unit(0xDC00 + ((code - 0x10000) & 0x3FFU));
  }
  return text;
}

std::string single_bytes(const std::vector<std::uint32_t>& points, std::uint32_t last,
                         std::string_view other) {
  std::string text;
  for (const std::uint32_t code : points) {
    if (code <= last) {
      text += static_cast<char>(code);
    } else {
      text += other;
    }
  }
  return text;
}

std::string encoded_twice(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) append_utf8(text, static_cast<unsigned char>(c));
  return text;
}

std::optional<std::string> decoded_once(std::string_view text) {
  const auto points = code_points(text);
  if (!points || std::any_of(points->begin(), points->end(), [](std::uint32_t c) { return c > 0xFF; })) {
    return std::nullopt;
  }
  return single_bytes(*points, 0xFF, "");
}

std::string percent_encoded(std::string_view text, bool form) {
  std::string encoded;
  constexpr std::string_view kKept = "-_.~ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  for (const char c : text) {
    if (kKept.find(c) != std::string_view::npos) {
      encoded += c;
    } else if (form && c == ' ') {
      encoded += '+';
    } else {
      encoded += '%' + upper(to_hex(std::string(1, c)));
    }
  }
  return encoded;
}

std::string percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      decoded += ' ';
      continue;
    }
    const Result<std::string> byte = text[i] == '%' && i + 2 < text.size()
                                         ? from_hex(lower(std::string(text.substr(i + 1, 2))))
                                         : Result<std::string>(invalid_request(""));
    if (byte.ok()) {
      decoded += *byte;
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

std::string html_escaped(std::string text, bool single_quotes) {
  text = replaced(std::move(text), "&", "&amp;");
  text = replaced(std::move(text), "<", "&lt;");
  text = replaced(std::move(text), ">", "&gt;");
  text = replaced(std::move(text), "\"", "&quot;");
  return single_quotes ? replaced(std::move(text), "'", "&#039;") : text;
}

std::string html_unescaped(std::string text) {
  for (const auto& [entity, plain] :
       {std::pair{"&quot;", "\""}, std::pair{"&#34;", "\""}, std::pair{"&#039;", "'"},
        std::pair{"&#39;", "'"}, std::pair{"&lt;", "<"}, std::pair{"&gt;", ">"}, std::pair{"&amp;", "&"}}) {
    text = replaced(std::move(text), entity, plain);
  }
  return text;
}

std::string with_slashes(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '"' || c == '\'' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

bool is_hex(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

std::string without_all(std::string_view text, std::string_view marks) {
  std::string kept;
  for (const char c : text) {
    if (marks.find(c) == std::string_view::npos) kept += c;
  }
  return kept;
}

}  // namespace zest::insight
