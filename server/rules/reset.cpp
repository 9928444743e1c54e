#include "rules/reset.h"

#include <algorithm>
#include <set>

#include "base/json.h"
#include "rules/context.h"
#include "rules/partners.h"

namespace zest::rules {
namespace {

void add_cleared(Cleared& cleared, const std::string& kind, std::size_t count) {
  const auto known = std::find_if(cleared.begin(), cleared.end(),
                                  [&kind](const auto& entry) { return entry.first == kind; });
  if (known == cleared.end()) {
    cleared.emplace_back(kind, count);
  } else {
    known->second += count;
  }
}

// What a lane says of the reset that is under way, and back.
std::string described(const Reset& wanted) {
  Json json{{"partners", wanted.partners},
            {"tokens", wanted.tokens},
            {"rewind", wanted.rewind},
            {"removal", wanted.removal}};
  if (wanted.client_id) json["clientId"] = *wanted.client_id;
  return dump_json(json);
}

Result<Reset> read_description(const std::string& text) {
  Reset wanted;
  const Result<Json> json = parse_json(text);
  // What cannot be read is no reset of everything.
  if (!json.ok() || !json->is_object()) {
    return make_error(ErrorKind::ServiceUnavailable,
                      "the database tells of a reset that this version cannot finish: " + text);
  }
  const auto flag = [&json](std::string_view name) {
    const Json* const value = member(*json, name);
    return value != nullptr && value->is_boolean() && value->get<bool>();
  };
  if (const std::string* client_id = string_member(*json, "clientId")) wanted.client_id = *client_id;
  wanted.partners = flag("partners");
  wanted.tokens = flag("tokens");
  wanted.rewind = flag("rewind");
  wanted.removal = flag("removal");
  return wanted;
}

std::vector<Partner> those_of(store::Write& tx, const Reset& wanted) {
  if (!wanted.client_id) return tx.partners();
  std::vector<Partner> found;
  if (std::optional<Partner> partner = tx.partner(*wanted.client_id)) found.push_back(std::move(*partner));
  return found;
}

// Nobody has given it anything since its last portion.
bool is_still_empty(store::Write& tx, const Partner& partner, const ResetProgress& progress) {
  const std::optional<Lane> lane = tx.lane(partner.client_id);
  return lane && !lane->resetting.empty() && progress.emptied.contains(partner.client_id);
}

void say_under_way(store::Write& tx, const Partner& partner, const std::string& description) {
  std::optional<Lane> lane = tx.lane(partner.client_id);
  if (!lane || lane->resetting == description) return;
  lane->resetting = description;
  tx.put_lane(*lane);
}

// Once nothing is left of what it had.
void begin_again(store::Write& tx, const Partner& partner, const Reset& wanted, const MachineTime& machine,
                 Cleared& cleared) {
  const std::string& client_id = partner.client_id;
  if (wanted.removal || (wanted.partners && !partner.seeded)) {
    remove_partner(tx, partner, wanted.rewind);
    add_cleared(cleared, "partners", 1);
    return;
  }
  if (wanted.tokens) tx.revoke_all_chains(client_id);
  if (wanted.rewind) tx.clear_counters(client_id);
  if (std::optional<Lane> lane = tx.lane(client_id)) {
    lane->clock = lane->initial.anchored(lane->initial.anchor_virtual, machine.of(lane->initial.mode));
    lane->high_water = lane->initial.anchor_virtual;
    lane->paused = false;
    lane->resetting.clear();
    tx.put_lane(*lane);
  }
}

}  // namespace

Result<ResetProgress> reset_portion(store::Write& tx, const Reset& wanted, const MachineTime& machine,
                                    ResetProgress progress, std::size_t at_most) {
  const std::vector<Partner> partners = those_of(tx, wanted);
  if (wanted.client_id && partners.empty()) return unknown_partner(tx, *wanted.client_id);
  progress.complete = true;
  for (const Partner& partner : partners) {
    if (is_still_empty(tx, partner, progress)) continue;
    const store::ClearedPortion portion = tx.clear_partner_data(partner.client_id, at_most);
    for (const auto& [kind, count] : portion.removed) {
      add_cleared(progress.cleared, kind, count);
      at_most -= std::min(at_most, count);
    }
    progress.complete = portion.complete;
    if (!progress.complete) break;
    progress.emptied.insert(partner.client_id);
  }
  if (!progress.complete) {
    for (const Partner& partner : partners) say_under_way(tx, partner, described(wanted));
    return progress;
  }
  for (const Partner& partner : partners) begin_again(tx, partner, wanted, machine, progress.cleared);
  // Rules of no partner in particular belong to all of them.
  for (const store::ChaosRuleRow& rule : tx.chaos_rules()) {
    const bool theirs = !wanted.client_id || rule.client_id == wanted.client_id;
    if (theirs && tx.remove_chaos_rule(rule.id)) add_cleared(progress.cleared, "chaosRules", 1);
  }
  return progress;
}

Result<Cleared> reset(store::Store& store, const Reset& wanted, const std::function<MachineTime()>& now) {
  ResetProgress progress;
  while (!progress.complete) {
    ASSIGN_OR_RETURN(progress, store.write([&](store::Write& tx) -> Result<ResetProgress> {
      return reset_portion(tx, wanted, now(), progress);
    }));
  }
  return std::move(progress.cleared);
}

Result<void> finish_resets(store::Store& store, const std::function<MachineTime()>& now) {
  ASSIGN_OR_RETURN(const std::set<std::string> begun, store.read([](store::Read& tx) {
    std::set<std::string> descriptions;
    for (const Partner& partner : tx.partners()) {
      const std::optional<Lane> lane = tx.lane(partner.client_id);
      if (lane && !lane->resetting.empty()) descriptions.insert(lane->resetting);
    }
    return descriptions;
  }));
  for (const std::string& description : begun) {
    ASSIGN_OR_RETURN(const Reset wanted, read_description(description));
    const Result<Cleared> cleared = reset(store, wanted, now);
    if (!cleared.ok() && cleared.error().kind != ErrorKind::NotFound) return cleared.error();
  }
  return {};
}

}  // namespace zest::rules
