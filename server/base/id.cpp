#include "base/id.h"

#include <array>
#include <cinttypes>
#include <cstdio>

#include "base/crypto.h"

namespace zest {

std::string make_id(std::string_view prefix, std::uint32_t partner_tag, std::uint64_t counter) {
  std::array<char, 32> digits{};
  std::snprintf(digits.data(), digits.size(), "_%08" PRIx32 "%08" PRIx64, partner_tag, counter);
  std::string id(prefix);
  id += digits.data();
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
