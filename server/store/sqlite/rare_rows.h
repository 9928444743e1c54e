// Which of the tables that are empty in most states have rows, so that who claims and settles deliveries by
// the thousand need not ask each of them each time. Asked once; kept up by who adds and removes rows.
// Thread-safety: none, the writer's thread only. Errors: Unavailable.
#pragma once

#include <array>
#include <optional>

#include "store/sqlite/db.h"

namespace zest::store {

class RareRows {
 public:
  enum class Table { Timers, ChaosRules, DeliveryChaos, HeldDeliveries };

  explicit RareRows(Connection& db) : db_(db) {}

  bool are_in(Table table);
  void added_to(Table table) { known(table) = true; }
  void removed_from(Table table) { known(table).reset(); }  // perhaps the last of them
  // The transaction was rolled back, or the database has another content.
  void forget() { known_.fill(std::nullopt); }

 private:
  std::optional<bool>& known(Table table) { return known_[static_cast<std::size_t>(table)]; }

  Connection& db_;
  std::array<std::optional<bool>, 4> known_{};
};

}  // namespace zest::store
