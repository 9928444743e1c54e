// Back to the seeded state: what a reset of the control plane removes, and what stays.
//
// What a partner has may be a million rows, and nobody's writes shall wait for all of them. So a reset goes
// in portions, each a transaction. From the first to the last the lanes say that they are being reset
// (Lane::resetting): nobody sees what is still there, and no call of theirs changes anything. A process that
// dies in between finishes it at the next start.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <set>
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
  bool removal = false;  // the partner itself goes, too, whichever it is
};

// How much went, by kind ("spvRequests"), over all partners, in the order in which it went.
using Cleared = std::vector<std::pair<std::string, std::size_t>>;

// Rows that one transaction removes: some 10 ms of the writer.
inline constexpr std::size_t kRowsPerPortion = 500;

// How far a reset has come.
struct ResetProgress {
  Cleared cleared;
  std::set<std::string> emptied;  // client ids
  bool complete = false;
};

// Removes what the partners have done, and the chaos rules that are theirs (of a reset of everything: all of
// them), about `at_most` rows of it. When nothing is left their lanes begin again where they began, as of the
// machine's time. Errors: NotFound for an unknown partner.
Result<ResetProgress> reset_portion(store::Write& tx, const Reset& wanted, const MachineTime& machine,
                                    ResetProgress progress, std::size_t at_most = kRowsPerPortion);

// All of it, portion after portion, while the lanes are quiet. Errors: those above; ServiceUnavailable: what
// is left of it goes at the next start, or by the next reset.
Result<Cleared> reset(store::Store& store, const Reset& wanted, const std::function<MachineTime()>& now);

// Finishes what a process that died had begun. At the start, before anybody is served. Errors:
// ServiceUnavailable, also when what it had begun cannot be read.
Result<void> finish_resets(store::Store& store, const std::function<MachineTime()>& now);

}  // namespace zest::rules
