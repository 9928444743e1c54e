// Chaos rules as one partner meets them: those that hold at an instant, with that partner's counts and random
// numbers, so that what one partner gets does not depend on the others. Every function runs in a transaction
// of the store's writer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "chaos/plan.h"
#include "engine/engine.h"
#include "store/store.h"

namespace zest::engine {

// Short-lived: one piece of work in one transaction.
class LaneRules {
 public:
  // The enabled rules of that target that hold for the partner at virtual `now`, in order of creation. Calls
  // whose caller nobody knows have the client id "" and no `now`: rules hold for them until they are removed.
  LaneRules(store::Write& tx, std::string client_id, std::optional<Instant> now, chaos::Target target,
            std::uint64_t seed);

  std::vector<chaos::RuleState>& states() { return states_; }
  // The partner's stream.
  chaos::Draw draw() const;
  std::optional<Instant> expiry(const std::string& rule_id) const;
  // Writes the counts that changed.
  void save();

 private:
  store::Write& tx_;
  const std::string client_id_;
  const std::uint64_t seed_;
  std::vector<chaos::RuleState> states_;
  std::vector<ChaosRuleLane> counts_;  // as read: one for each rule, in the same order
};

// A stored rule; nothing for one that no version of the sandbox wrote (a snapshot may bring it).
std::optional<chaos::Rule> stored_rule(const store::ChaosRuleRow& row);

// Random numbers of one partner: a stream of its own.
chaos::Draw chaos_draw(store::Write& tx, const std::string& client_id, std::uint64_t seed);

// A rule ends, or is about to begin anew: what it holds goes on, and its timers go.
void end_rule(store::Write& tx, const std::string& rule_id, const WallClock& clock,
              std::vector<ChaosNote>& notes);

}  // namespace zest::engine
