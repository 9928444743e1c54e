// What a database path may be, and the one sentence for each that cannot be used.
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <set>
#include <string>

#include "base/embedded.h"
#include "base/file.h"
#include "store/private_folder.h"
#include "store/sqlite/schema.h"
#include "store/sqlite/sqlite_fixture.h"

namespace zest::store {
namespace {

class Open : public ::testing::Test {
 protected:
  std::string refusal(const std::filesystem::path& path) {
    SqliteOptions options;
    options.database = path;
    Result<std::unique_ptr<Store>> opened = open_sqlite(options, log_);
    if (opened.ok()) return "opened";
    EXPECT_EQ(opened.error().kind, ErrorKind::InvalidRequest);
    return opened.error().detail;
  }
  std::filesystem::path file(const std::string& name) const { return folder_.path() / name; }

  test::TemporaryFolder folder_;
  Log log_{LogFormat::Text, LogLevel::Off};
};

TEST_F(Open, ATemporaryOneWithoutRoomSaysWhereThereMayBeSome) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit little{1024, before.rlim_max};
  const auto ended_by = std::signal(SIGXFSZ, SIG_IGN);
  ::setrlimit(RLIMIT_FSIZE, &little);
  const Result<std::unique_ptr<Store>> opened = open_sqlite(SqliteOptions(), log_);
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, ended_by);
  ASSERT_FALSE(opened.ok());
  EXPECT_NE(opened.error().detail.find("cannot be opened: "), std::string::npos) << opened.error().detail;
  EXPECT_NE(opened.error().detail.find(kWhereElse), std::string::npos) << opened.error().detail;
}

TEST_F(Open, AMissingFolder) {
  const std::string folder = file("missing").string();
  EXPECT_EQ(refusal(file("missing/x.db")),
            "The folder " + folder + " of the database " + folder +
                "/x.db does not exist; create it first or choose another path.");
}

TEST_F(Open, AFolder) {
  EXPECT_EQ(refusal(folder_.path()),
            "The database path " + folder_.path().string() + " is a folder; give the path of a file.");
}

TEST_F(Open, SomethingThatIsNoFile) {
  ASSERT_EQ(::mkfifo(file("pipe").c_str(), 0600), 0);
  EXPECT_EQ(refusal(file("pipe")), "The database path " + file("pipe").string() + " is no regular file.");
}

TEST_F(Open, AFileThatIsNoDatabase) {
  std::ofstream(file("notes.txt")) << "Buy milk. And bread, and something for the weekend.\n";
  EXPECT_EQ(refusal(file("notes.txt")),
            "The file " + file("notes.txt").string() +
                " is no SQLite database; choose another path or move the file away.");
  std::ofstream(file("torn.db")) << std::string("SQLite format 3\0", 16) << "and then nothing of the sort";
  EXPECT_EQ(refusal(file("torn.db")),
            "The database " + file("torn.db").string() + " cannot be opened: file is not a database.");
  EXPECT_FALSE(std::filesystem::exists(file("notes.txt.lock")));
}

// Writes over a table's first page.
void damage(const std::filesystem::path& database, const std::string& table) {
  std::int64_t page = 0;
  {
    Connection db(database);
    Query query = db.query("SELECT rootpage FROM sqlite_master WHERE name = ?");
    query.bind(table);
    ASSERT_TRUE(query.step());
    page = query.integer();
  }
  std::fstream bytes(database, std::ios::in | std::ios::out | std::ios::binary);
  bytes.seekp((page - 1) * 4096);
  bytes << std::string(4096, '\xAA');
}

TEST_F(Open, ADamagedDatabase) {
  EXPECT_EQ(refusal(file("x.db")), "opened");
  damage(file("x.db"), "partners");
  SqliteOptions options;
  options.database = file("x.db");
  const Result<std::unique_ptr<Store>> store = open_sqlite(options, log_);
  ASSERT_TRUE(store.ok());  // the damage shows to who comes upon it
  const std::string damaged =
      "The sandbox's database is damaged; restore a copy of it or start with another one.";
  const auto read = (*store)->read([](Read& tx) { return tx.partners().size(); });
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().detail, damaged);
  const auto written = (*store)->write([](Write& tx) -> Result<Done> {
    tx.put_partner(sample_partner("client_a"));
    return Done{};
  });
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().detail, damaged);
}

TEST_F(Open, ADatabaseDamagedWhereEveryStartReads) {
  EXPECT_EQ(refusal(file("x.db")), "opened");
  damage(file("x.db"), "meta");
  EXPECT_EQ(refusal(file("x.db")),
            "The database " + file("x.db").string() +
                " cannot be opened: the database is damaged: database disk image is malformed.");
}

