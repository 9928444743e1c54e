// Back to the seeded state: what a reset of the control plane removes, and what stays.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/lane.h"
#include "store/store.h"

namespace zest::rules {

struct Reset {
  std::optional<std::string> client_id;  // absent: every partner
  bool partners = false;                 // those that were registered since the start go, too
  bool tokens = false;                   // refresh tokens are revoked
  // Identifiers and random streams begin anew. Otherwise they go on where they were, for receivers remember
  // the events that they have seen.
  bool rewind = false;
};

// How much went, by kind ("spvRequests"), over all partners, in the order in which it went.
using Cleared = std::vector<std::pair<std::string, std::size_t>>;

// Removes what the partners have done, and the chaos rules that are theirs (of a reset of everything: all of
// them). Their lanes begin again where they began, as of the machine's time. Errors: NotFound for an unknown
// partner.
Result<Cleared> reset(store::Write& tx, const Reset& wanted, const MachineTime& machine);

}  // namespace zest::rules
