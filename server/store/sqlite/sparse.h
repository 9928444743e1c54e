// Bytes that are mostly zeros, such as a database without a row, in little room. Thread-safety: none needed.
#pragma once

#include <string>
#include <string_view>

namespace zest::store {

std::string without_zeros(std::string_view bytes);
// What without_zeros() answered, and nothing else, back as it was.
std::string with_zeros(std::string_view kept);

}  // namespace zest::store
