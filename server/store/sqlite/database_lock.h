// Keeps a second sandbox away from a database, by two locks: one on PATH.lock, which tells who holds it, and
// one on the database file itself, which holds whatever name leads to it and whatever becomes of PATH.lock.
// Both are advisory and go with the process. Thread-safety: none.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/file_descriptor.h"
#include "base/result.h"

namespace zest::store {

// PATH.lock while it is held. It is removed in the end unless it was there, empty, before.
class LockFile {
 public:
  LockFile() = default;
  ~LockFile();
  LockFile(const LockFile&) = delete;
  LockFile& operator=(const LockFile&) = delete;

  // `database` is how the sentences call it. Errors: InvalidRequest with one sentence: in use, not ours,
  // cannot be made.
  Result<void> take(const std::filesystem::path& path, const std::string& database);

 private:
  enum class Outcome { Held, Busy, NotOurs, Failed };
  Outcome attempt();
  void note_process();
  std::string noted_process() const;

  std::filesystem::path path_;
  FileDescriptor file_;
  bool was_there_ = false;  // empty, and nobody's
};

// The lock on an open database file. False: another process has it; nothing: it cannot be locked, errno says
// why. Closing any descriptor of the file gives SQLite's own locks on it up: keep `file` open longer than
// every connection.
std::optional<bool> lock_database(const FileDescriptor& file);

}  // namespace zest::store
