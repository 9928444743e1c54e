// Files by name. Thread-safety: free functions.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "base/result.h"

namespace zest {

// More than any document that is read whole; the largest is a snapshot (512 MiB). [sandbox]
constexpr std::size_t kLargestFile = std::size_t{1} << 30;

// All bytes of a file, be it a pipe. Errors: InvalidRequest that names it, also when it has more than
// `at_most` bytes.
Result<std::string> read_file(const std::filesystem::path& path, std::size_t at_most = kLargestFile);

}  // namespace zest
