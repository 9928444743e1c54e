#include "store/sqlite/sparse.h"

#include <cstdint>

namespace zest::store {
namespace {

// Numbers before runs of bytes, four bytes each, lowest first.
constexpr std::size_t kNumberSize = 4;
// A shorter run of zeros takes less room than the numbers that leave it out.
constexpr std::size_t kShortestGap = 2 * kNumberSize;

void append_number(std::string& to, std::size_t number) {
  for (std::size_t byte = 0; byte < kNumberSize; ++byte)
    to.push_back(static_cast<char>(number >> (8 * byte) & 0xffU));
}

std::size_t take_number(std::string_view& from) {
  std::size_t number = 0;
  for (std::size_t byte = 0; byte < kNumberSize; ++byte)
    number |= static_cast<std::size_t>(static_cast<unsigned char>(from[byte])) << (8 * byte);
  from.remove_prefix(kNumberSize);
  return number;
}

std::size_t end_of_zeros(std::string_view bytes, std::size_t from) {
  const std::size_t end = bytes.find_first_not_of('\0', from);
  return end == std::string_view::npos ? bytes.size() : end;
}

std::size_t end_of_run(std::string_view bytes, std::size_t from) {
  const std::size_t gap = bytes.find(std::string(kShortestGap, '\0'), from);
  return gap == std::string_view::npos ? bytes.size() : gap;
}

}  // namespace

// The size of the whole; then for each run where it begins, how long it is, and its bytes.
std::string without_zeros(std::string_view bytes) {
  std::string kept;
  append_number(kept, bytes.size());
  for (std::size_t begin = end_of_zeros(bytes, 0); begin < bytes.size();) {
    const std::size_t end = end_of_run(bytes, begin);
    append_number(kept, begin);
    append_number(kept, end - begin);
    kept.append(bytes.substr(begin, end - begin));
    begin = end_of_zeros(bytes, end);
  }
  return kept;
}

std::string with_zeros(std::string_view kept) {
  std::string bytes(take_number(kept), '\0');
  while (!kept.empty()) {
    const std::size_t begin = take_number(kept);
    const std::size_t size = take_number(kept);
    bytes.replace(begin, size, kept.substr(0, size));
    kept.remove_prefix(size);
  }
  return bytes;
}

}  // namespace zest::store
