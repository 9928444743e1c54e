#include "store/sqlite/gathered_log.h"

#include <sqlite3.h>

#include <algorithm>
#include <bit>
#include <new>
#include <string>

namespace zest::store {
namespace {

// Of the log's format, https://sqlite.org/fileformat2.html#walformat.
constexpr int kLogHead = 32;
constexpr int kPageHead = 24;
constexpr int kSmallestPage = 512;
constexpr std::size_t kMostGathered = std::size_t{1} << 20;
// SQLite's files for Unix take no more in one piece.
constexpr std::size_t kMostAtOnce = 0x1ffff;

sqlite3_vfs* system_files() { return sqlite3_vfs_find(nullptr); }

// Bytes of the log that are not written yet. The file of the system lies behind it in memory.
struct LogFile {
  sqlite3_file base;  // first: what SQLite knows of it
  sqlite3_file* file;
  std::string* gathered;
  sqlite3_int64 begin;  // where `gathered` goes
  sqlite3_int64 end;    // of what SQLite wrote since the log began
  bool commits;         // the page whose head came last is the last one of a commit
};

LogFile& log_of(sqlite3_file* file) { return *reinterpret_cast<LogFile*>(file); }

int write_gathered(LogFile& log) {
  for (std::size_t at = 0; at < log.gathered->size(); at += kMostAtOnce) {
    const std::size_t size = std::min(kMostAtOnce, log.gathered->size() - at);
    const int code = log.file->pMethods->xWrite(log.file, log.gathered->data() + at, static_cast<int>(size),
                                                log.begin + static_cast<sqlite3_int64>(at));
    if (code != SQLITE_OK) return code;
  }
  log.gathered->clear();
  return SQLITE_OK;
}

int write_through(LogFile& log, const void* bytes, int size, sqlite3_int64 at) {
  const int code = write_gathered(log);
  return code != SQLITE_OK ? code : log.file->pMethods->xWrite(log.file, bytes, size, at);
}

bool gather(LogFile& log, const void* bytes, int size, sqlite3_int64 at) {
  try {
    if (log.gathered->empty()) log.begin = at;
    log.gathered->append(static_cast<const char*>(bytes), static_cast<std::size_t>(size));
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

// The size of the database after the commit, of its last page; 0 of others.
bool is_last_of_commit(const void* page_head) {
  const auto* const head = static_cast<const unsigned char*>(page_head);
  return std::any_of(head + 4, head + 8, [](unsigned char byte) { return byte != 0; });
}

int on_write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 at) {
  LogFile& log = log_of(file);
  if (at == 0) log.end = 0;  // the log begins anew
  const bool is_head = size == kPageHead;
  const bool is_page = size >= kSmallestPage && std::has_single_bit(static_cast<unsigned>(size));
  // What is written again, or is neither, is rare.
  if (at != log.end || !(is_head || is_page || size == kLogHead)) {
    log.end = std::max(log.end, at + size);
    log.commits = false;
    return write_through(log, bytes, size, at);
  }
  if (!log.gathered->empty() && log.begin + static_cast<sqlite3_int64>(log.gathered->size()) != at) {
    if (const int code = write_gathered(log); code != SQLITE_OK) return code;
  }
  if (!gather(log, bytes, size, at)) return SQLITE_NOMEM;
  log.end = at + size;
  const bool complete = is_page && log.commits;
  log.commits = is_head && is_last_of_commit(bytes);
  return complete || log.gathered->size() >= kMostGathered ? write_gathered(log) : SQLITE_OK;
}

int on_close(sqlite3_file* file) {
  LogFile& log = log_of(file);
  const int written = write_gathered(log);
  const int closed = log.file->pMethods->xClose(log.file);
  delete log.gathered;
  return closed != SQLITE_OK ? closed : written;
}

int on_read(sqlite3_file* file, void* to, int size, sqlite3_int64 at) {
  LogFile& log = log_of(file);
  const int code = write_gathered(log);
  return code != SQLITE_OK ? code : log.file->pMethods->xRead(log.file, to, size, at);
}

int on_truncate(sqlite3_file* file, sqlite3_int64 size) {
  LogFile& log = log_of(file);
  const int code = write_gathered(log);
  return code != SQLITE_OK ? code : log.file->pMethods->xTruncate(log.file, size);
}

int on_sync(sqlite3_file* file, int flags) {
  LogFile& log = log_of(file);
  const int code = write_gathered(log);
  return code != SQLITE_OK ? code : log.file->pMethods->xSync(log.file, flags);
}

int on_size(sqlite3_file* file, sqlite3_int64* size) {
  LogFile& log = log_of(file);
  const int code = write_gathered(log);
  return code != SQLITE_OK ? code : log.file->pMethods->xFileSize(log.file, size);
}

int on_lock(sqlite3_file* file, int kind) {
  return log_of(file).file->pMethods->xLock(log_of(file).file, kind);
}
int on_unlock(sqlite3_file* file, int kind) {
  return log_of(file).file->pMethods->xUnlock(log_of(file).file, kind);
}
int on_reserved(sqlite3_file* file, int* held) {
  return log_of(file).file->pMethods->xCheckReservedLock(log_of(file).file, held);
}
int on_control(sqlite3_file* file, int what, void* argument) {
  return log_of(file).file->pMethods->xFileControl(log_of(file).file, what, argument);
}
int on_sector_size(sqlite3_file* file) { return log_of(file).file->pMethods->xSectorSize(log_of(file).file); }
int on_characteristics(sqlite3_file* file) {
  return log_of(file).file->pMethods->xDeviceCharacteristics(log_of(file).file);
}

const sqlite3_io_methods kLogMethods = [] {
  sqlite3_io_methods methods{};
  methods.iVersion = 1;
  methods.xClose = on_close;
  methods.xRead = on_read;
  methods.xWrite = on_write;
  methods.xTruncate = on_truncate;
  methods.xSync = on_sync;
  methods.xFileSize = on_size;
  methods.xLock = on_lock;
  methods.xUnlock = on_unlock;
  methods.xCheckReservedLock = on_reserved;
  methods.xFileControl = on_control;
  methods.xSectorSize = on_sector_size;
  methods.xDeviceCharacteristics = on_characteristics;
  return methods;
}();

int on_open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* opened_as) {
  sqlite3_vfs* const files = system_files();
  if ((flags & SQLITE_OPEN_WAL) == 0) return files->xOpen(files, name, file, flags, opened_as);
  LogFile& log = log_of(file);
  log = LogFile{};
  log.file = reinterpret_cast<sqlite3_file*>(&log + 1);
  log.gathered = new (std::nothrow) std::string;
  if (log.gathered == nullptr) return SQLITE_NOMEM;
  const int code = files->xOpen(files, name, log.file, flags, opened_as);
  if (code == SQLITE_OK) {
    log.base.pMethods = &kLogMethods;
    return SQLITE_OK;
  }
  if (log.file->pMethods != nullptr) log.file->pMethods->xClose(log.file);
  delete log.gathered;
  return code;
}

}  // namespace

const char* gathered_log() {
  static constexpr const char* kName = "gathered-log";
  static const bool there = [] {
    static sqlite3_vfs files = *system_files();
    files.zName = kName;
    files.pNext = nullptr;
    files.szOsFile += static_cast<int>(sizeof(LogFile));
    files.xOpen = on_open;
    return sqlite3_vfs_register(&files, 0) == SQLITE_OK;
  }();
  return there ? kName : nullptr;
}

}  // namespace zest::store
