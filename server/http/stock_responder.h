// How an answer comes to the thread of the portable listener that waits for it. Thread-safety: as each class
// says.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/mutex.h"
#include "http/responder.h"

namespace zest::http {

// The bytes of a streamed answer on their way to that thread; safe on any thread.
class StockStream final : public Responder::StreamWriter {
 public:
  bool write(std::string_view bytes) override EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (closed_) return false;
    if (queue_.size() + bytes.size() > kLongestQueue) closed_ = true;
    queue_.append(bytes);
    changed_.notify_all();
    return !closed_;
  }
  void close() override EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }
  bool client_gone() override EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return closed_;
  }
  // Waits for bytes, but not for long, so that a stop is noticed. False: the stream is over.
  bool take(std::string& bytes) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (queue_.empty() && !closed_) {
      changed_.wait_until(mutex_, std::chrono::steady_clock::now() + Duration(100));
    }
    bytes = std::exchange(queue_, {});
    return !bytes.empty() || !closed_;
  }

 private:
  static constexpr std::size_t kLongestQueue = std::size_t{64} * 1024;

  Mutex mutex_;
  CondVar changed_;
  std::string queue_ GUARDED_BY(mutex_);
  bool closed_ GUARDED_BY(mutex_) = false;
};

// What a request's thread waits for; safe on any thread.
class Slot {
 public:
  struct Answer {
    std::optional<Response> response;  // nothing: abandoned
    std::shared_ptr<StockStream> stream;
  };
  void put(Answer answer) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    answer_ = std::move(answer);
    changed_.notify_all();
  }
  // Once `stopping`, an answer that does not come within `linger` is not waited for.
  Answer wait(const std::atomic<bool>& stopping, Duration linger) EXCLUDES(mutex_) {
    using Steady = std::chrono::steady_clock;
    constexpr Duration kLook{50};
    std::optional<Steady::time_point> give_up;
    const MutexLock lock(mutex_);
    while (!answer_) {
      const auto now = Steady::now();
      if (stopping && !give_up) give_up = now + linger;
      if (give_up && now >= *give_up) return Answer();
      changed_.wait_until(mutex_, now + kLook);
    }
    return std::move(*answer_);
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::optional<Answer> answer_ GUARDED_BY(mutex_);
};

class StockResponder final : public Responder::Impl {
 public:
  explicit StockResponder(std::shared_ptr<Slot> slot) : slot_(std::move(slot)) {}
  bool send(Response response) override {
    slot_->put({std::move(response), nullptr});
    return true;
  }
  std::shared_ptr<Responder::StreamWriter> stream(Response head) override {
    auto stream = std::make_shared<StockStream>();
    slot_->put({std::move(head), stream});
    return stream;
  }
  void abandon() override { slot_->put({std::nullopt, nullptr}); }

 private:
  std::shared_ptr<Slot> slot_;
};

}  // namespace zest::http
