#include "engine/lane_rules.h"

#include "base/random.h"
#include "engine/chaos_stage.h"

namespace zest::engine {
namespace {

// A partner that came after the rule meets it from its own beginning.
ChaosRuleLane fresh_count(store::Read& tx, const chaos::Rule& rule, const std::string& client_id) {
  ChaosRuleLane count;
  count.rule_id = rule.id;
  count.client_id = client_id;
  const std::optional<zest::Lane> lane = rule.ttl ? tx.lane(client_id) : std::nullopt;
  if (lane) count.expires_at = lane->initial.anchor_virtual + *rule.ttl;
  return count;
}

}  // namespace

std::optional<chaos::Rule> stored_rule(const store::ChaosRuleRow& row) {
  const Result<Json> json = parse_json(row.document);
  if (!json.ok()) return std::nullopt;
  Result<chaos::Rule> rule = chaos::read_rule(*json);
  if (!rule.ok()) return std::nullopt;
  return std::move(rule).value();
}

chaos::Draw chaos_draw(store::Write& tx, const std::string& client_id, std::uint64_t seed) {
  return [&tx, client_id, seed] {
    return random_unit(seed, "chaos/" + client_id, tx.next_counter(client_id, "chaos"));
  };
}

LaneRules::LaneRules(store::Write& tx, std::string client_id, std::optional<Instant> now,
                     chaos::Target target, std::uint64_t seed)
    : tx_(tx), client_id_(std::move(client_id)), seed_(seed) {
  for (const store::ChaosRuleRow& row : tx_.chaos_rules()) {
    if (row.client_id && *row.client_id != client_id_) continue;
    std::optional<chaos::Rule> rule = stored_rule(row);
    if (!rule || rule->on != target || !rule->enabled) continue;
    std::optional<ChaosRuleLane> count = tx_.chaos_rule_lane(rule->id, client_id_);
    if (!count) count = fresh_count(tx_, *rule, client_id_);
    if (now && count->expires_at && *count->expires_at <= *now) continue;
    states_.push_back(chaos::RuleState{std::move(*rule), count->matched, count->hits});
    counts_.push_back(std::move(*count));
  }
}

chaos::Draw LaneRules::draw() const { return chaos_draw(tx_, client_id_, seed_); }

std::optional<Instant> LaneRules::expiry(const std::string& rule_id) const {
  for (const ChaosRuleLane& count : counts_) {
    if (count.rule_id == rule_id) return count.expires_at;
  }
  return std::nullopt;
}

void LaneRules::save() {
  for (std::size_t i = 0; i < states_.size(); ++i) {
    ChaosRuleLane& count = counts_[i];
    if (states_[i].matched == count.matched && states_[i].hits == count.hits) continue;
    count.matched = states_[i].matched;
    count.hits = states_[i].hits;
    tx_.put_chaos_rule_lane(count);
  }
}

void end_rule(store::Write& tx, const std::string& rule_id, const WallClock& clock,
              std::vector<ChaosNote>& notes) {
  store::HeldFilter filter;
  filter.rule_id = rule_id;
  release_held(tx, filter, clock, notes);
  for (const ChaosRuleLane& count : tx.chaos_rule_lanes(rule_id)) {
    tx.remove_timers(count.client_id, TimerKind::Release, rule_id);
  }
}

}  // namespace zest::engine
