// What chaos rules can do, for people and shells. Thread-safety: free functions.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "protocol/chaos_actions.h"

namespace zest::cli {

// A rule to begin with: the action with what it must have, on everything.
Json beginning_of_rule(const ChaosActionRow& row);
// The actions of that name, one for each target that has it; none for an unknown name.
std::vector<const ChaosActionRow*> chaos_actions_named(std::string_view name);
// "copies, spacing", the required ones without brackets: "by", "[copies], [spacing]".
std::string members_text(const ChaosActionRow& row);

}  // namespace zest::cli
