#include "rules/restore.h"

#include <algorithm>
#include <vector>

#include "model/partner.h"

namespace zest::rules {
namespace {

void go_on_from(store::Read& present, store::Write& next) {
  for (const store::Counter& counter : present.counters()) next.raise_counter(counter);
  const std::vector<Partner> before = present.partners();
  std::vector<store::FormerPartner> former = present.former_partners();
  for (const Partner& partner : before) former.push_back({partner.client_id, partner.generation});
  for (const store::FormerPartner& one : former) {
    if (next.former_generation(one.client_id) < one.generation) next.put_former_partner(one);
  }
  const std::vector<Partner> restored = next.partners();
  for (Partner partner : restored) {
    const bool stayed = std::any_of(before.begin(), before.end(), [&partner](const Partner& other) {
      return other.client_id == partner.client_id && other.generation == partner.generation;
    });
    const std::uint32_t last = next.former_generation(partner.client_id);
    if (stayed || partner.generation > last) continue;
    partner.generation = last + 1;
    partner.tag = make_tag(partner.tag, partner, next.partners());
    next.put_partner(partner);
  }
}

}  // namespace

void take_up_restored(store::Read& present, store::Write& next, Instant saved_at, bool rewind,
                      const MachineTime& machine) {
  if (!rewind) go_on_from(present, next);
  for (const Partner& partner : next.partners()) {
    std::optional<Lane> lane = next.lane(partner.client_id);
    if (!lane) continue;
    lane->clock = lane->clock.anchored(lane_at(*lane, saved_at), machine.of(lane->clock.mode));
    next.put_lane(*lane);
  }
}

}  // namespace zest::rules
