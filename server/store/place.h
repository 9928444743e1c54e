// Where a database lives: the path that the user gave, or a private folder that is gone with the process.
// Holds the lock that keeps a second sandbox out. Thread-safety: none.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"

namespace zest::store {

// An open file descriptor, closed when it goes. Closing releases the lock that it holds.
class FileDescriptor {
 public:
  explicit FileDescriptor(int descriptor = -1) : descriptor_(descriptor) {}
  FileDescriptor(FileDescriptor&& other) noexcept : descriptor_(other.descriptor_) { other.descriptor_ = -1; }
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor();
  int get() const { return descriptor_; }
  bool open() const { return descriptor_ >= 0; }

 private:
  int descriptor_;
};

class Place {
 public:
  // Locks PATH by PATH.lock; uploads go to PATH.files/. The database file itself is created, empty and
  // private to the user, when there is none. Errors: InvalidRequest with one sentence.
  static Result<std::unique_ptr<Place>> at(const std::filesystem::path& path);

  // A new folder (0700) below the system's temporary one. Folders of processes that died are removed first:
  // their lock is free. Errors: InvalidRequest.
  static Result<std::unique_ptr<Place>> temporary();

  ~Place();  // releases the lock; removes a temporary folder
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  const std::filesystem::path& database() const { return database_; }
  const std::filesystem::path& files() const { return files_; }
  bool is_temporary() const { return folder_.has_value(); }

 private:
  Place() = default;

  std::filesystem::path database_;
  std::filesystem::path files_;
  std::filesystem::path lock_path_;
  std::optional<std::filesystem::path> folder_;  // of a temporary database
  FileDescriptor lock_;
};

}  // namespace zest::store
