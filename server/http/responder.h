// What a Responder hands its answer to; each listener has its own.
#pragma once

#include <memory>
#include <new>
#include <optional>

#include "base/memory.h"
#include "http/listener.h"

namespace zest::http {

// One unanswered request. Exactly one of the calls is made, from any thread.
class Responder::Impl {
 public:
  virtual ~Impl() = default;
  virtual bool send(Response response) = 0;
  virtual std::shared_ptr<StreamWriter> stream(Response head) = 0;
  // As far as the listener can tell; before any of the other calls.
  virtual bool client_gone() const { return false; }
  // The responder went away without an answer.
  virtual void abandon() = 0;
};

// Runs a call of the handler. Nothing comes back of one that throws: for want of memory, or by a bug, which
// is logged; `failed` says which.
template <class Function>
auto guarded(Log& log, std::string_view what, Refusal& failed, Function function)
    -> std::optional<decltype(function())> {
  failed = Refusal::HandlerFailed;
  try {
    const AllocationScope scope(Allocations::ForOneCaller);
    return function();
  } catch (const std::bad_alloc&) {
    failed = Refusal::OutOfMemory;
  } catch (const std::exception& failure) {
    log.error("unexpected exception in " + std::string(what) + ": " + failure.what());
  } catch (...) {
    log.error("unexpected exception in " + std::string(what));
  }
  return std::nullopt;
}

// The handler's answer to a refusal; a bare 500 when even that throws.
Response refuse_with(Handler& handler, Log& log, Refusal refusal, std::string_view what,
                     const RequestHead& head, const AdmittedCall* call = nullptr);

Result<std::unique_ptr<Listener>> start_stock_listener(const ListenOptions& options, Handler& handler,
                                                       Log& log);
#ifndef ZEST_STOCK_LISTENER
Result<std::unique_ptr<Listener>> start_epoll_listener(const ListenOptions& options, Handler& handler,
                                                       Log& log);
#endif

}  // namespace zest::http
