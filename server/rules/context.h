// One transaction on behalf of one partner: the writer, the partner and the virtual instant, read once. Rules
// take it as their first argument; they know no HTTP, no SQL and no clock. Threads: on the store's writer
// only.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "base/json.h"
#include "model/event_span.h"
#include "model/lane.h"
#include "model/partner.h"
#include "protocol/event_type.h"
#include "store/store.h"

namespace zest::rules {

struct Context {
  store::Write& tx;
  Partner partner;
  Instant now;  // virtual, of the partner's lane
  EventSpan emitted{};
};

// Errors: ServiceUnavailable while the partner is being reset (rules/reset.h).
Result<void> check_not_resetting(const Lane& lane);

// Loads partner and lane; virtual time is the lane's at the machine's. Errors: NotFound for an unknown
// partner, ServiceUnavailable for one that is being reset.
Result<Context> begin(store::Write& tx, std::string_view client_id, const MachineTime& machine);
// The same at a virtual instant that is already known (timers).
Result<Context> begin_at(store::Write& tx, std::string_view client_id, Instant now);

// The next identifier of that prefix for this partner (base/id.h).
std::string new_id(Context& context, std::string_view prefix);

// The instant of a transition: now, but at least 1 ms after the latest instant of the resource and of
// everything it refers to, so that neither two events about one subject nor parent and child share an
// occurredAt. Zest docs: webhooks/events (order by occurredAt).
Instant transition_instant(const Context& context, std::initializer_list<Instant> latest);

// Writes the event and its delivery, due at once. Part of the same transaction as the change that it tells
// of; of the facts (model/codec.h) it tells those of its type. Zest docs: webhooks/outbox.
void emit(Context& context, EventType type, Instant occurred_at, Json facts);

// The lane's next sequence number: the order of work that is due at one instant.
std::uint64_t next_sequence(Context& context);

}  // namespace zest::rules
