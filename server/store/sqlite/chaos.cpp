// Chaos rules, and what they left with partners and deliveries.
#include "base/json.h"
#include "store/sqlite/read.h"
#include "store/sqlite/rows.h"
#include "store/sqlite/where.h"
#include "store/sqlite/write.h"

namespace zest::store {
namespace {

#define ZEST_RULE_LANE_COLUMNS "rule_id, client_id, expires_at, matched, hits"
#define ZEST_DELIVERY_CHAOS_COLUMNS "delivery_id, client_id, met, replays, postponed_by"
#define ZEST_HELD_COLUMNS "delivery_id, client_id, rule_id, since, until_event, follows, follows_extra"

ChaosRuleLane read_rule_lane(Query& row) {
  ChaosRuleLane lane;
  lane.rule_id = row.text();
  lane.client_id = row.text();
  lane.expires_at = row.optional_instant();
  lane.matched = row.counter();
  lane.hits = row.counter();
  return lane;
}

HeldDelivery read_held(Query& row) {
  HeldDelivery held;
  held.delivery_id = row.text();
  held.client_id = row.text();
  held.rule_id = row.text();
  held.since = row.instant();
  held.until_event = row.optional_text();
  held.follows = row.optional_text();
  held.follows_extra = row.boolean();
  return held;
}

std::string replays_text(const std::vector<PlannedReplay>& replays) {
  Json json = Json::array();
  for (const PlannedReplay& replay : replays) {
    json.push_back(Json{{"rule", replay.rule_id}, {"after", replay.after.count()}});
  }
  return dump_json(json);
}

// What no version of the sandbox wrote counts as nothing.
std::vector<PlannedReplay> parse_replays(const std::string& text) {
  std::vector<PlannedReplay> replays;
  const Result<Json> json = parse_json(text);
  if (!json.ok() || !json->is_array()) return replays;
  for (const Json& entry : *json) {
    const std::string* rule = string_member(entry, "rule");
    const Json* after = member(entry, "after");
    if (rule == nullptr || after == nullptr || !after->is_number_integer()) continue;
    replays.push_back(PlannedReplay{*rule, Duration(after->get<std::int64_t>())});
  }
  return replays;
}

DeliveryChaos read_delivery_chaos(Query& row) {
  DeliveryChaos chaos;
  chaos.delivery_id = row.text();
  chaos.client_id = row.text();
  chaos.met = parse_subjects(row.text());
  chaos.replays = parse_replays(row.text());
  chaos.postponed_by = parse_subjects(row.text());
  return chaos;
}

}  // namespace

std::vector<ChaosRuleRow> Queries::chaos_rules() {
  Query query = db_.query("SELECT rule_id, client_id, document FROM chaos_rules ORDER BY id");
  std::vector<ChaosRuleRow> rules;
  while (query.step()) {
    ChaosRuleRow rule;
    rule.id = query.text();
    rule.client_id = query.optional_text();
    rule.document = query.text();
    rules.push_back(std::move(rule));
  }
  return rules;
}

std::optional<ChaosRuleLane> Queries::chaos_rule_lane(std::string_view rule_id, std::string_view client_id) {
  Query query = db_.query("SELECT " ZEST_RULE_LANE_COLUMNS
                          " FROM chaos_rule_lanes WHERE rule_id = ? AND client_id = ?");
  if (!query.bind(rule_id, client_id).step()) return std::nullopt;
  return read_rule_lane(query);
}

std::vector<ChaosRuleLane> Queries::chaos_rule_lanes(std::string_view rule_id) {
  Query query =
      db_.query("SELECT " ZEST_RULE_LANE_COLUMNS " FROM chaos_rule_lanes WHERE rule_id = ? ORDER BY id");
  query.bind(rule_id);
  std::vector<ChaosRuleLane> lanes;
  while (query.step()) lanes.push_back(read_rule_lane(query));
  return lanes;
}

std::optional<DeliveryChaos> Queries::delivery_chaos(std::string_view delivery_id) {
  Query query =
      db_.query("SELECT " ZEST_DELIVERY_CHAOS_COLUMNS " FROM chaos_deliveries WHERE delivery_id = ?");
  if (!query.bind(delivery_id).step()) return std::nullopt;
  return read_delivery_chaos(query);
}

Result<void> Queries::visit_chaos(const StateVisitor& visit) {
  for (ChaosRuleRow& rule : chaos_rules()) RETURN_IF_ERROR(visit(std::move(rule)));
  Query lanes = db_.query("SELECT " ZEST_RULE_LANE_COLUMNS " FROM chaos_rule_lanes ORDER BY id");
  while (lanes.step()) RETURN_IF_ERROR(visit(read_rule_lane(lanes)));
  Query deliveries = db_.query("SELECT " ZEST_DELIVERY_CHAOS_COLUMNS " FROM chaos_deliveries ORDER BY id");
  while (deliveries.step()) RETURN_IF_ERROR(visit(read_delivery_chaos(deliveries)));
  for (HeldDelivery& held : held_deliveries(HeldFilter{})) RETURN_IF_ERROR(visit(std::move(held)));
  return {};
}

std::vector<HeldDelivery> Queries::held_deliveries(const HeldFilter& filter) {
  Where where;
  where.equals("delivery_id", filter.delivery_id);
  where.equals("follows", filter.follows);
  where.equals("client_id", filter.client_id);
  where.equals("rule_id", filter.rule_id);
  if (filter.until_event) where.holds("until_event IS NOT NULL");
  Query query = db_.query("SELECT " ZEST_HELD_COLUMNS " FROM held_deliveries" + where.sql() + " ORDER BY id");
  where.bind(query);
  std::vector<HeldDelivery> held;
  while (query.step()) {
    HeldDelivery found = read_held(query);
    if (!is_hidden(found.client_id)) held.push_back(std::move(found));
  }
  return held;
}

std::vector<ChaosRuleRow> SqliteWrite::chaos_rules() {
  if (!rare_.are_in(RareRows::Table::ChaosRules)) return {};
  return queries_.chaos_rules();
}

std::optional<DeliveryChaos> SqliteWrite::delivery_chaos(std::string_view delivery_id) {
  if (!rare_.are_in(RareRows::Table::DeliveryChaos)) return std::nullopt;
  return queries_.delivery_chaos(delivery_id);
}

std::vector<HeldDelivery> SqliteWrite::held_deliveries(const HeldFilter& filter) {
  if (!rare_.are_in(RareRows::Table::HeldDeliveries)) return {};
  return queries_.held_deliveries(filter);
}

void SqliteWrite::put_chaos_rule(const ChaosRuleRow& rule) {
  run("INSERT INTO chaos_rules (rule_id, client_id, document) VALUES (?, ?, ?) ON CONFLICT (rule_id) "
      "DO UPDATE SET client_id = excluded.client_id, document = excluded.document",
      rule.id, rule.client_id, rule.document);
  rare_.added_to(RareRows::Table::ChaosRules);
  publish(Topic::ChaosRules);
}

bool SqliteWrite::remove_chaos_rule(std::string_view id) {
  rare_.removed_from(RareRows::Table::ChaosRules);
  publish(Topic::ChaosRules);
  run("DELETE FROM chaos_rule_lanes WHERE rule_id = ?", id);
  return run("DELETE FROM chaos_rules WHERE rule_id = ?", id) > 0;
}

void SqliteWrite::put_chaos_rule_lane(const ChaosRuleLane& lane) {
  run("INSERT INTO chaos_rule_lanes (" ZEST_RULE_LANE_COLUMNS
      ") VALUES (?, ?, ?, ?, ?) ON CONFLICT (rule_id, client_id) DO UPDATE SET "
      "expires_at = excluded.expires_at, matched = excluded.matched, hits = excluded.hits",
      lane.rule_id, lane.client_id, lane.expires_at, lane.matched, lane.hits);
}

void SqliteWrite::put_delivery_chaos(const DeliveryChaos& chaos) {
  run("INSERT INTO chaos_deliveries (delivery_id, client_id, met, replays, postponed_by) "
      "VALUES (?, ?, ?, ?, ?) ON CONFLICT (delivery_id) DO UPDATE SET met = excluded.met, "
      "replays = excluded.replays, postponed_by = excluded.postponed_by",
      chaos.delivery_id, chaos.client_id, subjects_text(chaos.met), replays_text(chaos.replays),
      subjects_text(chaos.postponed_by));
  rare_.added_to(RareRows::Table::DeliveryChaos);
}

void SqliteWrite::hold_delivery(const HeldDelivery& held) {
  run("INSERT INTO held_deliveries (" ZEST_HELD_COLUMNS
      ") VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (delivery_id) DO UPDATE SET rule_id = excluded.rule_id, "
      "since = excluded.since, until_event = excluded.until_event, follows = excluded.follows, "
      "follows_extra = excluded.follows_extra",
      held.delivery_id, held.client_id, held.rule_id, held.since, held.until_event, held.follows,
      held.follows_extra);
  rare_.added_to(RareRows::Table::HeldDeliveries);
}

void SqliteWrite::remove_held(std::string_view delivery_id) {
  run("DELETE FROM held_deliveries WHERE delivery_id = ?", delivery_id);
  rare_.removed_from(RareRows::Table::HeldDeliveries);
}

}  // namespace zest::store
