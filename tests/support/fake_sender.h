// A sender in the place of the network: each webhook is answered at once, as a test says, or stays open.
// Thread-safe; who sends, cancels or ends an exchange is told its outcome on the same thread.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "delivery/sender.h"

namespace zest::test {

inline http::Outcome answer(int status) {
  http::Outcome outcome;
  outcome.status = status;
  return outcome;
}

class FakeSender final : public delivery::Sender {
 public:
  // What the endpoint does with a call; nothing: it does not answer.
  using Receiver = std::function<std::optional<http::Outcome>(const http::Call&)>;
  static constexpr int kHang = 0;

  FakeSender() = default;  // answers 200
  explicit FakeSender(int status) : status_(status) {}
  explicit FakeSender(Receiver receiver) : receiver_(std::move(receiver)) {}

  Id send(http::Call call, std::function<void(http::Outcome)> done) override {
    Id id = 0;
    std::optional<http::Outcome> outcome;
    Receiver receiver;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      id = ++last_id_;
      if (remembers_) calls_.push_back(call);
      receiver = receiver_;
      if (!receiver_ && status_ == kHang) open_[id] = std::move(done);
      if (!receiver_ && status_ != kHang) outcome = test::answer(status_);
      changed_.notify_all();
    }
    if (receiver) outcome = receiver(call);
    if (outcome) {
      outcome->body.resize(std::min(outcome->body.size(), call.keep_response));
      done(std::move(*outcome));
    } else if (receiver) {
      const std::lock_guard<std::mutex> lock(mutex_);
      open_[id] = std::move(done);
      changed_.notify_all();
    }
    return id;
  }
  void cancel(Id id) override {
    if (before_cancel_) before_cancel_();
    if (deaf_) return;
    http::Outcome outcome;
    outcome.failure = http::Failure::Cancelled;
    finish(id, std::move(outcome));
  }

  // Answers with that status from now on, and what is open.
  void answer(int status) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      status_ = status;
    }
    if (status != kHang) finish_all(test::answer(status));
  }
  // Each call from now on is for that one.
  void receive(Receiver receiver) {
    const std::lock_guard<std::mutex> lock(mutex_);
    receiver_ = std::move(receiver);
  }
  // Ends every exchange that is open.
  void finish_all(const http::Outcome& outcome) {
    std::vector<Id> ids;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      for (const auto& [id, done] : open_) ids.push_back(id);
    }
    for (const Id id : ids) finish(id, outcome);
  }
  // What is cancelled goes on: a sender that hangs.
  void be_deaf() { deaf_ = true; }
  // Runs at the beginning of each cancel().
  void before_cancel(std::function<void()> hook) { before_cancel_ = std::move(hook); }
  // For those who send without end.
  void forget_calls() { remembers_ = false; }

  std::vector<http::Call> calls() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return calls_;
  }
  std::size_t open() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return open_.size();
  }
  // A delivery is in flight, for who reads the store, a moment before it is sent. False: not within a minute.
  bool await_open(std::size_t count) {
    std::unique_lock<std::mutex> lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return open_.size() >= count; });
  }
  bool await_calls(std::size_t count) {
    std::unique_lock<std::mutex> lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return calls_.size() >= count; });
  }

 private:
  static constexpr std::chrono::minutes kPatience{1};

  void finish(Id id, http::Outcome outcome) {
    std::function<void(http::Outcome)> done;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      const auto found = open_.find(id);
      if (found == open_.end()) return;
      done = std::move(found->second);
      open_.erase(found);
    }
    done(std::move(outcome));
  }

  std::function<void()> before_cancel_;
  std::atomic<bool> deaf_{false};
  std::atomic<bool> remembers_{true};
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Receiver receiver_;
  int status_ = 200;
  Id last_id_ = 0;
  std::map<Id, std::function<void(http::Outcome)>> open_;
  std::vector<http::Call> calls_;
};

}  // namespace zest::test
