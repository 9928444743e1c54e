// Certificates that are to be trusted. Thread-safety: free functions.
#pragma once

#include <string>

#include "base/result.h"

namespace zest {

// Errors: InvalidRequest that names the file when it cannot be read or holds no certificate (PEM).
Result<void> check_certificate_file(const std::string& path);

}  // namespace zest
