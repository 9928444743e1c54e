#include "scenario/calls.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/error.h"
#include "scenario/document_names.h"
#include "scenario/operations.h"

namespace zest::scenario {
namespace {

constexpr Duration kProbePause{100};  // wall

Answered answered_by(Result<client::Reply> reply) {
  if (reply.ok()) return {std::move(*reply), ""};
  return {std::nullopt, client::unreachable_reason(reply.error()).value_or(reply.error().detail)};
}

// A path with the step's members in its braces.
std::string target_of(const CallForm& call, const Json& step) {
  std::string target = call.path;
  each_placeholder(call.path, [&target, &step](std::string_view name) {
    target.replace(target.find("{" + std::string(name) + "}"), name.size() + 2,
                   http::percent_encode(shown_member(step, std::string(name))));
  });
  std::string query;
  if (const Json* pairs = member(step, "query")) {
    for (const auto& [name, value] : pairs->get_ref<const Json::object_t&>()) {
      query +=
          (query.empty() ? "?" : "&") + http::percent_encode(name) + "=" + http::percent_encode(shown(value));
    }
  }
  return target + query;
}

Result<Duration> timeout_of(const Json& step) {
  const std::string* text = string_member(step, "timeout");
  if (!text) return client::Request().timeout;
  return parse_duration(*text);
}

client::UploadFile generated_file(const Json& step) {
  const Json* wanted = member(step, "file");
  const Json none = Json::object();
  if (!wanted) wanted = &none;
  client::UploadFile file;
  file.name = shown_member(*wanted, "name", "document.pdf");
  file.content_type = shown_member(*wanted, "type", "application/pdf");
  file.bytes = shown_member(*wanted, "text", "%PDF-1.4\n% " + file.name + "\n%%EOF\n");
  if (const Json* size = member(*wanted, "size"); size && size->is_number_unsigned()) {
    file.bytes.resize(size->get<std::size_t>(), '\n');
  }
  return file;
}

client::MultipartBody upload_body(const CallForm& call, const Json& step) {
  std::vector<std::pair<std::string, std::string>> fields;
  if (call.operation == Operation::UploadFundingReceipt) {
    for (const char* name : {"amount", "currency", "wireReference"}) {
      if (member(step, name)) fields.emplace_back(name, shown_member(step, name));
    }
  }
  return client::multipart_body(fields, generated_file(step));
}

// The shipped sample of that name with the changes of `body`.
Result<Json> sample_body(Stage& stage, const Json& step) {
  ASSIGN_OR_RETURN(Json body, stage.partner().sample("1.0.0", shown_member(step, "sample")));
  if (const Json* changes = member(step, "body")) body.merge_patch(*changes);
  return body;
}

Result<void> add_body(Stage& stage, const CallForm& call, const Json& step, client::Request& request) {
  if (const std::string* raw = string_member(step, "rawBody")) {
    request.body = *raw;
  } else if (call.is_upload()) {
    const client::MultipartBody body = upload_body(call, step);
    request.body = body.bytes;
    request.content_type = body.content_type;
  } else if (member(step, "sample")) {
    ASSIGN_OR_RETURN(const Json body, sample_body(stage, step));
    request.body = dump_json(body);
  } else if (const Json* body = member(step, "body")) {
    request.body = dump_json(*body);
  }
  return {};
}

void set_header(client::Request& request, const std::string& name, const std::string& value) {
  for (auto& field : request.headers) {
    if (http::equal_ignoring_case(field.first, name)) {
      field.second = value;
      return;
    }
  }
  request.headers.emplace_back(name, value);
}

void add_headers(const CallForm& call, const Json& step, const std::string& key, client::Request& request) {
  if (member(step, "idempotencyKey")) {
    const std::string own = shown_member(step, "idempotencyKey");
    if (!step["idempotencyKey"].is_null()) set_header(request, "Idempotency-Key", own);
  } else if (call.needs_key) {
    set_header(request, "Idempotency-Key", key);
  }
  if (member(step, "prefer")) set_header(request, "Prefer", shown_member(step, "prefer"));
  if (const Json* headers = member(step, "headers")) {
    for (const auto& [name, value] : headers->get_ref<const Json::object_t&>()) {
      if (!value.is_null()) set_header(request, name, shown(value));
    }
  }
}

// The two token operations: their answer becomes the present pair when it is a success.
Result<Answered> call_for_tokens(Stage& stage, const Json& step, const client::Request& sent) {
  client::Request request;
  if (sent.body) {
    request = sent;
    request.headers.clear();  // added below
  } else if (step["call"] == Json(kRefreshTokens)) {
    const auto& tokens = stage.partner().tokens();
    const std::string refresh = shown_member(step, "refreshToken", tokens ? tokens->refresh : "");
    if (refresh.empty())
      return invalid_request("there is no refresh token yet: call exchangeJwtAssertion before");
    request = client::PartnerApi::refresh_request(refresh);
  } else {
    request = stage.partner().token_request();
  }
  for (const auto& field : sent.headers) request.headers.push_back(field);
  request.timeout = sent.timeout;
  Answered answered = answered_by(stage.partner().connection().exchange(request));
  if (answered.reply && answered.reply->ok()) {
    const Result<client::Tokens> taken = stage.partner().take_tokens(answered.reply->body);
    if (!taken.ok()) return taken.error();
  }
  return answered;
}

void check_headers(const client::Reply& reply, const Json& expected, Mismatches& mismatches) {
  for (const auto& [name, wanted] : expected.get_ref<const Json::object_t&>()) {
    const std::string* value = reply.headers.find(name);
    const Json actual = value ? Json(*value) : Json();
    check_value("header " + name, wanted, value ? &actual : nullptr, mismatches);
  }
}

}  // namespace

Result<Answered> call_partner_api(Stage& stage, const Json& step, const std::string& key) {
  const std::string name = shown_member(step, "call");
  const CallForm* known = find_call(name);
  const std::optional<CallForm> spelt = known ? std::nullopt : spelt_out(name);
  if (!known && !spelt) return invalid_request("there is no operation " + name);
  const CallForm& call = known ? *known : *spelt;
  client::Request request;
  request.method = call.method;
  request.target = target_of(call, step);
  ASSIGN_OR_RETURN(request.timeout, timeout_of(step));
  RETURN_IF_ERROR(add_body(stage, call, step, request));
  add_headers(call, step, key, request);
  if (call.operation == Operation::ExchangeTokens) return call_for_tokens(stage, step, request);
  if (const Json* token = member(step, "token")) {
    if (!shown(*token).empty()) set_header(request, "Authorization", "Bearer " + shown(*token));
    return answered_by(stage.partner().connection().exchange(request));
  }
  if (call.access == Access::Public) {
    return answered_by(stage.partner().connection().exchange(request));
  }
  Result<client::Reply> reply = stage.partner().exchange(std::move(request));
  if (!reply.ok() && !client::is_unreachable(reply.error())) {
    return invalid_request("no access token: " + reply.error().detail);
  }
  return answered_by(std::move(reply));
}

Result<Answered> probe_until(const Json& step) {
  const std::string* text = string_member(step, "within");
  Duration within{0};
  if (text) {
    ASSIGN_OR_RETURN(within, parse_duration(*text));
  }
  const auto deadline = std::chrono::steady_clock::now() + within;
  for (;;) {
    ASSIGN_OR_RETURN(Answered answered, probe(step));
    if (check_answer(answered, step).empty() || std::chrono::steady_clock::now() >= deadline) return answered;
    std::this_thread::sleep_for(kProbePause);
  }
}

Result<Answered> probe(const Json& step) {
  const std::string text = shown_member(step, "probe");
  const std::size_t space = text.find(' ');
  const std::string url = space == std::string::npos ? text : text.substr(space + 1);
  const std::size_t scheme = url.find("://");
  if (scheme == std::string::npos)
    return invalid_request("the probe's URL " + url + " is not http:// or https://");
  const std::size_t path = std::min(url.find('/', scheme + 3), url.size());
  client::Request request;
  request.method = space == std::string::npos ? "GET" : text.substr(0, space);
  request.target = path == url.size() ? "/" : url.substr(path);
  ASSIGN_OR_RETURN(request.timeout, timeout_of(step));
  if (const Json* body = member(step, "body")) request.body = dump_json(*body);
  if (const Json* headers = member(step, "headers")) {
    for (const auto& [name, value] : headers->get_ref<const Json::object_t&>()) {
      if (!value.is_null()) set_header(request, name, shown(value));
    }
  }
  return answered_by(client::Connection(url.substr(0, path)).exchange(request));
}

Result<Answered> call_admin(Stage& stage, const Json& step) {
  const auto call = [&stage](Operation operation, const std::string& slug, const Json& body) {
    return answered_by(stage.call_control(client::with_body(client::request_of(operation, {slug}), body)));
  };
  if (member(step, "approve")) {
    return call(Operation::ApproveSpvRequest, shown_member(step, "approve"), Json::object());
  }
  if (member(step, "reject")) {
    return call(Operation::RejectSpvRequest, shown_member(step, "reject"),
                Json{{"reason", shown_member(step, "reason")}});
  }
  Json body = Json::object();
  for (const char* name : {"force", "skipSynchronousEmit"}) {
    if (const Json* flag = member(step, name)) body[name] = *flag;
  }
  return call(Operation::CompleteSubscription, shown_member(step, "complete"), body);
}

Result<Answered> retry_delivery(Stage& stage, const std::string& id) {
  return answered_by(stage.call_control(
      client::with_body(client::request_of(Operation::RetryDelivery, {id}), Json::object())));
}

Result<Answered> retry_all(Stage& stage, const Json& filter) {
  Json body{{"clientId", stage.client_id()}};
  for (const auto& [name, value] : filter.get_ref<const Json::object_t&>()) {
    body[name == "event" ? "eventType" : name] = value;
  }
  return answered_by(
      stage.call_control(client::with_body(client::request_of(Operation::RetryDeliveries), body)));
}

Mismatches check_answer(const Answered& answered, const Json& step) {
  Mismatches mismatches;
  const Json none = Json::object();
  const Json* expect = member(step, "expect");
  if (!expect) expect = &none;
  const Json* lost = member(*expect, "lost");
  const bool wants_none = lost && *lost == Json(true);
  if (!answered.reply) {
    if (!wants_none) mismatches.push_back({"answer", "an answer", "none: " + answered.lost});
    return mismatches;
  }
  const client::Reply& reply = *answered.reply;
  const std::string got = std::to_string(reply.status) + "  " + shown(Json(reply.text), 600);
  if (wants_none) {
    mismatches.push_back({"answer", "no answer", got});
    return mismatches;
  }
  const Json* status = member(*expect, "status");
  const Json success = "2xx";
  if (!status_fits(status ? *status : success, reply.status)) {
    mismatches.push_back({"status", status ? shown(*status) : "a success (2xx)", got});
  }
  if (const Json* body = member(*expect, "body")) {
    for (const auto& [path, wanted] : body->get_ref<const Json::object_t&>()) {
      check_value("body " + path, wanted, reach(reply.body, path), mismatches);
    }
  }
  if (const Json* text = member(*expect, "text")) {
    const Json whole(reply.text);
    check_value(kTextOfAnswer, *text, &whole, mismatches);
  }
  if (const Json* headers = member(*expect, "headers")) check_headers(reply, *headers, mismatches);
  return mismatches;
}

Result<Json> captured_value(const client::Reply& reply, const std::string& path) {
  constexpr std::string_view kHeader = "header:";
  if (path.rfind(kHeader, 0) == 0) {
    const std::string* value = reply.headers.find(path.substr(kHeader.size()));
    if (value) return Json(*value);
    return invalid_request("the answer has no header " + path.substr(kHeader.size()));
  }
  const Json* value = reach(reply.body, path);
  if (value) return *value;
  return invalid_request("nothing is at " + path + " in the answer " + shown(Json(reply.text), 400));
}

}  // namespace zest::scenario
