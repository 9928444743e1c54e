// Setting and removing chaos rules: whether a rule may be set, under which id, and since when it counts.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "chaos/rule.h"
#include "model/lane.h"
#include "store/store.h"

namespace zest::rules {

// Every attempt looks at all of them. [sandbox]
inline constexpr std::size_t kMaxChaosRules = 1000;

// Ends what a rule has going on, before it changes or goes: the engine's to do (engine/lane_rules.h).
using EndChaosRule = std::function<void(const std::string& rule_id)>;

std::optional<store::ChaosRuleRow> find_chaos_rule(store::Read& tx, std::string_view id);

// Sets the rule, or replaces the one of its id; without an id it gets one that nobody has. It counts from
// nothing, and its ttl runs, for every partner that it is about. `created_at` is wall time. Errors: NotFound
// for an unknown partner; Conflict when it `must_be_new` and its id is taken, or when there are
// kMaxChaosRules.
Result<store::ChaosRuleRow> set_chaos_rule(store::Write& tx, chaos::Rule rule, bool must_be_new,
                                           Instant created_at, const MachineTime& machine,
                                           const EndChaosRule& end);

// The rule of that id, or every rule, of one partner or of all; answers how many went. Errors: NotFound when
// there is none of that id.
struct ChaosRuleChoice {
  std::optional<std::string> id;
  std::optional<std::string> client_id;
};
Result<std::size_t> remove_chaos_rules(store::Write& tx, const ChaosRuleChoice& chosen,
                                       const EndChaosRule& end);

}  // namespace zest::rules
