#include "insight/inflate.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace zest::insight {
namespace {

constexpr std::size_t kLongestCode = 15;  // bits; RFC 1951, section 3.2.7

// A canonical Huffman code: how many codes of each length, and the symbols in order.
class Huffman {
 public:
  explicit Huffman(const std::vector<std::uint8_t>& lengths) : symbols_(lengths.size()) {
    for (const std::uint8_t length : lengths) ++counts_[length];
    counts_[0] = 0;
    std::array<std::size_t, kLongestCode + 2> offsets{};
    for (std::size_t length = 1; length <= kLongestCode; ++length) {
      offsets[length + 1] = offsets[length] + counts_[length];
    }
    for (std::size_t symbol = 0; symbol < lengths.size(); ++symbol) {
      if (lengths[symbol] != 0) symbols_[offsets[lengths[symbol]]++] = symbol;
    }
  }

  template <class NextBit>
  std::optional<std::size_t> read(NextBit next_bit) const {
    std::size_t code = 0;
    std::size_t first = 0;
    std::size_t index = 0;
    for (std::size_t length = 1; length <= kLongestCode; ++length) {
      const std::optional<unsigned> bit = next_bit();
      if (!bit) return std::nullopt;
      code |= *bit;
      if (code < first + counts_[length]) return code < first ? std::nullopt : at(index + code - first);
      index += counts_[length];
      first = (first + counts_[length]) << 1U;
      code <<= 1U;
    }
    return std::nullopt;
  }

 private:
  std::optional<std::size_t> at(std::size_t index) const {
    return index < symbols_.size() ? std::optional<std::size_t>(symbols_[index]) : std::nullopt;
  }
  std::array<std::size_t, kLongestCode + 1> counts_{};
  std::vector<std::size_t> symbols_;
};

class Inflater {
 public:
  Inflater(std::string_view bytes, std::size_t most) : bytes_(bytes), most_(most) {}

  std::optional<std::string> run() {
    for (bool last = false; !last;) {
      const std::optional<unsigned> final_block = bits(1);
      const std::optional<unsigned> kind = bits(2);
      if (!final_block || !kind) return std::nullopt;
      last = *final_block == 1;
      const bool good = *kind == 0 ? stored() : *kind == 1 ? fixed() : *kind == 2 && dynamic();
      if (!good) return std::nullopt;
    }
    return std::move(out_);
  }

 private:
  std::optional<unsigned> bits(unsigned count) {
    unsigned value = 0;
    for (unsigned i = 0; i < count; ++i) {
      if (at_ / 8 >= bytes_.size()) return std::nullopt;
      value |= (static_cast<unsigned>(static_cast<unsigned char>(bytes_[at_ / 8])) >> (at_ % 8) & 1U) << i;
      ++at_;
    }
    return value;
  }

  bool stored() {
    at_ = (at_ + 7) / 8 * 8;
    const std::optional<unsigned> length = bits(16);
    if (!length || !bits(16)) return false;
    const std::size_t start = at_ / 8;
    if (bytes_.size() - start < *length || most_ - out_.size() < *length) return false;
    out_.append(bytes_.substr(start, *length));
    at_ += std::size_t{8} * *length;
    return true;
  }

  bool fixed() {
    std::vector<std::uint8_t> literals(288, 8);
    std::fill(literals.begin() + 144, literals.begin() + 256, std::uint8_t{9});
    std::fill(literals.begin() + 256, literals.begin() + 280, std::uint8_t{7});
    return compressed(Huffman(literals), Huffman(std::vector<std::uint8_t>(30, 5)));
  }

  bool dynamic() {
    constexpr std::array<std::uint8_t, 19> kOrder = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                     11, 4,  12, 3, 13, 2, 14, 1, 15};
    const std::optional<unsigned> literals = bits(5);
    const std::optional<unsigned> distances = bits(5);
    const std::optional<unsigned> codes = bits(4);
    if (!literals || !distances || !codes) return false;
    std::vector<std::uint8_t> code_lengths(19, 0);
    for (std::size_t i = 0; i < *codes + 4; ++i) {
      const std::optional<unsigned> length = bits(3);
      if (!length) return false;
      code_lengths[kOrder[i]] = static_cast<std::uint8_t>(*length);
    }
    const Huffman code(code_lengths);
    const std::size_t literal_count = *literals + 257;
    const std::size_t total = literal_count + *distances + 1;
    std::vector<std::uint8_t> lengths;
    while (lengths.size() < total) {
      const std::optional<std::size_t> symbol = code.read([this] { return bits(1); });
      if (!symbol) return false;
      if (*symbol < 16) {
        lengths.push_back(static_cast<std::uint8_t>(*symbol));
        continue;
      }
      if (*symbol == 16 && lengths.empty()) return false;
      const std::optional<unsigned> more = bits(*symbol == 16 ? 2 : *symbol == 17 ? 3 : 7);
      if (!more) return false;
      lengths.insert(lengths.end(), *more + (*symbol == 18 ? 11 : 3),
                     *symbol == 16 ? lengths.back() : std::uint8_t{0});
    }
    if (lengths.size() > total) return false;
    const auto middle = lengths.begin() + static_cast<std::ptrdiff_t>(literal_count);
    return compressed(Huffman({lengths.begin(), middle}), Huffman({middle, lengths.end()}));
  }

