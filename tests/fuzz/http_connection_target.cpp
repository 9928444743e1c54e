// Any bytes on one connection of the listener: it answers HTTP, one answer for each request that it saw and
// at most one refusal, and it answers the same however the bytes are cut.
#include "fuzz/loopback.h"
#include "fuzz/target.h"
#include "http/listener.h"

namespace zest::fuzz {
namespace {

constexpr int kPatienceMs = 15'000;  // above every deadline below

class Echo final : public http::Handler {
 public:
  std::variant<http::TakeBody, http::Response> begin(const http::RequestHead& head) override {
    if (head.path == "/now") return text(200, "now");
    http::TakeBody take;
    take.limit = 512;
    return take;
  }
  void finish(http::Request request, http::Responder responder) override {
    responder.send(text(200, request.head.method + " " + request.head.target + "\n" + request.body));
  }
  http::Response refuse(http::Refusal, std::string_view what, const http::RequestHead&,
                        const http::AdmittedCall*) override {
    return text(400, "refused: " + std::string(what));
  }

 private:
  static http::Response text(int status, std::string body) {
    http::Response response;
    response.status = status;
    response.headers.add("Content-Type", "text/plain");
    response.body = std::move(body);
    return response;
  }
};

struct EchoServer {
  EchoServer() {
    http::ListenOptions options;
    options.workers = 2;
    options.limits.header_bytes = 2048;
    options.limits.header_count = 12;
    options.limits.target_bytes = 128;
    auto started = http::Listener::start(options, handler, log);
    FUZZ_CHECK(started.ok());
    listener = std::move(started).value();
  }
  Echo handler;
  Log log{LogFormat::Text, LogLevel::Off};
  std::unique_ptr<http::Listener> listener;
};

std::string without_dates(std::string received) {
  constexpr std::string_view kDate = "\r\nDate: ";
  for (std::size_t at = received.find(kDate); at != std::string::npos; at = received.find(kDate, at)) {
    received.erase(at, received.find("\r\n", at + 2) - at);
  }
  return received;
}

}  // namespace

FUZZ_TARGET(http_connection, Bytes) {
  static const EchoServer server;
  if (!server.listener->hardened()) return;  // the portable listener promises less
  const int port = server.listener->port();
  const Conversation whole = converse(port, input, input.size(), kPatienceMs);
  const bool head_only =
      input.find("HEAD") != std::string_view::npos;  // whose answers say a length and have none
  FUZZ_CHECK(whole.ended);
  const Conversation pieces = converse(port, input, input.size() / 2, kPatienceMs);
  FUZZ_CHECK(pieces.ended && without_dates(pieces.received) == without_dates(whole.received));
  if (head_only) return;
  const std::vector<ReadAnswer> answers = read_answers(whole.received, true);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    FUZZ_CHECK(answers[i].status == 200 || (answers[i].status == 400 && i + 1 == answers.size()));
  }
}

}  // namespace zest::fuzz
