// Partners whose reset is under way: what they still have goes in portions, of which nobody is told.
#include "store/sqlite/read.h"

namespace zest::store {

#define ZEST_HIDDEN "SELECT client_id FROM lanes INDEXED BY lanes_resetting WHERE resetting IS NOT NULL"

bool Queries::hides_anybody() {
  if (resets_ == OfResets::Told) return false;
  if (!hidden_) {
    hidden_.emplace();
    Query query = db_.query(ZEST_HIDDEN);
    while (query.step()) hidden_->insert(query.text());
  }
  return !hidden_->empty();
}

bool Queries::is_hidden(std::string_view client_id) {
  return hides_anybody() && hidden_->contains(client_id);
}

std::string Queries::not_hidden(std::string_view column) {
  return hides_anybody() ? std::string(column) + " NOT IN (" ZEST_HIDDEN ")" : "";
}

void Queries::hide(Where& where) {
  if (hides_anybody()) where.holds(not_hidden("client_id"));
}

}  // namespace zest::store