TEST_F(Open, AnotherApplicationsDatabase) {
  { Connection(file("other.db")).execute("CREATE TABLE addresses (name TEXT)"); }
  { Connection(file("marked.db")).execute("PRAGMA application_id = 77; CREATE TABLE t (a)"); }
  for (const char* name : {"other.db", "marked.db"}) {
    EXPECT_EQ(refusal(file(name)), "The SQLite database " + file(name).string() +
                                       " belongs to another application; choose another path.");
  }
}

TEST_F(Open, ANewerSchema) {
  EXPECT_EQ(refusal(file("x.db")), "opened");
  { Connection(file("x.db")).execute("PRAGMA user_version = 999"); }
  EXPECT_EQ(refusal(file("x.db")),
            "The database " + file("x.db").string() +
                " was written by a newer zest-sandbox (schema 999, this version knows " +
                std::to_string(newest_schema()) + "); use that version or choose another path.");
}

// A number that two share would leave one of them out wherever the other was applied before.
TEST_F(Open, EachMigrationHasANumberOfItsOwn) {
  std::set<int> numbers;
  for (const embedded::EmbeddedFile& migration : embedded::migrations()) {
    EXPECT_TRUE(numbers.insert(std::stoi(std::string(migration.name.substr(0, 4)))).second) << migration.name;
  }
  EXPECT_EQ(static_cast<int>(numbers.size()), newest_schema());
}

TEST_F(Open, AnOlderSchemaIsMigrated) {
  EXPECT_EQ(refusal(file("x.db")), "opened");
  {
    Connection db(file("x.db"));
    db.execute(
        std::string(kBackToSchema7) + kFromSchema7To4 +
        "DROP TABLE delivery_block_counts; DROP TABLE block_counts; DROP TRIGGER deliveries_added_to_block;"
        "DROP TRIGGER deliveries_inserted_in_block; DROP TRIGGER deliveries_moved_from;"
        "DROP TRIGGER deliveries_moved_to; DROP TABLE chaos_rule_lanes; DROP TABLE chaos_deliveries; DROP "
        "TABLE held_deliveries;"
        "ALTER TABLE token_chains DROP COLUMN issued; ALTER TABLE token_chains DROP COLUMN expired;"
        "PRAGMA user_version = 2");
  }
  SqliteOptions options;
  options.database = file("x.db");
  const Result<std::unique_ptr<Store>> store = open_sqlite(options, log_);
  ASSERT_TRUE(store.ok()) << store.error().detail;
  const auto held = (*store)->read([](Read& tx) { return tx.held_deliveries(HeldFilter{}).size(); });
  ASSERT_TRUE(held.ok());
  EXPECT_EQ(*held, 0U);
}

// Until schema 7 the key alone told that a delivery waits for an extra attempt.
TEST_F(Open, WhatWaitsForAnExtraAttemptOfAnOlderVersionIsReturned) {
  EXPECT_EQ(refusal(file("x.db")), "opened");
  {
    Connection db(file("x.db"));
    db.execute(
        std::string(kBackToSchema7) +
        "DROP INDEX held_deliveries_by_extra; ALTER TABLE held_deliveries DROP COLUMN follows_extra;"
        "INSERT INTO held_deliveries (delivery_id, client_id, rule_id, since, follows) VALUES "
        "('wde_1', 'a', 'r', 0, 'extra:a:1'), ('wde_2', 'a', 'r', 0, 'wde_1'), ('wde_3', 'a', 'r', 0, NULL);"
        "PRAGMA user_version = 6");
  }
  SqliteOptions options;
  options.database = file("x.db");
  const Result<std::unique_ptr<Store>> store = open_sqlite(options, log_);
  ASSERT_TRUE(store.ok()) << store.error().detail;
  std::vector<std::string> waiting;
  const auto all = (*store)->read([](Read& tx) { return tx.held_deliveries(HeldFilter{}); });
  for (const HeldDelivery& held : all.value()) {
    EXPECT_FALSE(held.follows_extra);
    waiting.push_back(held.delivery_id);
  }
  EXPECT_EQ(waiting, (std::vector<std::string>{"wde_2", "wde_3"}));
}

