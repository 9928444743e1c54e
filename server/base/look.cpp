#include "base/look.h"

#include "base/embedded.h"

namespace zest {

std::string_view look() { return embedded::look().front().bytes; }

}  // namespace zest
