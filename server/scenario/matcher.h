// Whether what came is what was expected. Thread-safety: free functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "application/description.h"
#include "base/json.h"

namespace zest::scenario {

// One thing that is not as it should be.
struct Mismatch {
  std::string what;  // "status", "body results[0].status"
  std::string expected;
  std::string got;
  // It is about one that the application knows nothing of, and did not make.
  std::optional<application::Resource> unknown = {};
};
using Mismatches = std::vector<Mismatch>;

// `expected` is a value, or a condition ({"matches": …}); `actual` nullptr when nothing is there.
bool matches(const Json& expected, const Json* actual);
// The same with a report.
void check_value(const std::string& what, const Json& expected, const Json* actual, Mismatches& mismatches);
// `expected` is a status, a class of them ("4xx"), or a list of either.
bool status_fits(const Json& expected, int status);
// `expected` is a number or {"min", "max"}.
bool in_range(const Json& expected, std::int64_t actual);
void check_range(const std::string& what, const Json& expected, std::int64_t actual, Mismatches& mismatches);

// The condition or value in words: "at least 2", "\"completed\"".
std::string expected_text(const Json& expected);

}  // namespace zest::scenario
