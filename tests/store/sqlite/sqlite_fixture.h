// A store over a real database file.
#pragma once

#include <filesystem>
#include <memory>

#include "store/sqlite/open.h"
#include "store/store_fixture.h"

namespace zest::store {

class SqliteTest : public StoreFixture {
 protected:
  std::filesystem::path database() const { return folder_.path() / "sandbox.db"; }

  Result<std::unique_ptr<Store>> open() override {
    options_.database = database();
    options_.durable = false;
    return open_sqlite(options_, log_);
  }

  SqliteOptions options_;
};

// Statements that lead back to older schemas: they take out what later migrations added. The triggers of
// schema 7 are there again by name, which is all that dropping them asks for.
inline constexpr const char* kBackToSchema7 =
    "CREATE TRIGGER investors_inserted AFTER INSERT ON investors BEGIN SELECT 1; END;"
    "CREATE TRIGGER investors_deleted AFTER INSERT ON investors BEGIN SELECT 1; END;"
    "DROP INDEX lanes_resetting; ALTER TABLE lanes DROP COLUMN resetting;"
    "CREATE TRIGGER deliveries_inserted AFTER INSERT ON deliveries BEGIN SELECT 1; END;"
    "CREATE TRIGGER deliveries_moved AFTER INSERT ON deliveries BEGIN SELECT 1; END;"
    "CREATE TRIGGER deliveries_deleted AFTER INSERT ON deliveries BEGIN SELECT 1; END;"
    "CREATE TRIGGER deliveries_added_to_block AFTER INSERT ON deliveries BEGIN SELECT 1; END;"
    "CREATE TRIGGER deliveries_inserted_in_block AFTER INSERT ON deliveries BEGIN SELECT 1; END;"
    "CREATE TRIGGER deliveries_moved_from AFTER INSERT ON deliveries BEGIN SELECT 1; END;"
    "CREATE TRIGGER deliveries_moved_to AFTER INSERT ON deliveries BEGIN SELECT 1; END;";
inline constexpr const char* kFromSchema7To4 =
    "DROP INDEX held_deliveries_by_extra; ALTER TABLE held_deliveries DROP COLUMN follows_extra;"
    "DROP TABLE replaced_uploads; DROP TRIGGER investors_inserted; DROP TRIGGER investors_deleted; DROP "
    "TABLE investor_counts;"
    "DROP TRIGGER subscriptions_inserted_with_uploads; DROP TRIGGER subscriptions_uploaded;"
    "DROP TRIGGER subscriptions_deleted_with_uploads; DROP TABLE upload_counts; DROP INDEX "
    "investors_by_client;"
    "DROP INDEX subscriptions_by_form_time; DROP INDEX subscriptions_by_client_form_time;"
    "DROP INDEX subscriptions_by_funding_time; DROP INDEX subscriptions_by_client_funding_time;";

}  // namespace zest::store
