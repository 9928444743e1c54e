#include "rules/reset.h"

#include <algorithm>

#include "rules/context.h"
#include "rules/partners.h"

namespace zest::rules {
namespace {

void add_cleared(Cleared& cleared, const std::string& kind, std::size_t count) {
  const auto known = std::find_if(cleared.begin(), cleared.end(),
                                  [&kind](const auto& entry) { return entry.first == kind; });
  if (known == cleared.end()) {
    cleared.emplace_back(kind, count);
  } else {
    known->second += count;
  }
}

void reset_partner(store::Write& tx, const Partner& partner, const Reset& wanted, const MachineTime& machine,
                   Cleared& cleared) {
  const std::string& client_id = partner.client_id;
  for (const auto& [kind, count] : tx.clear_partner_data(client_id)) add_cleared(cleared, kind, count);
  if (wanted.partners && !partner.seeded) {
    remove_partner(tx, partner, wanted.rewind);
    add_cleared(cleared, "partners", 1);
    return;
  }
  if (wanted.tokens) tx.revoke_all_chains(client_id);
  if (wanted.rewind) tx.clear_counters(client_id);
  if (std::optional<Lane> lane = tx.lane(client_id)) {
    lane->clock = lane->initial.anchored(lane->initial.anchor_virtual, machine.of(lane->initial.mode));
    lane->high_water = lane->initial.anchor_virtual;
    lane->paused = false;
    tx.put_lane(*lane);
  }
}

}  // namespace

Result<Cleared> reset(store::Write& tx, const Reset& wanted, const MachineTime& machine) {
  if (wanted.client_id && !tx.partner(*wanted.client_id)) return no_such("partner", *wanted.client_id);
  Cleared cleared;
  for (const Partner& partner : tx.partners()) {
    if (!wanted.client_id || partner.client_id == *wanted.client_id) {
      reset_partner(tx, partner, wanted, machine, cleared);
    }
  }
  // Rules of no partner in particular belong to all of them.
  for (const store::ChaosRuleRow& rule : tx.chaos_rules()) {
    const bool theirs = !wanted.client_id || rule.client_id == wanted.client_id;
    if (theirs && tx.remove_chaos_rule(rule.id)) add_cleared(cleared, "chaosRules", 1);
  }
  return cleared;
}

}  // namespace zest::rules
