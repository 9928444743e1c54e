// The version of this build, from CMakeLists.txt. Sent as x-zest-sandbox with every answer.
#pragma once

#include <string_view>

namespace zest {

std::string_view version();

}  // namespace zest
