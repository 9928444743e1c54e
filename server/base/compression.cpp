#include "base/compression.h"

#include <zlib.h>

#include <array>
#include <new>

namespace zest {
namespace {

constexpr int kEitherHeader = 32 + MAX_WBITS;  // of gzip or of zlib (zlib.h, inflateInit2)
constexpr std::size_t kPortion = 16 * 1024;

class Inflater {
 public:
  Inflater() { ready_ = inflateInit2(&stream_, kEitherHeader) == Z_OK; }
  ~Inflater() {
    if (ready_) inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  std::optional<std::string> all_of(std::string_view bytes, std::size_t most) {
    if (!ready_ || bytes.size() > most) return std::nullopt;
    // zlib reads there only; its type does not say so.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    std::string plain;
    std::array<char, kPortion> portion{};
    for (;;) {
      stream_.next_out = reinterpret_cast<Bytef*>(portion.data());
      stream_.avail_out = static_cast<uInt>(portion.size());
      const int result = inflate(&stream_, Z_NO_FLUSH);
      if (result != Z_OK && result != Z_STREAM_END) return std::nullopt;
      plain.append(portion.data(), portion.size() - stream_.avail_out);
      if (plain.size() > most) return std::nullopt;
      if (result == Z_STREAM_END) return plain;
    }
  }

 private:
  z_stream stream_ = {};
  bool ready_ = false;
};

}  // namespace

std::string compress(std::string_view bytes) {
  uLongf size = compressBound(static_cast<uLong>(bytes.size()));
  std::string kept(size, '\0');
  const int result =
      compress2(reinterpret_cast<Bytef*>(kept.data()), &size, reinterpret_cast<const Bytef*>(bytes.data()),
                static_cast<uLong>(bytes.size()), Z_BEST_COMPRESSION);
  if (result != Z_OK) throw std::bad_alloc();  // there is room for all of it
  kept.resize(size);
  return kept;
}

std::optional<std::string> decompress(std::string_view bytes, std::size_t most) {
  return Inflater().all_of(bytes, most);
}

LibraryVersion compression_library() { return {"zlib", zlibVersion()}; }

}  // namespace zest
