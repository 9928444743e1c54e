// Chaos rules: list, set, replace, remove; and the deliveries that they hold.
#include <utility>

#include "api/api.h"
#include "api/control/control.h"
#include "base/object_reader.h"
#include "chaos/rule.h"
#include "engine/lane_rules.h"
#include "model/codec.h"
#include "rules/chaos_rules.h"

namespace zest::api {
namespace {

// The rule as it is stored, with what its counts say: all together, or one partner's.
Json rule_json(store::Read& tx, const store::ChaosRuleRow& row, const std::optional<std::string>& client_id) {
  Result<Json> stored = parse_json(row.document);
  Json json = stored.ok() ? std::move(*stored) : Json{{"id", row.id}};
  std::uint64_t hits = 0;
  std::optional<Instant> expires_at;
  for (const ChaosRuleLane& lane : tx.chaos_rule_lanes(row.id)) {
    if (client_id && lane.client_id != *client_id) continue;
    hits += lane.hits;
    // Of several partners' clocks none is the rule's.
    if (client_id || row.client_id) expires_at = lane.expires_at;
  }
  json["hits"] = hits;
  if (expires_at) json["expiresAt"] = format_instant(*expires_at);
  return json;
}

Result<Answer> list_rules(const Services& services, Exchange& exchange) {
  QueryReader query(exchange);
  const std::optional<std::string> client_id = query.text("clientId");
  const store::Page page = query.page();
  if (query.error()) return *query.error();
  std::size_t count = 0;
  ASSIGN_OR_RETURN(Json documents, services.store.read([&](store::Read& tx) {
    Json found = Json::array();
    for (const store::ChaosRuleRow& row : tx.chaos_rules()) {
      if (client_id && row.client_id && *row.client_id != *client_id) continue;
      if (count >= page.skip && found.size() < page.limit) found.push_back(rule_json(tx, row, client_id));
      ++count;
    }
    return found;
  }));
  return json_answer(200, list_json(std::move(documents), count, page));
}

Result<Answer> show_rule(const Services& services, Exchange& exchange) {
  const std::string& id = exchange.parameter("id");
  ASSIGN_OR_RETURN(const Json json, services.store.read([&id](store::Read& tx) {
    const std::optional<store::ChaosRuleRow> row = rules::find_chaos_rule(tx, id);
    return row ? rule_json(tx, *row, std::nullopt) : Json();
  }));
  if (json.is_null()) return no_such("chaos rule", id);
  return json_answer(200, json);
}

// What the rule held under its former form goes on when it is switched off or changed.
Result<Json> store_rule(const Services& services, const chaos::Rule& rule, bool must_be_new) {
  Json stored;
  RETURN_IF_ERROR(services.engine.change_rules([&](store::Write& tx,
                                                   std::vector<engine::ChaosNote>& notes) -> Result<void> {
    ASSIGN_OR_RETURN(const store::ChaosRuleRow row,
                     rules::set_chaos_rule(
                         tx, rule, must_be_new, services.clock.wall(), machine_time(services.clock),
                         [&](const std::string& id) { engine::end_rule(tx, id, services.clock, notes); }));
    stored = rule_json(tx, row, std::nullopt);
    return {};
  }));
  services.events.note("chaosRule", rule.client_id, stored);
  return stored;
}

Result<Answer> create_rule(const Services& services, Exchange& exchange) {
  ASSIGN_OR_RETURN(const chaos::Rule rule, chaos::read_rule(exchange.body));
  ASSIGN_OR_RETURN(const Json stored, store_rule(services, rule, true));
  return json_answer(201, stored);
}

Result<Answer> replace_rule(const Services& services, Exchange& exchange) {
  const std::string& id = exchange.parameter("id");
  Json body = exchange.body;
  if (body.is_object()) {
    const std::string* given = string_member(body, "id");
    if (given != nullptr && *given != id) {
      return make_error(ErrorKind::InvalidRequest, "id must be that of the path, " + id + ", or be left out");
    }
    body["id"] = id;
  }
  ASSIGN_OR_RETURN(const chaos::Rule rule, chaos::read_rule(body));
  ASSIGN_OR_RETURN(const Json stored, store_rule(services, rule, false));
  return json_answer(200, stored);
}

Result<Answer> remove_rules(const Services& services, const rules::ChaosRuleChoice& chosen) {
  std::size_t removed = 0;
  RETURN_IF_ERROR(services.engine.change_rules(
      [&](store::Write& tx, std::vector<engine::ChaosNote>& notes) -> Result<void> {
        ASSIGN_OR_RETURN(removed, rules::remove_chaos_rules(tx, chosen, [&](const std::string& id) {
                           engine::end_rule(tx, id, services.clock, notes);
                         }));
        return {};
      }));
  const Json json{{"removed", removed}};
  services.events.note("chaosRulesRemoved", chosen.client_id, json);
  return json_answer(200, json);
}

Result<Answer> remove_rule(const Services& services, Exchange& exchange) {
  return remove_rules(services, {exchange.parameter("id"), std::nullopt});
}

Result<Answer> remove_all_rules(const Services& services, Exchange& exchange) {
  const QueryReader query(exchange);
  if (query.error()) return *query.error();
  return remove_rules(services, {std::nullopt, query.text("clientId")});
}

Json held_json(const HeldDelivery& held, const Delivery& delivery) {
  Json json{
      {"deliveryId", held.delivery_id}, {"clientId", held.client_id}, {"eventType", delivery.event_type},
      {"subject", delivery.subject},    {"rule", held.rule_id},       {"since", format_instant(held.since)}};
  if (held.until_event) json["untilEvent"] = *held.until_event;
  if (held.follows) json["follows"] = *held.follows;
  return json;
}

Result<Answer> list_held(const Services& services, Exchange& exchange) {
  QueryReader query(exchange);
  store::HeldFilter filter;
  filter.client_id = query.text("clientId");
  const store::Page page = query.page();
  if (query.error()) return *query.error();
  std::size_t count = 0;
  ASSIGN_OR_RETURN(Json documents, services.store.read([&](store::Read& tx) {
    Json found = Json::array();
    for (const HeldDelivery& held : tx.held_deliveries(filter)) {
      if (count >= page.skip && found.size() < page.limit) {
        found.push_back(held_json(held, tx.delivery(held.delivery_id).value_or(Delivery{})));
      }
      ++count;
    }
    return found;
  }));
  return json_answer(200, list_json(std::move(documents), count, page));
}

Result<Answer> release_held_delivery(const Services& services, Exchange& exchange) {
  const BodyReader reader(exchange);
  if (reader.error()) return *reader.error();
  ASSIGN_OR_RETURN(const Delivery delivery, services.engine.release(exchange.parameter("id")));
  return json_answer(200, to_json(delivery));
}

}  // namespace

void add_chaos_routes(RouteTable& table, const Services& services) {
  const auto add = [&](Route route, const ControlHandler& handler) {
    add_control(table, services, std::move(route), handler);
  };
  Route list =
      control_route(Operation::ListChaosRules, "List chaos rules with their hits", answers("ChaosRulePage"));
  list.query = {client_parameter()};
  add(with_paging(std::move(list)), list_rules);
  Route create = control_route(Operation::CreateChaosRule, "Set a chaos rule",
                               {"ChaosRule", "StoredChaosRule"}, {404, 409});
  create.success = 201;
  add(std::move(create), create_rule);
  Route clear = control_route(Operation::RemoveChaosRules, "Remove all chaos rules, or a partner's",
                              answers("ChaosRulesRemoved"));
  clear.query = {client_parameter()};
  add(std::move(clear), remove_all_rules);
  add(control_route(Operation::GetChaosRule, "Show a chaos rule", answers("StoredChaosRule"), {404}),
      show_rule);
  add(control_route(Operation::ReplaceChaosRule, "Set or replace a chaos rule",
                    {"ChaosRule", "StoredChaosRule"}, {404, 409}),
      replace_rule);
  add(control_route(Operation::RemoveChaosRule, "Remove a chaos rule; what it holds goes on",
                    answers("ChaosRulesRemoved"), {404}),
      remove_rule);
  Route list_of_held =
      control_route(Operation::ListHeldDeliveries, "List what chaos rules hold", answers("HeldDeliveryPage"));
  list_of_held.query = {client_parameter()};
  add(with_paging(std::move(list_of_held)), list_held);
  add(control_route(Operation::ReleaseHeldDelivery, "Let a held delivery go on", {"NoMembers", "Delivery"},
                    {404}),
      release_held_delivery);
}

}  // namespace zest::api
