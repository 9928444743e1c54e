// The folder of uploads beside a database: whose it is, and that nothing else is touched.
#include <fstream>
#include <string>
#include <vector>

#include "store/sqlite/db.h"
#include "store/sqlite/sqlite_fixture.h"
#include "store/uploads_fixture.h"

namespace zest::store {
namespace {

class UploadsFolder : public WithUploads<SqliteTest> {
 protected:
  std::filesystem::path root() const { return database().string() + ".files"; }
  std::string refusal() {
    store_.reset();
    const Result<std::unique_ptr<Store>> opened = open_sqlite(options_, log_);
    return opened.ok() ? "opened" : opened.error().detail;
  }
  // A file that nobody may remove.
  std::filesystem::path precious(const std::filesystem::path& path) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << "precious";
    precious_.push_back(path);
    return path;
  }
  void TearDown() override {
    for (const std::filesystem::path& path : precious_) EXPECT_TRUE(std::filesystem::exists(path)) << path;
  }
  const std::string hash_ = std::string(64, 'b');
  const std::string refused_ =
      "The folder " + root().string() +
      " holds uploads of another database, which are not this one's to remove; move the "
      "folder to where that database is, remove it yourself, or choose another --db path.";

 private:
  std::vector<std::filesystem::path> precious_;
};

TEST_F(UploadsFolder, IsBesideTheDatabase) {
  EXPECT_EQ(uploads().path(std::string(64, 'a')),
            database().string() + ".files/content/aa/" + std::string(64, 'a'));
}

TEST_F(UploadsFolder, IsFlushedWhenTheStoreIsDurable) {
  store_.reset();
  options_.database = database();
  options_.durable = true;
  store_ = open_sqlite(options_, log_).value();
  keep('d');
  EXPECT_EQ(stored('d'), "bytes");
}

TEST_F(UploadsFolder, ALinkIsRefusedAndNothingBehindItIsTouched) {
  for (const char* name : {"content", "spool", ""}) {
    const std::filesystem::path link = name[0] == '\0' ? root() : root() / name;
    const std::filesystem::path target = folder_ / (std::string("elsewhere") + name);
    precious(target / "content" / "bb" / hash_);
    precious(target / "bb" / hash_);
    precious(target / "upload-1");
    store_.reset();
    std::filesystem::remove_all(link);
    std::filesystem::create_directory_symlink(target, link);
    EXPECT_EQ(refusal(), "The folder for uploads, " + link.string() +
                             ", is no folder, or a link to one; move it away or choose another --db path.");
    std::filesystem::remove(link);
  }
}

TEST_F(UploadsFolder, SweepingFollowsNoLinkAndKnowsNoOtherNames) {
  precious(root() / "content" / "bb" / "notes.txt");
  precious(root() / "content" / "cc" / hash_);  // not where it belongs
  precious(root() / "content" / "bbb" / hash_);
  precious(root() / "content" / hash_);
  precious(root() / "spool" / "notes.txt");
  precious(root() / "notes" / "upload-1");
  precious(folder_ / "elsewhere" / hash_);
  std::filesystem::create_directory_symlink(folder_ / "elsewhere", root() / "content" / "bb" / "link");
  std::filesystem::create_directory_symlink(folder_ / "elsewhere", root() / "content" / "dd");
  std::filesystem::create_symlink(folder_ / "elsewhere" / hash_, root() / "spool" / "upload-link");
  keep('a');
  reopen();
  EXPECT_FALSE(exists('a'));
  EXPECT_TRUE(std::filesystem::is_symlink(root() / "spool" / "upload-link"));
}

TEST_F(UploadsFolder, OfADatabaseThatIsGoneIsNotTheNextOnes) {
  keep('a');
  refer("sub_1", 'a');
  store_.reset();
  std::filesystem::rename(database(), folder_ / "moved.db");
  for (int start = 0; start < 2; ++start) {
    EXPECT_EQ(refusal(), refused_);
    EXPECT_FALSE(std::filesystem::exists(database()));
    EXPECT_TRUE(std::filesystem::exists(root() / "content" / "aa" / std::string(64, 'a')));
  }
  std::filesystem::rename(folder_ / "moved.db", database());
  reopen();
  EXPECT_EQ(stored('a'), "bytes");
}

TEST_F(UploadsFolder, OfSomebodyElseIsNotTakenOverByANewDatabase) {
  store_.reset();
  std::filesystem::remove(database());
  std::filesystem::remove_all(root());
  precious(root() / "content" / "bb" / hash_);
  EXPECT_EQ(refusal(), refused_);
  EXPECT_EQ(refusal(), refused_);
}

TEST_F(UploadsFolder, WithoutUploadsIsTakenOver) {
  store_.reset();
  std::filesystem::remove(database());
  EXPECT_EQ(refusal(), "opened");
}

TEST_F(UploadsFolder, OfAnOlderVersionsDatabaseIsItsOwn) {
  keep('a');
  refer("sub_1", 'a');
  store_.reset();
  std::filesystem::remove(root() / "zest-sandbox-owner");
  { Connection(database()).execute("DELETE FROM meta WHERE name = 'local.name'"); }
  reopen();
  EXPECT_EQ(stored('a'), "bytes");
  EXPECT_TRUE(std::filesystem::exists(root() / "zest-sandbox-owner"));
}

TEST_F(UploadsFolder, AnOwnersFileThatIsAnotherPrograms) {
  store_.reset();
  std::ofstream(root() / "zest-sandbox-owner") << "somebody's notes";
  EXPECT_EQ(refusal(), refused_);
}

}  // namespace
}  // namespace zest::store
