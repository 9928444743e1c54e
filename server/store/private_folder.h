// A folder of this process's own (0700) below the system's temporary one (TMPDIR, else /tmp, and where that
// is read-only /dev/shm): for a database, or a key, that must not outlive it.
//
// Only what is certainly ours is ever removed. A folder is ours when its name has exactly our form
// (zest-sandbox-<process>-<6 characters>), its file `lock` says that we made this very folder (name and
// inode, so that neither a copy nor a renamed one counts), and everything in it has a name that we give.
// Whether its owner lives is told by the lock on that file, never by a process number. Thread-safety: none.
#pragma once

#include <filesystem>
#include <memory>

#include "base/file.h"
#include "base/file_descriptor.h"
#include "base/result.h"

namespace zest::store {

// Names within it; uploads are in kUploadsName as content_file.h says.
inline constexpr const char* kDatabaseName = "sandbox.db";
inline constexpr const char* kUploadsName = "files";
inline constexpr const char* kKeyName = "key.pem";

// For the end of a sentence about one that cannot be used.
inline constexpr const char* kWhereElse =
    " Set TMPDIR to a folder that can be written, or keep the state in a file: serve --db FILE.";

class PrivateFolder {
 public:
  // Errors: InvalidRequest with one sentence that says what to do.
  static Result<std::unique_ptr<PrivateFolder>> make();

  // Removes what is known in it; the folder stays when there is something else as well.
  ~PrivateFolder();
  PrivateFolder(const PrivateFolder&) = delete;
  PrivateFolder& operator=(const PrivateFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  static Result<std::unique_ptr<PrivateFolder>> make_in(const std::filesystem::path& parent);
  explicit PrivateFolder(std::filesystem::path path) : path_(std::move(path)) {}
  bool claim();

  const std::filesystem::path path_;
  std::optional<FileIdentity> identity_;
  FileDescriptor folder_;  // locked: cleaners of temporary folders (systemd-tmpfiles) then leave it alone
  FileDescriptor lock_;
};

// Removes the folders of processes that died. One that holds anything unknown stays as it is.
void sweep_private_folders();

}  // namespace zest::store
