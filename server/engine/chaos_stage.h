// The planned stage of a delivery: chaos rules between claim and send. Rules are data (chaos/rule.h), the
// plan is pure (chaos/plan.h); here is what the plan means for deliveries, timers and counts. Chaos never
// loses an event: what it postpones or fails is offered later, lies in the dead letter, or is held, and retry
// offers it as it is. Every function runs in a transaction of the store's writer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "chaos/plan.h"
#include "engine/dispatch.h"
#include "engine/lane_rules.h"
#include "store/store.h"

namespace zest::engine {

// The rules of one lane at one instant. Short-lived: one run over a lane's due work.
class LaneChaos {
 public:
  // Reads the rules that hold for the partner at `now`.
  LaneChaos(store::Write& tx, const Partner& partner, Instant now, std::uint64_t seed);

  // Plans the attempt that is due. Answers what to send instead of it, or in its form; nothing when it is
  // postponed (then `notes` says so).
  struct Planned {
    chaos::Shape shape;
    std::optional<chaos::Tampered> tampered;  // sent first; the true one is held until it was answered
    std::string key;                          // of the tampered one's exchange
  };
  std::optional<Planned> plan(Delivery& delivery, const Event& event, std::vector<ChaosNote>& notes);

  // Writes the counts of rules that were met.
  void save() { rules_.save(); }

 private:
  void release_later(const std::string& rule_id, Instant at);
  void postpone(Delivery& delivery, const chaos::Postponed& postponed, std::vector<ChaosNote>& notes);
  void collect(const Delivery& delivery, const std::string& rule_id, const chaos::Reorder& reorder,
               std::vector<ChaosNote>& notes);
  void add_copies(const Delivery& delivery, const chaos::Copies& copies);

  store::Write& tx_;
  const Partner& partner_;
  const Instant now_;  // virtual
  LaneRules rules_;
};

// A fresh key under which the exchange of an extra attempt is known.
std::string new_extra_key(store::Write& tx, const std::string& client_id);

// The timer of a copy or replay has fired: the attempt that it stands for, or nothing when its delivery is
// gone.
std::optional<Claimed> claim_extra(store::Write& tx, const Partner& partner, const Timer& timer, Instant now);

// An attempt that was postponed is settled: the next one is not due to that any more.
void forget_postponement(store::Write& tx, const std::string& delivery_id);

// An exchange was answered, or failed: those that waited for it go on. `key`: a delivery's id, or an extra
// attempt's.
void release_followers(store::Write& tx, const std::string& key, Instant now, std::vector<ChaosNote>& notes);
// A scheduled attempt was settled: replays of a delivered event are scheduled, and what was held until such
// an event goes on.
void after_settlement(store::Write& tx, const Delivery& delivery, Instant now, std::vector<ChaosNote>& notes);
// The timer of a rule has fired: what it holds goes on (a reorder's in its new order).
void release_by_timer(store::Write& tx, const Partner& partner, const Timer& timer, Instant now,
                      std::uint64_t seed, std::vector<ChaosNote>& notes);

// Everything that matches goes on now, in the order in which it was held. For rules that are removed or
// switched off, and by hand. Answers how many.
std::size_t release_held(store::Write& tx, const store::HeldFilter& filter, const WallClock& clock,
                         std::vector<ChaosNote>& notes);

}  // namespace zest::engine
