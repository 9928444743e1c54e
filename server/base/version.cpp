#include "base/version.h"

#include "base/crypto.h"
#include "base/json.h"
#include "base/log.h"
#include "base/pattern.h"

namespace zest {

std::string_view version() { return ZEST_VERSION; }

std::vector<LibraryVersion> base_libraries() {
  return {{"nlohmann/json", json_library_version()},
          {"OpenSSL", crypto_library_version()},
          {"PCRE2", pattern_library_version()},
          {"spdlog", log_library_version()}};
}

}  // namespace zest
