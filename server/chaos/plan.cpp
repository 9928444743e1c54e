#include "chaos/plan.h"

#include <algorithm>
#include <numeric>

namespace zest::chaos {
namespace {

bool contains(const std::vector<std::string>& values, const std::string& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

template <class... Actions>
bool is_one_of(const Action& action) {
  return (std::holds_alternative<Actions>(action) || ...);
}

bool postpones(const Action& action) { return is_one_of<Delay, Hold, Reorder>(action); }
bool meets_once(const Action& action) {
  return postpones(action) || is_one_of<Tamper, Duplicate, Replay>(action);
}

// The attempts that an action is for when its rule names none: the last of the first n; 0: all.
int last_attempt(const Action& action) {
  if (meets_once(action)) return 1;
  if (const auto* drop = std::get_if<Drop>(&action)) return drop->attempts.value_or(1);
  if (const auto* lost = std::get_if<LostAck>(&action)) return lost->attempts.value_or(1);
  if (const auto* cut = std::get_if<Disconnect>(&action)) return cut->attempts.value_or(1);
  if (const auto* slow = std::get_if<SlowBody>(&action)) return slow->attempts.value_or(0);
  return 0;
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

Postponed postponed_by(const Rule& rule) {
  if (const auto* delay = std::get_if<Delay>(&rule.action)) return Postponed{rule.id, *delay};
  if (const auto* hold = std::get_if<Hold>(&rule.action)) return Postponed{rule.id, *hold};
  return Postponed{rule.id, std::get<Reorder>(rule.action)};
}

// The attempt's fate is one of these; the first rule decides it.
bool decides(const Action& action) { return is_one_of<Drop, LostAck, Disconnect>(action); }
bool is_decided(const Shape& shape) { return shape.drop || shape.lost_ack || shape.disconnect; }

void add_shape(const Rule& rule, Shape& shape) {
  if (std::holds_alternative<Drop>(rule.action)) shape.drop = true;
  if (std::holds_alternative<LostAck>(rule.action)) shape.lost_ack = true;
  if (const auto* cut = std::get_if<Disconnect>(&rule.action)) shape.disconnect = *cut;
  if (const auto* slow = std::get_if<SlowBody>(&rule.action)) shape.bytes_per_second = slow->bytes_per_second;
  if (std::holds_alternative<ExtraSignatureVersion>(rule.action)) shape.extra_signature_version = true;
  shape.rule_ids.push_back(rule.id);
}

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
  for (RuleState& state : rules) {
    if (!postpones(state.rule.action) || !acts(state)) continue;
    plan.instead = postponed_by(state.rule);
    return plan;
  }
  for (RuleState& state : rules) {
    const auto* tamper = std::get_if<Tamper>(&state.rule.action);
    if (tamper == nullptr || !acts(state)) continue;
    plan.instead = Spoilt{state.rule.id, *tamper};
    return plan;
  }
  for (RuleState& state : rules) {
    const Action& action = state.rule.action;
    if (postpones(action) || std::holds_alternative<Tamper>(action)) continue;
    if ((decides(action) && is_decided(plan.shape)) || !acts(state)) continue;
    if (const auto* duplicate = std::get_if<Duplicate>(&action)) {
      plan.copies.push_back(Copies{state.rule.id, *duplicate});
    } else if (const auto* replay = std::get_if<Replay>(&action)) {
      plan.replays.push_back(Replayed{state.rule.id, *replay});
    } else {
      add_shape(state.rule, plan.shape);
    }
  }
  return plan;
}

std::vector<std::size_t> new_order(Reorder::Order order, std::size_t count, const Draw& draw) {
  std::vector<std::size_t> positions(count);
  std::iota(positions.begin(), positions.end(), std::size_t{0});
  if (order == Reorder::Order::Reverse) {
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
