// What chaos rules leave behind in the state: how often a partner met each rule, what a delivery went
// through, and the deliveries that wait for something other than time. All instants virtual. Thread-safety:
// plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"

namespace zest {

// One rule as one partner meets it.
struct ChaosRuleLane {
  std::string rule_id;
  std::string client_id;
  std::optional<Instant> expires_at;
  std::uint64_t matched = 0;
  std::uint64_t hits = 0;
};

// A delivered event comes again.
struct PlannedReplay {
  std::string rule_id;
  Duration after{0};  // after it was delivered
};

struct DeliveryChaos {
  std::string delivery_id;
  std::string client_id;
  std::vector<std::string> met;           // rules that meet a delivery once, and met this one
  std::vector<PlannedReplay> replays;     // once it is delivered
  std::vector<std::string> postponed_by;  // rules that the next scheduled attempt is marked with
};

// A delivery that is not due at any instant: something has to happen first.
struct HeldDelivery {
  std::string delivery_id;
  std::string client_id;
  std::string rule_id;
  Instant since{};
  std::optional<std::string> until_event;  // goes on once such an event was delivered or is dead
  // Goes on once this was answered: a delivery's id, or an extra attempt's key.
  std::optional<std::string> follows;
  bool follows_extra = false;  // the latter, which ends with its process
};

}  // namespace zest
