#include "application/call.h"

#include <algorithm>

#include "base/utf8.h"
#include "client/connection.h"

namespace zest::application {
namespace {

constexpr std::size_t kShownBody = 160;

}  // namespace

Result<Answer> call(const Call& call) {
  const std::size_t scheme = call.url.find("://");
  const std::size_t begin = scheme == std::string::npos ? 0 : scheme + 3;
  const std::size_t path = std::min(call.url.find_first_of("/?#", begin), call.url.size());
  client::Request request;
  request.method = call.method;
  request.target = call.url.substr(path);
  request.headers = call.headers;
  request.body = call.body;
  request.timeout = call.timeout;
  const Result<client::Reply> reply = client::Connection(call.url.substr(0, path)).exchange(request);
  if (!reply.ok()) {
    return make_error(ErrorKind::ServiceUnavailable,
                      client::unreachable_reason(reply.error()).value_or(reply.error().detail));
  }
  Answer answer;
  answer.status = reply->status;
  if (const std::string* type = reply->headers.find("Content-Type")) answer.content_type = *type;
  answer.text = reply->text;
  if (Result<Json> json = parse_json(reply->text); json.ok()) answer.json = std::move(*json);
  return answer;
}

std::string excerpt(const Answer& answer) {
  std::string text = std::to_string(answer.status);
  if (!answer.content_type.empty()) text += " " + answer.content_type;
  if (answer.text.empty()) return text + " without a body";
  std::string body;
  for (std::size_t at = 0; at < answer.text.size() && body.size() < kShownBody;) {
    const std::size_t length = utf8_sequence_length(answer.text, at);
    const auto first = static_cast<unsigned char>(answer.text[at]);
    body += length == 0 ? "?" : first < 0x20 || first == 0x7F ? " " : answer.text.substr(at, length);
    at += std::max<std::size_t>(length, 1);
  }
  return text + " " + body + (answer.text.size() > kShownBody ? "…" : "");
}

}  // namespace zest::application
