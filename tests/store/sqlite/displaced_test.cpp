// A database whose files are no longer where they were opened: what would be lost is refused, reading goes
// on, and nothing of whatever lies there now is touched.
#include <gmock/gmock.h>

#include "base/file.h"
#include "store/sqlite/db.h"
#include "store/sqlite/sqlite_fixture.h"

namespace zest::store {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRefusal =
    "The sandbox's database was removed, replaced or moved; put it back, or start the sandbox again.";

class Displaced : public SqliteTest {
 protected:
  std::string set(const std::string& name) {
    const Result<void> done = store_->write([&name](Write& tx) -> Result<void> {
      tx.set_meta(name, "set");
      return {};
    });
    return done.ok() ? "done" : done.error().detail;
  }
  std::optional<std::string> get(const std::string& name) {
    return look([&name](Read& tx) { return tx.meta(name); });
  }
  fs::path log() const { return database().string() + "-wal"; }
  void expect_refused(const std::string& name) {
    EXPECT_EQ(set(name), kRefusal);
    const Result<void> ready = store_->ready();
    ASSERT_FALSE(ready.ok());
    EXPECT_EQ(ready.error().kind, ErrorKind::ServiceUnavailable);
    EXPECT_EQ(ready.error().detail, kRefusal);
    EXPECT_EQ(get("before"), "set");
  }
  void expect_served(const std::string& name) {
    EXPECT_TRUE(store_->ready().ok());
    EXPECT_EQ(set(name), "done");
  }
};

TEST_F(Displaced, AMovedDatabaseRefusesChangesUntilItIsBack) {
  ASSERT_EQ(set("before"), "done");
  EXPECT_EQ(get("before"), "set");
  fs::rename(database(), folder_ / "moved.db");
  expect_refused("during");
  fs::rename(folder_ / "moved.db", database());
  EXPECT_EQ(get("during"), std::nullopt);
  expect_served("after");
  reopen();
  EXPECT_EQ(get("after"), "set");
  EXPECT_EQ(get("during"), std::nullopt);
}

TEST_F(Displaced, ARemovedDatabaseRefusesChanges) {
  ASSERT_EQ(set("before"), "done");
  EXPECT_EQ(get("before"), "set");
  fs::remove(database());
  expect_refused("during");
  EXPECT_FALSE(fs::exists(database()));
}

TEST_F(Displaced, ReadersDoNotMakeARemovedDatabaseAnew) {
  fs::remove(database());
  const auto read = store_->read([](Read& tx) { return tx.meta("before"); });
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().detail, kRefusal);
  EXPECT_FALSE(fs::exists(database()));
}

TEST_F(Displaced, AReplacedDatabaseRefusesChangesAndIsNotRead) {
  ASSERT_EQ(set("before"), "done");
  EXPECT_EQ(get("before"), "set");
  fs::rename(database(), folder_ / "moved.db");
  fs::copy_file(folder_ / "moved.db", database());
  expect_refused("during");
}

TEST_F(Displaced, ALinkInItsPlaceIsAnotherFile) {
  ASSERT_EQ(set("before"), "done");
  EXPECT_EQ(get("before"), "set");
  fs::rename(database(), folder_ / "moved.db");
  fs::create_symlink(folder_ / "moved.db", database());
  expect_refused("during");
}

TEST_F(Displaced, ARemovedLogRefusesChanges) {
  ASSERT_EQ(set("before"), "done");
  EXPECT_EQ(get("before"), "set");
  fs::rename(log(), folder_ / "log");
  expect_refused("during");
  fs::copy_file(folder_ / "log", log());
  expect_refused("during");
  fs::remove(log());
  fs::rename(folder_ / "log", log());
  expect_served("after");
}

TEST_F(Displaced, AFolderThatWasMovedRefusesChanges) {
  const fs::path folder = folder_ / "folder";
  fs::create_directory(folder);
  store_.reset();
  options_.database = folder / "sandbox.db";
  store_ = open_sqlite(options_, log_).value();
  ASSERT_EQ(set("before"), "done");
  EXPECT_EQ(get("before"), "set");
  fs::rename(folder, folder_ / "moved");
  expect_refused("during");
}

TEST_F(Displaced, ATemporaryDatabaseToo) {
  options_.database.reset();
  store_ = open_sqlite(options_, log_).value();
  ASSERT_EQ(set("before"), "done");
  EXPECT_EQ(get("before"), "set");
  fs::remove_all(store_->uploads().spool_dir().parent_path().parent_path());
  expect_refused("during");
}

// The whole of it was moved, and another database, with a log of its own, lies there now.
TEST_F(Displaced, ClosingLeavesAnotherDatabasesLogAlone) {
  ASSERT_EQ(set("before"), "done");
  fs::rename(database(), folder_ / "moved.db");
  fs::rename(log(), folder_ / "moved.db-wal");
  folder_.write("sandbox.db", "another database");
  folder_.write("sandbox.db-wal", "and its log");
  store_.reset();
  EXPECT_EQ(*read_file(database()), "another database");
  EXPECT_EQ(*read_file(log()), "and its log");
  options_.database = folder_ / "moved.db";
  store_ = open_sqlite(options_, log_).value();
  EXPECT_EQ(get("before"), "set");
}

TEST_F(Displaced, ADatabaseThatWasMovedWithoutItsLogHasAllOfItOnceClosed) {
  ASSERT_EQ(set("before"), "done");
  fs::rename(database(), folder_ / "moved.db");
  store_.reset();
  options_.database = folder_ / "moved.db";
  store_ = open_sqlite(options_, log_).value();
  EXPECT_EQ(get("before"), "set");
}

// The log of what lay there before would be taken for its own.
TEST_F(Displaced, ClosingLeavesNoLogToADatabaseThatTookItsPlace) {
  ASSERT_EQ(set("before"), "done");
  store_.reset();
  fs::copy_file(database(), folder_ / "backup.db");
  reopen();
  ASSERT_EQ(set("later"), "done");
  fs::rename(folder_ / "backup.db", database());
  store_.reset();
  EXPECT_EQ(fs::file_size(log()), 0U);
  reopen();
  EXPECT_EQ(get("before"), "set");
  EXPECT_EQ(get("later"), std::nullopt);
}

}  // namespace
}  // namespace zest::store
