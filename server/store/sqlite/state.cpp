// The whole state as values; and the generations of partners that were removed, which are kept among the meta
// values.
#include <charconv>
#include <limits>
#include <stdexcept>

#include "store/sqlite/read.h"
#include "store/sqlite/rows.h"
#include "store/sqlite/write.h"

namespace zest::store {
namespace {

std::uint32_t parse_generation(const std::string& text) {
  std::uint32_t generation = 0;
  std::from_chars(text.data(), text.data() + text.size(), generation);
  return generation;
}

template <class Reader>
Result<void> each(Connection& db, std::string_view sql, const StateVisitor& visit, Reader reader) {
  Query row = db.query(sql);
  while (row.step()) RETURN_IF_ERROR(visit(reader(row)));
  return {};
}

StateItem read_replaced(Query& row) {
  ReplacedUpload replaced;
  replaced.client_id = row.text();
  replaced.sha256 = row.text();
  replaced.until = row.instant();
  return replaced;
}

StateItem read_delivery_state(Query& row) {
  DeliveryState state;
  state.delivery = read_delivery(row);
  if (row.next_type() == ColumnType::Null)
    throw std::runtime_error("The database holds a delivery without its event");
  Event& event = state.event;
  event.id = state.delivery.id;
  event.type = state.delivery.event_type;
  event.client_id = state.delivery.client_id;
  event.occurred_at = row.instant();
  event.subjects = parse_subjects(row.text());
  event.body = row.text();
  return state;
}

StateItem read_key(Query& row) {
  IdempotencyKey key;
  key.client_id = row.text();
  key.key = row.text();
  key.reply.expires_at = row.instant();
  key.reply.status = row.small();
  key.reply.fingerprint = row.text();
  key.reply.body = row.text();
  return key;
}

StateItem read_chain(Query& row) {
  TokenChain chain;
  chain.chain_id = row.text();
  chain.client_id = row.text();
  chain.revoked = row.boolean();
  chain.issued = row.counter();
  chain.expired = row.counter();
  return chain;
}

StateItem read_refresh_token(Query& row) {
  StoredRefreshToken token;
  token.token_hash = row.text();
  token.chain_id = row.text();
  token.client_id = row.text();
  token.expires_at = row.instant();
  token.spent = row.boolean();
  return token;
}

StateItem read_assertion(Query& row) {
  AssertionId assertion;
  assertion.client_id = row.text();
  assertion.jti = row.text();
  assertion.expires_at = row.instant();
  return assertion;
}

}  // namespace

std::uint32_t Queries::former_generation(std::string_view client_id) {
  const std::optional<std::string> kept = meta(std::string(kGenerationMeta) + std::string(client_id));
  return kept ? parse_generation(*kept) : 0;
}

void SqliteWrite::put_former_partner(const FormerPartner& former) {
  set_meta(std::string(kGenerationMeta) + former.client_id, std::to_string(former.generation));
}

std::vector<FormerPartner> Queries::former_partners() {
  Query query = db_.query("SELECT name, value FROM meta WHERE substr(name, 1, ?) = ? ORDER BY name");
  query.bind(kGenerationMeta.size(), kGenerationMeta);
  std::vector<FormerPartner> former;
  while (query.step()) {
    std::string client_id = query.text().substr(kGenerationMeta.size());
    former.push_back({std::move(client_id), parse_generation(query.text())});
  }
  return former;
}

std::vector<Counter> Queries::counters() {
  Query query = db_.query("SELECT client_id, name, value FROM counters ORDER BY client_id, name");
  std::vector<Counter> found;
  while (query.step()) {
    Counter counter;
    counter.client_id = query.text();
    counter.name = query.text();
    counter.value = query.counter();
    found.push_back(std::move(counter));
  }
  return found;
}

Result<void> Queries::visit_state(const StateVisitor& visit) {
  for (FormerPartner& former : former_partners()) RETURN_IF_ERROR(visit(std::move(former)));
  for (const Partner& partner : partners()) {
    const std::optional<Lane> own = lane(partner.client_id);
    if (!own) throw std::runtime_error("The database holds no lane of partner " + partner.client_id);
    if (!own->resetting.empty()) {
      return make_error(ErrorKind::ServiceUnavailable,
                        "partner '" + partner.client_id + "' is being reset; try again in a moment");
    }
    RETURN_IF_ERROR(visit(PartnerState{partner, *own}));
  }
  for (Counter& counter : counters()) RETURN_IF_ERROR(visit(std::move(counter)));
  RETURN_IF_ERROR(each(db_, "SELECT " ZEST_SPV_REQUEST_COLUMNS " FROM spv_requests ORDER BY id", visit,
                       read_spv_request));
  RETURN_IF_ERROR(
      each(db_, "SELECT " ZEST_INVESTOR_COLUMNS " FROM investors ORDER BY id", visit, read_investor));
  RETURN_IF_ERROR(each(db_, "SELECT " ZEST_SUBSCRIPTION_COLUMNS " FROM subscriptions ORDER BY id", visit,
                       read_subscription));
  RETURN_IF_ERROR(
      each(db_, "SELECT client_id, sha256, until FROM replaced_uploads ORDER BY id", visit, read_replaced));
  RETURN_IF_ERROR(
      each(db_,
           "SELECT " ZEST_DELIVERY_COLUMNS
           ", occurred_at, subjects, body FROM deliveries LEFT JOIN events ON events.id = deliveries.id "
           "ORDER BY deliveries.id",
           visit, read_delivery_state));
  RETURN_IF_ERROR(each(db_,
                       "SELECT (SELECT delivery_id FROM deliveries WHERE deliveries.id = "
                       "attempts.delivery), " ZEST_ATTEMPT_COLUMNS " FROM attempts ORDER BY id",
                       visit, [](Query& row) {
                         const std::string delivery_id = row.text();
                         return read_attempt(row, delivery_id);
                       }));
  RETURN_IF_ERROR(each(db_, "SELECT " ZEST_TIMER_COLUMNS " FROM timers ORDER BY id", visit, read_timer));
  RETURN_IF_ERROR(each(
      db_, "SELECT client_id, key, expires_at, status, fingerprint, body FROM idempotency_keys ORDER BY id",
      visit, read_key));
  RETURN_IF_ERROR(each(db_,
                       "SELECT chain_id, client_id, revoked, issued, expired FROM token_chains ORDER BY id",
                       visit, read_chain));
  RETURN_IF_ERROR(
      each(db_, "SELECT token_hash, chain_id, client_id, expires_at, spent FROM refresh_tokens ORDER BY id",
           visit, read_refresh_token));
  RETURN_IF_ERROR(
      each(db_, "SELECT client_id, jti, expires_at FROM assertion_ids ORDER BY id", visit, read_assertion));
  return visit_chaos(visit);
}

}  // namespace zest::store
