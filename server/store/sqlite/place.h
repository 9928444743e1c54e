// Where a database lives: the path that the user gave, or a private folder that is gone with the process.
// Keeps a second sandbox out, and sees when the files are no longer where they were opened: what is written
// then would not be found by who opens the database next. Thread-safety: displaced() and log_displaced() from
// any thread once watch_log() was called; the rest from one.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/file.h"
#include "base/file_descriptor.h"
#include "base/result.h"
#include "store/private_folder.h"
#include "store/sqlite/database_lock.h"

namespace zest::store {

class Place {
 public:
  // Locks the database (database_lock.h); uploads go to PATH.files/. The database file itself is created,
  // empty and private to the user, when there is none. Errors: InvalidRequest with one sentence: no file, in
  // use, of several names (hard links), somebody else's in a shared folder, …
  static Result<std::unique_ptr<Place>> at(const std::filesystem::path& path);

  // In a PrivateFolder. Errors: InvalidRequest.
  static Result<std::unique_ptr<Place>> temporary();

  ~Place();  // gives the locks up; removes a temporary folder, and a file that it made and nobody filled
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  const std::filesystem::path& database() const { return database_; }
  const std::filesystem::path& files() const { return files_; }
  bool is_temporary() const { return folder_ != nullptr; }

  // Writes what the file, empty so far, begins as. Throws Unavailable.
  void begin_as(std::string_view bytes);
  // Call once the write-ahead log exists.
  void watch_log();
  // Why what is written would be lost: the database or its log was removed, replaced or moved (begins with
  // kDisplaced); nothing when all is in order. Costs two looks at the file system.
  std::optional<std::string> displaced() const;

 private:
  Place() = default;
  Result<void> open_database(const std::string& name);
  std::filesystem::path log_path() const { return database_.string() + "-wal"; }

  std::filesystem::path database_;
  std::filesystem::path files_;
  // Given up from the last to the first.
  std::unique_ptr<PrivateFolder> folder_;  // of a temporary database
  LockFile lock_;
  FileDescriptor file_;  // the database, locked
  bool made_ = false;
  std::optional<FileIdentity> identity_;
  std::optional<FileIdentity> log_identity_;
};

}  // namespace zest::store
