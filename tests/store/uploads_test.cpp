// Uploaded files: kept by their hash, removed when nothing refers to them.
#include <fstream>
#include <string>
#include <vector>

#include "store/samples.h"
#include "store/sqlite/db.h"

namespace zest::store {
namespace {

class UploadsTest : public StoreTest {
 protected:
  Uploads& uploads() { return store_->uploads(); }
  std::filesystem::path spool(const std::string& name, const std::string& bytes) {
    const std::filesystem::path path = uploads().spool_dir() / name;
    std::ofstream(path) << bytes;
    return path;
  }
  std::string stored(char digit) {
    std::ifstream file(uploads().path(std::string(64, digit)));
    return std::string(std::istreambuf_iterator<char>(file), {});
  }
  bool exists(char digit) { return std::filesystem::exists(uploads().path(std::string(64, digit))); }
  void keep(char digit) {
    ASSERT_TRUE(uploads().keep({{spool(std::string("s") + digit, "bytes"), std::string(64, digit)}}).ok());
  }
  void refer(const std::string& slug, std::optional<char> digit) {
    change([&](Write& tx) {
      Subscription subscription = sample_subscription(slug, "a", "veh_" + slug, "psn_1");
      if (digit) subscription.form = sample_upload(*digit);
      tx.put_subscription(subscription);
    });
  }
};

TEST_F(UploadsTest, AreMovedToTheirHash) {
  const std::filesystem::path spooled = spool("one", "hello");
  ASSERT_TRUE(uploads().keep({{spooled, std::string(64, 'a')}}).ok());
  EXPECT_FALSE(std::filesystem::exists(spooled));
  EXPECT_EQ(stored('a'), "hello");
  EXPECT_EQ(uploads().path(std::string(64, 'a')),
            database().string() + ".files/content/aa/" + std::string(64, 'a'));
  const std::filesystem::path again = spool("two", "hello");
  ASSERT_TRUE(uploads().keep({{again, std::string(64, 'a')}}).ok());
  EXPECT_FALSE(std::filesystem::exists(again));
  EXPECT_TRUE(uploads().keep({{again, std::string(64, 'a')}}).ok());
}

TEST_F(UploadsTest, AreFlushedWhenTheStoreIsDurable) {
  store_.reset();
  options_.database = database();
  options_.durable = true;
  store_ = open_sqlite(options_, log_).value();
  keep('d');
  EXPECT_EQ(stored('d'), "bytes");
}

TEST_F(UploadsTest, FailuresAreValues) {
  const Result<void> absent = uploads().keep({{uploads().spool_dir() / "absent", std::string(64, 'a')}});
  EXPECT_EQ(absent.error().kind, ErrorKind::ServiceUnavailable);
  const Result<void> misnamed = uploads().keep({{spool("x", "x"), "../../outside"}});
  EXPECT_EQ(misnamed.error().kind, ErrorKind::InternalError);
}

TEST_F(UploadsTest, SweepingSparesWhatIsReferredToAndWhatWasJustKept) {
  keep('a');
  refer("sub_1", 'a');
  keep('b');
  refer("sub_2", 'b');
  keep('c');  // its row is still on its way
  refer("sub_2", std::nullopt);
  const std::filesystem::path arriving = spool("upload-arriving", "half a f");
  const std::filesystem::path stale = spool("upload-stale", "from yesterday");
  std::filesystem::last_write_time(stale,
                                   std::filesystem::file_time_type::clock::now() - std::chrono::hours(24));
  uploads().sweep();
  EXPECT_TRUE(exists('a'));
  EXPECT_FALSE(exists('b'));
  EXPECT_TRUE(exists('c'));
  EXPECT_TRUE(std::filesystem::exists(arriving));
  EXPECT_FALSE(std::filesystem::exists(stale));
  change([](Write& tx) { tx.clear_partner_data("a"); });
  uploads().sweep();
  EXPECT_FALSE(exists('a'));
}

TEST_F(UploadsTest, WhatWasReplacedStaysUntilItsTimeHasCome) {
  keep('a');
  change([](Write& tx) { tx.keep_replaced_upload({"a", std::string(64, 'a'), at(100)}); });
  change([](Write& tx) { tx.keep_replaced_upload({"a", std::string(64, 'a'), at(50)}); });  // never earlier
  uploads().sweep();
  reopen();
  EXPECT_TRUE(exists('a'));
  change([](Write& tx) {
    EXPECT_EQ(tx.forget_replaced_uploads("b", at(200)), 0U);
    EXPECT_EQ(tx.forget_replaced_uploads("a", at(99)), 0U);
  });
  uploads().sweep();
  EXPECT_TRUE(exists('a'));
  change([](Write& tx) { EXPECT_EQ(tx.forget_replaced_uploads("a", at(100)), 1U); });
  uploads().sweep();
  EXPECT_FALSE(exists('a'));
}

TEST_F(UploadsTest, GivingUpWhatWasKeptLeavesItToTheNextSweep) {
  keep('a');
  keep('a');  // twice under way
  uploads().give_up({{{}, std::string(64, 'a')}});
  uploads().sweep();
  EXPECT_TRUE(exists('a'));
  uploads().give_up({{{}, std::string(64, 'a')}});
  uploads().sweep();
  EXPECT_FALSE(exists('a'));
}

TEST_F(UploadsTest, AHoldSparesEverythingUntilTheLastOneEnds) {
  keep('a');
  refer("sub_1", 'a');
  Uploads::Hold first = uploads().hold();
  Uploads::Hold second = uploads().hold();
  refer("sub_1", std::nullopt);
  uploads().sweep();
  first.reset();
  EXPECT_TRUE(exists('a'));
  second.reset();
  EXPECT_FALSE(exists('a'));
}

// More than are looked at in one body of the writer.
TEST_F(UploadsTest, ASweepOfManySparesTheOneThatIsReferredTo) {
  const auto name = [](int i) {
    std::string digits = std::to_string(i);
    return std::string(64 - digits.size(), '0') + digits;
  };
  std::vector<Uploads::Spooled> files;
  for (int i = 0; i < 250; ++i) files.push_back({spool("s" + std::to_string(i), "x"), name(i)});
  ASSERT_TRUE(uploads().keep(files).ok());
  uploads().give_up(files);
  change([&name](Write& tx) { tx.keep_replaced_upload({"a", name(120), at(1)}); });
  uploads().sweep();
  for (int i = 0; i < 250; ++i) EXPECT_EQ(std::filesystem::exists(uploads().path(name(i))), i == 120) << i;
}

TEST_F(UploadsTest, ANewStartSweepsWhatNobodyRefersTo) {
  keep('a');
  refer("sub_1", 'a');
  keep('c');
  const std::filesystem::path arriving = spool("upload-arriving", "half a f");
  reopen();
  EXPECT_TRUE(exists('a'));
  EXPECT_FALSE(exists('c'));
  EXPECT_FALSE(std::filesystem::exists(arriving));
}

class UploadsFolder : public UploadsTest {
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
