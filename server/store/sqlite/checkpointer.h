// Moves the write-ahead log into the database on a thread and a connection of its own, so that commits are
// not held up: a piece of the log at a time, for a page that changes often is moved once for each piece.
// Under constant load that alone never catches up with the log's end, and only then does SQLite begin the log
// anew; the writer therefore finishes the little that is left when the log has grown past kLongLog
// (writer.cpp). It must then flush the database, so what was moved is flushed here, piece by piece.
#pragma once

#include <memory>
#include <thread>

#include "base/log.h"
#include "base/mutex.h"
#include "store/sqlite/db.h"

namespace zest::store {

// Pages of 4 KiB in the log.
inline constexpr int kCheckpointEach = 1000;
inline constexpr int kLongLog = 8000;

class Checkpointer {
 public:
  // `durable`: the database is worth flushing.
  Checkpointer(std::unique_ptr<Connection> db, bool durable, Log& log);
  ~Checkpointer();
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;

  // Any thread.
  void wake();

 private:
  void run();

  std::unique_ptr<Connection> db_;
  const bool durable_;
  Log& log_;
  Mutex mutex_;
  CondVar changed_;
  bool wanted_ GUARDED_BY(mutex_) = false;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace zest::store