TEST_F(Open, ADatabaseInUse) {
  SqliteOptions options;
  options.database = file("x.db");
  Result<std::unique_ptr<Store>> first = open_sqlite(options, log_);
  ASSERT_TRUE(first.ok());
  const std::string process = std::to_string(::getpid());
  EXPECT_EQ(refusal(file("x.db")), "The database " + file("x.db").string() +
                                       " is in use by another sandbox (process " + process +
                                       "); stop it or choose another path.");
  std::filesystem::create_symlink(file("x.db"), file("link.db"));
  EXPECT_NE(refusal(file("link.db")).find("is in use by another sandbox"), std::string::npos);
  first.value().reset();
  EXPECT_EQ(refusal(file("x.db")), "opened");
  EXPECT_FALSE(std::filesystem::exists(file("x.db.lock")));
}

TEST_F(Open, TwoNamesOfOneFile) {
  EXPECT_EQ(refusal(file("x.db")), "opened");
  std::filesystem::create_hard_link(file("x.db"), file("y.db"));
  for (const char* name : {"x.db", "y.db"}) {
    EXPECT_EQ(
        refusal(file(name)),
        "The database " + file(name).string() +
            " has 2 names (hard links), under which its changes could be lost; copy it and use the copy.");
  }
  std::filesystem::remove(file("y.db"));
  EXPECT_EQ(refusal(file("x.db")), "opened");
}

TEST_F(Open, ADatabaseInUseWhoseLockFileIsGone) {
  SqliteOptions options;
  options.database = file("x.db");
  Result<std::unique_ptr<Store>> first = open_sqlite(options, log_);
  ASSERT_TRUE(first.ok());
  std::filesystem::remove(file("x.db.lock"));
  EXPECT_EQ(refusal(file("x.db")), "The database " + file("x.db").string() +
                                       " is in use by another sandbox; stop it or choose another path.");
  std::filesystem::rename(file("x.db"), file("moved.db"));
  EXPECT_NE(refusal(file("moved.db")).find("is in use by another sandbox"), std::string::npos);
}

TEST_F(Open, ALockFileOfAnotherProgram) {
  for (const std::string text : {"packages: []\n", "12 34\n", "4711", "\n"}) {
    folder_.write("poetry.lock", text);
    EXPECT_EQ(refusal(file("poetry")), "The file " + file("poetry.lock").string() + " beside the database " +
                                           file("poetry").string() +
                                           " is no sandbox's lock; move it away or choose another path.");
    EXPECT_EQ(*read_file(file("poetry.lock")), text);
  }
  EXPECT_FALSE(std::filesystem::exists(file("poetry")));
}

TEST_F(Open, ALockFileThatAKillLeft) {
  folder_.write("x.db.lock", "999999999\n");
  EXPECT_EQ(refusal(file("x.db")), "opened");
  EXPECT_FALSE(std::filesystem::exists(file("x.db.lock")));
  folder_.write("x.db.lock", "");  // of whoever wanted it there
  EXPECT_EQ(refusal(file("x.db")), "opened");
  EXPECT_EQ(*read_file(file("x.db.lock")), "");
}

TEST_F(Open, ALockFileOfWhichALossOfPowerLeftZeros) {
  folder_.write("x.db.lock", std::string(5, '\0'));
  EXPECT_EQ(refusal(file("x.db")), "opened");
}

// The power failed while SQLite wrote the first page of a new database; its journal says that there was
// nothing.
TEST_F(Open, ANewDatabaseWhoseFirstPageIsTorn) {
  std::string journal("\xd9\xd5\x05\xf9\x20\xa1\x63\xd7\0\0\0\0\0\0\0\0\0\0\0\0", 20);
  journal += std::string("\0\0\x02\0\0\0\x10\0", 8);  // sectors of 512 bytes, pages of 4096
  journal.resize(512, '\0');
  folder_.write("x.db", std::string(512, '\0') + std::string(3584, 'x'));
  EXPECT_EQ(refusal(file("x.db")), "The file " + file("x.db").string() +
                                       " is no SQLite database; choose another path or move the file away.");
  folder_.write("x.db-journal", journal);
  EXPECT_EQ(refusal(file("x.db")), "opened");
}

TEST_F(Open, ALinkThatLeadsNowhere) {
  std::filesystem::create_symlink(file("target.db"), file("link.db"));
  EXPECT_EQ(refusal(file("link.db")),
            "The database path " + file("link.db").string() + " is a link that leads to no file.");
  EXPECT_FALSE(std::filesystem::exists(file("target.db")));
}

TEST_F(Open, ALogWithoutItsDatabase) {
  folder_.write("x.db-wal", "changes of a database that was moved away");
  EXPECT_EQ(refusal(file("x.db")),
            "There is no database " + file("x.db").string() + ", but " + file("x.db-wal").string() +
                " holds changes of one that was there; bring that one back, or move the log away.");
  EXPECT_EQ(*read_file(file("x.db-wal")), "changes of a database that was moved away");
  EXPECT_FALSE(std::filesystem::exists(file("x.db")));
}

