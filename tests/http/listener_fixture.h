// A listener on a free port with a handler that the test scripts.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "http/caller.h"
#include "http/listener.h"
#include "http/responder.h"
#include "raw_client.h"
#include "support/temporary_folder.h"

namespace zest::http::testing {

inline int status_of(Refusal refusal) {
  switch (refusal) {
    case Refusal::MalformedRequest:
    case Refusal::MalformedMultipart:
      return 400;
    case Refusal::UriTooLong:
      return 414;
    case Refusal::HeadersTooLarge:
      return 431;
    case Refusal::BodyTooLarge:
    case Refusal::FileTooLarge:
      return 413;
    case Refusal::RequestTimeout:
      return 408;
    case Refusal::UnsupportedEncoding:
      return 415;
    case Refusal::VersionNotSupported:
      return 505;
    case Refusal::TooManyConnections:
    case Refusal::TooManyBytes:
    case Refusal::StorageFailed:
    case Refusal::OutOfMemory:
      return 503;
    case Refusal::HandlerFailed:
      return 500;
  }
  return 0;
}

inline Response text(int status, std::string body) {
  Response response;
  response.status = status;
  response.headers.add("Content-Type", "text/plain");
  response.body = std::move(body);
  return response;
}

// Echoes what it got unless told otherwise; refusals answer "refused: <what>". Set the functions before the
// first request.
class ScriptedHandler final : public Handler {
 public:
  using Begun = std::variant<TakeBody, Response>;
  std::function<Begun(const RequestHead&)> on_begin = [](const RequestHead&) { return TakeBody(); };
  std::function<void(Request, Responder)> on_finish = [](Request request, Responder responder) {
    responder.send(text(200, request.head.method + " " + request.head.target + " " + request.body));
  };

  Begun begin(const RequestHead& head) override { return on_begin(head); }
  void finish(Request request, Responder responder) override {
    on_finish(std::move(request), std::move(responder));
  }
  Response refuse(Refusal refusal, std::string_view what, const RequestHead& head,
                  const AdmittedCall* /*call*/) override {
    const std::lock_guard lock(mutex_);
    refusals_.push_back(refusal);
    refused_targets_.push_back(head.target);
    return text(status_of(refusal), "refused: " + std::string(what));
  }
  std::vector<Refusal> refusals() const {
    const std::lock_guard lock(mutex_);
    return refusals_;
  }
  std::vector<std::string> refused_targets() const {
    const std::lock_guard lock(mutex_);
    return refused_targets_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Refusal> refusals_;
  std::vector<std::string> refused_targets_;
};

class ListenerTest : public ::testing::Test {
 protected:
  void start() {
    auto started = start_listener();
    ASSERT_TRUE(started.ok()) << started.error().detail;
    listener_ = std::move(started).value();
  }
  virtual Result<std::unique_ptr<Listener>> start_listener() {
    return Listener::start(options_, handler_, log_);
  }
  int port() const { return listener_->port(); }
  RawClient client() const { return RawClient(port()); }
  std::string url(const std::string& target) const {
    return "http://127.0.0.1:" + std::to_string(port()) + target;
  }
  // One request on a connection of its own.
  RawAnswer exchange(const std::string& request) const { return client().exchange(request); }

  ListenOptions options_;
  ScriptedHandler handler_;
  Log log_{LogFormat::Text, LogLevel::Off};
  std::unique_ptr<Listener> listener_;
};

}  // namespace zest::http::testing
