// Takes gzip and zlib apart, to see what somebody compressed. The door of zlib. Thread-safety: free
// functions.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/version.h"

namespace zest::insight {

// Nothing when the bytes are neither gzip nor zlib, are broken, or are or hold more than `most` bytes.
std::optional<std::string> decompress(std::string_view bytes, std::size_t most);

LibraryVersion compression_library();

}  // namespace zest::insight
