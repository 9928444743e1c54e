// The way out: sends signed attempts, many at once, and reports each outcome once. An interface, so that
// faults can be put between it and the dispatcher. Thread-safety: all methods from any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "http/caller.h"

namespace zest::delivery {

class Sender {
 public:
  virtual ~Sender() = default;
  using Id = std::uint64_t;
  // `done` runs exactly once, on the sender's thread; it must not block.
  virtual Id send(http::Call call, std::function<void(http::Outcome)> done) = 0;
  virtual void cancel(Id id) = 0;
};

class HttpSender final : public Sender {
 public:
  Id send(http::Call call, std::function<void(http::Outcome)> done) override {
    return engine_.start(std::move(call), std::move(done));
  }
  void cancel(Id id) override { engine_.cancel(id); }

 private:
  http::CallEngine engine_;
};

}  // namespace zest::delivery
