// Back to the seeded state without a restart.
#include <utility>

#include "api/control/control.h"
#include "api/pipeline/readers.h"
#include "api/pipeline/uploads.h"

namespace zest::api {
namespace {

struct ResetOptions {
  std::optional<std::string> client_id;  // absent: every partner
  bool partners = false;
  bool tokens = false;
  bool rewind = false;
};

// What went, by kind, over all partners.
class Cleared {
 public:
  void add(const std::string& kind, std::size_t count) {
    json_[kind] = json_.value(kind, std::size_t{0}) + count;
  }
  Json take() { return std::move(json_); }

 private:
  Json json_ = Json::object();
};

void reset_partner(store::Write& tx, const Partner& partner, const ResetOptions& options, Instant steady,
                   Cleared& cleared) {
  const std::string& client_id = partner.client_id;
  for (const auto& [kind, count] : tx.clear_partner_data(client_id)) cleared.add(kind, count);
  if (options.partners && !partner.seeded) {
    rules::remove_partner(tx, partner, options.rewind);
    cleared.add("partners", 1);
    return;
  }
  if (options.tokens) tx.revoke_all_chains(client_id);
  // Identifiers go on where they were unless asked otherwise: receivers remember the events they have seen.
  if (options.rewind) tx.clear_counters(client_id);
  if (std::optional<Lane> lane = tx.lane(client_id)) {
    lane->clock = lane->initial.anchored(lane->initial.anchor_virtual, steady);
    lane->high_water = lane->initial.anchor_virtual;
    lane->paused = false;
    tx.put_lane(*lane);
  }
}

Result<void> reset_all(store::Write& tx, const ResetOptions& options, Instant steady, Cleared& cleared) {
  cleared = Cleared();
  if (options.client_id && !tx.partner(*options.client_id)) return no_such("partner", *options.client_id);
  for (const Partner& partner : tx.partners()) {
    if (!options.client_id || partner.client_id == *options.client_id) {
      reset_partner(tx, partner, options, steady, cleared);
    }
  }
  // Rules of no partner in particular belong to all of them.
  for (const store::ChaosRuleRow& rule : tx.chaos_rules()) {
    const bool theirs = options.client_id ? rule.client_id == options.client_id : true;
    if (theirs && tx.remove_chaos_rule(rule.id)) cleared.add("chaosRules", 1);
  }
  return {};
}

Result<Answer> reset(const Services& services, Exchange& exchange) {
  ObjectReader reader(exchange.body, "the body", {"clientId", "partners", "tokens", "rewind"});
  ResetOptions options;
  options.client_id = reader.text("clientId");
  options.partners = reader.flag("partners").value_or(false);
  options.tokens = reader.flag("tokens").value_or(false);
  options.rewind = reader.flag("rewind").value_or(false);
  if (reader.error()) return *reader.error();

  Cleared cleared;
  RETURN_IF_ERROR(services.engine.quiesce(options.client_id, [&](store::Write& tx) {
    return reset_all(tx, options, services.clock.steady(), cleared);
  }));
  sweep_uploads(services);
  cleared.add("requests", services.journal.clear(options.client_id));

  Json json = Json::object();
  if (options.client_id) json["clientId"] = *options.client_id;
  json["cleared"] = cleared.take();
  json["partnersRemoved"] = options.partners;
  json["tokensRevoked"] = options.tokens;
  json["rewound"] = options.rewind;
  services.events.note("reset", options.client_id, json);
  return json_answer(200, json);
}

}  // namespace

void add_reset_routes(RouteTable& table, const Services& services) {
  Route route = control_route(Operation::Reset, "Back to the seeded state without a restart", {404});
  route.waits = true;  // for exchanges that are being cancelled
  add_control(table, services, std::move(route), reset);
}

}  // namespace zest::api
