// The version of this build, from CMakeLists.txt, and the header that brings it with every answer.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace zest {

std::string_view version();

// A library of others and the version that runs now; each room tells of those behind its door.
struct LibraryVersion {
  std::string name;
  std::string version;
};
std::vector<LibraryVersion> base_libraries();

inline constexpr const char* kVersionHeader = "x-zest-sandbox";

}  // namespace zest
