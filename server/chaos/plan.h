// From rules to what happens: pure functions. A rule acts on a delivery's first schedule only, so that what
// an operator retries goes out as it is, and nothing is lost for good. Thread-safety: free functions on
// values.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "chaos/rule.h"

namespace zest::chaos {

// A rule and how often one partner met it.
struct RuleState {
  Rule rule;
  std::uint64_t matched = 0;  // all but nth, probability and first held
  std::uint64_t hits = 0;
};

// Uniform in [0, 1); each call the next of the partner's stream.
using Draw = std::function<double()>;

// Counts a match whose other members hold; true: the rule acts.
bool count_match(RuleState& state, const Draw& draw);

// A scheduled attempt that is due.
struct DueAttempt {
  std::string_view event_type;
  const std::vector<std::string>& subjects;
  int number = 1;                       // 1 to 6
  const std::vector<std::string>& met;  // rules that meet a delivery once, and met this one
};

// The attempt is not made now.
struct Postponed {
  std::string rule_id;
  std::variant<Delay, Hold, Reorder> how;
};
// Another, tampered attempt is made first; the true one follows once that was answered.
struct Tampered {
  std::string rule_id;
  Tamper tamper;
};
struct Copies {
  std::string rule_id;
  Duplicate duplicate;
};
struct Replayed {
  std::string rule_id;
  Replay replay;
};

// What shapes the true attempt on its way.
struct Shape {
  std::vector<std::string> rule_ids;  // those that do, in order of creation
  bool drop = false;                  // nothing is sent
  bool lost_ack = false;              // a success counts as a failure
  bool extra_signature_version = false;
  std::optional<std::uint64_t> bytes_per_second;  // wall
  std::optional<Disconnect> disconnect;
};

struct Plan {
  std::vector<std::string>
      met;  // rules that met the delivery now and shall not again, whether they acted or not
  std::variant<std::monostate, Postponed, Tampered>
      instead;  // anything else is planned when it comes up again
  Shape shape;
  std::vector<Copies> copies;
  std::vector<Replayed> replays;
};

// Rules apply in order of creation: first those that postpone the attempt, then those that put a tampered one
// before it, then the rest together. Of drop, disconnect and lostAck the first wins. `rules` are enabled
// webhook rules; their counts go up.
Plan plan_attempt(const DueAttempt& attempt, std::vector<RuleState>& rules, const Draw& draw);

// Positions 0 to count-1 in the order in which a reorder sends them.
std::vector<std::size_t> new_order(NewOrder order, std::size_t count, const Draw& draw);

}  // namespace zest::chaos
