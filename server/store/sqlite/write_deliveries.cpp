// Events with their deliveries and attempts, and the removal of all that a partner has.
#include <algorithm>
#include <limits>
#include <stdexcept>

#include "store/sqlite/rows.h"
#include "store/sqlite/write.h"

namespace zest::store {
namespace {

// LIMIT takes what SQLite's integers hold.
std::int64_t limit_of(std::size_t at_most) {
  constexpr auto kMost = static_cast<std::size_t>(std::numeric_limits<std::int64_t>::max());
  return static_cast<std::int64_t>(std::min(at_most, kMost));
}

}  // namespace

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
  if (!published_.is_observed()) return;
  after_commit(
      [this, client_id = event.client_id, type = event.type] { published_.emitted(client_id, type); });
}

const SqliteWrite::Located* SqliteWrite::locate(const std::string& delivery_id) {
  if (!located_ || located_->delivery_id != delivery_id) delivery(delivery_id);
  return located_ ? &*located_ : nullptr;
}

std::optional<Delivery> SqliteWrite::delivery(std::string_view id) {
  if (const auto known = in_flight_.find(id); known != in_flight_.end()) {
    const auto& [delivery, its_row] = known->second;
    located_ = {delivery.id, its_row, delivery.status};
    return delivery;
  }
  std::int64_t row = 0;
  std::optional<Delivery> found = queries_.delivery(id, &row);
  located_ = found ? std::optional<Located>({found->id, row, found->status}) : std::nullopt;
  return found;
}

std::optional<Instant> SqliteWrite::next_due(std::string_view client_id, bool with_deliveries) {
  return queries_.next_due(client_id, {rare_.are_in(RareRows::Table::Timers), with_deliveries});
}

std::optional<DueWork> SqliteWrite::due_work(std::string_view client_id, Instant now, bool with_deliveries) {
  std::int64_t row = 0;
  std::optional<DueWork> work =
      queries_.due_work(client_id, now, {rare_.are_in(RareRows::Table::Timers), with_deliveries}, &row);
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
  if (delivery.status == DeliveryStatus::InFlight) {
    in_flight_.insert_or_assign(delivery.id, std::pair(delivery, at->row));
  } else {
    in_flight_.erase(delivery.id);
  }
}

void SqliteWrite::add_attempt(const Attempt& attempt) {
  const Located* const at = locate(attempt.delivery_id);
  if (at == nullptr)
    throw ConstraintViolation("an attempt of a delivery that is not there: " + attempt.delivery_id);
  const std::int64_t row = at->row;
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

// `at_most` is what is left of the portion.
std::size_t SqliteWrite::clear_rows(std::string_view table, std::string_view client_id,
                                    std::size_t& at_most) {
  if (at_most == 0) return 0;
  const std::string name(table);
  const std::size_t removed =
      run("DELETE FROM " + name + " WHERE id IN (SELECT id FROM " + name + " WHERE client_id = ? LIMIT ?)",
          client_id, limit_of(at_most));
  at_most -= removed;
  return removed;
}

void SqliteWrite::clear_deliveries(std::string_view client_id, std::size_t& at_most,
                                   ClearedPortion& portion) {
  located_ = std::nullopt;
  in_flight_.clear();
  std::vector<std::int64_t> rows;
  if (at_most > 0) {
    Query query = db_.query("SELECT id, event_type, status FROM deliveries WHERE client_id = ? LIMIT ?");
    query.bind(client_id, limit_of(at_most));
    while (query.step()) {
      rows.push_back(query.integer());
      const std::string event_type = query.text();
      counts_.removed(std::string(client_id), event_type,
                      parse_delivery_status(query.text()).value_or(DeliveryStatus::Pending), rows.back());
    }
  }
  std::size_t attempts = 0;
  for (const std::int64_t row : rows) {
    run("DELETE FROM event_subjects WHERE (name, delivery) IN (SELECT subject.value, e.id FROM events e, "
        "json_each(e.subjects) subject WHERE e.id = ?)",
        row);
    attempts += run("DELETE FROM attempts WHERE delivery = ?", row);
    run("DELETE FROM events WHERE id = ?", row);
    run("DELETE FROM deliveries WHERE id = ?", row);
  }
  at_most -= std::min(at_most, rows.size());
  portion.removed.emplace_back("events", rows.size());
  portion.removed.emplace_back("deliveries", rows.size());
  portion.removed.emplace_back("attempts", attempts);
}

ClearedPortion SqliteWrite::clear_partner_data(std::string_view client_id, std::size_t at_most) {
  ClearedPortion portion;
  const auto clear = [&](const char* kind, std::string_view table) {
    portion.removed.emplace_back(kind, clear_rows(table, client_id, at_most));
  };
  clear("spvRequests", "spv_requests");
  clear("investors", "investors");
  investors_.changed(client_id, -static_cast<std::int64_t>(portion.removed.back().second));
  clear("subscriptions", "subscriptions");
  clear_deliveries(client_id, at_most, portion);
  clear("timers", "timers");
  clear("idempotencyKeys", "idempotency_keys");
  for (const std::string_view table : {"replaced_uploads", "held_deliveries", "chaos_deliveries"}) {
    clear_rows(table, client_id, at_most);
  }
  rare_.forget();
  publish(Topic::SpvRequests);
  portion.complete = at_most > 0;
  if (!portion.complete) return portion;
  counts_.flush();
  investors_.flush();
  for (const std::string_view counts : {"delivery_counts", "delivery_block_counts", "spv_request_counts",
                                        "subscription_counts", "investor_counts", "upload_counts"}) {
    run("DELETE FROM " + std::string(counts) + " WHERE client_id = ?", client_id);  // all of them zero
  }
  run("DELETE FROM block_counts WHERE count = 0");
  run("DELETE FROM chaos_rule_lanes WHERE client_id = ?1 "
      "OR rule_id IN (SELECT rule_id FROM chaos_rules WHERE client_id = ?1)",
      client_id);
  portion.removed.emplace_back("chaosRules", run("DELETE FROM chaos_rules WHERE client_id = ?", client_id));
  rare_.forget();
  publish(Topic::ChaosRules);
  return portion;
}

void SqliteWrite::remove_partner(std::string_view client_id) {
  clear_partner_data(client_id, std::numeric_limits<std::size_t>::max());
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