TEST_F(Open, AFileOfAnotherUserWhereEverybodyMayWrite) {
  if (::geteuid() != 0) return;  // nobody else can make files of other users
  ::chmod(folder_.path().c_str(), 01777);
  for (const char* name : {"x.db", "x.db-wal", "x.db.lock", "x.db.files"}) {
    folder_.write(name, "");
    ASSERT_EQ(::chown(file(name).c_str(), 65534, 65534), 0);
    EXPECT_EQ(refusal(file("x.db")),
              "The file " + file(name).string() + " belongs to another user, and everybody may write into " +
                  folder_.path().string() + "; choose a --db path in a folder of your own.");
    std::filesystem::remove(file(name));
  }
  ::chmod(folder_.path().c_str(), 0755);
  folder_.write("x.db", "");
  ASSERT_EQ(::chown(file("x.db").c_str(), 65534, 65534), 0);
  EXPECT_EQ(refusal(file("x.db")), "opened");
}

// Permissions do not bind the superuser, as whom containers often run their tests.
class AsNobody {
 public:
  AsNobody() {
    if (::geteuid() == 0) dropped_ = ::seteuid(65534) == 0;
  }
  ~AsNobody() {
    if (dropped_) {
      EXPECT_EQ(::seteuid(0), 0);
    }
  }
  AsNobody(const AsNobody&) = delete;
  AsNobody& operator=(const AsNobody&) = delete;

 private:
  bool dropped_ = false;
};

TEST_F(Open, AnUnreadableOrUnwritableFile) {
  for (const char* name : {"unreadable.db", "unwritable.db"}) EXPECT_EQ(refusal(file(name)), "opened");
  ::chmod(folder_.path().c_str(), 0777);
  ::chmod(file("unreadable.db").c_str(), 0);
  ::chmod(file("unwritable.db").c_str(), 0444);
  const AsNobody nobody;
  EXPECT_EQ(refusal(file("unreadable.db")),
            "The database " + file("unreadable.db").string() + " cannot be read: Permission denied.");
  EXPECT_EQ(refusal(file("unwritable.db")),
            "The database " + file("unwritable.db").string() + " cannot be written: Permission denied.");
}

TEST_F(Open, AnUnwritableFolder) {
  ::chmod(folder_.path().c_str(), 0555);
  const AsNobody nobody;
  EXPECT_EQ(refusal(file("x.db")), "The database " + file("x.db").string() + " cannot be locked by " +
                                       file("x.db.lock").string() + ": Permission denied.");
}

TEST_F(Open, AnEmptyFileBecomesADatabase) {
  std::ofstream(file("empty.db")).close();
  EXPECT_EQ(refusal(file("empty.db")), "opened");
  EXPECT_EQ(refusal(file("empty.db")), "opened");
}

TEST_F(Open, TheFilesArePrivate) {
  SqliteOptions options;
  options.database = file("x.db");
  Result<std::unique_ptr<Store>> store = open_sqlite(options, log_);
  ASSERT_TRUE(store.ok());
  for (const char* name : {"x.db", "x.db-wal", "x.db.lock", "x.db.files", "x.db.files/spool"}) {
    struct stat found = {};
    ASSERT_EQ(::stat(file(name).c_str(), &found), 0) << name;
    EXPECT_EQ(found.st_mode & 077U, 0U) << name;
  }
}

TEST_F(Open, ATemporaryDatabaseIsPrivateAndGoesWithTheStore) {
  SqliteOptions options;
  Result<std::unique_ptr<Store>> first = open_sqlite(options, log_);
  Result<std::unique_ptr<Store>> second = open_sqlite(options, log_);
  ASSERT_TRUE(first.ok() && second.ok());
  const std::filesystem::path folder = first.value()->uploads().spool_dir().parent_path().parent_path();
  EXPECT_NE(folder, second.value()->uploads().spool_dir().parent_path().parent_path());
  EXPECT_EQ(folder.filename().string().rfind("zest-sandbox-" + std::to_string(::getpid()) + "-", 0), 0U);
  struct stat found = {};
  ASSERT_EQ(::stat(folder.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0700U);
  ASSERT_TRUE(first.value()
                  ->write([](Write& tx) -> Result<void> {
                    tx.set_meta("a", "1");
                    return {};
                  })
                  .ok());
  first.value().reset();
  EXPECT_FALSE(std::filesystem::exists(folder));
  EXPECT_TRUE(std::filesystem::exists(second.value()->uploads().spool_dir()));
}

}  // namespace
}  // namespace zest::store
