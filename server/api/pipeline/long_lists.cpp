#include "api/pipeline/long_lists.h"

#include <utility>

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
  const MutexLock lock(mutex_);
  if (stopping_ || queue_.size() >= kQueue) return false;
  queue_.push_back(std::move(task));
  if (idle_ < queue_.size() && threads_.size() < kThreads) {
    threads_.emplace_back([this] {
      name_thread("long-lists");
      work();
    });
  }
  changed_.notify_one();
  return true;
}

void LongLists::work() {
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
    task();
  }
}

}  // namespace zest::api
