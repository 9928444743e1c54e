// A medium that fails: nothing is acknowledged that is not kept, and work goes on once the medium does.
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <unistd.h>

#include <future>

#include "store/sqlite/db.h"
#include "store/sqlite/sqlite_fixture.h"
#include "support/read_only_medium.h"

namespace zest::store {
namespace {

class Medium : public SqliteTest {
 protected:
  void SetUp() override {
    options_.max_pages = 200;
    SqliteTest::SetUp();
  }
  Result<void> put(const std::string& name, std::size_t size) {
    return store_->write([&](Write& tx) -> Result<void> {
      tx.set_meta(name, std::string(size, 'x'));
      return {};
    });
  }
};

TEST_F(Medium, AFullDatabaseAnswersServiceUnavailableAndRecovers) {
  ASSERT_TRUE(put("kept", 100).ok());
  int written = 0;
  Result<void> result;
  while ((result = put("bulk" + std::to_string(written), 50'000)).ok()) ++written;
  EXPECT_EQ(result.error().kind, ErrorKind::ServiceUnavailable);
  EXPECT_GT(written, 3);
  EXPECT_LT(written, 20);
  look([written](Read& tx) {
    EXPECT_TRUE(tx.meta("kept").has_value());
    EXPECT_TRUE(tx.meta("bulk" + std::to_string(written - 1)).has_value());
    EXPECT_FALSE(tx.meta("bulk" + std::to_string(written)).has_value());
    return 0;
  });
  // Room is made by a change, and used by the next.
  ASSERT_TRUE(put("bulk0", 1).ok());
  EXPECT_TRUE(put("again", 30'000).ok());
  EXPECT_TRUE(store_->ready().ok());
  reopen();
  EXPECT_EQ(look([](Read& tx) { return tx.meta("again"); })->size(), 30'000U);
}

TEST_F(Medium, ABodyCannotKeepHalfAChangeBySwallowingTheFailure) {
  const Result<void> result = store_->write([](Write& tx) -> Result<void> {
    tx.set_meta("half", "1");
    try {
      tx.set_meta("bulk", std::string(2'000'000, 'x'));
    } catch (const std::exception&) {
    }
    return {};
  });
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().kind, ErrorKind::ServiceUnavailable);
  EXPECT_EQ(look([](Read& tx) { return tx.meta("half"); }), std::nullopt);
  EXPECT_TRUE(put("next", 10).ok());
}

TEST_F(Medium, NothingOfAnUndoneGroupIsAcknowledged) {
  std::promise<void> release;
  store_->post(
      [wait = release.get_future().share()](Write&) -> Result<void> {
        wait.wait();
        return {};
      },
      [](const Result<void>&) {});
  std::vector<std::string> acknowledged;
  std::vector<std::string> hooks;
  for (int i = 0; i < 40; ++i) {
    const std::string name = "n" + std::to_string(i);
    const std::size_t size = i == 20 ? 2'000'000 : 10;
    store_->post(
        [name, size, &hooks](Write& tx) -> Result<void> {
          tx.set_meta(name, std::string(size, 'x'));
          tx.after_commit([name, &hooks] { hooks.push_back(name); });
          return {};
        },
        [name, &acknowledged](const Result<void>& result) {
          if (result.ok()) {
            acknowledged.push_back(name);
          } else {
            EXPECT_EQ(result.error().kind, ErrorKind::ServiceUnavailable);
          }
        });
  }
  release.set_value();
  change([](Write&) {});
  std::vector<std::string> kept;
  look([&kept](Read& tx) {
    for (int i = 0; i < 40; ++i) {
      if (tx.meta("n" + std::to_string(i))) kept.push_back("n" + std::to_string(i));
    }
    return 0;
  });
  EXPECT_EQ(acknowledged, kept);
  EXPECT_EQ(hooks, kept);
  EXPECT_EQ(std::count(kept.begin(), kept.end(), "n20"), 0);
  EXPECT_EQ(std::count(kept.begin(), kept.end(), "n39"), 1);
}

// The commit itself fails: the log cannot grow.
TEST_F(Medium, AFailedCommitFailsItsGroupAndLaterOnesSucceed) {
  ASSERT_TRUE(put("before", 10).ok());
  struct rlimit original = {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &original), 0);
  const auto handler = ::signal(SIGXFSZ, SIG_IGN);
  struct rlimit limited = original;
  limited.rlim_cur = std::filesystem::file_size(database().string() + "-wal");
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limited), 0);
  bool hook_ran = false;
  const Result<void> failed = store_->write([&hook_ran](Write& tx) -> Result<void> {
    tx.set_meta("lost", std::string(20'000, 'x'));
    tx.after_commit([&hook_ran] { hook_ran = true; });
    return {};
  });
  const Result<void> ready = store_->ready();
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &original), 0);
  ::signal(SIGXFSZ, handler);
  EXPECT_EQ(ready.ok() ? ErrorKind::InternalError : ready.error().kind, ErrorKind::ServiceUnavailable);
  EXPECT_TRUE(store_->ready().ok());
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().kind, ErrorKind::ServiceUnavailable);
  EXPECT_FALSE(hook_ran);
  EXPECT_EQ(look([](Read& tx) { return tx.meta("lost"); }), std::nullopt);
  EXPECT_TRUE(put("after", 20'000).ok());
  reopen();
  EXPECT_TRUE(look([](Read& tx) { return tx.meta("before"); }).has_value());
  EXPECT_TRUE(look([](Read& tx) { return tx.meta("after"); }).has_value());
  EXPECT_EQ(look([](Read& tx) { return tx.meta("lost"); }), std::nullopt);
}

TEST_F(Medium, IsReadyOnceAChangeHasReachedIt) {
  {
    const test::ReadOnlyMedium medium;
    EXPECT_FALSE(put("refused", 20'000).ok());
  }
  // What changes nothing, as a turn of the engine may, reaches no medium.
  EXPECT_TRUE(store_->write([](Write&) { return Result<void>(); }).ok());
  {
    const test::ReadOnlyMedium medium;
    EXPECT_FALSE(store_->ready().ok());
    EXPECT_GT(test::ReadOnlyMedium::refused(), 0);
  }
  EXPECT_TRUE(store_->ready().ok());
}

TEST_F(Medium, AFileThatTurnsReadOnlyRefusesChangesIsReadOnAndRecovers) {
  ASSERT_TRUE(put("before", 10).ok());
  {
    const test::ReadOnlyMedium medium;
    for (int i = 0; i < 3; ++i) {
      const Result<void> refused = put("refused", 20'000);
      ASSERT_FALSE(refused.ok());
      EXPECT_EQ(refused.error().kind, ErrorKind::ServiceUnavailable);
    }
    EXPECT_GT(test::ReadOnlyMedium::refused(), 0);
    EXPECT_FALSE(store_->ready().ok());
    EXPECT_TRUE(look([](Read& tx) { return tx.meta("before"); }).has_value());
    EXPECT_EQ(look([](Read& tx) { return tx.meta("refused"); }), std::nullopt);
  }
  EXPECT_TRUE(store_->ready().ok());
  EXPECT_TRUE(put("after", 20'000).ok());
  reopen();
  EXPECT_TRUE(look([](Read& tx) { return tx.meta("before"); }).has_value());
  EXPECT_TRUE(look([](Read& tx) { return tx.meta("after"); }).has_value());
  EXPECT_EQ(look([](Read& tx) { return tx.meta("refused"); }), std::nullopt);
}

// The log is long when it happens: its pages are moved into the database later.
TEST_F(Medium, ALongLogBeforeAndAfterAReadOnlySpellIsKept) {
  options_.max_pages = std::nullopt;
  reopen();
  for (std::size_t i = 1; i <= 40; ++i) ASSERT_TRUE(put("bulk", 200'000 + i).ok());
  {
    const test::ReadOnlyMedium medium;
    EXPECT_FALSE(put("bulk", 10).ok());
  }
  for (std::size_t i = 1; i <= 40; ++i) ASSERT_TRUE(put("bulk", 300'000 + i).ok());
  reopen();
  EXPECT_EQ(look([](Read& tx) { return tx.meta("bulk"); })->size(), 300'040U);
}

// A read-only root file system without a folder for temporary files, and a volume for the database.
TEST_F(Medium, AFullDatabaseKeepsTheStateThatItHas) {
  change(fill_state);
  std::unique_ptr<Staged> staged = staged_copy();
  for (int i = 0; i < 100; ++i) {
    SpvRequest bulk = sample_spv_request("svr_bulk" + std::to_string(i), "a");
    bulk.attributes["text"] = std::string(20'000, 'x');
    ASSERT_TRUE(staged->add(bulk).ok());
  }
  store_.reset();
  options_.max_pages = 120;
  store_ = open_sqlite(options_, log_).value();
  const Result<void> refused = store_->replace(*staged, [](Read&, Write&) -> Result<void> { return {}; });
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::ServiceUnavailable);
  EXPECT_EQ(look([](Read& tx) { return tx.spv_requests(SpvFilter{}, Page{}).count; }), 2U);
  change([](Write& tx) { tx.put_investor(sample_investor("psn_2", "a")); });
}

TEST_F(Medium, TheLogStaysBoundedUnderLoad) {
  const std::string bulk(100'000, 'x');
  for (int i = 0; i < 1500; ++i) {  // 150 MB through the log
    change([&bulk](Write& tx) { tx.set_meta("bulk", bulk); });
  }
  EXPECT_LT(std::filesystem::file_size(database().string() + "-wal"), 64U << 20U);
}

class NoTemporaryFolder : public SqliteTest {
 protected:
  NoTemporaryFolder() {
    files_->xSetSystemCall(files_, "access", reinterpret_cast<sqlite3_syscall_ptr>(refuse));
  }
  ~NoTemporaryFolder() override { files_->xSetSystemCall(files_, nullptr, nullptr); }

 private:
  // Only the search for a temporary folder asks whether it may write.
  static int refuse(const char* path, int mode) {
    if (mode == F_OK) return ::access(path, mode);
    errno = EROFS;
    return -1;
  }
  sqlite3_vfs* const files_ = sqlite3_vfs_find(nullptr);
};

TEST_F(NoTemporaryFolder, AChangeOfAnySizeIsMadeAllTheSame) {
  EXPECT_FALSE(temporary_files_work());
  const auto fill = [this](char letter) {
    change([letter](Write& tx) {
      for (int i = 0; i < 100; ++i) tx.set_meta("bulk" + std::to_string(i), std::string(10'000, letter));
    });
  };
  fill('a');
  fill('b');  // what a savepoint would bring back no longer fits into memory by itself
  EXPECT_EQ(look([](Read& tx) { return tx.meta("bulk99"); })->front(), 'b');
}

}  // namespace
}  // namespace zest::store
