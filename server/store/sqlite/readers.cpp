#include "store/sqlite/readers.h"

#include <algorithm>
#include <new>

#include "base/memory.h"

namespace zest::store {
namespace {

// Each has a connection with a cache of its own, and SQLite keeps the files of those that were open at once.
constexpr int kApart = 4;

}  // namespace

Error unavailable_error(const std::string& particulars) {
  if (particulars.rfind(kDisplaced, 0) == 0) {
    return make_error(
        ErrorKind::ServiceUnavailable,
        "The sandbox's database was removed, replaced or moved; put it back, or start the sandbox "
        "again.");
  }
  if (particulars.rfind(kDamaged, 0) == 0) {
    return make_error(ErrorKind::ServiceUnavailable,
                      "The sandbox's database is damaged; restore a copy of it or start with another one.");
  }
  return make_error(ErrorKind::ServiceUnavailable,
                    "The sandbox cannot reach its storage at the moment; try again.");
}

Error unavailable_error(Log& log, const std::string& particulars) {
  log.error("The storage failed: " + particulars);
  return unavailable_error(particulars);
}

Error broken_body_error(Log& log, const std::string& particulars) {
  log.error("A storage operation broke off: " + particulars);
  return make_error(ErrorKind::InternalError, "The sandbox failed unexpectedly; its log says why.");
}

Readers::Readers(std::function<std::unique_ptr<Connection>()> connect, int limit, Log& log)
    : connect_(std::move(connect)), limit_(std::max(limit, 1)), log_(log) {
  idle_.reserve(static_cast<std::size_t>(limit_));
}

std::unique_ptr<Connection> Readers::take() {
  {
    MutexLock lock(mutex_);
    while (!closed_ && busy_ >= limit_) changed_.wait(mutex_);
    if (closed_) throw Unavailable("the store is closed");
    ++busy_;
    if (!idle_.empty()) {
      std::unique_ptr<Connection> connection = std::move(idle_.back());
      idle_.pop_back();
      return connection;
    }
  }
  try {
    return connect_();
  } catch (...) {
    give_back(nullptr);
    throw;
  }
}

void Readers::give_back(std::unique_ptr<Connection> connection) {
  {
    MutexLock lock(mutex_);
    --busy_;
    if (connection != nullptr) idle_.push_back(std::move(connection));
  }
  changed_.notify_all();
}

Result<void> Readers::run(const std::function<void(Read&)>& body) {
  std::unique_ptr<Connection> connection;
  try {
    connection = take();
  } catch (const Unavailable& failure) {
    return unavailable_error(log_, failure.what());
  } catch (const std::bad_alloc&) {
    return out_of_memory_error();
  }
  Result<void> result = run_on(connection, body);
  give_back(std::move(connection));
  return result;
}

Result<void> Readers::run_apart(const std::function<void(Read&)>& body) {
  {
    MutexLock lock(mutex_);
    while (!closed_ && apart_ >= kApart) changed_.wait(mutex_);
    if (closed_) return unavailable_error(log_, "the store is closed");
    ++apart_;
  }
  Result<void> result;
  try {
    std::unique_ptr<Connection> connection = connect_();
    result = run_on(connection, body);
  } catch (const Unavailable& failure) {
    result = unavailable_error(log_, failure.what());
  } catch (const std::bad_alloc&) {
    result = out_of_memory_error();
  }
  MutexLock lock(mutex_);
  --apart_;
  changed_.notify_all();
  return result;
}

Result<void> Readers::run_on(std::unique_ptr<Connection>& connection,
                             const std::function<void(Read&)>& body) {
  Result<void> result;
  try {
    connection->query("BEGIN").run();
    SqliteRead read(*connection);
    body(read);
  } catch (const Unavailable& failure) {
    result = unavailable_error(log_, failure.what());
  } catch (const std::bad_alloc&) {
    result = out_of_memory_error();
  } catch (const std::exception& bug) {
    result = broken_body_error(log_, bug.what());
  }
  try {
    if (connection->in_transaction()) connection->query("COMMIT").run();
  } catch (const std::exception& failure) {
    if (result.ok()) result = unavailable_error(log_, failure.what());
    connection.reset();  // the next reader opens another
  }
  if (connection == nullptr) return result;
  // A body that swallowed the exception has not seen all that it asked for.
  const std::optional<std::string> failure = connection->take_failure();
  if (failure && result.ok()) result = unavailable_error(log_, *failure);
  return result;
}

void Readers::close() {
  MutexLock lock(mutex_);
  closed_ = true;
  changed_.notify_all();
  while (busy_ > 0 || apart_ > 0) changed_.wait(mutex_);
  idle_.clear();
}

}  // namespace zest::store
