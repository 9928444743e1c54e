#include "http/listener.h"

#include <csignal>

#include "http/responder.h"

namespace zest::http {

Responder::Responder(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Responder::Responder(Responder&&) noexcept = default;

Responder& Responder::operator=(Responder&& other) noexcept {
  if (this != &other) {
    const Responder previous(std::move(*this));
    impl_ = std::move(other.impl_);
  }
  return *this;
}

Responder::~Responder() {
  if (impl_) impl_->abandon();
}

bool Responder::send(Response response) {
  if (!impl_) return false;
  const std::unique_ptr<Impl> impl = std::move(impl_);
  return impl->send(std::move(response));
}

bool Responder::client_gone() const { return !impl_ || impl_->client_gone(); }

std::shared_ptr<Responder::StreamWriter> Responder::stream(Response head) {
  if (!impl_) return nullptr;
  const std::unique_ptr<Impl> impl = std::move(impl_);
  return impl->stream(std::move(head));
}

Response refuse_with(Handler& handler, Log& log, Refusal refusal, std::string_view what,
                     const RequestHead& head, const AdmittedCall* call) {
  Refusal failed = Refusal::HandlerFailed;
  auto answer = guarded(log, "a refusal", failed, [&] {
    const AllocationScope scope(Allocations::ForAll);  // small, and who is refused is to know it
    return handler.refuse(refusal, what, head, call);
  });
  if (answer) return std::move(*answer);
  Response bare;
  bare.status = failed == Refusal::OutOfMemory ? 503 : 500;
  return bare;
}

Result<std::unique_ptr<Listener>> Listener::start(const ListenOptions& options, Handler& handler, Log& log) {
  // A client that hangs up while it is written to must not end the process.
  std::signal(SIGPIPE, SIG_IGN);
#ifdef ZEST_STOCK_LISTENER
  return start_stock_listener(options, handler, log);
#else
  return start_epoll_listener(options, handler, log);
#endif
}

const char* listener_kind() {
#ifdef ZEST_STOCK_LISTENER
  return "portable";
#else
  return "hardened";
#endif
}

}  // namespace zest::http
