// The door to SQLite: a connection, its cache of prepared statements, and typed access to parameters and
// columns.
//
// Errors: a failing medium (full, unreadable, locked, damaged) throws Unavailable and is remembered until
// take_failure(), so that a caller who swallowed the exception still cannot commit half a change. A broken
// constraint throws ConstraintViolation, wrong SQL std::logic_error: both are mistakes of ours and leave the
// transaction usable.
//
// Thread-safety: none; one thread at a time uses a connection.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/time.h"

struct sqlite3;
struct sqlite3_stmt;

namespace zest::store {

// The medium failed. Never leaves this backend.
class Unavailable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Begins what Unavailable says about a file that is no sound database any more.
inline constexpr std::string_view kDamaged = "the database is damaged: ";
// … and about a file that is not where it was opened, so that what is written would be lost.
inline constexpr std::string_view kDisplaced = "the database was removed, replaced or moved: ";

class ConstraintViolation : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

// Bytes that are no text.
struct Blob {
  std::string_view bytes;
};

enum class ColumnType { Null, Integer, Text, Blob, Other };

class Connection;

// One run of a statement: bind the parameters in order, then run() or step() and read the columns in order.
// It goes back to the cache when the Query is gone.
class Query {
 public:
  Query(Query&& other) noexcept;
  Query& operator=(Query&&) = delete;
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;
  ~Query();

  // Text, integers, bool, Instant, Duration, Blob, nullptr, or an optional of these. Copies what it is given.
  template <class... Values>
  Query& bind(const Values&... values) {
    (bind_value(values), ...);
    return *this;
  }
  bool step();  // true: there is a row, and its first column is the next one read
  void run();   // to the end, for statements without rows

  // The next column.
  std::string text();  // bytes of TEXT or BLOB
  std::int64_t integer();
  int small() { return static_cast<int>(integer()); }
  bool boolean() { return integer() != 0; }
  std::uint64_t counter() { return static_cast<std::uint64_t>(integer()); }
  Instant instant() { return instant_from_ms(integer()); }
  Duration duration() { return Duration(integer()); }
  std::optional<std::string> optional_text();
  std::optional<Instant> optional_instant();
  std::optional<Duration> optional_duration();

  int column_count() const;
  std::string column_name(int index) const;
  ColumnType next_type() const;  // of the column that is read next
  void skip(int columns = 1) { column_ += columns; }

 private:
  friend class Connection;
  struct Cached;
  Query(Connection& connection, Cached* cached, sqlite3_stmt* statement);

  template <class Value>
  void bind_value(const Value& value) {
    if constexpr (std::is_same_v<Value, Blob>) {
      bind_blob(value.bytes);
    } else if constexpr (std::is_null_pointer_v<Value>) {
      bind_null();
    } else if constexpr (std::is_convertible_v<const Value&, std::string_view>) {
      bind_text(value);
    } else if constexpr (std::is_integral_v<Value>) {
      bind_integer(static_cast<std::int64_t>(value));
    } else if constexpr (std::is_same_v<Value, Instant>) {
      bind_integer(to_ms(value));
    } else if constexpr (std::is_same_v<Value, Duration>) {
      bind_integer(value.count());
    } else if (value) {
      bind_value(*value);
    } else {
      bind_null();
    }
  }
  void bind_null();
  void bind_integer(std::int64_t value);
  void bind_text(std::string_view value);
  void bind_blob(std::string_view value);

  Connection* connection_;
  Cached* cached_;           // null when the statement is ours alone
  sqlite3_stmt* statement_;  // null after a move
  int parameter_ = 0;
  int column_ = 0;
};

enum class Synchronous { Off, Normal, Full };

// Bytes that the write-ahead log keeps when it begins anew. It gets this long and longer under load
// (checkpointer.h), and to cut it off each time and let it grow again makes commits wait for the file system.
inline constexpr std::int64_t kKeptLog = 64 * 1024 * 1024;

struct ConnectionSettings {
  Synchronous synchronous = Synchronous::Full;
  int cache_kib = 4096;
  bool read_only = false;
  bool checkpoint_on_close = true;  // false when the file is about to be removed
  bool temporary_files = true;      // false where temporary_files_work() is
  // Asked when the connection closes: whether database or log are no longer where they were opened. Then all
  // that was committed is moved into the file that is open, wherever it is by now, and its log left empty:
  // SQLite would leave it to whatever database lies there now.
  std::function<bool()> displaced;
  std::optional<std::uint32_t> max_pages;
};

// Whether SQLite can make the temporary files that it needs beside a database: it looks for a folder by
// itself (SQLITE_TMPDIR, TMPDIR, /var/tmp, /usr/tmp, /tmp, the working directory).
bool temporary_files_work();

class Connection {
 public:
  enum class Open { OrCreate, Existing };
  // How the write-ahead log is written: by SQLite's own calls, or gathered (gathered_log.h).
  enum class LogWrites { Single, Gathered };
  // Changes nothing yet.
  explicit Connection(const std::filesystem::path& path, Open open = Open::OrCreate,
                      LogWrites log_writes = LogWrites::Single);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Switches to WAL and sets what every connection of the sandbox has.
  void configure(const ConnectionSettings& settings);

  Query query(std::string_view sql);        // one statement, kept prepared
  void execute(const std::string& script);  // any number of statements without results
  std::int64_t last_insert_id() const;
  std::size_t changes() const;  // rows that the last statement inserted, changed or deleted itself
  // Rows that all statements so far inserted, changed or deleted: it grows when the database was changed.
  std::int64_t total_changes() const;
  bool in_transaction() const;  // false also after SQLite rolled back by itself

  // What went wrong since the last call, or nothing.
  std::optional<std::string> take_failure();

  // Pages in the write-ahead log after the latest commit here.
  int wal_pages() const { return wal_pages_; }
  // Copies the write-ahead log into the database as far as readers allow, waiting for nobody. False when it
  // failed.
  bool checkpoint();
  // Puts on the medium what was moved into the database. False when that failed.
  bool flush_database();

  // Makes this database a copy of the other one, in one transaction of its own: of pages, so it takes no
  // longer than writing them. Neither has a transaction open.
  void copy_from(Connection& other);

  // Every statement prepared so far, for tests that look at query plans.
  std::vector<std::string> prepared() const;

 private:
  friend class Query;
  [[noreturn]] void fail(int code);
  static int on_commit(void* self, sqlite3* database, const char* name, int pages);

  sqlite3* database_ = nullptr;
  std::map<std::string, std::unique_ptr<Query::Cached>, std::less<>> statements_;
  std::optional<std::string> failure_;
  std::function<bool()> displaced_;
  int wal_pages_ = 0;
};

}  // namespace zest::store
