#include "app/gate.h"

namespace zest::app {
namespace {

http::Response unavailable() {
  http::Response response;
  response.status = 503;
  return response;
}

}  // namespace

void Gate::open(http::Handler* handler) {
  ready_.store(handler, std::memory_order_release);
  MutexLock lock(mutex_);
  open_ = true;
  opened_.notify_all();
}

http::Handler* Gate::handler() {
  if (http::Handler* ready = ready_.load(std::memory_order_acquire)) return ready;
  MutexLock lock(mutex_);
  while (!open_) opened_.wait(mutex_);
  return ready_.load(std::memory_order_acquire);
}

std::variant<http::TakeBody, http::Response> Gate::begin(const http::RequestHead& head) {
  if (http::Handler* next = handler()) return next->begin(head);
  return unavailable();
}

void Gate::finish(http::Request request, http::Responder responder) {
  if (http::Handler* next = handler()) {
    next->finish(std::move(request), std::move(responder));
  } else {
    responder.send(unavailable());
  }
}

http::Response Gate::refuse(http::Refusal refusal, std::string_view what, const http::RequestHead& head,
                            const http::AdmittedCall* call) {
  http::Handler* next = handler();
  return next ? next->refuse(refusal, what, head, call) : unavailable();
}

}  // namespace zest::app
