#include "support/paths.h"

namespace zest::test {

const std::string& binary() {
  static const std::string path = ZEST_BINARY;
  return path;
}

std::string in_source(const std::string& path) { return std::string(ZEST_SOURCE_DIR) + "/" + path; }

}  // namespace zest::test
