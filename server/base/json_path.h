// Paths into JSON documents: "results[0].zestPersonId". Thread-safety: free functions.
#pragma once

#include <string_view>

#include "base/json.h"

namespace zest {

// The value at the path; "" is the document itself. nullptr when nothing is there.
const Json* reach(const Json& document, std::string_view path);
// Whether it can be a path at all.
bool is_json_path(std::string_view path);

}  // namespace zest
