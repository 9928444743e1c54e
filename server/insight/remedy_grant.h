// What a refused token request would say otherwise, from what the journal keeps of its claims. Zest docs:
// authentication. Thread-safety: free functions.
#pragma once

#include <string>
#include <vector>

#include "insight/remedy.h"

namespace zest::insight {

std::vector<std::string> grant_changes(const CallFacts& facts);

}  // namespace zest::insight
