// What the calls of a listener hold in memory at a time: bodies that have come, and answers that have not
// left. However many clients send slowly, or do not read what they asked for, the sum has a limit. What is
// small counts for nothing: it is bounded by the number of connections. A connection may live longer than its
// listener, with who still has it to answer: the pool lives as long as anybody has a share. Thread-safety:
// MemoryPool any thread; MemoryShare none.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

namespace zest::http {

class MemoryPool {
 public:
  explicit MemoryPool(std::size_t limit) : limit_(limit) {}  // bytes

  // False: they are not to be had, and nothing was taken.
  bool take(std::size_t bytes) {
    std::size_t taken = taken_.load(std::memory_order_relaxed);
    do {
      if (taken > limit_ || bytes > limit_ - taken) return false;
    } while (!taken_.compare_exchange_weak(taken, taken + bytes, std::memory_order_relaxed));
    return true;
  }
  void take_anyway(std::size_t bytes) { taken_.fetch_add(bytes, std::memory_order_relaxed); }
  void give_back(std::size_t bytes) { taken_.fetch_sub(bytes, std::memory_order_relaxed); }

 private:
  const std::size_t limit_;
  std::atomic<std::size_t> taken_{0};
};

// What one connection has of it.
class MemoryShare {
 public:
  static constexpr std::size_t kSmall = 16 * 1024;  // bytes that are free

  explicit MemoryShare(std::shared_ptr<MemoryPool> pool) : pool_(std::move(pool)) {}
  ~MemoryShare() { pool_->give_back(held_); }
  MemoryShare(const MemoryShare&) = delete;
  MemoryShare& operator=(const MemoryShare&) = delete;

  // So many bytes instead of those before. False: so many are not to be had, and the share is as it was.
  bool hold(std::size_t bytes) {
    const std::size_t wanted = bytes <= kSmall ? 0 : bytes;
    if (wanted > held_ && !pool_->take(wanted - held_)) return false;
    if (wanted < held_) pool_->give_back(held_ - wanted);
    held_ = wanted;
    return true;
  }
  // The same for what must not be refused any more: others are, until there is room again.
  void hold_anyway(std::size_t bytes) {
    if (hold(bytes)) return;
    pool_->take_anyway(bytes - held_);
    held_ = bytes;
  }

 private:
  std::shared_ptr<MemoryPool> pool_;
  std::size_t held_ = 0;
};

}  // namespace zest::http
