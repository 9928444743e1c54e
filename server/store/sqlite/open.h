// A store in an SQLite database, with uploads in a folder beside it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

#include "base/log.h"
#include "base/result.h"
#include "base/version.h"
#include "store/store.h"

namespace zest::store {

struct SqliteOptions {
  // Absent: a temporary database in a private directory, gone when the store is.
  std::optional<std::filesystem::path> database;
  // fsync at every group commit (true) or leave flushing to the system (false): power loss may then cost the
  // newest commits, process death costs none.
  bool durable = true;
  int readers = 4;
  // Limit of the database's size, in pages of 4 KiB. Beyond it changes answer ServiceUnavailable, as on a
  // full disk.
  std::optional<std::uint32_t> max_pages;
  Limits limits;
};

// Opens or creates, migrates, returns deliveries that another process left in flight to due; removes the
// temporary folders that dead processes left. Errors: InvalidRequest with one sentence (not a database,
// another application's, newer version, locked by another sandbox, not writable, …).
Result<std::unique_ptr<Store>> open_sqlite(const SqliteOptions& options, Log& log);

LibraryVersion sqlite_library();

}  // namespace zest::store
