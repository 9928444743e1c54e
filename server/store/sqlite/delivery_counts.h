// How many deliveries there are of each kind: the tables delivery_counts, delivery_block_counts and
// block_counts, which lists and counts read (read_deliveries.cpp). The writer keeps what a group of bodies
// changes here and adds it to the tables once for the group with flush(), in its transaction: they are as
// exact as the deliveries themselves, whatever ends the process.
//
// Whoever adds, moves or removes deliveries by a statement of its own says so here, or changes the tables
// himself after a flush(). Thread-safety: none, the writer's thread only. Errors: Unavailable.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "model/delivery.h"
#include "store/sqlite/db.h"

namespace zest::store {

// Ids of a block share all but their lowest bits, as in migrations/0004_deep_pages.sql.
inline constexpr int kBlockBits = 10;

class DeliveryCounts {
 public:
  explicit DeliveryCounts(Connection& db) : db_(db) {}

  // `row`: the delivery's id in its table.
  void added(const std::string& client_id, const std::string& event_type, DeliveryStatus status,
             std::int64_t row);
  void removed(const std::string& client_id, const std::string& event_type, DeliveryStatus status,
               std::int64_t row);
  void moved(const std::string& client_id, const std::string& event_type, DeliveryStatus from,
             DeliveryStatus to, std::int64_t row);

  void flush();
  // Forgets everything: the transaction was rolled back.
  void clear();

 private:
  using ByStatus = std::array<std::int64_t, kDeliveryStatuses.size()>;
  struct Changes {  // of one partner's deliveries of one event type
    ByStatus all{};
    std::map<std::int64_t, ByStatus> by_block;  // those in flight are not told apart
  };

  void count(Changes& changes, DeliveryStatus status, std::int64_t block, std::int64_t by);
  void write(const std::string& client_id, const std::string& event_type, const Changes& changes);

  Connection& db_;
  std::map<std::string, std::map<std::string, Changes>> changes_;  // by client id, then by event type
  std::map<std::int64_t, std::int64_t> blocks_;                    // of all deliveries
};

}  // namespace zest::store
