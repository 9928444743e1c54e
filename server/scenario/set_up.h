// What `setUp` steps stand for: the calls that lead to a resource, in the scenario language itself.
// Thread-safety: immutable.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace zest::scenario {

struct SetUpLevel {
  std::string name;
  std::vector<std::string> needs;    // levels before it
  std::vector<std::string> defines;  // variables; when all are there already, its steps are left out
  Json steps;
};

// The levels that lead to `name`, itself last. Empty when there is none of that name.
std::vector<const SetUpLevel*> set_up_path(std::string_view name);

}  // namespace zest::scenario
