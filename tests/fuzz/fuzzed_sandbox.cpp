#include "fuzz/fuzzed_sandbox.h"

#include <chrono>
#include <functional>
#include <thread>
#include <utility>

#include "app/seeding.h"
#include "base/json.h"
#include "base/mutex.h"
#include "client/assertion.h"
#include "fuzz/target.h"
#include "http/message.h"

namespace zest::fuzz {
namespace {

constexpr int kSandboxPatienceMs = 15'000;

// Answers at once, on a thread of its own, as senders do.
class NoSender final : public delivery::Sender {
 public:
  NoSender() : thread_([this] { run(); }) {}
  ~NoSender() override {
    {
      const MutexLock lock(mutex_);
      stopping_ = true;
      changed_.notify_all();
    }
    thread_.join();
  }
  Id send(http::Call call, std::function<void(http::Outcome)> done) override {
    http::Outcome outcome;
    outcome.status = call.url.find("/down") == std::string::npos ? 200 : 500;
    const MutexLock lock(mutex_);
    queue_.emplace_back(std::move(outcome), std::move(done));
    changed_.notify_all();
    return ++last_;
  }
  void cancel(Id) override {}  // it is over before it could be

 private:
  void run() {
    while (true) {
      std::pair<http::Outcome, std::function<void(http::Outcome)>> next;
      {
        MutexLock lock(mutex_);
        while (queue_.empty() && !stopping_) changed_.wait(mutex_);
        if (queue_.empty()) return;
        next = std::move(queue_.front());
        queue_.erase(queue_.begin());
      }
      next.second(std::move(next.first));
    }
  }

  Mutex mutex_;
  CondVar changed_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  Id last_ GUARDED_BY(mutex_) = 0;
  std::vector<std::pair<http::Outcome, std::function<void(http::Outcome)>>> queue_ GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace

FuzzedSandbox::FuzzedSandbox() : sender_(std::make_unique<NoSender>()) {
  app::ServeOptions options;
  options.port = 0;
  options.clock = ClockMode::Manual;
  options.seed = 1;
  app::Sandbox::Parts parts;
  parts.sender = sender_.get();
  auto started = app::Sandbox::start(options, log_, parts);
  FUZZ_CHECK(started.ok());
  sandbox_ = std::move(started).value();
  token_ = sign_in();
  beginning_ = call("GET", "/_sandbox/snapshot").body;
}

FuzzedSandbox::~FuzzedSandbox() = default;

ReadAnswer FuzzedSandbox::call(std::string_view method, std::string_view target, std::string_view body) {
  std::string request(method);
  request.append(" ").append(target).append(" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
  if (!body.empty()) {
    request.append("Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
                   "\r\n");
  }
  request.append("\r\n").append(body);
  const Conversation conversation = converse(port(), request, request.size(), kSandboxPatienceMs);
  FUZZ_CHECK(conversation.ended);
  std::vector<ReadAnswer> answers = read_answers(conversation.received, true);
  FUZZ_CHECK(answers.size() == 1);
  return std::move(answers.front());
}

std::string FuzzedSandbox::sign_in() const {
  const app::SeededPartner& partner = sandbox_->partner();
  const auto key = Ed25519PrivateKey::from_pem(partner.private_key_pem);
  FUZZ_CHECK(key.ok());
  client::AssertionClaims claims;
  claims.client_id = partner.client_id;
  claims.issuer = "https://portal.example.com";
  claims.audience = sandbox_->url();
  claims.issued_at = std::chrono::floor<Duration>(std::chrono::system_clock::now());
  http::Call call;
  call.method = "POST";
  call.url = sandbox_->local_url() + "/v1/oauth2/tokens";
  call.headers.add("Content-Type", "application/x-www-form-urlencoded");
  call.body = std::make_shared<const std::string>(
      "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=" +
      client::sign_assertion(*key, claims));
  const Result<Json> answer = parse_json(http::call(call).body);
  FUZZ_CHECK(answer.ok() && string_member(*answer, "accessToken") != nullptr);
  return *string_member(*answer, "accessToken");
}

void FuzzedSandbox::reset() {
  FUZZ_CHECK(call("PUT", "/_sandbox/snapshot?rewind=true", beginning_).status == 200);
}

void check_answer(const ReadAnswer& answer) {
  const bool is_error = answer.status >= 400;
  const Result<Json> json = parse_json(answer.body);
  FUZZ_CHECK(json.ok() || (!is_error && answer.head.find("application/json") == std::string::npos));
  if (!is_error) return;
  for (const char* name : {"code", "detail", "errorId"}) FUZZ_CHECK(string_member(*json, name) != nullptr);
  FUZZ_CHECK(answer.status < 500 || string_member(*json, "detail")->rfind("injected by", 0) == 0);
}

}  // namespace zest::fuzz
