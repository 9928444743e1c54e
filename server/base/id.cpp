#include "base/id.h"

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
