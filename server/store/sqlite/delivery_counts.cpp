#include "store/sqlite/delivery_counts.h"

namespace zest::store {

void DeliveryCounts::count(Changes& changes, DeliveryStatus status, std::int64_t block, std::int64_t by) {
  const auto index = static_cast<std::size_t>(status);
  changes.all[index] += by;
  if (status != DeliveryStatus::InFlight) changes.by_block[block][index] += by;
}

void DeliveryCounts::added(const std::string& client_id, const std::string& event_type, DeliveryStatus status,
                           std::int64_t row) {
  const std::int64_t block = row >> kBlockBits;
  count(changes_[client_id][event_type], status, block, 1);
  ++blocks_[block];
}

void DeliveryCounts::removed(const std::string& client_id, const std::string& event_type,
                             DeliveryStatus status, std::int64_t row) {
  const std::int64_t block = row >> kBlockBits;
  count(changes_[client_id][event_type], status, block, -1);
  --blocks_[block];
}

void DeliveryCounts::moved(const std::string& client_id, const std::string& event_type, DeliveryStatus from,
                           DeliveryStatus to, std::int64_t row) {
  if (from == to) return;
  Changes& changes = changes_[client_id][event_type];
  const std::int64_t block = row >> kBlockBits;
  count(changes, from, block, -1);
  count(changes, to, block, 1);
}

void DeliveryCounts::write(const std::string& client_id, const std::string& event_type,
                           const Changes& changes) {
  for (const DeliveryStatus status : kDeliveryStatuses) {
    const auto index = static_cast<std::size_t>(status);
    if (changes.all[index] != 0) {
      db_.query(
             "INSERT INTO delivery_counts (client_id, status, event_type, count) VALUES (?, ?, ?, ?) "
             "ON CONFLICT DO UPDATE SET count = count + excluded.count")
          .bind(client_id, to_string(status), event_type, changes.all[index])
          .run();
    }
    for (const auto& [block, by_status] : changes.by_block) {
      if (by_status[index] == 0) continue;
      db_.query(
             "INSERT INTO delivery_block_counts (client_id, status, event_type, block, count) "
             "VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count")
          .bind(client_id, to_string(status), event_type, block, by_status[index])
          .run();
    }
  }
}

void DeliveryCounts::flush() {
  for (const auto& [client_id, by_type] : changes_) {
    for (const auto& [event_type, changes] : by_type) write(client_id, event_type, changes);
  }
  for (const auto& [block, count] : blocks_) {
    db_.query(
           "INSERT INTO block_counts (block, count) VALUES (?, ?) "
           "ON CONFLICT DO UPDATE SET count = count + excluded.count")
        .bind(block, count)
        .run();
  }
  clear();
}

void DeliveryCounts::clear() {
  changes_.clear();
  blocks_.clear();
}

}  // namespace zest::store
