// What snapshots of 0.1.0 hold: its tables, each a list of rows {column: value}, bytes as {"$hex": "…"}. The
// rows go into a scratch database of that version's schema, take the way that a database of that version
// takes, and come out as values. Thread-safety: none.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/log.h"
#include "base/result.h"
#include "store/state.h"

namespace zest::store {

class OldTables {
 public:
  // In `scratch`, a folder. Errors: ServiceUnavailable.
  static Result<std::unique_ptr<OldTables>> create(const std::filesystem::path& scratch, Log& log);
  virtual ~OldTables() = default;

  // In the order in which their rows are to be added.
  virtual const std::vector<std::string>& names() const = 0;
  // Errors: InvalidRequest naming table and reason; ServiceUnavailable.
  virtual Result<void> add_row(const std::string& table, const Json& row) = 0;
  // Once all rows were added. Errors: InvalidRequest for rows that 0.1.0 does not write; those of `visit`.
  virtual Result<void> visit(const StateVisitor& visit) = 0;
};

}  // namespace zest::store
