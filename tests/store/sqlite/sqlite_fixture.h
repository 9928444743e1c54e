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

// Takes what 0005_console_lists.sql and later migrations added out of a database: statements that
// lead back to schema 4.
inline constexpr const char* kBackToSchema4 =
    "DROP INDEX held_deliveries_by_extra; ALTER TABLE held_deliveries DROP COLUMN follows_extra;"
    "DROP TABLE replaced_uploads; DROP TRIGGER investors_inserted; DROP TRIGGER investors_deleted; DROP "
    "TABLE investor_counts;"
    "DROP TRIGGER subscriptions_inserted_with_uploads; DROP TRIGGER subscriptions_uploaded;"
    "DROP TRIGGER subscriptions_deleted_with_uploads; DROP TABLE upload_counts; DROP INDEX "
    "investors_by_client;"
    "DROP INDEX subscriptions_by_form_time; DROP INDEX subscriptions_by_client_form_time;"
    "DROP INDEX subscriptions_by_funding_time; DROP INDEX subscriptions_by_client_funding_time;";

}  // namespace zest::store
