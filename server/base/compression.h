// Bytes in less room, and what somebody else compressed. The door of zlib. Thread-safety: free functions.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/version.h"

namespace zest {

// In zlib's form, as small as it gets.
std::string compress(std::string_view bytes);
// What gzip or zlib made. Nothing when the bytes are neither gzip nor zlib, are broken, or are or hold more
// than `most` bytes.
std::optional<std::string> decompress(std::string_view bytes, std::size_t most);

LibraryVersion compression_library();

}  // namespace zest
