// Uploaded files beside the database: `spool/` while they arrive, `content/ab/abcdef…` by their SHA-256 once
// complete. A file is on the medium, under its final name, before the row that refers to it is written.
// Thread-safety: safe.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/mutex.h"
#include "base/result.h"

namespace zest::store {

class ContentFiles {
 public:
  // `durable`: files and folders are flushed to the medium.
  ContentFiles(std::filesystem::path root, bool durable, Log& log);

  // Makes the folders. Errors: InvalidRequest with one sentence.
  Result<void> create_folders();

  const std::filesystem::path& spool() const { return spool_; }
  std::filesystem::path path(const std::string& sha256_hex) const;

  // Errors: ServiceUnavailable; InternalError for a name that is no hash.
  Result<void> keep(const std::filesystem::path& spooled, const std::string& sha256_hex);
  // A committed row refers to the file: from now on references alone decide whether it stays.
  void used(const std::string& sha256_hex);
  // Removes content that is neither in `referenced` (sorted) nor kept a moment ago, and spooled files that
  // nobody came back for. `everything_settled`: nothing is under way, as at start.
  void sweep(const std::vector<std::string>& referenced, bool everything_settled);

 private:
  bool awaited(const std::string& name) REQUIRES(mutex_);

  const std::filesystem::path root_;
  const std::filesystem::path content_;
  const std::filesystem::path spool_;
  const bool durable_;
  Log& log_;

  Mutex mutex_;
  // Kept, but no committed row refers to them yet; since when (steady).
  std::map<std::string, std::chrono::steady_clock::time_point> unsettled_ GUARDED_BY(mutex_);
};

}  // namespace zest::store
