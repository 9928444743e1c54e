// What goes into the log in one piece is what SQLite wrote page by page.
#include "store/sqlite/gathered_log.h"

#include <gtest/gtest.h>

#include <string>

#include "store/sqlite/db.h"
#include "support/temporary_folder.h"

namespace zest::store {
namespace {

class GatheredLog : public ::testing::Test {
 protected:
  GatheredLog() {
    ConnectionSettings settings;
    settings.synchronous = Synchronous::Off;
    settings.cache_kib = 64;  // pages of a large change leave the cache before its commit
    db_.configure(settings);
    db_.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, text TEXT NOT NULL)");
    settings.read_only = true;
    reader_.configure(settings);
  }

  void add(int rows, char what) {
    for (int i = 0; i < rows; ++i) {
      db_.query("INSERT INTO rows (text) VALUES (?)").bind(std::string(1000, what)).run();
    }
  }
  static std::int64_t number(Connection& db, const std::string& sql) {
    Query query = db.query(sql);
    return query.step() ? query.integer() : -1;
  }
  std::int64_t seen() { return number(reader_, "SELECT COUNT(*) FROM rows"); }
  static std::string check(Connection& db) {
    Query query = db.query("PRAGMA integrity_check");
    return query.step() ? query.text() : "";
  }

  test::TemporaryFolder folder_;
  Connection db_{folder_.path() / "a.db", Connection::Open::OrCreate, Connection::LogWrites::Gathered};
  Connection reader_{folder_.path() / "a.db"};
};

TEST_F(GatheredLog, OthersReadWhatWasCommittedAndNothingElse) {
  std::int64_t committed = 0;
  for (int round = 0; round < 12; ++round) {
    const int rows = round % 3 == 0 ? 1 : 3000;  // some less, some more than is gathered
    db_.execute("BEGIN IMMEDIATE");
    add(rows, 'x');
    EXPECT_EQ(seen(), committed);
    const bool undone = round % 4 == 3;
    db_.execute(undone ? "ROLLBACK" : "COMMIT");
    if (!undone) committed += rows;
    EXPECT_EQ(seen(), committed);
    EXPECT_EQ(check(reader_), "ok");
    const bool moved = round % 5 != 4 || db_.checkpoint();  // then the log begins anew
    EXPECT_TRUE(moved);
  }
  Connection later(folder_.path() / "a.db");
  EXPECT_EQ(number(later, "SELECT COUNT(*) FROM rows"), committed);
}

TEST_F(GatheredLog, SavepointsAreTakenBack) {
  db_.execute("BEGIN IMMEDIATE");
  add(500, 'a');
  db_.execute("SAVEPOINT half");
  db_.execute("UPDATE rows SET text = 'b'");
  add(500, 'b');
  db_.execute("ROLLBACK TO half");
  db_.execute("RELEASE half");
  add(1, 'c');
  db_.execute("COMMIT");
  EXPECT_EQ(seen(), 501);
  EXPECT_EQ(number(reader_, "SELECT COUNT(*) FROM rows WHERE text LIKE '%a'"), 500);
  EXPECT_EQ(check(reader_), "ok");
}

}  // namespace
}  // namespace zest::store
