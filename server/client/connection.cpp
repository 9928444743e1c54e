#include "client/connection.h"

#include "base/version.h"
#include "http/event_source.h"

namespace zest::client {
namespace {

constexpr std::size_t kReplyLimit = std::size_t{1} << 30;  // snapshots may be large

struct CodeName {
  std::string_view code;
  ErrorKind kind;
};

constexpr CodeName kCodes[] = {
    {"validation_error", ErrorKind::ValidationError},
    {"invalid_request", ErrorKind::InvalidRequest},
    {"invalid_token", ErrorKind::InvalidToken},
    {"unauthorized", ErrorKind::Unauthorized},
    {"forbidden", ErrorKind::Forbidden},
    {"not_found", ErrorKind::NotFound},
    {"timeout", ErrorKind::Timeout},
    {"conflict", ErrorKind::Conflict},
    {"payload_too_large", ErrorKind::PayloadTooLarge},
    {"unsupported_media_type", ErrorKind::UnsupportedMediaType},
    {"internal_error", ErrorKind::InternalError},
    {"service_unavailable", ErrorKind::ServiceUnavailable},
};

ErrorKind kind_of(const Reply& reply) {
  if (reply.status == 405) return ErrorKind::MethodNotAllowed;
  if (const std::string* code = string_member(reply.body, "code")) {
    for (const CodeName& name : kCodes) {
      if (name.code == *code) return name.kind;
    }
  }
  return reply.status >= 500 ? ErrorKind::InternalError : ErrorKind::InvalidRequest;
}

void add_violations(const Json& rows, Error& error) {
  for (const Json& row : rows) {
    Violation violation;
    violation.attribute = text_member(row, "attribute");
    violation.field = text_member(row, "field");
    violation.code = text_member(row, "code");
    violation.message = text_member(row, "message");
    if (const std::string* value = string_member(row, "value")) violation.value = *value;
    error.violations.push_back(std::move(violation));
  }
}

Error unreachable(const std::string& what, const std::string& reason) {
  Error error = make_error(ErrorKind::ServiceUnavailable, what + ": " + reason);
  error.extra.emplace_back("unreachable", reason);
  return error;
}

bool has_header(const Request& request, std::string_view name) {
  for (const auto& field : request.headers) {
    if (http::equal_ignoring_case(field.first, name)) return true;
  }
  return false;
}

}  // namespace

Error error_of(const Reply& reply) {
  const std::string* detail = string_member(reply.body, "detail");
  Error error = make_error(kind_of(reply), detail ? *detail : "HTTP " + std::to_string(reply.status));
  if (const Json* rows = member(reply.body, "validationErrors"); rows && rows->is_array()) {
    add_violations(*rows, error);
  }
  error.extra.emplace_back("status", std::to_string(reply.status));
  if (const Json* error_id = member(reply.body, "errorId")) {
    error.extra.emplace_back("errorId", dump_json(*error_id));
  }
  return error;
}

std::optional<std::string> unreachable_reason(const Error& error) {
  for (const auto& entry : error.extra) {
    if (entry.first == "unreachable") return entry.second;
  }
  return std::nullopt;
}

bool is_unreachable(const Error& error) { return unreachable_reason(error).has_value(); }

Result<Reply> success_of(Result<Reply> reply) {
  if (!reply.ok()) return reply;
  const bool sandbox = reply->headers.find(kVersionHeader) != nullptr;
  if (sandbox && !reply->ok()) return error_of(*reply);
  if (!sandbox || !(reply->text.empty() || reply->body.is_object())) {
    return unreachable("HTTP " + std::to_string(reply->status), "what answers there is no sandbox");
  }
  return reply;
}

Connection::Connection(std::string base_url, std::string bearer)
    : base_url_(std::move(base_url)), bearer_(std::move(bearer)) {
  while (!base_url_.empty() && base_url_.back() == '/') base_url_.pop_back();
}

Result<Reply> Connection::exchange(const Request& request) const {
  http::Call call;
  call.method = request.method;
  call.url = base_url_ + request.target;
  call.timeout = request.timeout;
  call.response_limit = kReplyLimit;
  call.keep_response = kReplyLimit;
  for (const auto& field : request.headers) call.headers.add(field.first, field.second);
  if (!bearer_.empty() && !has_header(request, "Authorization")) {
    call.headers.add("Authorization", "Bearer " + bearer_);
  }
  call.body_sink = request.body_sink;
  call.body_sink_field = kVersionHeader;
  call.body_source = request.body_source;
  if (request.body) call.body = std::make_shared<const std::string>(*request.body);
  if (call.body || call.body_source) {
    if (!has_header(request, "Content-Type")) call.headers.add("Content-Type", request.content_type);
  }
  http::Outcome outcome = http::call(call);
  if (outcome.failure != http::Failure::None) {
    return unreachable(
        request.method + " " + base_url_ + request.target,
        outcome.failure_detail.empty() ? http::failure_name(outcome.failure) : outcome.failure_detail);
  }
  Reply reply;
  reply.status = outcome.status;
  reply.headers = std::move(outcome.headers);
  reply.text = std::move(outcome.body);
  reply.latency = outcome.latency;
  if (!reply.text.empty()) {
    if (Result<Json> parsed = parse_json(reply.text); parsed.ok()) reply.body = std::move(*parsed);
  }
  if (observer_) observer_(request, reply);
  return reply;
}

Result<void> Connection::follow(const Request& request,
                                const std::function<bool(std::string_view, const Json&)>& on_event) const {
  http::Headers headers;
  if (!bearer_.empty()) headers.add("Authorization", "Bearer " + bearer_);
  bool ended = false;
  const auto take = [&](std::string_view name, std::string_view data) {
    const Result<Json> json = parse_json(data);
    ended = json.ok() && !on_event(name, *json);
    return !ended;
  };
  http::StreamEnd end = http::follow_events(base_url_ + request.target, headers, take);
  if (ended) return {};
  const std::string what = request.method + " " + base_url_ + request.target;
  if (end.status != 0 && end.status != 200) {
    Reply reply;
    reply.status = end.status;
    if (Result<Json> parsed = parse_json(end.body); parsed.ok()) reply.body = std::move(*parsed);
    return error_of(reply);
  }
  return unreachable(what, end.failure.empty() ? "the stream ended" : end.failure);
}

Result<Json> Connection::call(const Request& request) const {
  ASSIGN_OR_RETURN(Reply reply, success_of(exchange(request)));
  return std::move(reply.body);
}

std::string query_string(const Query& query) {
  std::string text;
  for (const auto& pair : query) {
    if (!pair.second) continue;
    text += text.empty() ? '?' : '&';
    text += std::string(pair.first) + "=" + http::percent_encode(*pair.second);
  }
  return text;
}

Request request_of(Operation operation, std::initializer_list<std::string_view> in_path, const Query& query) {
  const OperationRow& row = row_of(kOperationTable, operation);
  Request request;
  request.method = row.method;
  request.target = row.path;
  const auto* value = in_path.begin();
  each_placeholder(row.path, [&](std::string_view name) {
    const std::string placeholder = "{" + std::string(name) + "}";
    request.target.replace(request.target.find(placeholder), placeholder.size(),
                           http::percent_encode(value == in_path.end() ? "" : *value++));
  });
  request.target += query_string(query);
  return request;
}

Request with_body(Request request, const Json& body) {
  request.body = dump_json(body);
  return request;
}

Request json_request(std::string method, std::string target, const Json& body) {
  Request request;
  request.method = std::move(method);
  request.target = std::move(target);
  return with_body(std::move(request), body);
}

}  // namespace zest::client
