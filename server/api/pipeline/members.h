// The members that mean the same wherever they stand, in answers, in webhooks and in the control plane: what
// each is, and an example. Thread-safety: immutable.
#pragma once

#include <string_view>

#include "base/json.h"

namespace zest::api {

// The schema of such a member. Throws std::out_of_range for a name that is none of them.
const Json& shared_member(std::string_view name);

}  // namespace zest::api
