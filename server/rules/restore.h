// A saved state in the place of the present one: what of the present goes on in it.
#pragma once

#include "model/lane.h"
#include "store/store.h"

namespace zest::rules {

// Makes `next`, saved at the machine's instant `saved_at`, go on at the machine's time. Every lane shows what
// it showed when it was saved. Identifiers and random streams never go backwards unless `rewind`: what counts
// them goes on from where it is in `present`, and a partner who was removed since, and whose counts went with
// it, is another generation with a tag of its own.
void take_up_restored(store::Read& present, store::Write& next, Instant saved_at, bool rewind,
                      const MachineTime& machine);

}  // namespace zest::rules
