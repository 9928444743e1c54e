#include "base/version.h"

namespace zest {

std::string_view version() { return ZEST_VERSION; }

}  // namespace zest