  bool compressed(const Huffman& literals, const Huffman& distances) {
    constexpr std::array<unsigned, 29> kLengths = {3,  4,  5,  6,   7,   8,   9,   10,  11, 13,
                                                   15, 17, 19, 23,  27,  31,  35,  43,  51, 59,
                                                   67, 83, 99, 115, 131, 163, 195, 227, 258};
    constexpr std::array<unsigned, 29> kLengthBits = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                                      2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
    constexpr std::array<unsigned, 30> kDistances = {
        1,   2,   3,   4,   5,   7,    9,    13,   17,   25,   33,   49,   65,    97,    129,
        193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};
    for (;;) {
      const std::optional<std::size_t> symbol = literals.read([this] { return bits(1); });
      if (!symbol) return false;
      if (*symbol == 256) return true;
      if (*symbol < 256) {
        if (out_.size() >= most_) return false;
        out_ += static_cast<char>(*symbol);
        continue;
      }
      const std::size_t which = *symbol - 257;
      if (which >= kLengths.size()) return false;
      const std::optional<unsigned> extra = bits(kLengthBits[which]);
      const std::optional<std::size_t> far = distances.read([this] { return bits(1); });
      if (!extra || !far || *far >= kDistances.size()) return false;
      const std::optional<unsigned> further = bits(*far < 2 ? 0 : static_cast<unsigned>(*far / 2 - 1));
      if (!further) return false;
      const std::size_t distance = kDistances[*far] + *further;
      const std::size_t length = kLengths[which] + *extra;
      if (distance > out_.size() || most_ - out_.size() < length) return false;
      for (std::size_t i = 0; i < length; ++i) out_ += out_[out_.size() - distance];
    }
  }

  std::string_view bytes_;
  const std::size_t most_;
  std::size_t at_ = 0;  // bit
  std::string out_;
};

// Behind gzip's header, which may hold further fields and texts; nothing for another beginning.
std::optional<std::string_view> gzip_data(std::string_view bytes) {
  if (bytes.size() < 18 || bytes.substr(0, 3) != "\x1f\x8b\x08") return std::nullopt;
  const auto flags = static_cast<unsigned char>(bytes[3]);
  std::size_t at = 10;
  if ((flags & 4U) != 0) {
    at += 2 + static_cast<unsigned char>(bytes[10]) + 256U * static_cast<unsigned char>(bytes[11]);
  }
  for (const unsigned text : {8U, 16U}) {
    if ((flags & text) == 0) continue;
    const std::size_t end = bytes.find('\0', std::min(at, bytes.size()));
    if (end == std::string_view::npos) return std::nullopt;
    at = end + 1;
  }
  if ((flags & 2U) != 0) at += 2;
  return at < bytes.size() ? std::optional<std::string_view>(bytes.substr(at)) : std::nullopt;
}

std::optional<std::string_view> zlib_data(std::string_view bytes) {
  if (bytes.size() < 6) return std::nullopt;
  const auto method = static_cast<unsigned char>(bytes[0]);
  const auto flags = static_cast<unsigned char>(bytes[1]);
  if ((method & 15U) != 8 || (method * 256U + flags) % 31 != 0 || (flags & 32U) != 0) return std::nullopt;
  return bytes.substr(2);
}

}  // namespace

std::optional<std::string> decompress(std::string_view bytes, std::size_t most) {
  for (const auto& data : {gzip_data(bytes), zlib_data(bytes)}) {
    if (!data) continue;
    if (std::optional<std::string> text = Inflater(*data, most).run()) return text;
  }
  return std::nullopt;
}

}  // namespace zest::insight
