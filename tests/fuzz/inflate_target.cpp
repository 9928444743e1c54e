// Bytes as gzip and zlib: whatever they are, no more comes out than may, and the bound alone decides. The
// same bytes stored without compression (RFC 1950, RFC 1951) come back as they are.
#include "base/compression.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "fuzz/target.h"

namespace zest::fuzz {
namespace {

constexpr std::size_t kMost = 256 * 1024;
constexpr std::size_t kStoredBlock = 65'535;

// RFC 1950, section 8.2.
std::uint32_t adler32(std::string_view bytes) {
  std::uint32_t low = 1;
  std::uint32_t high = 0;
  for (const char c : bytes) {
    low = (low + static_cast<unsigned char>(c)) % 65'521;
    high = (high + low) % 65'521;
  }
  return high << 16U | low;
}

void append_byte(std::string& text, std::uint32_t value) { text.push_back(static_cast<char>(value & 0xFFU)); }

std::string stored(std::string_view bytes) {
  std::string text = "\x78\x01";
  std::string_view rest = bytes;
  do {
    const std::string_view block = rest.substr(0, kStoredBlock);
    rest.remove_prefix(block.size());
    const auto length = static_cast<std::uint32_t>(block.size());
    append_byte(text, rest.empty() ? 1 : 0);
    for (const std::uint32_t value : {length, ~length}) {
      append_byte(text, value);
      append_byte(text, value >> 8U);
    }
    text.append(block);
  } while (!rest.empty());
  const std::uint32_t sum = adler32(bytes);
  for (const unsigned shift : {24U, 16U, 8U, 0U}) append_byte(text, sum >> shift);
  return text;
}

}  // namespace

FUZZ_TARGET(inflate, Bytes) {
  const std::optional<std::string> content = decompress(input, kMost);
  if (content) {
    FUZZ_CHECK(content->size() <= kMost);
    FUZZ_CHECK(decompress(input, std::max(content->size(), input.size())) == content);
    if (content->size() > input.size()) FUZZ_CHECK(!decompress(input, content->size() - 1));
  }
  const std::string_view part = input.substr(0, std::min(input.size(), kMost));
  FUZZ_CHECK(decompress(stored(part), 2 * kMost) == std::string(part));
}

}  // namespace zest::fuzz
