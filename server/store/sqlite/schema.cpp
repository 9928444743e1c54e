#include "store/sqlite/schema.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "base/embedded.h"

namespace zest::store {
namespace {

struct Migration {
  int version = 0;
  std::string_view sql;
};

// By number: 0001_initial.sql is version 1.
std::vector<Migration> all_migrations() {
  std::vector<Migration> migrations;
  for (const embedded::EmbeddedFile& file : embedded::migrations()) {
    Migration migration;
    migration.sql = file.bytes;
    std::from_chars(file.name.data(), file.name.data() + file.name.size(), migration.version);
    migrations.push_back(migration);
  }
  std::sort(migrations.begin(), migrations.end(),
            [](const Migration& a, const Migration& b) { return a.version < b.version; });
  return migrations;
}

std::int64_t number(Connection& db, std::string_view sql) {
  Query query = db.query(sql);
  return query.step() ? query.integer() : 0;
}

}  // namespace

int newest_schema() {
  const std::vector<Migration> migrations = all_migrations();
  return migrations.empty() ? 0 : migrations.back().version;
}

Result<bool> check_schema(Connection& db, const std::string& name) {
  const std::int64_t application = number(db, "PRAGMA application_id");
  const std::int64_t version = number(db, "PRAGMA user_version");
  const bool fresh = application == 0 && number(db, "SELECT COUNT(*) FROM sqlite_master") == 0;
  if (!fresh && application != kApplicationId) {
    return make_error(ErrorKind::InvalidRequest, "The SQLite database " + name +
                                                     " belongs to another application; choose another path.");
  }
  if (version > newest_schema()) {
    return make_error(ErrorKind::InvalidRequest,
                      "The database " + name + " was written by a newer zest-sandbox (schema " +
                          std::to_string(version) + ", this version knows " +
                          std::to_string(newest_schema()) + "); use that version or choose another path.");
  }
  return fresh;
}

void migrate(Connection& db, int version) {
  const std::int64_t present = number(db, "PRAGMA user_version");
  for (const Migration& migration : all_migrations()) {
    if (migration.version <= present || migration.version > version) continue;
    db.execute("BEGIN IMMEDIATE");
    db.execute(std::string(migration.sql));
    db.execute("PRAGMA application_id = " + std::to_string(kApplicationId));
    db.execute("PRAGMA user_version = " + std::to_string(migration.version));
    db.execute("COMMIT");
  }
}

}  // namespace zest::store
