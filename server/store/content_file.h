// The files behind Uploads, beside the database: `spool/` while they arrive, `content/ab/abcdef…` by their
// SHA-256 once complete. A file is on the medium, under its final name, before the row that refers to it is
// written.
//
// The folder belongs to one database, whose random name stands in its file `zest-sandbox-owner`. Nothing is
// removed but files whose names have our form, never through a link, and never in a folder that belongs to
// another database. Thread-safety: safe.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/mutex.h"
#include "base/result.h"
#include "store/uploads.h"

namespace zest::store {

// Whether a path below the folder ("spool/upload-1aB2cD", "content/ab") is one that we give to a file or
// folder.
bool is_upload_file(std::string_view path);
bool is_upload_folder(std::string_view path);

class ContentFiles {
 public:
  // `durable`: files and folders are flushed to the medium.
  ContentFiles(std::filesystem::path root, bool durable, Log& log);

  // Makes the folders. Errors: InvalidRequest with one sentence, also for a link in the place of one.
  Result<void> create_folders();
  // Makes the database of that name the folder's owner. A folder that has none is taken over when it is empty
  // or `adopt`ed: an older version kept no name. Errors: InvalidRequest when it holds uploads of another
  // database.
  Result<void> claim(const std::string& database_name, bool adopt);

  const std::filesystem::path& spool() const { return spool_; }
  std::filesystem::path path(const std::string& sha256_hex) const;

  // Errors: ServiceUnavailable; InternalError for a name that is no hash.
  Result<void> keep(const std::vector<Uploads::Spooled>& files);
  void give_up(const std::vector<Uploads::Spooled>& files);
  // A committed row refers to the file: from now on references alone decide whether it stays.
  void used(const std::string& sha256_hex);

  // Hashes of all content, and spooled files that nobody came back for (with `everything_settled`: all).
  std::vector<std::string> content() const;
  void remove_spooled(bool everything_settled);
  // Removes content to which nothing refers, unless it was kept a moment ago or removal is held. Answers
  // whether it did.
  bool remove(const std::string& sha256_hex, bool everything_settled);

  void hold();
  // True: it was the last one, and something was to be removed meanwhile.
  bool release();

 private:
  bool awaited(const std::string& name) REQUIRES(mutex_);
  bool holds_uploads() const;
  Result<void> flush_folders() const;
  Result<void> place(const Uploads::Spooled& file);

  // Kept, but no committed row refers to it yet.
  struct Unsettled {
    std::chrono::steady_clock::time_point since;
    int times = 0;
  };

  const std::filesystem::path root_;
  const std::filesystem::path content_;
  const std::filesystem::path spool_;
  const bool durable_;
  Log& log_;

  Mutex mutex_;
  std::map<std::string, Unsettled> unsettled_ GUARDED_BY(mutex_);
  int holds_ GUARDED_BY(mutex_) = 0;
  bool spared_ GUARDED_BY(mutex_) = false;  // something, for the sake of a hold
};

}  // namespace zest::store
