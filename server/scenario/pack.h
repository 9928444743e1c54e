// Packs: named sets of chaos rules with a purpose, compiled into the sandbox, and files of the user's own:
// {"purpose": "…", "rules": [{…}, …]}, each rule as POST /_sandbox/chaos/rules takes it, comments allowed.
// Thread-safety: free functions.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace zest::scenario {

// Rules of one pack. [sandbox]
inline constexpr std::size_t kMaxPackRules = 200;

struct Pack {
  std::string name;  // of its file, without .json
  std::string purpose;
  std::vector<Json> rules;  // each with an id: one that has none gets NAME.N
};

// Those that come with the sandbox, by name.
const std::vector<Pack>& shipped_packs();

// A file, or the name of a shipped pack. A file that holds one rule is a pack of it. Errors: NotFound that
// says what there is, InvalidRequest with file, line and column.
Result<Pack> find_pack(const std::string& word);

}  // namespace zest::scenario
