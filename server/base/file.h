// Files by name. Thread-safety: free functions.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"

namespace zest {

// All bytes of a file, be it a pipe. Errors: InvalidRequest that names it.
Result<std::string> read_file(const std::filesystem::path& path);

}  // namespace zest
