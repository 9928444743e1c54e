// The schema says which tables and columns there are; nothing from the rows becomes part of a statement.
#include "store/sqlite/old_tables.h"

#include <algorithm>
#include <map>

#include "base/crypto.h"
#include "store/sqlite/readers.h"
#include "store/sqlite/schema.h"
#include "store/sqlite/staged.h"

namespace zest::store {
namespace {

constexpr int kSchemaOfVersion010 = 4;
constexpr std::string_view kHexKey = "$hex";
constexpr std::string_view kLocalMeta = "local.";  // belonged to the database that the snapshot is of

// Columns that hold instants besides those whose name ends in _at.
constexpr std::string_view kInstants[] = {"anchor_virtual",
                                          "anchor_wall",
                                          "initial_anchor_virtual",
                                          "high_water",
                                          "initial_anchor_wall",
                                          "virtual_time",
                                          "wall_time",
                                          "since"};

Error refused(const std::string& table, const std::string& reason) {
  return invalid_request("The snapshot's table \"" + table + "\" " + reason + ".");
}

std::vector<std::string> all_names(Connection& db, std::string_view sql) {
  Query query = db.query(sql);
  std::vector<std::string> found;
  while (query.step()) found.push_back(query.text());
  return found;
}

std::vector<std::string> column_names(Connection& db, const std::string& table) {
  Query query = db.query("SELECT name FROM pragma_table_info(?) ORDER BY cid");
  query.bind(table);
  std::vector<std::string> columns;
  while (query.step()) columns.push_back(query.text());
  return columns;
}

// Names of our own schema are plain, so quoting them is enough.
std::string in_quotation(const std::string& name) { return '"' + name + '"'; }

bool is_instant(std::string_view column) {
  if (column.size() > 3 && column.substr(column.size() - 3) == "_at") return true;
  return std::find(std::begin(kInstants), std::end(kInstants), column) != std::end(kInstants);
}

bool is_integer(const Json& value) {
  return value.is_number_integer() &&
         (!value.is_number_unsigned() || value.get<std::uint64_t>() <= std::uint64_t{INT64_MAX});
}

// What an instant of the API can say.
bool is_sayable(std::int64_t ms) {
  static const std::int64_t first = to_ms(parse_instant("0001-01-01T00:00:00Z").value());
  static const std::int64_t last = to_ms(parse_instant("9999-12-31T23:59:59.999Z").value());
  return ms >= first && ms <= last;
}

// What is wrong with the value, or nothing once it is bound.
std::optional<std::string> bind_json(Query& query, const std::string& column, const Json& value) {
  if (value.is_null()) {
    query.bind(nullptr);
  } else if (value.is_string()) {
    query.bind(value.get_ref<const std::string&>());
  } else if (is_integer(value)) {
    const auto number = value.get<std::int64_t>();
    if (is_instant(column) && !is_sayable(number)) return "holds an instant out of range in " + column;
    query.bind(number);
  } else if (value.is_object() && value.size() == 1) {
    const std::string* hex = string_member(value, kHexKey);
    if (hex == nullptr) return "holds an object that is no {\"$hex\": …}";
    const Result<std::string> bytes = from_hex(*hex);
    if (!bytes.ok()) return "holds bytes that are no hexadecimal text";
    query.bind(Blob{bytes.value()});
  } else {
    return "holds a value that is neither null, text, a 64-bit integer nor {\"$hex\": …}";
  }
  return std::nullopt;
}

bool is_planned_replay(const Json& entry) {
  const Json* after = member(entry, "after");
  return string_member(entry, "rule") != nullptr && after != nullptr && is_integer(*after);
}

// The one document of a row that is read leniently where it is used.
bool has_sound_replays(const Json& row) {
  const std::string* text = string_member(row, "replays");
  const Result<Json> replays = text ? parse_json(*text) : Result<Json>(Json());
  return replays.ok() && replays->is_array() &&
         std::all_of(replays->begin(), replays->end(), is_planned_replay);
}

class SqliteOldTables final : public OldTables {
 public:
  SqliteOldTables(const std::filesystem::path& scratch, Log& log)
      : database_(scratch, kSchemaOfVersion010), db_(database_.connection()), log_(log) {
    // In order of creation, so that what refers comes after what it refers to. Without counts: those follow
    // from the rest.
    names_ = all_names(db_,
                       "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' "
                       "ESCAPE '\\' AND name NOT LIKE '%\\_counts' ESCAPE '\\' ORDER BY rowid");
    for (const std::string& table : names_) columns_[table] = column_names(db_, table);
    db_.query("BEGIN").run();
  }

  const std::vector<std::string>& names() const override { return names_; }
  Result<void> add_row(const std::string& table, const Json& row) override;
  Result<void> visit(const StateVisitor& visit) override;

 private:
  Result<void> insert(const std::string& table, const Json& row);

  ScratchDatabase database_;
  Connection& db_;
  Log& log_;
  std::vector<std::string> names_;
  std::map<std::string, std::vector<std::string>> columns_;  // by table
};

Result<void> SqliteOldTables::add_row(const std::string& table, const Json& row) {
  if (!row.is_object()) return refused(table, "holds a row that is no object");
  if (row.empty()) return refused(table, "holds an empty row");
  const std::string* name = table == "meta" ? string_member(row, "name") : nullptr;
  if (name != nullptr && name->compare(0, kLocalMeta.size(), kLocalMeta) == 0) return {};
  if (table == "chaos_deliveries" && !has_sound_replays(row))
    return refused(table, "holds a document that is not the JSON expected there");
  try {
    return insert(table, row);
  } catch (const ConstraintViolation& violation) {
    return refused(table, std::string("holds a row that does not fit: ") + violation.what());
  } catch (const Unavailable& failure) {
    return unavailable_error(log_, failure.what());
  }
}

Result<void> SqliteOldTables::insert(const std::string& table, const Json& row) {
  const std::vector<std::string>& known = columns_.at(table);
  std::string columns;
  std::string parameters;
  for (const auto& entry : row.items()) {
    const auto column = std::find(known.begin(), known.end(), entry.key());
    if (column == known.end()) return refused(table, "has an unknown column");
    columns += (columns.empty() ? "" : ", ") + in_quotation(*column);
    parameters += parameters.empty() ? "?" : ", ?";
  }
  Query query =
      db_.query("INSERT INTO " + in_quotation(table) + " (" + columns + ") VALUES (" + parameters + ")");
  for (const auto& entry : row.items()) {
    if (const auto wrong = bind_json(query, entry.key(), entry.value())) return refused(table, *wrong);
  }
  query.run();
  return {};
}

Result<void> SqliteOldTables::visit(const StateVisitor& visit) {
  try {
    db_.query("COMMIT").run();
    migrate(db_, newest_schema());
    return Queries(db_).visit_state(visit);
  } catch (const Unavailable& failure) {
    return unavailable_error(log_, failure.what());
  } catch (const std::runtime_error& damage) {
    return invalid_request(std::string("The snapshot holds what no version wrote: ") + damage.what() + ".");
  }
}

}  // namespace

Result<std::unique_ptr<OldTables>> OldTables::create(const std::filesystem::path& scratch, Log& log) {
  try {
    return std::unique_ptr<OldTables>(std::make_unique<SqliteOldTables>(scratch, log));
  } catch (const Unavailable& failure) {
    return unavailable_error(log, failure.what());
  }
}

}  // namespace zest::store
