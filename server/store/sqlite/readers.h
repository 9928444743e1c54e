// A bounded pool of reading connections, opened when first needed. Thread-safety: safe.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/log.h"
#include "base/mutex.h"
#include "store/sqlite/read.h"

namespace zest::store {

class Readers {
 public:
  Readers(std::function<std::unique_ptr<Connection>()> connect, int limit, Log& log);

  // Runs `body` in one snapshot; waits while all connections are busy. Errors: ServiceUnavailable when the
  // medium fails or the pool is closed, InternalError when the body throws.
  Result<void> run(const std::function<void(Read&)>& body);

  // The same on a connection made for it, whoever else reads: for what takes long. A few at a time.
  Result<void> run_apart(const std::function<void(Read&)>& body);

  // Waits for those who read, and closes their connections.
  void close();

 private:
  std::unique_ptr<Connection> take() EXCLUDES(mutex_);
  void give_back(std::unique_ptr<Connection> connection) EXCLUDES(mutex_);
  // Runs `body` on the connection; lets go of one that failed.
  Result<void> run_on(std::unique_ptr<Connection>& connection, const std::function<void(Read&)>& body);

  const std::function<std::unique_ptr<Connection>()> connect_;
  const int limit_;
  Log& log_;
  Mutex mutex_;
  CondVar changed_;
  std::vector<std::unique_ptr<Connection>> idle_ GUARDED_BY(mutex_);
  int busy_ GUARDED_BY(mutex_) = 0;
  int apart_ GUARDED_BY(mutex_) = 0;
  bool closed_ GUARDED_BY(mutex_) = false;
};

// How the failure of a medium, or of a body, reads to callers. The log, where there is one, gets the
// particulars.
Error unavailable_error(const std::string& particulars);
Error unavailable_error(Log& log, const std::string& particulars);
Error broken_body_error(Log& log, const std::string& particulars);

}  // namespace zest::store
