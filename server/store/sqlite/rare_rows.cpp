#include "store/sqlite/rare_rows.h"

#include <string_view>

namespace zest::store {
namespace {

std::string_view question(RareRows::Table table) {
  switch (table) {
    case RareRows::Table::Timers:
      return "SELECT 1 FROM timers WHERE id > 0 LIMIT 1";
    case RareRows::Table::ChaosRules:
      return "SELECT 1 FROM chaos_rules WHERE id > 0 LIMIT 1";
    case RareRows::Table::DeliveryChaos:
      return "SELECT 1 FROM chaos_deliveries WHERE id > 0 LIMIT 1";
    case RareRows::Table::HeldDeliveries:
      return "SELECT 1 FROM held_deliveries WHERE id > 0 LIMIT 1";
  }
  return "";
}

}  // namespace

bool RareRows::are_in(Table table) {
  std::optional<bool>& rows = known(table);
  if (!rows) rows = db_.query(question(table)).step();
  return *rows;
}

}  // namespace zest::store
