// Small things about text that several rooms need. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace zest {

// ASCII only, whatever the locale.
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
// A space or a tab.
constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }

// "a, b, c"
std::string join(const std::vector<std::string>& words, std::string_view between = ", ");

}  // namespace zest
