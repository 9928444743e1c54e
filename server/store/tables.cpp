// Export and import of the whole state: each table as a list of rows {column: value}, bytes as {"$hex": "…"}.
// The schema says which tables and columns there are; nothing from the imported document becomes part of a
// statement.
#include <algorithm>

#include "base/crypto.h"
#include "store/rows.h"
#include "store/sqlite_write.h"

namespace zest::store {
namespace {

constexpr std::string_view kHexKey = "$hex";

Error refused(const std::string& table, const std::string& reason) {
  return make_error(ErrorKind::InvalidRequest, "The snapshot's table \"" + table + "\" " + reason + ".");
}

std::vector<std::string> names(Connection& db, std::string_view sql) {
  Query query = db.query(sql);
  std::vector<std::string> found;
  while (query.step()) found.push_back(query.text());
  return found;
}

// In order of creation, so that what refers comes after what it refers to. Without counts: those follow from
// the rest.
std::vector<std::string> table_names(Connection& db) {
  return names(
      db,
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
      "AND name NOT LIKE '%\\_counts' ESCAPE '\\' ORDER BY rowid");
}

std::vector<std::string> count_tables(Connection& db) {
  return names(db,
               "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE '%\\_counts' ESCAPE '\\'");
}

std::vector<std::string> column_names(Connection& db, const std::string& table) {
  Query query = db.query("SELECT name FROM pragma_table_info(?) ORDER BY cid");
  query.bind(table);
  std::vector<std::string> columns;
  while (query.step()) columns.push_back(query.text());
  return columns;
}

// Names of our own schema are plain, so quoting them is enough.
std::string quoted(const std::string& name) { return '"' + name + '"'; }

// Rows that belong to this database rather than to the state that it holds.
std::string kept_condition(const std::string& table) {
  if (table != "meta") return "";
  return " WHERE substr(name, 1, " + std::to_string(kLocalMetaPrefix.size()) + ") <> '" +
         std::string(kLocalMetaPrefix) + "'";
}

Json column_json(Query& row) {
  switch (row.next_type()) {
    case ColumnType::Integer:
      return row.integer();
    case ColumnType::Text:
      return row.text();
    case ColumnType::Blob: {
      Json bytes = Json::object();
      bytes[std::string(kHexKey)] = to_hex(row.text());
      return bytes;
    }
    case ColumnType::Null:
    case ColumnType::Other:
      break;
  }
  row.skip();
  return nullptr;
}

// What is wrong with the value, or nothing once it is bound.
std::optional<std::string> bind_json(Query& query, const Json& value) {
  if (value.is_null()) {
    query.bind(nullptr);
  } else if (value.is_string()) {
    query.bind(value.get_ref<const std::string&>());
  } else if (value.is_number_integer() &&
             (!value.is_number_unsigned() || value.get<std::uint64_t>() <= std::uint64_t{INT64_MAX})) {
    query.bind(value.get<std::int64_t>());
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

Result<void> import_row(Connection& db, const std::string& table, const std::vector<std::string>& columns,
                        const Json& row) {
  if (!row.is_object()) return refused(table, "holds a row that is no object");
  std::string column_list;
  std::string parameters;
  for (const auto& entry : row.items()) {
    const auto known = std::find(columns.begin(), columns.end(), entry.key());
    if (known == columns.end()) return refused(table, "has an unknown column");
    column_list += (column_list.empty() ? "" : ", ") + quoted(*known);
    parameters += parameters.empty() ? "?" : ", ?";
  }
  if (column_list.empty()) return refused(table, "holds an empty row");
  Query query =
      db.query("INSERT INTO " + quoted(table) + " (" + column_list + ") VALUES (" + parameters + ")");
  for (const auto& entry : row.items()) {
    if (const auto wrong = bind_json(query, entry.value())) return refused(table, *wrong);
  }
  try {
    query.run();
  } catch (const ConstraintViolation& violation) {
    return refused(table, std::string("holds a row that does not fit: ") + violation.what());
  }
  return {};
}

Result<void> import_table(Connection& db, const std::string& table, const Json& rows) {
  if (!rows.is_array()) return refused(table, "is no list of rows");
  const std::vector<std::string> columns = column_names(db, table);
  for (const Json& row : rows) {
    if (table == "meta") {
      const std::string* name = string_member(row, "name");
      if (name != nullptr && name->compare(0, kLocalMetaPrefix.size(), kLocalMetaPrefix) == 0) continue;
    }
    RETURN_IF_ERROR(import_row(db, table, columns, row));
  }
  return {};
}

// JSON inside columns is read back without asking again.
Result<void> check_documents(Connection& db) {
  struct Column {
    const char* table;
    const char* sql;
  };
  static constexpr Column kColumns[] = {
      {"spv_requests",
       "SELECT 1 FROM spv_requests WHERE NOT json_valid(attributes) OR NOT json_valid(share_classes) OR "
       "json_type(share_classes) <> 'array' LIMIT 1"},
      {"events",
       "SELECT 1 FROM events WHERE NOT json_valid(subjects) OR json_type(subjects) <> 'array' LIMIT 1"},
      {"attempts",
       "SELECT 1 FROM attempts WHERE NOT json_valid(request_headers) OR json_type(request_headers) <> "
       "'array' LIMIT 1"},
      {"chaos_rules", "SELECT 1 FROM chaos_rules WHERE NOT json_valid(document) LIMIT 1"},
      {"chaos_deliveries",
       "SELECT 1 FROM chaos_deliveries WHERE NOT json_valid(met) OR json_type(met) <> 'array' OR "
       "NOT json_valid(postponed_by) OR json_type(postponed_by) <> 'array' LIMIT 1"},
  };
  for (const Column& column : kColumns) {
    Query query = db.query(column.sql);
    if (query.step()) return refused(column.table, "holds a document that is not the JSON expected there");
  }
  return {};
}

}  // namespace

Json export_all_tables(Connection& db) {
  Json tables = Json::object();
  for (const std::string& table : table_names(db)) {
    const std::vector<std::string> columns = column_names(db, table);
    Json rows = Json::array();
    Query query = db.query("SELECT * FROM " + quoted(table) + kept_condition(table));
    while (query.step()) {
      Json row = Json::object();
      for (const std::string& column : columns) row[column] = column_json(query);
      rows.push_back(std::move(row));
    }
    tables[table] = std::move(rows);
  }
  Json exported = Json::object();
  exported["tables"] = std::move(tables);
  return exported;
}

Result<void> SqliteWrite::import_tables(const Json& exported) {
  const Json* tables = member(exported, "tables");
  if (tables == nullptr || !tables->is_object()) {
    return make_error(ErrorKind::InvalidRequest, "The snapshot has no object \"tables\".");
  }
  const std::vector<std::string> known = table_names(db_);
  for (const auto& entry : tables->items()) {
    if (std::find(known.begin(), known.end(), entry.key()) == known.end()) {
      return refused(entry.key(), "is unknown to this version");
    }
  }
  for (auto table = known.rbegin(); table != known.rend(); ++table) {
    db_.query("DELETE FROM " + quoted(*table) + kept_condition(*table)).run();
  }
  for (const std::string& table : count_tables(db_)) db_.query("DELETE FROM " + quoted(table)).run();
  for (const std::string& table : known) {
    if (const Json* rows = member(*tables, table)) RETURN_IF_ERROR(import_table(db_, table, *rows));
  }
  RETURN_IF_ERROR(check_documents(db_));
  return_in_flight(db_);
  publish_everything();
  return {};
}

}  // namespace zest::store
