// How many investors each partner has: the table investor_counts, which lists read (read.cpp). Kept and
// written like the counts of deliveries (delivery_counts.h). Thread-safety: none, the writer's thread only.
// Errors: Unavailable.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "store/sqlite/db.h"

namespace zest::store {

class InvestorCounts {
 public:
  explicit InvestorCounts(Connection& db) : db_(db) {}

  // `by`: how many came, or went where it is negative.
  void changed(std::string_view client_id, std::int64_t by);

  void flush();
  // Forgets everything: the transaction was rolled back.
  void clear() { changes_.clear(); }

 private:
  Connection& db_;
  std::map<std::string, std::int64_t, std::less<>> changes_;  // by client id
};

}  // namespace zest::store
