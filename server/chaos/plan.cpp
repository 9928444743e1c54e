#include "chaos/plan.h"

#include <algorithm>
#include <numeric>

namespace zest::chaos {
namespace {

bool contains(const std::vector<std::string>& values, const std::string& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

template <class... Actions>
bool is_any_of(const Action& action) {
  return (std::holds_alternative<Actions>(action) || ...);
}

bool postpones(const Action& action) { return is_any_of<Delay, Hold, Reorder>(action); }
bool meets_once(const Action& action) {
  return postpones(action) || is_any_of<Tamper, Duplicate, Replay>(action);
}

// The attempts that an action is for when its rule names none: the last of the first n; 0: all.
int last_attempt(const Action& action) {
  if (meets_once(action)) return 1;
  const int otherwise = is_any_of<SlowBody, ExtraSignatureVersion>(action) ? 0 : 1;
  return std::visit(
      [otherwise](const auto& chosen) {
        if constexpr (requires { chosen.attempts; }) return chosen.attempts.value_or(otherwise);
        return otherwise;
      },
      action);
}

bool is_for(const DueAttempt& attempt, const Rule& rule) {
  const Match& match = rule.match;
  if (match.attempt) {
    if (*match.attempt != attempt.number) return false;
  } else if (const int last = last_attempt(rule.action); last > 0 && attempt.number > last) {
    return false;
  }
  if (match.subject && !contains(attempt.subjects, *match.subject)) return false;
  if (meets_once(rule.action) && contains(attempt.met, rule.id)) return false;
  return match.event_types.empty() ||
         std::any_of(match.event_types.begin(), match.event_types.end(), [&](const std::string& pattern) {
           return matches_pattern(pattern, attempt.event_type);
         });
}

// The attempt's fate is one of these; the first rule decides it.
bool decides(const Action& action) { return is_any_of<Drop, LostAck, Disconnect>(action); }
bool is_decided(const Shape& shape) { return shape.drop || shape.lost_ack || shape.disconnect; }

// What a rule that acts does to the plan; an action that is forgotten here does not compile.
class Effect {
 public:
  Effect(const Rule& rule, Plan& plan) : rule_id_(rule.id), plan_(plan) {}

  void operator()(const Delay& delay) const { plan_.instead = Postponed{rule_id_, delay}; }
  void operator()(const Hold& hold) const { plan_.instead = Postponed{rule_id_, hold}; }
  void operator()(const Reorder& reorder) const { plan_.instead = Postponed{rule_id_, reorder}; }
  void operator()(const Tamper& tamper) const { plan_.instead = Tampered{rule_id_, tamper}; }
  void operator()(const Duplicate& duplicate) const { plan_.copies.push_back({rule_id_, duplicate}); }
  void operator()(const Replay& replay) const { plan_.replays.push_back({rule_id_, replay}); }
  void operator()(const Drop&) const { shape().drop = true; }
  void operator()(const LostAck&) const { shape().lost_ack = true; }
  void operator()(const Disconnect& disconnect) const { shape().disconnect = disconnect; }
  void operator()(const SlowBody& slow) const { shape().bytes_per_second = slow.bytes_per_second; }
  void operator()(const ExtraSignatureVersion&) const { shape().extra_signature_version = true; }
  // Those of calls, which no webhook rule has.
  template <class Chosen>
  requires(row_of(kChaosActionTable, Chosen::kAction).target == Target::Api) void operator()(
      const Chosen&) const {}

 private:
  Shape& shape() const {
    plan_.shape.rule_ids.push_back(rule_id_);
    return plan_.shape;
  }
  const std::string& rule_id_;
  Plan& plan_;
};

}  // namespace

bool count_match(RuleState& state, const Draw& draw) {
  const Match& match = state.rule.match;
  if (match.first && state.hits >= static_cast<std::uint64_t>(*match.first)) return false;
  ++state.matched;
  if (match.nth && state.matched % static_cast<std::uint64_t>(*match.nth) != 0) return false;
  if (match.probability && draw() >= *match.probability) return false;
  ++state.hits;
  return true;
}

Plan plan_attempt(const DueAttempt& attempt, std::vector<RuleState>& rules, const Draw& draw) {
  Plan plan;
  const auto acts = [&attempt, &draw, &plan](RuleState& state) {
    if (!is_for(attempt, state.rule)) return false;
    if (meets_once(state.rule.action)) plan.met.push_back(state.rule.id);
    return count_match(state, draw);
  };
  const auto apply = [&plan](const Rule& rule) { std::visit(Effect(rule, plan), rule.action); };
  for (RuleState& state : rules) {
    if (!postpones(state.rule.action) || !acts(state)) continue;
    apply(state.rule);
    return plan;
  }
  for (RuleState& state : rules) {
    if (!std::holds_alternative<Tamper>(state.rule.action) || !acts(state)) continue;
    apply(state.rule);
    return plan;
  }
  for (RuleState& state : rules) {
    const Action& action = state.rule.action;
    if (postpones(action) || std::holds_alternative<Tamper>(action)) continue;
    if ((decides(action) && is_decided(plan.shape)) || !acts(state)) continue;
    apply(state.rule);
  }
  return plan;
}

std::vector<std::size_t> new_order(NewOrder order, std::size_t count, const Draw& draw) {
  std::vector<std::size_t> positions(count);
  std::iota(positions.begin(), positions.end(), std::size_t{0});
  if (order == NewOrder::Reverse) {
    std::reverse(positions.begin(), positions.end());
    return positions;
  }
  for (std::size_t left = count; left > 1; --left) {
    const auto other = static_cast<std::size_t>(draw() * static_cast<double>(left));
    std::swap(positions[left - 1], positions[std::min(other, left - 1)]);
  }
  return positions;
}

}  // namespace zest::chaos
