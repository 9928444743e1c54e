// Events with their deliveries and attempts, and the removal of all that a partner has.
#include <stdexcept>

#include "store/sqlite/rows.h"
#include "store/sqlite/write.h"

namespace zest::store {

void SqliteWrite::add_event(const Event& event, const Delivery& delivery) {
  if (event.id != delivery.id || event.client_id != delivery.client_id || event.type != delivery.event_type) {
    throw std::logic_error("an event and its delivery differ in id, client or type: " + event.id);
  }
  run("INSERT INTO deliveries (" ZEST_DELIVERY_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      delivery.id, delivery.client_id, delivery.event_type, delivery.subject, to_string(delivery.status),
      delivery.attempt_count, delivery.schedule, delivery.schedule_attempts, delivery.sequence,
      delivery.next_attempt_at, delivery.schedule_started_at, delivery.created_at);
  const std::int64_t row = db_.last_insert_id();
  counts_.added(delivery.client_id, delivery.event_type, delivery.status, row);
  run("INSERT INTO events (id, occurred_at, subjects, body) VALUES (?, ?, ?, ?)", row, event.occurred_at,
      subjects_text(event.subjects), event.body);
  for (const std::string& subject : event.subjects) {
    run("INSERT OR IGNORE INTO event_subjects (name, delivery) VALUES (?, ?)", subject, row);
  }
}

const SqliteWrite::Located* SqliteWrite::locate(const std::string& delivery_id) {
  if (!located_ || located_->delivery_id != delivery_id) delivery(delivery_id);
  return located_ ? &*located_ : nullptr;
}

std::optional<Delivery> SqliteWrite::delivery(std::string_view id) {
  std::int64_t row = 0;
  std::optional<Delivery> found = queries_.delivery(id, &row);
  located_ = found ? std::optional<Located>({found->id, row, found->status}) : std::nullopt;
  return found;
}

std::optional<DueWork> SqliteWrite::due_work(std::string_view client_id, Instant now, bool with_deliveries) {
  std::int64_t row = 0;
  std::optional<DueWork> work = queries_.due_work(client_id, now, with_deliveries, &row);
  if (const auto* due = work ? std::get_if<DueDelivery>(&*work) : nullptr) {
    located_ = {due->delivery.id, row, due->delivery.status};
  }
  return work;
}

Paged<Delivery> SqliteWrite::deliveries(const DeliveryFilter& filter, Page page) {
  counts_.flush();
  return queries_.deliveries(filter, page);
}

std::vector<DeliveryCount> SqliteWrite::delivery_counts() {
  counts_.flush();
  return queries_.delivery_counts();
}

std::size_t SqliteWrite::open_deliveries(std::string_view client_id) {
  counts_.flush();
  return queries_.open_deliveries(client_id);
}

std::vector<std::string> SqliteWrite::open_delivery_ids(std::string_view client_id, std::size_t limit) {
  counts_.flush();
  return queries_.open_delivery_ids(client_id, limit);
}

void SqliteWrite::put_delivery(const Delivery& delivery) {
  const Located* const at = locate(delivery.id);
  if (at == nullptr) return;
  // The rest of a delivery never changes; leaving it out spares its indexes.
  run("UPDATE deliveries SET status = ?, attempt_count = ?, schedule = ?, schedule_attempts = ?, "
      "sequence = ?, next_attempt_at = ?, schedule_started_at = ? WHERE id = ?",
      to_string(delivery.status), delivery.attempt_count, delivery.schedule, delivery.schedule_attempts,
      delivery.sequence, delivery.next_attempt_at, delivery.schedule_started_at, at->row);
  counts_.moved(delivery.client_id, delivery.event_type, at->status, delivery.status, at->row);
  located_->status = delivery.status;
}

void SqliteWrite::add_attempt(const Attempt& attempt) {
  const Located* const at = locate(attempt.delivery_id);
  const std::int64_t row = at == nullptr ? 0 : at->row;  // 0 is refused: no row has it
  run("INSERT INTO attempts (delivery, " ZEST_ATTEMPT_COLUMNS
      ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      row, to_string(attempt.kind), attempt.schedule, attempt.number, attempt.virtual_time, attempt.wall_time,
      attempt.offset, attempt.latency, attempt.delivered, attempt.failure, attempt.failure_detail,
      attempt.response_status, attempt.chaos_rule, headers_text(attempt.request_headers),
      Blob{attempt.response_body});
  if (attempt.schedule <= 1) return;  // only replays make a history long
  run("DELETE FROM attempts WHERE id IN (SELECT a.id FROM attempts a WHERE a.delivery = ? ORDER BY a.id "
      "DESC LIMIT -1 OFFSET ?)",
      row, limits_.max_attempts);
}

// What belongs to nobody else goes as a whole: SQLite then drops pages instead of looking up row after row,
// which for a million deliveries are many seconds.
void SqliteWrite::clear_deliveries(std::string_view client_id,
                                   std::vector<std::pair<std::string, std::size_t>>& removed) {
  counts_.flush();
  located_ = std::nullopt;
  const bool shared = db_.query("SELECT 1 FROM delivery_counts WHERE client_id <> ? AND count > 0 LIMIT 1")
                          .bind(client_id)
                          .step();
  std::size_t attempts = 0;
  std::size_t events = 0;
  if (shared) {
    run("DELETE FROM event_subjects WHERE (name, delivery) IN (SELECT subject.value, e.id FROM deliveries d "
        "JOIN events e ON e.id = d.id, json_each(e.subjects) subject WHERE d.client_id = ?)",
        client_id);
    attempts = run("DELETE FROM attempts WHERE delivery IN (SELECT id FROM deliveries WHERE client_id = ?)",
                   client_id);
    events = run("DELETE FROM events WHERE id IN (SELECT id FROM deliveries WHERE client_id = ?)", client_id);
  } else {
    run("DELETE FROM event_subjects");
    attempts = run("DELETE FROM attempts");
    events = run("DELETE FROM events");
  }
  if (shared) {
    run("UPDATE block_counts SET count = block_counts.count - own_counts.count FROM (SELECT id >> 10 AS "
        "block, "
        "COUNT(*) AS count FROM deliveries WHERE client_id = ? GROUP BY 1) AS own_counts "
        "WHERE own_counts.block = block_counts.block",
        client_id);
  } else {
    run("DELETE FROM block_counts");
  }
  run("DELETE FROM delivery_counts WHERE client_id = ?", client_id);  // nothing left to keep count of
  run("DELETE FROM delivery_block_counts WHERE client_id = ?", client_id);
  removed.emplace_back("events", events);
  removed.emplace_back("deliveries", run("DELETE FROM deliveries WHERE client_id = ?", client_id));
  removed.emplace_back("attempts", attempts);
}

std::vector<std::pair<std::string, std::size_t>> SqliteWrite::clear_partner_data(std::string_view client_id) {
  std::vector<std::pair<std::string, std::size_t>> removed;
  removed.emplace_back("spvRequests", run("DELETE FROM spv_requests WHERE client_id = ?", client_id));
  removed.emplace_back("investors", run("DELETE FROM investors WHERE client_id = ?", client_id));
  removed.emplace_back("subscriptions", run("DELETE FROM subscriptions WHERE client_id = ?", client_id));
  clear_deliveries(client_id, removed);
  run("DELETE FROM replaced_uploads WHERE client_id = ?", client_id);
  run("DELETE FROM spv_request_counts WHERE client_id = ?", client_id);
  run("DELETE FROM subscription_counts WHERE client_id = ?", client_id);
  removed.emplace_back("timers", run("DELETE FROM timers WHERE client_id = ?", client_id));
  removed.emplace_back("idempotencyKeys", run("DELETE FROM idempotency_keys WHERE client_id = ?", client_id));
  run("DELETE FROM held_deliveries WHERE client_id = ?", client_id);
  run("DELETE FROM chaos_deliveries WHERE client_id = ?", client_id);
  run("DELETE FROM chaos_rule_lanes WHERE client_id = ?1 "
      "OR rule_id IN (SELECT rule_id FROM chaos_rules WHERE client_id = ?1)",
      client_id);
  publish(Topic::ChaosRules);
  publish(Topic::SpvRequests);
  removed.emplace_back("chaosRules", run("DELETE FROM chaos_rules WHERE client_id = ?", client_id));
  return removed;
}

void SqliteWrite::remove_partner(std::string_view client_id) {
  clear_partner_data(client_id);
  clear_counters(client_id);  // and with that what is known of the lane
  run("DELETE FROM refresh_tokens WHERE client_id = ?", client_id);
  run("DELETE FROM token_chains WHERE client_id = ?", client_id);
  run("DELETE FROM assertion_ids WHERE client_id = ?", client_id);
  run("DELETE FROM lanes WHERE client_id = ?", client_id);
  run("DELETE FROM partners WHERE client_id = ?", client_id);
  publish(Topic::Credentials);
  after_commit([this, client = std::string(client_id)] { published_.remove_lane(client); });
}

namespace {

#define ZEST_OF_THOSE_IN_FLIGHT                                                                              \
  "WHERE client_id IN (SELECT DISTINCT client_id FROM delivery_counts WHERE status = 'in_flight' AND count " \
  "> "                                                                                                       \
  "0) AND status = 'in_flight'"

DeliveryCounts counts_after_return(Connection& db) {
  DeliveryCounts counts(db);
  Query query = db.query(
      "SELECT id, client_id, event_type, schedule_attempts FROM deliveries " ZEST_OF_THOSE_IN_FLIGHT);
  while (query.step()) {
    const std::int64_t row = query.integer();
    const std::string client_id = query.text();
    const std::string event_type = query.text();
    const DeliveryStatus due = query.integer() == 0 ? DeliveryStatus::Pending : DeliveryStatus::Retrying;
    counts.moved(client_id, event_type, DeliveryStatus::InFlight, due, row);
  }
  return counts;
}

}  // namespace

void return_in_flight(Connection& db) {
  DeliveryCounts counts = counts_after_return(db);
  // What waited for the answer of an extra attempt waits for nothing now: those are not made again.
  db.query(
        "UPDATE deliveries SET next_attempt_at = created_at WHERE delivery_id IN "
        "(SELECT delivery_id FROM held_deliveries WHERE follows_extra = 1)")
      .run();
  db.query("DELETE FROM held_deliveries WHERE follows_extra = 1").run();
  db.query(
        "UPDATE deliveries SET status = CASE WHEN schedule_attempts = 0 THEN 'pending' ELSE 'retrying' "
        "END " ZEST_OF_THOSE_IN_FLIGHT)
      .run();
  counts.flush();
}

}  // namespace zest::store
