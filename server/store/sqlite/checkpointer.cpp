#include "store/sqlite/checkpointer.h"

#include <utility>

#include "base/memory.h"
#include "base/thread_name.h"

namespace zest::store {

Checkpointer::Checkpointer(std::unique_ptr<Connection> db, bool durable, Log& log)
    : db_(std::move(db)), durable_(durable), log_(log) {
  thread_ = std::thread([this] {
    name_thread("checkpointer");
    run();
  });
}

Checkpointer::~Checkpointer() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Checkpointer::wake() {
  {
    MutexLock lock(mutex_);
    wanted_ = true;
  }
  changed_.notify_all();
}

void Checkpointer::run() {
  const AllocationScope scope(Allocations::ForAll);
  bool failing = false;
  for (;;) {
    {
      MutexLock lock(mutex_);
      while (!wanted_ && !stopping_) changed_.wait(mutex_);
      if (stopping_) return;
      wanted_ = false;
    }
    const bool done = db_->checkpoint() && (!durable_ || db_->flush_database());
    if (!done && !failing) log_.warning("The database's log cannot be merged into it; it keeps growing.");
    failing = !done;
  }
}

}  // namespace zest::store
