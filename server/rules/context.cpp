#include "rules/context.h"

#include <algorithm>

#include "base/id.h"
#include "model/codec.h"
#include "rules/partners.h"

namespace zest::rules {
namespace {
Error partner_gone(store::Read& tx, std::string_view client_id) {
  return refusal(Rule::AuthPartnerGone, ErrorKind::NotFound, unknown_partner(tx, client_id).detail);
}
}  // namespace

Result<void> check_not_resetting(const Lane& lane) {
  if (lane.resetting.empty()) return {};
  return make_error(ErrorKind::ServiceUnavailable,
                    "partner '" + lane.client_id + "' is being reset; try again in a moment");
}

Result<Context> begin(store::Write& tx, std::string_view client_id, const MachineTime& machine) {
  const std::optional<Lane> lane = tx.lane(client_id);
  if (!lane) return partner_gone(tx, client_id);
  return begin_at(tx, client_id, lane_now(*lane, machine));
}

Result<Context> begin_at(store::Write& tx, std::string_view client_id, Instant now) {
  std::optional<Partner> partner = tx.partner(client_id);
  std::optional<Lane> lane = tx.lane(client_id);
  if (!partner || !lane) return partner_gone(tx, client_id);
  RETURN_IF_ERROR(check_not_resetting(*lane));
  if (now > lane->high_water) {
    lane->high_water = now;
    tx.put_lane(*lane);
  }
  return Context{tx, std::move(*partner), now};
}

std::string new_id(Context& context, std::string_view prefix) {
  return make_id(prefix, context.partner.tag, context.tx.next_counter(context.partner.client_id, prefix));
}

Instant transition_instant(const Context& context, std::initializer_list<Instant> latest) {
  Instant instant = context.now;
  for (Instant other : latest) instant = std::max(instant, other + Duration(1));
  return instant;
}

void emit(Context& context, EventType type, Instant occurred_at, Json facts) {
  Json data = event_data(type, std::move(facts));
  Event event;
  const std::uint64_t number = context.tx.next_counter(context.partner.client_id, "wde");
  event.id = make_id("wde", context.partner.tag, number);
  event.type = to_string(type);
  event.client_id = context.partner.client_id;
  event.occurred_at = occurred_at;
  event.subjects = event_subjects(data);
  event.body = event_body(event.id, type, occurred_at, std::move(data));

  Delivery delivery;
  delivery.id = event.id;
  delivery.client_id = event.client_id;
  delivery.event_type = event.type;
  delivery.subject = event.subjects.empty() ? "" : event.subjects.front();
  delivery.sequence = next_sequence(context);
  delivery.next_attempt_at = context.now;
  delivery.created_at = context.now;
  context.tx.add_event(event, delivery);
  if (context.emitted.count++ == 0) context.emitted.first = number;
}

std::uint64_t next_sequence(Context& context) {
  return context.tx.next_counter(context.partner.client_id, "sequence");
}

}  // namespace zest::rules
