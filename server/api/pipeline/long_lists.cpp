#include "api/pipeline/long_lists.h"

#include <utility>

#include "base/memory.h"
#include "base/thread_name.h"

namespace zest::api {

LongLists::~LongLists() {
  std::vector<std::thread> threads;
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    threads = std::move(threads_);
    changed_.notify_all();
  }
  for (std::thread& thread : threads) thread.join();
}

bool LongLists::run(std::function<void()> task) {
  const AllocationScope scope(Allocations::ForAll);
  const MutexLock lock(mutex_);
  if (stopping_ || queue_.size() >= kQueue) return false;
  if (idle_ < queue_.size() + 1 && threads_.size() < kThreads) {
    const bool started = start_thread(threads_, "long-lists", [this] { work(); });
    if (!started && threads_.empty()) return false;
  }
  queue_.push_back(std::move(task));
  changed_.notify_one();
  return true;
}

void LongLists::work() {
  const AllocationScope scope(Allocations::ForAll);
  for (;;) {
    std::function<void()> task;
    {
      const MutexLock lock(mutex_);
      ++idle_;
      while (queue_.empty() && !stopping_) changed_.wait(mutex_);
      --idle_;
      if (queue_.empty()) return;
      task = std::move(queue_.front());
      queue_.pop_front();
    }
    run_for_one_caller(task);
  }
}

}  // namespace zest::api
