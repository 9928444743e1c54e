#include "base/id.h"

#include <charconv>
#include <cstdint>

#include "base/crypto.h"

namespace zest {

namespace {

// As so many hexadecimal digits.
template <class Number>
void append_hex(std::string& to, Number number, int digits) {
  for (int digit = digits - 1; digit >= 0; --digit) to += "0123456789abcdef"[(number >> (4 * digit)) & 15U];
}

}  // namespace

std::string make_id(std::string_view prefix, std::uint32_t partner_tag, std::uint64_t counter) {
  std::string id;
  id.reserve(prefix.size() + 17);
  id.append(prefix).append("_");
  append_hex(id, partner_tag, 8);
  int digits = 8;
  while (digits < 16 && (counter >> (4 * digits)) != 0) ++digits;
  append_hex(id, counter, digits);
  return id;
}

std::optional<std::uint64_t> counter_of(std::string_view id) {
  constexpr std::size_t kTagDigits = 8;
  const std::size_t digits = id.find('_') + 1 + kTagDigits;
  if (id.find('_') == std::string_view::npos || digits >= id.size()) return std::nullopt;
  std::uint64_t counter = 0;
  const char* end = id.data() + id.size();
  const auto [stop, problem] = std::from_chars(id.data() + digits, end, counter, 16);
  if (problem != std::errc() || stop != end) return std::nullopt;
  return counter;
}

std::string make_uuid() {
  std::string bytes = random_bytes(16);
  const auto set_bits = [&](std::size_t index, unsigned keep, unsigned bits) {
    bytes[index] = static_cast<char>((static_cast<unsigned char>(bytes[index]) & keep) | bits);
  };
  set_bits(6, 0x0FU, 0x40U);  // version 4
  set_bits(8, 0x3FU, 0x80U);  // variant of RFC 4122
  std::string text = to_hex(bytes);
  for (const std::size_t position : {20U, 16U, 12U, 8U}) text.insert(position, 1, '-');
  return text;
}

}  // namespace zest
