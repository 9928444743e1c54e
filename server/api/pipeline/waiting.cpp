#include "api/pipeline/waiting.h"

#include <utility>

#include "base/memory.h"
#include "base/thread_name.h"

namespace zest::api {

WaitingPool::~WaitingPool() {
  std::vector<std::thread> threads;
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    threads = std::move(threads_);
    changed_.notify_all();
  }
  for (std::thread& thread : threads) thread.join();
}

bool WaitingPool::run(Task kind, const std::string& partner, const std::function<void()>& task) {
  const AllocationScope scope(Allocations::ForAll);
  const MutexLock lock(mutex_);
  if (busy_ >= capacity_ || stopping_) return false;
  if (kind == Task::Advances && waiting_.taken() + advancing_ + kept_free_ >= capacity_) return false;
  if (kind == Task::WaitsForOthers && !waiting_.has_room(partner)) return false;
  // Each that runs has a thread of its own, for it may wait for the others.
  if (threads_.size() <= busy_ && !start_thread(threads_, "waiting", [this] { work(); })) return false;
  if (kind == Task::WaitsForOthers) waiting_.take(partner);
  queue_.push_back({kind, partner, task});
  ++busy_;
  if (kind == Task::Advances) ++advancing_;
  changed_.notify_one();
  return true;
}

void WaitingPool::work() {
  const AllocationScope scope(Allocations::ForAll);
  for (;;) {
    Queued next;
    {
      const MutexLock lock(mutex_);
      while (queue_.empty() && !stopping_) changed_.wait(mutex_);
      if (queue_.empty()) return;
      next = std::move(queue_.front());
      queue_.pop_front();
    }
    run_for_one_caller(next.task);
    next.task = nullptr;
    const MutexLock lock(mutex_);
    --busy_;
    if (next.kind == Task::WaitsForOthers) waiting_.give_back(next.partner);
    if (next.kind == Task::Advances) --advancing_;
  }
}

}  // namespace zest::api
