// Stands between the listener and the API while a sandbox starts: the port is open (and known to be free)
// before the database is, and calls that come in between wait for the few milliseconds. Thread-safety: all
// methods from any thread.
#pragma once

#include <atomic>

#include "base/mutex.h"
#include "http/listener.h"

namespace zest::app {

class Gate final : public http::Handler {
 public:
  // From now on calls go to `handler`, which outlives the listener. nullptr: the start failed, everything is
  // refused.
  void open(http::Handler* handler);

  std::variant<http::TakeBody, http::Response> begin(const http::RequestHead& head) override;
  void finish(http::Request request, http::Responder responder) override;
  http::Response refuse(http::Refusal refusal, std::string_view what, const http::RequestHead& head,
                        const http::AdmittedCall* call) override;

 private:
  http::Handler* handler();
  std::atomic<http::Handler*> ready_{nullptr};
  Mutex mutex_;
  CondVar opened_;
  bool open_ GUARDED_BY(mutex_) = false;
};

}  // namespace zest::app
