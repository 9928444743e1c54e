// Takes gzip and zlib apart (RFC 1950 to 1952), to see what somebody compressed. Checksums are not looked at.
// Thread-safety: free functions.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace zest::insight {

// Nothing when the bytes are neither gzip nor zlib, are broken, or hold more than `most` bytes.
std::optional<std::string> decompress(std::string_view bytes, std::size_t most);

}  // namespace zest::insight
