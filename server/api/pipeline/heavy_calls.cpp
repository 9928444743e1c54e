#include "api/pipeline/heavy_calls.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/memory.h"
#include "base/thread_name.h"

namespace zest::api {

HeavyCalls::~HeavyCalls() {
  std::vector<std::thread> threads;
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    threads = std::move(threads_);
    changed_.notify_all();
  }
  for (std::thread& thread : threads) thread.join();
}

bool HeavyCalls::run(std::function<void()> task) {
  const AllocationScope scope(Allocations::ForAll);
  const MutexLock lock(mutex_);
  if (stopping_ || queue_.size() >= kQueue) return false;
  if (idle_ < queue_.size() + 1 && threads_.size() < kThreads) {
    const bool started = start_thread(threads_, "heavy-calls", [this] { work(); });
    if (!started && threads_.empty()) return false;
  }
  queue_.push_back(std::move(task));
  changed_.notify_one();
  return true;
}

void HeavyCalls::work() {
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

bool asks_for_long_list(const Route& route, const http::RequestHead& head) {
  const auto paging =
      std::find_if(route.query.begin(), route.query.end(),
                   [](const QueryParameter& parameter) { return parameter.name == "perPage"; });
  if (paging == route.query.end()) return false;
  std::int64_t size = paging->schema.value("default", std::int64_t{0});
  const http::FormFields query = http::parse_form(head.query).value_or(http::FormFields());
  for (const auto& [name, value] : query) {
    // What is no number is refused before anything is read.
    if (name == "perPage") std::from_chars(value.data(), value.data() + value.size(), size);
  }
  return size > static_cast<std::int64_t>(HeavyCalls::kShortPage);
}

}  // namespace zest::api
