// The version of this build, from CMakeLists.txt, and the header that brings it with every answer.
#pragma once

#include <string_view>

namespace zest {

std::string_view version();
inline constexpr const char* kVersionHeader = "x-zest-sandbox";

}  // namespace zest
