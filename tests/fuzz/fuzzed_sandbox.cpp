#include "fuzz/fuzzed_sandbox.h"

#include <chrono>
#include <utility>

#include "app/seeding.h"
#include "base/json.h"
#include "client/assertion.h"
#include "fuzz/target.h"
#include "http/message.h"

namespace zest::fuzz {
namespace {

constexpr int kSandboxPatienceMs = 15'000;

}  // namespace

FuzzedSandbox::FuzzedSandbox()
    : sender_([](const http::Call& call) {
        return std::optional(test::answer(call.url.find("/down") == std::string::npos ? 200 : 500));
      }) {
  sender_.forget_calls();
  app::ServeOptions options;
  options.port = 0;
  options.clock = ClockMode::Manual;
  options.seed = 1;
  app::Sandbox::Parts parts;
  parts.sender = &sender_;
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
  const bool is_json = answer.head.find("application/json") != std::string::npos;
  if ((answer.status == 502 || answer.status == 504) && !is_json) return;  // injected, as gateways answer
  const Result<Json> json = parse_json(answer.body);
  FUZZ_CHECK(json.ok() || (!is_error && !is_json));
  if (!is_error) return;
  for (const char* name : {"code", "detail", "errorId"}) FUZZ_CHECK(string_member(*json, name) != nullptr);
  FUZZ_CHECK(answer.status < 500 || string_member(*json, "detail")->rfind("injected by", 0) == 0);
}

}  // namespace zest::fuzz
