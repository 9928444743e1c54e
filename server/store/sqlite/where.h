// The WHERE clause of a statement whose conditions depend on what is asked for. Thread-safety: none.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/sqlite/db.h"

namespace zest::store {

// Conditions joined by AND, with the values that they compare to.
class Where {
 public:
  // `column = value`; no condition where there is no value.
  void equals(std::string_view column, const std::optional<std::string>& value) {
    if (!value) return;
    holds(std::string(column) + " = ?");
    values_.push_back(*value);
  }
  void holds(std::string_view condition) {
    sql_ += sql_.empty() ? " WHERE " : " AND ";
    sql_ += condition;
  }
  std::string sql() const { return sql_; }
  // Before anything that follows in the statement.
  void bind(Query& query) const {
    for (const std::string& value : values_) query.bind(value);
  }

 private:
  std::string sql_;
  std::vector<std::string> values_;
};

}  // namespace zest::store
