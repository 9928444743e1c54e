#include "engine/chaos_stage.h"

#include <algorithm>
#include <utility>

#include "delivery/schedule.h"

namespace zest::engine {
namespace {

static_assert(chaos::kMaxAttempts == delivery::kMaxAttempts,
              "rules count the attempts of the retry schedule");

ChaosNote note_about(const Delivery& delivery, const std::string& rule_id, ChaosNote::What what) {
  ChaosNote note;
  note.client_id = delivery.client_id;
  note.delivery_id = delivery.id;
  note.event_type = delivery.event_type;
  note.rule_id = rule_id;
  note.what = what;
  return note;
}

// The delivery is due now, after everything else that is.
void release(store::Write& tx, const HeldDelivery& held, Instant now, std::vector<ChaosNote>& notes) {
  tx.remove_held(held.delivery_id);
  std::optional<Delivery> delivery = tx.delivery(held.delivery_id);
  if (!delivery) return;
  const bool open =
      delivery->status == DeliveryStatus::Pending || delivery->status == DeliveryStatus::Retrying;
  if (!open || delivery->next_attempt_at) return;
  delivery->next_attempt_at = now;
  delivery->sequence = tx.next_counter(delivery->client_id, "sequence");
  tx.put_delivery(*delivery);
  notes.push_back(note_about(*delivery, held.rule_id, ChaosNote::What::Released));
}

// Collected deliveries go out in the new order, each once the one before was answered.
void send_in_new_order(store::Write& tx, const std::vector<HeldDelivery>& collected, NewOrder order,
                       const chaos::Draw& draw, Instant now, std::vector<ChaosNote>& notes) {
  const HeldDelivery* before = nullptr;
  for (const std::size_t position : chaos::new_order(order, collected.size(), draw)) {
    const HeldDelivery& next = collected[position];
    if (before == nullptr) {
      release(tx, next, now, notes);
    } else {
      HeldDelivery following = next;
      following.follows = before->delivery_id;
      following.follows_extra = false;
      tx.hold_delivery(following);
    }
    before = &next;
  }
}

std::vector<HeldDelivery> collected_by(store::Read& tx, const std::string& rule_id,
                                       const std::string& client_id) {
  store::HeldFilter filter;
  filter.client_id = client_id;
  filter.rule_id = rule_id;
  std::vector<HeldDelivery> held = tx.held_deliveries(filter);
  held.erase(std::remove_if(held.begin(), held.end(),
                            [](const HeldDelivery& entry) { return entry.follows.has_value(); }),
             held.end());
  return held;
}

// Every identifier that an event speaks of; an SPV request and its vehicle are one thing.
std::vector<std::string> identifiers(store::Read& tx, const Event& event) {
  std::vector<std::string> ids = event.subjects;
  for (const std::string& subject : event.subjects) {
    const std::optional<SpvRequest> request = tx.spv_request(subject);
    if (request && request->refs) ids.push_back(request->refs->vehicle_slug);
  }
  return ids;
}

bool is_spv_event(std::string_view type) { return type.substr(0, 12) == "spv_request."; }
bool is_investor_event(std::string_view type) { return type == to_string(EventType::InvestorCreated); }

// Whether `later` lets `held` go on: it is about the same thing. Kinds of events that can have nothing in
// common, and two of one kind, are not asked for it.
bool concerns(store::Read& tx, const Event& held, const Event& later) {
  if (later.occurred_at < held.occurred_at || later.id == held.id) return false;
  const bool nothing_in_common = (is_spv_event(held.type) && is_investor_event(later.type)) ||
                                 (is_spv_event(later.type) && is_investor_event(held.type));
  if (held.type == later.type || nothing_in_common) return true;
  const std::vector<std::string> ids = identifiers(tx, held);
  const std::vector<std::string> others = identifiers(tx, later);
  return std::any_of(ids.begin(), ids.end(), [&others](const std::string& id) {
    return std::find(others.begin(), others.end(), id) != others.end();
  });
}

Timer extra_timer(store::Write& tx, const Delivery& delivery, AttemptKind kind, int number,
                  const std::string& rule_id, Instant due_at) {
  Timer timer;
  timer.client_id = delivery.client_id;
  timer.kind = TimerKind::ExtraAttempt;
  timer.due_at = due_at;
  timer.sequence = tx.next_counter(delivery.client_id, "sequence");
  timer.subject = delivery.id;
  timer.payload = dump_json(Json{
      {"kind", to_string(kind)}, {"number", number}, {"schedule", delivery.schedule}, {"rule", rule_id}});
  return timer;
}

int number_member(const Json& json, std::string_view name) {
  const Json* value = member(json, name);
  return value != nullptr && value->is_number_integer() ? value->get<int>() : 1;
}

}  // namespace

LaneChaos::LaneChaos(store::Write& tx, const Partner& partner, Instant now, std::uint64_t seed)
    : tx_(tx),
      partner_(partner),
      now_(now),
      rules_(tx, partner.client_id, now, chaos::Target::Webhook, seed) {}

std::optional<LaneChaos::Planned> LaneChaos::plan(Delivery& delivery, const Event& event,
                                                  std::vector<ChaosNote>& notes) {
  Planned planned;
  if (delivery.schedule > 1) return planned;
  const std::optional<DeliveryChaos> stored = tx_.delivery_chaos(delivery.id);
  const bool was_postponed = stored && !stored->postponed_by.empty();
  if (rules_.states().empty() && !was_postponed) return planned;
  DeliveryChaos state = stored.value_or(DeliveryChaos{});
  state.delivery_id = delivery.id;
  state.client_id = delivery.client_id;
  const chaos::DueAttempt attempt{delivery.event_type, event.subjects, delivery.schedule_attempts + 1,
                                  state.met};
  chaos::Plan plan = chaos::plan_attempt(attempt, rules_.states(), rules_.draw());
  for (const chaos::Replayed& replayed : plan.replays) {
    state.replays.push_back(PlannedReplay{replayed.rule_id, replayed.replay.after});
  }
  state.met.insert(state.met.end(), plan.met.begin(), plan.met.end());
  const auto* postponed = std::get_if<chaos::Postponed>(&plan.instead);
  if (postponed != nullptr) state.postponed_by.push_back(postponed->rule_id);
  if (std::holds_alternative<std::monostate>(plan.instead)) {
    // Named until it is settled: an attempt that a reset or the end of the process cuts off is made again.
    plan.shape.rule_ids.insert(plan.shape.rule_ids.begin(), state.postponed_by.begin(),
                               state.postponed_by.end());
  }
  if (!plan.met.empty() || postponed != nullptr) tx_.put_delivery_chaos(state);
  if (postponed != nullptr) {
    postpone(delivery, *postponed, notes);
    return std::nullopt;
  }
  if (auto* tampered = std::get_if<chaos::Tampered>(&plan.instead)) {
    planned.key = new_extra_key(tx_, partner_.client_id);
    tx_.hold_delivery(HeldDelivery{delivery.id, delivery.client_id, tampered->rule_id, now_, std::nullopt,
                                   planned.key, true});
    delivery.next_attempt_at = std::nullopt;
    tx_.put_delivery(delivery);
    planned.tampered = std::move(*tampered);
    return planned;
  }
  for (const chaos::Copies& copies : plan.copies) add_copies(delivery, copies);
  planned.shape = std::move(plan.shape);
  return planned;
}

void LaneChaos::postpone(Delivery& delivery, const chaos::Postponed& postponed,
                         std::vector<ChaosNote>& notes) {
  if (const auto* delay = std::get_if<chaos::Delay>(&postponed.how)) {
    delivery.next_attempt_at = now_ + delay->by;
    tx_.put_delivery(delivery);
    ChaosNote note = note_about(delivery, postponed.rule_id, ChaosNote::What::Delayed);
    note.until = delivery.next_attempt_at;
    notes.push_back(std::move(note));
    return;
  }
  delivery.next_attempt_at = std::nullopt;
  tx_.put_delivery(delivery);
  HeldDelivery held{delivery.id, delivery.client_id, postponed.rule_id, now_, std::nullopt, std::nullopt,
                    false};
  if (const auto* hold = std::get_if<chaos::Hold>(&postponed.how)) {
    held.until_event = hold->until_event;
    tx_.hold_delivery(held);
    notes.push_back(note_about(delivery, postponed.rule_id, ChaosNote::What::Held));
    if (const std::optional<Instant> end = rules_.expiry(postponed.rule_id))
      release_later(postponed.rule_id, *end);
    return;
  }
  tx_.hold_delivery(held);
  notes.push_back(note_about(delivery, postponed.rule_id, ChaosNote::What::Collected));
  collect(delivery, postponed.rule_id, std::get<chaos::Reorder>(postponed.how), notes);
}

void LaneChaos::collect(const Delivery& delivery, const std::string& rule_id, const chaos::Reorder& reorder,
                        std::vector<ChaosNote>& notes) {
  const std::vector<HeldDelivery> collected = collected_by(tx_, rule_id, delivery.client_id);
  if (collected.size() < static_cast<std::size_t>(reorder.window)) {
    const Instant end = now_ + reorder.within;
    release_later(rule_id, std::min(end, rules_.expiry(rule_id).value_or(end)));
    return;
  }
  tx_.remove_timers(delivery.client_id, TimerKind::Release, rule_id);
  send_in_new_order(tx_, collected, reorder.order, rules_.draw(), now_, notes);
}

// One timer of a rule at a time: the first that it postpones sets it.
void LaneChaos::release_later(const std::string& rule_id, Instant at) {
  if (tx_.has_timer(partner_.client_id, TimerKind::Release, rule_id)) return;
  Timer timer;
  timer.client_id = partner_.client_id;
  timer.kind = TimerKind::Release;
  timer.due_at = at;
  timer.sequence = tx_.next_counter(partner_.client_id, "sequence");
  timer.subject = rule_id;
  tx_.add_timer(timer);
}

void LaneChaos::add_copies(const Delivery& delivery, const chaos::Copies& copies) {
  for (int copy = 1; copy <= copies.duplicate.copies; ++copy) {
    tx_.add_timer(extra_timer(tx_, delivery, AttemptKind::Copy, delivery.schedule_attempts + 1,
                              copies.rule_id, now_ + copy * copies.duplicate.spacing));
  }
}

std::string new_extra_key(store::Write& tx, const std::string& client_id) {
  return "extra:" + client_id + ":" + std::to_string(tx.next_counter(client_id, "extra"));
}

std::optional<Claimed> claim_extra(store::Write& tx, const Partner& partner, const Timer& timer,
                                   Instant now) {
  const std::optional<Delivery> delivery = tx.delivery(timer.subject);
  std::optional<Event> event = tx.event(timer.subject);
  const Result<Json> payload = parse_json(timer.payload);
  if (!delivery || !event || !payload.ok()) return std::nullopt;
  const std::string* kind = string_member(*payload, "kind");
  const std::string* rule_id = string_member(*payload, "rule");
  Claimed claimed = claim_for(partner, *delivery, std::move(*event), now);
  claimed.key = new_extra_key(tx, partner.client_id);
  claimed.kind = parse_attempt_kind(kind != nullptr ? *kind : "").value_or(AttemptKind::Copy);
  claimed.number = number_member(*payload, "number");
  claimed.schedule = number_member(*payload, "schedule");
  if (rule_id != nullptr) claimed.shape.rule_ids = {*rule_id};
  return claimed;
}

void forget_postponement(store::Write& tx, const std::string& delivery_id) {
  std::optional<DeliveryChaos> state = tx.delivery_chaos(delivery_id);
  if (!state || state->postponed_by.empty()) return;
  state->postponed_by.clear();
  tx.put_delivery_chaos(*state);
}

void release_followers(store::Write& tx, const std::string& key, Instant now, std::vector<ChaosNote>& notes) {
  store::HeldFilter filter;
  filter.follows = key;
  for (const HeldDelivery& held : tx.held_deliveries(filter)) release(tx, held, now, notes);
}

void after_settlement(store::Write& tx, const Delivery& delivery, Instant now,
                      std::vector<ChaosNote>& notes) {
  release_followers(tx, delivery.id, now, notes);
  const bool delivered = delivery.status == DeliveryStatus::Delivered;
  if (!delivered && delivery.status != DeliveryStatus::Dead) return;
  std::optional<DeliveryChaos> state = delivered ? tx.delivery_chaos(delivery.id) : std::nullopt;
  if (state && !state->replays.empty()) {
    for (const PlannedReplay& replay : state->replays) {
      tx.add_timer(extra_timer(tx, delivery, AttemptKind::Replay, delivery.schedule_attempts, replay.rule_id,
                               now + replay.after));
    }
    state->replays.clear();
    tx.put_delivery_chaos(*state);
  }
  std::optional<Event> settled;
  store::HeldFilter waiting;
  waiting.client_id = delivery.client_id;
  waiting.until_event = true;
  for (const HeldDelivery& held : tx.held_deliveries(waiting)) {
    if (!chaos::matches_pattern(held.until_event.value_or(""), delivery.event_type)) continue;
    const std::optional<Event> event = tx.event(held.delivery_id);
    if (!settled) settled = tx.event(delivery.id);
    if (event && settled && concerns(tx, *event, *settled)) release(tx, held, now, notes);
  }
}

void release_by_timer(store::Write& tx, const Partner& partner, const Timer& timer, Instant now,
                      std::uint64_t seed, std::vector<ChaosNote>& notes) {
  const std::vector<HeldDelivery> collected = collected_by(tx, timer.subject, partner.client_id);
  for (const store::ChaosRuleRow& row : tx.chaos_rules()) {
    const std::optional<chaos::Rule> rule = row.id == timer.subject ? stored_rule(row) : std::nullopt;
    if (!rule) continue;
    if (const auto* reorder = std::get_if<chaos::Reorder>(&rule->action)) {
      return send_in_new_order(tx, collected, reorder->order, chaos_draw(tx, partner.client_id, seed), now,
                               notes);
    }
  }
  for (const HeldDelivery& held : collected) release(tx, held, now, notes);
}

std::size_t release_held(store::Write& tx, const store::HeldFilter& filter, const WallClock& clock,
                         std::vector<ChaosNote>& notes) {
  const std::size_t before = notes.size();
  for (const HeldDelivery& held : tx.held_deliveries(filter)) {
    const std::optional<zest::Lane> lane = tx.lane(held.client_id);
    if (lane) release(tx, held, lane_now(*lane, clock), notes);
  }
  return notes.size() - before;
}

}  // namespace zest::engine
