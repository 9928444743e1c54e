#include "store/sqlite/db.h"

#include <sqlite3.h>

#include <algorithm>

#include "store/sqlite/gathered_log.h"
#include "store/sqlite/open.h"

namespace zest::store {

struct Query::Cached {
  sqlite3_stmt* statement = nullptr;
  bool busy = false;
};

Query::Query(Connection& connection, Cached* cached, sqlite3_stmt* statement)
    : connection_(&connection), cached_(cached), statement_(statement) {
  if (cached_ != nullptr) cached_->busy = true;
}

Query::Query(Query&& other) noexcept
    : connection_(other.connection_),
      cached_(other.cached_),
      statement_(other.statement_),
      parameter_(other.parameter_),
      column_(other.column_) {
  other.statement_ = nullptr;
}

Query::~Query() {
  if (statement_ == nullptr) return;
  if (cached_ == nullptr) {
    sqlite3_finalize(statement_);
    return;
  }
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
  cached_->busy = false;
}

bool Query::step() {
  const int code = sqlite3_step(statement_);
  column_ = 0;
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) connection_->fail(code);
  return false;
}

void Query::run() {
  while (step()) {
  }
}

std::string Query::text() {
  const int column = column_++;
  // The blob accessor gives the bytes of text as they are, with zeros inside.
  const void* bytes = sqlite3_column_blob(statement_, column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return bytes == nullptr ? std::string() : std::string(static_cast<const char*>(bytes), size);
}

std::int64_t Query::integer() { return sqlite3_column_int64(statement_, column_++); }

ColumnType Query::next_type() const {
  switch (sqlite3_column_type(statement_, column_)) {
    case SQLITE_NULL:
      return ColumnType::Null;
    case SQLITE_INTEGER:
      return ColumnType::Integer;
    case SQLITE_TEXT:
      return ColumnType::Text;
    case SQLITE_BLOB:
      return ColumnType::Blob;
    default:
      return ColumnType::Other;
  }
}

std::optional<std::string> Query::optional_text() {
  if (next_type() != ColumnType::Null) return text();
  skip();
  return std::nullopt;
}

std::optional<Instant> Query::optional_instant() {
  if (next_type() != ColumnType::Null) return instant();
  skip();
  return std::nullopt;
}

std::optional<Duration> Query::optional_duration() {
  if (next_type() != ColumnType::Null) return duration();
  skip();
  return std::nullopt;
}

int Query::column_count() const { return sqlite3_column_count(statement_); }

std::string Query::column_name(int index) const { return sqlite3_column_name(statement_, index); }

void Query::bind_null() {
  const int code = sqlite3_bind_null(statement_, ++parameter_);
  if (code != SQLITE_OK) connection_->fail(code);
}

void Query::bind_integer(std::int64_t value) {
  const int code = sqlite3_bind_int64(statement_, ++parameter_, value);
  if (code != SQLITE_OK) connection_->fail(code);
}

void Query::bind_text(std::string_view value) {
  // A null pointer would bind NULL; an empty view may hold one.
  const char* bytes = value.data() == nullptr ? "" : value.data();
  const int code =
      sqlite3_bind_text64(statement_, ++parameter_, bytes, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  if (code != SQLITE_OK) connection_->fail(code);
}

void Query::bind_blob(std::string_view value) {
  const char* bytes = value.data() == nullptr ? "" : value.data();
  const int code = sqlite3_bind_blob64(statement_, ++parameter_, bytes, value.size(), SQLITE_TRANSIENT);
  if (code != SQLITE_OK) connection_->fail(code);
}

namespace {

// Before the library's first use.
void initialise_sqlite() {
  static const int initialised = [] {
    // It would count the bytes of every allocation, under a lock of the whole process.
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    return sqlite3_initialize();
  }();
  static_cast<void>(initialised);
}

}  // namespace

bool temporary_files_work() {
  initialise_sqlite();
  sqlite3_vfs* const files = sqlite3_vfs_find(nullptr);
  const std::size_t size = std::max(static_cast<std::size_t>(files->szOsFile), sizeof(sqlite3_file));
  const auto memory = std::make_unique<char[]>(size);
  auto* const file = reinterpret_cast<sqlite3_file*>(memory.get());
  constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_EXCLUSIVE |
                         SQLITE_OPEN_DELETEONCLOSE | SQLITE_OPEN_TEMP_JOURNAL;
  const bool opened = files->xOpen(files, nullptr, file, kFlags, nullptr) == SQLITE_OK;
  if (file->pMethods != nullptr) file->pMethods->xClose(file);
  return opened;
}

Connection::Connection(const std::filesystem::path& path, Open open, LogWrites log_writes) {
  initialise_sqlite();
  const int flags =
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (open == Open::OrCreate ? SQLITE_OPEN_CREATE : 0);
  const char* const files = log_writes == LogWrites::Gathered ? gathered_log() : nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &database_, flags, files);
  if (code != SQLITE_OK) {
    const std::string reason = sqlite3_errstr(code);
    sqlite3_close_v2(database_);
    throw Unavailable(reason);
  }
  sqlite3_extended_result_codes(database_, 1);
  sqlite3_busy_timeout(database_, 5000);
}

Connection::~Connection() {
  for (const auto& entry : statements_) sqlite3_finalize(entry.second->statement);
  if (displaced_ && displaced_()) {
    sqlite3_wal_checkpoint_v2(database_, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
    sqlite3_db_config(database_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  }
  sqlite3_close_v2(database_);
}

void Connection::configure(const ConnectionSettings& settings) {
  // Before anything is written: a temporary database is not worth waiting for the disk.
  switch (settings.synchronous) {
    case Synchronous::Off:
      execute("PRAGMA synchronous=OFF");
      break;
    case Synchronous::Normal:
      execute("PRAGMA synchronous=NORMAL");
      break;
    case Synchronous::Full:
      execute("PRAGMA synchronous=FULL");
      break;
  }
  execute("PRAGMA journal_mode=WAL");
  execute("PRAGMA cache_size=-" + std::to_string(settings.cache_kib));
  // A statement journal in memory is a list that each statement within a savepoint walks to its end: the
  // thousandth of a transaction takes a thousand times as long as the first. In a file it is found at once.
  const bool in_files = settings.temporary_files && !settings.read_only;
  execute(in_files ? "PRAGMA temp_store=FILE" : "PRAGMA temp_store=MEMORY");
  execute("PRAGMA journal_size_limit=" + std::to_string(kKeptLog));
  // The words of CHECK (status IN (…)) come from enums; SQLite would fill a table with them for each row.
  // Events and attempts are made and removed with their deliveries (write_deliveries.cpp); SQLite would look
  // those up each time.
  execute("PRAGMA ignore_check_constraints=ON; PRAGMA foreign_keys=OFF");
  // Debian's SQLite overwrites with zeros what was deleted, and so writes pages that nobody will read.
  execute("PRAGMA secure_delete=OFF");
  if (settings.read_only) execute("PRAGMA query_only=ON");
  if (settings.max_pages) execute("PRAGMA max_page_count=" + std::to_string(*settings.max_pages));
  if (!settings.checkpoint_on_close) {
    sqlite3_db_config(database_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  }
  displaced_ = settings.displaced;
  // Takes the place of automatic checkpoints, which would stall the commit that they happen in.
  sqlite3_wal_hook(database_, &Connection::on_commit, this);
}

int Connection::on_commit(void* self, sqlite3*, const char*, int pages) {
  static_cast<Connection*>(self)->wal_pages_ = pages;
  return SQLITE_OK;
}

Query Connection::query(std::string_view sql) {
  auto found = statements_.find(sql);
  if (found != statements_.end() && !found->second->busy) {
    return Query(*this, found->second.get(), found->second->statement);
  }
  const bool keep = found == statements_.end();
  if (keep) found = statements_.emplace(std::string(sql), std::make_unique<Query::Cached>()).first;
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(database_, sql.data(), static_cast<int>(sql.size()),
                                      keep ? SQLITE_PREPARE_PERSISTENT : 0U, &statement, nullptr);
  if (code != SQLITE_OK) {
    if (keep) statements_.erase(found);
    fail(code);
  }
  if (!keep) return Query(*this, nullptr, statement);
  found->second->statement = statement;
  return Query(*this, found->second.get(), statement);
}

void Connection::execute(const std::string& script) {
  const int code = sqlite3_exec(database_, script.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code);
}

std::int64_t Connection::last_insert_id() const { return sqlite3_last_insert_rowid(database_); }

std::size_t Connection::changes() const { return static_cast<std::size_t>(sqlite3_changes64(database_)); }

std::int64_t Connection::total_changes() const { return sqlite3_total_changes64(database_); }

bool Connection::in_transaction() const { return sqlite3_get_autocommit(database_) == 0; }

std::optional<std::string> Connection::take_failure() {
  std::optional<std::string> failure = std::move(failure_);
  failure_.reset();
  return failure;
}

bool Connection::checkpoint() {
  const int code = sqlite3_wal_checkpoint_v2(database_, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  // Busy: another connection is at it.
  return code == SQLITE_OK || code == SQLITE_BUSY || code == SQLITE_LOCKED;
}

bool Connection::flush_database() {
  sqlite3_file* file = nullptr;
  sqlite3_file_control(database_, "main", SQLITE_FCNTL_FILE_POINTER, &file);
  return file != nullptr && file->pMethods != nullptr &&
         file->pMethods->xSync(file, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY) == SQLITE_OK;
}

void Connection::copy_from(Connection& other) {
  sqlite3_backup* copy = sqlite3_backup_init(database_, "main", other.database_, "main");
  if (copy == nullptr) fail(sqlite3_errcode(database_));
  const int stepped = sqlite3_backup_step(copy, -1);
  const int finished = sqlite3_backup_finish(copy);  // takes back what was not completed
  if (stepped != SQLITE_DONE) fail(stepped);
  if (finished != SQLITE_OK) fail(finished);
}

std::vector<std::string> Connection::prepared() const {
  std::vector<std::string> statements;
  for (const auto& entry : statements_) statements.push_back(entry.first);
  return statements;
}

void Connection::fail(int code) {
  const std::string message = sqlite3_errmsg(database_);
  switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:  // a key of a table that is no integer
      throw ConstraintViolation(message);
    case SQLITE_ERROR:
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
    case SQLITE_TOOBIG:
    case SQLITE_SCHEMA:
      throw std::logic_error("SQL: " + message);
    case SQLITE_CORRUPT:
      failure_ = std::string(kDamaged) + message;
      throw Unavailable(*failure_);
    default:
      failure_ = message;
      throw Unavailable(message);
  }
}

LibraryVersion sqlite_library() { return {"SQLite", sqlite3_libversion()}; }

}  // namespace zest::store
