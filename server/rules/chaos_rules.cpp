#include "rules/chaos_rules.h"

#include <utility>

#include "base/id.h"
#include "base/json.h"
#include "rules/context.h"
#include "rules/partners.h"

namespace zest::rules {
namespace {

// An id that nobody else has: users' rules may be called the same.
std::string new_rule_id(store::Write& tx, const std::optional<std::string>& client_id) {
  const std::optional<Partner> partner = client_id ? tx.partner(*client_id) : std::nullopt;
  for (;;) {
    std::string id =
        make_id("chr", partner ? partner->tag : 0, tx.next_counter(partner ? partner->client_id : "", "chr"));
    if (!find_chaos_rule(tx, id)) return id;
  }
}

void count_from_nothing(store::Write& tx, const chaos::Rule& rule, const MachineTime& machine) {
  for (const Partner& partner : tx.partners()) {
    if (rule.client_id && *rule.client_id != partner.client_id) continue;
    const std::optional<Lane> lane = tx.lane(partner.client_id);
    if (!lane) continue;
    ChaosRuleLane count;
    count.rule_id = rule.id;
    count.client_id = partner.client_id;
    if (rule.ttl) count.expires_at = lane_now(*lane, machine) + *rule.ttl;
    tx.put_chaos_rule_lane(count);
  }
}

}  // namespace

std::optional<store::ChaosRuleRow> find_chaos_rule(store::Read& tx, std::string_view id) {
  for (store::ChaosRuleRow& row : tx.chaos_rules()) {
    if (row.id == id) return std::move(row);
  }
  return std::nullopt;
}

Result<store::ChaosRuleRow> set_chaos_rule(store::Write& tx, chaos::Rule rule, bool must_be_new,
                                           Instant created_at, const MachineTime& machine,
                                           const EndChaosRule& end) {
  if (rule.client_id && !tx.partner(*rule.client_id)) return unknown_partner(tx, *rule.client_id);
  if (rule.id.empty()) rule.id = new_rule_id(tx, rule.client_id);
  const bool replaces = find_chaos_rule(tx, rule.id).has_value();
  if (replaces && must_be_new) {
    return make_error(ErrorKind::Conflict, "a chaos rule '" + rule.id +
                                               "' exists already; PUT /_sandbox/chaos/rules/" + rule.id +
                                               " replaces it");
  }
  if (!replaces && tx.chaos_rules().size() >= kMaxChaosRules) {
    return make_error(ErrorKind::Conflict, "there are " + std::to_string(kMaxChaosRules) +
                                               " chaos rules already; remove some first");
  }
  Json document = chaos::to_json(rule);
  document["createdAt"] = format_instant(created_at);
  const store::ChaosRuleRow row{rule.id, rule.client_id, dump_json(document)};
  if (replaces) end(rule.id);
  tx.put_chaos_rule(row);
  count_from_nothing(tx, rule, machine);
  return row;
}

Result<std::size_t> remove_chaos_rules(store::Write& tx, const ChaosRuleChoice& chosen,
                                       const EndChaosRule& end) {
  std::size_t removed = 0;
  for (const store::ChaosRuleRow& row : tx.chaos_rules()) {
    if (chosen.id && row.id != *chosen.id) continue;
    if (chosen.client_id && row.client_id != chosen.client_id) continue;
    end(row.id);
    tx.remove_chaos_rule(row.id);
    ++removed;
  }
  if (chosen.id && removed == 0) return no_such("chaos rule", *chosen.id);
  return removed;
}

}  // namespace zest::rules
