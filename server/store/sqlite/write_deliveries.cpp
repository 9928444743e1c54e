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
  run("INSERT INTO events (id, occurred_at, subjects, body) VALUES (?, ?, ?, ?)", row, event.occurred_at,
      subjects_text(event.subjects), event.body);
  for (const std::string& subject : event.subjects) {
    run("INSERT OR IGNORE INTO event_subjects (name, delivery) VALUES (?, ?)", subject, row);
  }
}

void SqliteWrite::put_delivery(const Delivery& delivery) {
  // The rest of a delivery never changes; leaving it out spares its indexes.
  run("UPDATE deliveries SET status = ?, attempt_count = ?, schedule = ?, schedule_attempts = ?, "
      "sequence = ?, next_attempt_at = ?, schedule_started_at = ? WHERE delivery_id = ?",
      to_string(delivery.status), delivery.attempt_count, delivery.schedule, delivery.schedule_attempts,
      delivery.sequence, delivery.next_attempt_at, delivery.schedule_started_at, delivery.id);
}

void SqliteWrite::add_attempt(const Attempt& attempt) {
  run("INSERT INTO attempts (delivery, " ZEST_ATTEMPT_COLUMNS
      ") VALUES ((SELECT id FROM deliveries WHERE delivery_id = ?), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
      "?)",
      attempt.delivery_id, to_string(attempt.kind), attempt.schedule, attempt.number, attempt.virtual_time,
      attempt.wall_time, attempt.offset, attempt.latency, attempt.delivered, attempt.failure,
      attempt.failure_detail, attempt.response_status, attempt.chaos_rule,
      headers_text(attempt.request_headers), Blob{attempt.response_body});
  if (attempt.schedule <= 1) return;  // only replays make a history long
  run("DELETE FROM attempts WHERE id IN (SELECT a.id FROM attempts a WHERE a.delivery = (SELECT id FROM "
      "deliveries WHERE delivery_id = ?) ORDER BY a.id DESC LIMIT -1 OFFSET ?)",
      attempt.delivery_id, limits_.max_attempts);
}

// What belongs to nobody else goes as a whole: SQLite then drops pages instead of looking up row after row,
// which for a million deliveries are many seconds.
void SqliteWrite::clear_deliveries(std::string_view client_id,
                                   std::vector<std::pair<std::string, std::size_t>>& removed) {
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

void return_in_flight(Connection& db) {
  // What waited for the answer of an extra attempt waits for nothing now: those are not made again.
  db.query(
        "UPDATE deliveries SET next_attempt_at = created_at WHERE delivery_id IN "
        "(SELECT delivery_id FROM held_deliveries WHERE follows_extra = 1)")
      .run();
  db.query("DELETE FROM held_deliveries WHERE follows_extra = 1").run();
  db.query(
        "UPDATE deliveries SET status = CASE WHEN schedule_attempts = 0 THEN 'pending' ELSE 'retrying' END "
        "WHERE client_id IN (SELECT DISTINCT client_id FROM delivery_counts WHERE status = 'in_flight' "
        "AND count > 0) AND status = 'in_flight'")
      .run();
}

}  // namespace zest::store
