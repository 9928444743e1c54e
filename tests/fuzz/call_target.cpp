// Calls of both APIs, one after the other, as in an .http file: "METHOD target", fields, an empty line, a
// body; "###" lines between calls. Host and Content-Length are added, {token} stands for an access token.
// Whatever is called, the answer is the operation's own or the envelope, and the sandbox goes on.
#include <algorithm>
#include <string>
#include <vector>

#include "fuzz/fuzzed_sandbox.h"
#include "fuzz/target.h"

namespace zest::fuzz {
namespace {

constexpr int kCallPatienceMs = 1'000;  // some calls wait, and streams never end: they are left
constexpr std::size_t kMaxCalls = 12;

std::string_view take_call(std::string_view& script) {
  constexpr std::string_view kSeparator = "\n###\n";
  const std::size_t end = std::min(script.find(kSeparator), script.size());
  const std::string_view call = script.substr(0, end);
  script.remove_prefix(std::min(end + kSeparator.size(), script.size()));
  return call;
}

std::string request_of(std::string_view call, const std::string& token) {
  Halves halves = at_empty_line(call);
  std::string request;
  bool first = true;
  while (!halves.before.empty()) {
    const std::size_t end = std::min(halves.before.find('\n'), halves.before.size());
    std::string line(halves.before.substr(0, end));
    halves.before.remove_prefix(std::min(end + 1, halves.before.size()));
    if (const std::size_t at = line.find("{token}"); at != std::string::npos) line.replace(at, 7, token);
    request += line + (first ? " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" : "\r\n");
    first = false;
  }
  if (!halves.behind.empty()) request += "Content-Length: " + std::to_string(halves.behind.size()) + "\r\n";
  return request.append("\r\n").append(halves.behind);
}

}  // namespace

FUZZ_TARGET(call, Json) {
  static FuzzedSandbox sandbox;
  std::string_view script = input;
  for (std::size_t i = 0; i < kMaxCalls && !script.empty(); ++i) {
    const std::string request = request_of(take_call(script), sandbox.token());
    const Conversation conversation = converse(sandbox.port(), request, request.size(), kCallPatienceMs);
    const bool head_only = request.substr(0, 5) == "HEAD ";
    for (const ReadAnswer& answer : read_answers(conversation.received, false, head_only)) {
      if (!head_only) check_answer(answer);
    }
  }
  sandbox.reset();
}

}  // namespace zest::fuzz
