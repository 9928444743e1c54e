#include "api/pipeline/delays.h"

#include <utility>

#include "base/memory.h"
#include "base/thread_name.h"

namespace zest::api {

bool Delays::hold(Duration delay, Call call) {
  const AllocationScope scope(Allocations::ForAll);
  const MutexLock lock(mutex_);
  if (stopping_) return false;
  start_thread_if_all_are_busy();
  if (threads_.empty() || !take_share(call.partner)) return false;
  waiting_.emplace(Steady::now() + delay, std::move(call));
  changed_.notify_one();
  return true;
}

bool Delays::take_share(const std::string& partner) {
  if (shares_.take(partner)) return true;
  let_go_of_those_gone();
  return shares_.take(partner);
}

void Delays::let_go_of_those_gone() {
  for (auto entry = waiting_.begin(); entry != waiting_.end();) {
    if (!entry->second.client_gone()) {
      ++entry;
      continue;
    }
    shares_.give_back(entry->second.partner);
    let_go_.push_back(std::move(entry->second));
    entry = waiting_.erase(entry);
    changed_.notify_one();
  }
}

void Delays::stop() {
  std::vector<std::thread> threads;
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    threads = std::move(threads_);
    threads_.clear();
    changed_.notify_all();
  }
  for (std::thread& thread : threads) thread.join();
}

void Delays::start_thread_if_all_are_busy() {
  if (idle_threads_ > 0 || threads_.size() >= kThreads || stopping_) return;
  // Without one more, those that there are go on with the calls, later.
  start_thread(threads_, "delays", [this] { work(); });
}

std::optional<Delays::Call> Delays::next(End& end) {
  for (;;) {
    if (!let_go_.empty()) {
      Call call = std::move(let_go_.front());
      let_go_.pop_front();
      end = stopping_ ? End::Stopped : End::Due;
      return call;
    }
    const auto first = waiting_.begin();
    if (first == waiting_.end() && stopping_) return std::nullopt;
    const bool due = first != waiting_.end() && (stopping_ || first->first <= Steady::now());
    if (due) {
      Call call = std::move(first->second);
      waiting_.erase(first);
      shares_.give_back(call.partner);
      end = stopping_ ? End::Stopped : End::Due;
      return call;
    }
    ++idle_threads_;
    if (first == waiting_.end()) {
      changed_.wait(mutex_);
    } else {
      const Steady::time_point at = first->first;
      changed_.wait_until(mutex_, at);
    }
    --idle_threads_;
  }
}

void Delays::work() {
  const AllocationScope scope(Allocations::ForAll);
  for (;;) {
    std::optional<Call> call;
    End end = End::Due;
    {
      const MutexLock lock(mutex_);
      call = next(end);
      if (!call) return;
      // Somebody has to watch the others meanwhile.
      if (!waiting_.empty() || !let_go_.empty()) start_thread_if_all_are_busy();
    }
    run_for_one_caller([&call, end] { call->go_on(end); });
  }
}

}  // namespace zest::api
