// Temporary folders: private, gone with their owner, swept when it died, and nothing else is ever removed.
#include "store/private_folder.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "store/sqlite/sqlite_fixture.h"

namespace zest::store {
namespace {

namespace fs = std::filesystem;

class PrivateFolders : public ::testing::Test {
 protected:
  PrivateFolders() { ::setenv("TMPDIR", parent_.path().c_str(), 1); }
  ~PrivateFolders() override {
    if (before_) {
      ::setenv("TMPDIR", before_->c_str(), 1);
    } else {
      ::unsetenv("TMPDIR");
    }
  }

  // A folder whose owner died without removing it.
  fs::path abandoned() {
    const pid_t child = ::fork();
    if (child == 0) {
      const bool made = std::unique_ptr<PrivateFolder>(*PrivateFolder::make()).release() != nullptr;
      ::_exit(made ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
    const std::string beginning = "zest-sandbox-" + std::to_string(child) + "-";
    for (const fs::directory_entry& entry : fs::directory_iterator(parent_.path())) {
      if (entry.path().filename().string().rfind(beginning, 0) == 0) return entry.path();
    }
    ADD_FAILURE() << "no folder is left";
    return {};
  }
  static fs::path file(const fs::path& path) {
    fs::create_directories(path.parent_path());
    std::ofstream(path) << "bytes";
    return path;
  }
  // Everything that a sandbox may leave in one.
  static void fill(const fs::path& folder) {
    for (const char* name : {"sandbox.db", "sandbox.db-wal", "sandbox.db-shm", "sandbox.db-journal",
                             "key.pem", "files/zest-sandbox-owner", "files/spool/upload-1aB2cD",
                             "files/spool/snapshot-6cf4a9c0-0d9e-4a5e-8f0d-5f3f1c7c2f11"}) {
      file(folder / name);
    }
    file(folder / "files/content/ab" / ("ab" + std::string(62, '0')));
  }

  const test::TemporaryFolder parent_;
  const std::optional<std::string> before_ =
      std::getenv("TMPDIR") ? std::optional<std::string>(std::getenv("TMPDIR")) : std::nullopt;
  Log log_{LogFormat::Text, LogLevel::Off};
};

TEST_F(PrivateFolders, OfTheDeadAreSwept) {
  const fs::path empty = abandoned();
  const fs::path full = abandoned();
  fill(full);
  sweep_private_folders();
  EXPECT_FALSE(fs::exists(empty));
  EXPECT_FALSE(fs::exists(full));
}

TEST_F(PrivateFolders, AreSweptByEveryStart) {
  const fs::path left = abandoned();
  SqliteOptions options;
  options.database = parent_ / "x.db";
  ASSERT_TRUE(open_sqlite(options, log_).ok());
  EXPECT_FALSE(fs::exists(left));
}

TEST_F(PrivateFolders, OfTheLivingStay) {
  const Result<std::unique_ptr<PrivateFolder>> living = PrivateFolder::make();
  ASSERT_TRUE(living.ok());
  sweep_private_folders();
  EXPECT_TRUE(fs::exists((*living)->path()));
}

TEST_F(PrivateFolders, WithAnythingUnknownInItStays) {
  const auto expect_kept = [this](const char* name, auto add) {
    const fs::path folder = abandoned();
    fill(folder);
    add(folder / name);
    sweep_private_folders();
    EXPECT_TRUE(fs::is_symlink(folder / name) || fs::exists(folder / name)) << name;
    EXPECT_TRUE(fs::exists(folder / "sandbox.db")) << name;
  };
  const fs::path target = file(parent_ / "elsewhere" / ("ab" + std::string(62, '0')));
  for (const char* name :
       {"notes.txt", "files/notes.txt", "files/content/notes.txt", "files/content/ab/notes.txt",
        "files/spool/notes.txt", "sandbox.db.lock", "files/content/abc/x"}) {
    expect_kept(name, [](const fs::path& path) { file(path); });
  }
  expect_kept("folder", [](const fs::path& path) { fs::create_directory(path); });
  expect_kept("files/content/cd",
              [&](const fs::path& path) { fs::create_directory_symlink(target.parent_path(), path); });
  expect_kept("files/spool/upload-link", [&](const fs::path& path) { fs::create_symlink(target, path); });
  EXPECT_TRUE(fs::exists(target));
}

TEST_F(PrivateFolders, ThatOnlyLookAlikeStay) {
  std::vector<fs::path> files;
  for (const char* name :
       {"zest-sandbox-8671dab5c", "zest-sandbox-20260101-backup", "zest-sandbox-999999999-ci",
        "zest-sandbox-999999999-abcdef", "zest-sandbox-999999999-abcdefg", "zest-sandbox-",
        "zest-sandbox--abcdef", "zest-sandbox-999999999-abcde/"}) {
    files.push_back(file(parent_ / name / "lock"));
    files.push_back(file(parent_ / name / "sandbox.db"));
  }
  files.push_back(file(parent_ / "zest-sandbox-999999999-ABCDEF"));
  // A copy of one that was ours, and one that was given another name.
  const fs::path original = abandoned();
  const fs::path copy = parent_ / "zest-sandbox-999999998-abcdef";
  fs::copy(original, copy, fs::copy_options::recursive);
  files.push_back(copy / "lock");
  const fs::path renamed = parent_ / "zest-sandbox-999999997-abcdef";
  fs::rename(original, renamed);
  files.push_back(renamed / "lock");
  const fs::path link = parent_ / "zest-sandbox-999999996-abcdef";
  fs::create_directory_symlink(renamed, link);
  files.push_back(link);
  sweep_private_folders();
  for (const fs::path& path : files) EXPECT_TRUE(fs::exists(path)) << path;
}

TEST_F(PrivateFolders, LeaveBehindWhatOthersPutThere) {
  Result<std::unique_ptr<PrivateFolder>> made = PrivateFolder::make();
  ASSERT_TRUE(made.ok());
  const fs::path folder = (*made)->path();
  fill(folder);
  file(folder / "notes.txt");
  made->reset();
  EXPECT_FALSE(fs::exists(folder / "sandbox.db"));
  EXPECT_TRUE(fs::exists(folder / "notes.txt"));
}

TEST_F(PrivateFolders, AreRemovedByWhatTheyAreNotByName) {
  Result<std::unique_ptr<PrivateFolder>> made = PrivateFolder::make();
  ASSERT_TRUE(made.ok());
  const fs::path folder = (*made)->path();
  fs::rename(folder, parent_ / "moved");
  fill(folder);
  made->reset();
  EXPECT_TRUE(fs::exists(folder / "sandbox.db"));
  EXPECT_TRUE(fs::exists(parent_ / "moved" / "lock"));
}

TEST_F(PrivateFolders, AreInTmpWhereTmpdirIsEmpty) {
  ::setenv("TMPDIR", "", 1);
  const Result<std::unique_ptr<PrivateFolder>> made = PrivateFolder::make();
  ASSERT_TRUE(made.ok()) << made.error().detail;
  EXPECT_EQ((*made)->path().parent_path(), "/tmp");
}

TEST_F(PrivateFolders, WhereNoneCanBeMadeItIsSaidWhatToDo) {
  const std::string advice =
      ". Set TMPDIR to a folder that can be written, or keep the state in a file: serve --db FILE.";
  const auto refusal = [](const char* parent) {
    ::setenv("TMPDIR", parent, 1);
    const Result<std::unique_ptr<PrivateFolder>> made = PrivateFolder::make();
    return made.ok() ? "made" : made.error().detail;
  };
  EXPECT_EQ(refusal("/nowhere"),
            "The folder for temporary files (TMPDIR, else /tmp) cannot be used: No such file or directory" +
                advice);
  EXPECT_EQ(refusal("/proc"), "No temporary folder can be made in /proc: No such file or directory" + advice);
}

}  // namespace
}  // namespace zest::store
