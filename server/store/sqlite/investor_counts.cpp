#include "store/sqlite/investor_counts.h"

namespace zest::store {

void InvestorCounts::changed(std::string_view client_id, std::int64_t by) {
  if (by == 0) return;
  const auto known = changes_.find(client_id);
  if (known != changes_.end()) {
    known->second += by;
  } else {
    changes_.emplace(std::string(client_id), by);
  }
}

void InvestorCounts::flush() {
  for (const auto& [client_id, by] : changes_) {
    db_.query(
           "INSERT INTO investor_counts (client_id, count) VALUES (?, ?) "
           "ON CONFLICT DO UPDATE SET count = count + excluded.count")
        .bind(client_id, by)
        .run();
  }
  clear();
}

}  // namespace zest::store
