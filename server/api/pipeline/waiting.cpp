#include "api/pipeline/waiting.h"

#include <algorithm>
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
  const MutexLock lock(mutex_);
  for (std::thread& thread : retired_) thread.join();
}

std::size_t WaitingPool::threads() {
  const MutexLock lock(mutex_);
  return threads_.size();
}

bool WaitingPool::run(Task kind, const std::string& partner, const std::function<void()>& task) {
  const AllocationScope scope(Allocations::ForAll);
  const MutexLock lock(mutex_);
  if (busy_ >= capacity_ || stopping_) return false;
  for (std::thread& thread : retired_) thread.join();
  retired_.clear();
  retired_.reserve(threads_.size() + 1);  // so that none fails to end for want of memory
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

void WaitingPool::retire() {
  const auto self = std::find_if(threads_.begin(), threads_.end(), [](const std::thread& thread) {
    return thread.get_id() == std::this_thread::get_id();
  });
  retired_.push_back(std::move(*self));
  threads_.erase(self);
}

void WaitingPool::work() {
  const AllocationScope scope(Allocations::ForAll);
  for (;;) {
    Queued next;
    {
      const MutexLock lock(mutex_);
      const auto until = std::chrono::steady_clock::now() + idle_;
      bool in_time = true;
      while (queue_.empty() && !stopping_ && in_time) in_time = changed_.wait_until(mutex_, until);
      if (queue_.empty()) {
        if (!stopping_) retire();
        return;
      }
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
