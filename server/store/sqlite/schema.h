// Brings a database to this version's schema, or says in one sentence why it cannot be used.
#pragma once

#include <string>

#include "base/result.h"
#include "store/sqlite/db.h"

namespace zest::store {

// "Zest" in the header of the file: which application a database belongs to.
inline constexpr std::int64_t kApplicationId = 0x5a657374;

// The schema version that this build knows: the number of the last migration.
int newest_schema();

// Changes nothing. True: there is no schema yet. Errors: InvalidRequest for another application's database or
// a newer schema; `name` is how the sentence calls the database. Throws Unavailable when it cannot be read.
Result<bool> check_schema(Connection& db, const std::string& name);

// Applies the migrations that are missing up to schema `version`, each in a transaction of its own. Throws
// Unavailable.
void migrate(Connection& db, int version = newest_schema());

}  // namespace zest::store
