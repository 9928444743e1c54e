// Deliveries by identifier, by due time and in lists.
//
// A list's filters select groups (client, status, event type), of which `delivery_counts` names the few that
// are not empty, with their size. The newest of each group come straight from one index; merging them gives
// the page. So one index serves every combination of filters. A page far down begins in a block of ids that
// `delivery_block_counts` tells, and merges from there. Neither page nor count grows with the number of
// deliveries.
#include <algorithm>
#include <limits>
#include <map>

#include "store/sqlite/delivery_counts.h"
#include "store/sqlite/read.h"
#include "store/sqlite/rows.h"

namespace zest::store {
namespace {

constexpr std::size_t kBlockSize = std::size_t{1} << kBlockBits;

std::int64_t newest_in(std::int64_t block) { return ((block + 1) << kBlockBits) - 1; }

std::vector<std::int64_t> ids_of(Query& query, std::size_t at_most) {
  std::vector<std::int64_t> ids;
  ids.reserve(at_most);
  while (query.step()) ids.push_back(query.integer());
  return ids;
}

}  // namespace

std::optional<Delivery> Queries::delivery(std::string_view id, std::int64_t* row) {
  Query query = db_.query("SELECT " ZEST_DELIVERY_COLUMNS ", id FROM deliveries WHERE delivery_id = ?");
  if (!query.bind(id).step()) return std::nullopt;
  Delivery delivery = read_delivery(query);
  if (is_hidden(delivery.client_id)) return std::nullopt;
  if (row != nullptr) *row = query.integer();
  return delivery;
}

Delivery Queries::delivery_row(std::int64_t row_id) {
  Query query = db_.query("SELECT " ZEST_DELIVERY_COLUMNS " FROM deliveries WHERE id = ?");
  query.bind(row_id).step();
  return read_delivery(query);
}

std::optional<Event> Queries::event(std::string_view id) {
  Query query = db_.query(
      "SELECT d.delivery_id, d.event_type, d.client_id, e.occurred_at, e.body, e.subjects FROM deliveries d "
      "JOIN events e ON e.id = d.id WHERE d.delivery_id = ?");
  if (!query.bind(id).step()) return std::nullopt;
  Event event;
  event.id = query.text();
  event.type = query.text();
  event.client_id = query.text();
  event.occurred_at = query.instant();
  event.body = query.text();
  event.subjects = parse_subjects(query.text());
  return unless_hidden(std::optional(std::move(event)));
}

std::vector<Queries::Group> Queries::groups(const DeliveryFilter& filter) {
  std::vector<Group> found;
  const std::optional<std::string> status =
      filter.status ? std::optional<std::string>(to_string(*filter.status)) : std::nullopt;
  const auto take = [this, &found](Query& query) {
    while (query.step()) {
      Group group;
      group.client_id = query.text();
      group.status = query.text();
      group.event_type = query.text();
      group.count = static_cast<std::size_t>(query.integer());
      if (is_hidden(group.client_id)) continue;
      found.push_back(std::move(group));
    }
  };
  if (filter.client_id) {
    Query query = db_.query(
        "SELECT client_id, status, event_type, count FROM delivery_counts WHERE client_id = ?1 AND count > 0 "
        "AND (?2 IS NULL OR status = ?2) AND (?3 IS NULL OR event_type = ?3)");
    query.bind(*filter.client_id, status, filter.event_type);
    take(query);
  } else {
    Query query = db_.query(
        "SELECT client_id, status, event_type, count FROM delivery_counts WHERE count > 0 "
        "AND (?1 IS NULL OR status = ?1) AND (?2 IS NULL OR event_type = ?2)");
    query.bind(status, filter.event_type);
    take(query);
  }
  return found;
}

std::vector<std::int64_t> Queries::oldest_ids(const Group& group, std::size_t limit) {
  Query query = db_.query(
      "SELECT id FROM deliveries WHERE client_id = ? AND status = ? AND event_type = ? ORDER BY id LIMIT ?");
  query.bind(group.client_id, group.status, group.event_type, limit);
  return ids_of(query, std::min(limit, group.count));
}

std::vector<std::int64_t> Queries::newest_ids(const Group& group, std::int64_t up_to, std::size_t limit) {
  Query query = db_.query(
      "SELECT id FROM deliveries WHERE client_id = ? AND status = ? AND event_type = ? AND id <= ? "
      "ORDER BY id DESC LIMIT ?");
  query.bind(group.client_id, group.status, group.event_type, up_to, limit);
  return ids_of(query, std::min(limit, group.count));
}

Queries::Beginning Queries::beginning_of(std::size_t skip) {
  Beginning beginning{std::numeric_limits<std::int64_t>::max(), skip};
  if (skip < kBlockSize) return beginning;
  Query query = db_.query("SELECT block, count FROM block_counts WHERE count > 0 ORDER BY block DESC");
  while (query.step()) {
    beginning.up_to = newest_in(query.integer());
    const auto count = static_cast<std::size_t>(query.integer());
    if (beginning.skip < count) break;
    beginning.skip -= count;
  }
  return beginning;
}

Queries::Beginning Queries::beginning_of(const std::vector<Group>& groups, std::size_t skip) {
  Beginning beginning{std::numeric_limits<std::int64_t>::max(), skip};
  if (skip < kBlockSize) return beginning;
  std::map<std::int64_t, std::size_t, std::greater<>> counts;
  for (const Group& group : groups) {
    if (group.status == to_string(DeliveryStatus::InFlight)) {
      for (const std::int64_t id : oldest_ids(group, group.count)) ++counts[id >> kBlockBits];
      continue;
    }
    Query query = db_.query(
        "SELECT block, count FROM delivery_block_counts WHERE client_id = ? AND status = ? AND "
        "event_type = ? AND count > 0");
    query.bind(group.client_id, group.status, group.event_type);
    while (query.step()) {
      const std::int64_t block = query.integer();
      counts[block] += static_cast<std::size_t>(query.integer());
    }
  }
  for (const auto& [block, count] : counts) {
    beginning.up_to = newest_in(block);
    if (beginning.skip < count) break;
    beginning.skip -= count;
  }
  return beginning;
}

Paged<Delivery> Queries::deliveries(const DeliveryFilter& filter, Page page) {
  if (filter.subject) return deliveries_about(filter, page);
  Paged<Delivery> paged;
  const std::vector<Group> matching = groups(filter);
  for (const Group& group : matching) paged.count += group.count;
  if (!filter.client_id && !filter.status && !filter.event_type && !hides_anybody()) {
    if (page.skip >= paged.count) return paged;
    const Beginning beginning = beginning_of(page.skip);
    Query query = db_.query("SELECT " ZEST_DELIVERY_COLUMNS
                            " FROM deliveries WHERE id <= ? ORDER BY id DESC LIMIT ? OFFSET ?");
    query.bind(beginning.up_to, page.limit, beginning.skip);
    while (query.step()) paged.documents.push_back(read_delivery(query));
    return paged;
  }
  if (page.skip >= paged.count) return paged;
  const std::size_t wanted = std::min(page.limit, paged.count - page.skip);
  const Beginning beginning = beginning_of(matching, page.skip);
  std::vector<std::int64_t> ids;
  for (const Group& group : matching) {
    const std::vector<std::int64_t> newest = newest_ids(group, beginning.up_to, beginning.skip + wanted);
    ids.insert(ids.end(), newest.begin(), newest.end());
  }
  const auto first = ids.begin() + static_cast<std::ptrdiff_t>(beginning.skip);
  const auto last = first + static_cast<std::ptrdiff_t>(wanted);
  std::partial_sort(ids.begin(), last, ids.end(), std::greater<>());
  for (auto id = first; id != last; ++id) paged.documents.push_back(delivery_row(*id));
  return paged;
}

Paged<Delivery> Queries::deliveries_about(const DeliveryFilter& filter, Page page) {
  const std::optional<std::string> status =
      filter.status ? std::optional<std::string>(to_string(*filter.status)) : std::nullopt;
  Paged<Delivery> paged;
  const std::string shown = hides_anybody() ? "AND " + not_hidden("d.client_id") : "";
  Query count = db_.query(
      std::string(
          "SELECT COUNT(*) FROM event_subjects s JOIN deliveries d ON d.id = s.delivery WHERE s.name = ?1 "
          "AND (?2 IS NULL OR d.client_id = ?2) AND (?3 IS NULL OR d.status = ?3) "
          "AND (?4 IS NULL OR d.event_type = ?4) ") +
      shown);
  if (count.bind(*filter.subject, filter.client_id, status, filter.event_type).step()) {
    paged.count = static_cast<std::size_t>(count.integer());
  }
  Query query =
      db_.query(std::string("SELECT " ZEST_DELIVERY_COLUMNS
                            " FROM event_subjects s JOIN deliveries d ON d.id = s.delivery WHERE s.name = ?1 "
                            "AND (?2 IS NULL OR d.client_id = ?2) AND (?3 IS NULL OR d.status = ?3) "
                            "AND (?4 IS NULL OR d.event_type = ?4) ") +
                shown + " ORDER BY s.delivery DESC LIMIT ?5 OFFSET ?6");
  query.bind(*filter.subject, filter.client_id, status, filter.event_type, page.limit, page.skip);
  while (query.step()) paged.documents.push_back(read_delivery(query));
  return paged;
}

std::vector<Attempt> Queries::attempts(std::string_view delivery_id) {
  if (hides_anybody() && !delivery(delivery_id)) return {};
  Query query = db_.query("SELECT " ZEST_ATTEMPT_COLUMNS
                          " FROM attempts WHERE delivery = (SELECT id FROM deliveries WHERE "
                          "delivery_id = ?) ORDER BY id");
  query.bind(delivery_id);
  std::vector<Attempt> found;
  while (query.step()) found.push_back(read_attempt(query, delivery_id));
  return found;
}

std::vector<DeliveryCount> Queries::delivery_counts() {
  Query query = db_.query(
      "SELECT client_id, status, SUM(count) FROM delivery_counts GROUP BY client_id, status "
      "HAVING SUM(count) > 0");
  std::vector<DeliveryCount> counts;
  while (query.step()) {
    DeliveryCount count;
    count.client_id = query.text();
    count.status = parse_delivery_status(query.text()).value_or(DeliveryStatus::Pending);
    count.count = static_cast<std::size_t>(query.integer());
    if (!is_hidden(count.client_id)) counts.push_back(std::move(count));
  }
  return counts;
}

// The conditions are the indexes' own, word for word: that is how the planner knows that it may use them.
#define ZEST_LANE_TIMERS " FROM timers INDEXED BY timers_due WHERE client_id = ? AND (? OR kind <> ?) "
#define ZEST_OF_OPEN_DELIVERIES \
  "WHERE client_id = ? AND status IN ('pending', 'retrying') AND next_attempt_at IS NOT NULL "

std::optional<Instant> Queries::next_due(std::string_view client_id, OfDue wanted) {
  std::optional<Instant> due;
  if (is_hidden(client_id)) return due;
  if (wanted.timers) {
    Query timer = db_.query("SELECT due_at" ZEST_LANE_TIMERS "ORDER BY due_at, sequence LIMIT 1");
    timer.bind(client_id, wanted.deliveries, to_string(TimerKind::ExtraAttempt));
    if (timer.step()) due = timer.instant();
  }
  if (!wanted.deliveries) return due;
  Query delivery =
      db_.query("SELECT next_attempt_at FROM deliveries INDEXED BY deliveries_due " ZEST_OF_OPEN_DELIVERIES
                "ORDER BY next_attempt_at, sequence LIMIT 1");
  if (!delivery.bind(client_id).step()) return due;
  const Instant next = delivery.instant();
  return due ? std::min(*due, next) : next;
}

std::optional<DueWork> Queries::due_work(std::string_view client_id, Instant now, OfDue wanted,
                                         std::int64_t* row) {
  std::optional<Timer> timer;
  if (wanted.timers) {
    Query timers = db_.query("SELECT " ZEST_TIMER_COLUMNS ZEST_LANE_TIMERS
                             "AND due_at <= ? ORDER BY due_at, sequence LIMIT 1");
    timers.bind(client_id, wanted.deliveries, to_string(TimerKind::ExtraAttempt), now);
    if (timers.step()) timer = read_timer(timers);
  }
  if (!wanted.deliveries) return timer ? std::optional<DueWork>(std::move(*timer)) : std::nullopt;
  Query deliveries =
      db_.query("SELECT " ZEST_DELIVERY_COLUMNS
                ", occurred_at, body, subjects, deliveries.id FROM deliveries INDEXED BY deliveries_due "
                "LEFT JOIN events ON events.id = deliveries.id " ZEST_OF_OPEN_DELIVERIES
                "AND next_attempt_at <= ? ORDER BY next_attempt_at, sequence LIMIT 1");
  if (deliveries.bind(client_id, now).step()) {
    DueDelivery due;
    due.delivery = read_delivery(deliveries);
    const Instant at = due.delivery.next_attempt_at.value_or(now);
    if (!timer || at < timer->due_at || (at == timer->due_at && due.delivery.sequence < timer->sequence)) {
      due.event.id = due.delivery.id;
      due.event.type = due.delivery.event_type;
      due.event.client_id = due.delivery.client_id;
      due.event.occurred_at = deliveries.instant();
      due.event.body = deliveries.text();
      due.event.subjects = parse_subjects(deliveries.text());
      if (row != nullptr) *row = deliveries.integer();
      return std::optional<DueWork>(std::move(due));
    }
  }
  return timer ? std::optional<DueWork>(std::move(*timer)) : std::nullopt;
}

std::size_t Queries::open_deliveries(std::string_view client_id) {
  Query query = db_.query(
      "SELECT COALESCE(SUM(count), 0) FROM delivery_counts WHERE client_id = ? "
      "AND status IN ('pending', 'retrying')");
  return query.bind(client_id).step() ? static_cast<std::size_t>(query.integer()) : 0;
}

std::vector<std::string> Queries::open_delivery_ids(std::string_view client_id, std::size_t limit) {
  std::vector<std::int64_t> rows;
  for (const DeliveryStatus status : {DeliveryStatus::Pending, DeliveryStatus::Retrying}) {
    DeliveryFilter filter;
    filter.client_id = std::string(client_id);
    filter.status = status;
    for (const Group& group : groups(filter)) {
      const std::vector<std::int64_t> oldest = oldest_ids(group, limit);
      rows.insert(rows.end(), oldest.begin(), oldest.end());
    }
  }
  std::sort(rows.begin(), rows.end());
  if (rows.size() > limit) rows.resize(limit);
  std::vector<std::string> ids;
  ids.reserve(rows.size());
  for (const std::int64_t row : rows) ids.push_back(delivery_row(row).id);
  return ids;
}

}  // namespace zest::store
