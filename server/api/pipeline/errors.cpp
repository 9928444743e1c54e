#include "api/pipeline/errors.h"

#include "api/pipeline/router.h"
#include "base/json.h"
#include "base/memory.h"

namespace zest::api {
namespace {

constexpr std::string_view kHiddenDetail =
    "something went wrong inside the sandbox; retry with backoff, and look for this errorId in its log";

Json violation_json(const Violation& violation) {
  Json row{{"attribute", violation.attribute},
           {"field", violation.field},
           {"code", violation.code},
           {"message", violation.message}};
  if (violation.value) row["value"] = *violation.value;
  return row;
}

Json envelope(std::string_view code, std::string_view detail, const std::string& error_id) {
  return Json{{"code", code}, {"detail", detail}, {"errorId", error_id}};
}

http::Response respond(int status, const Json& body) {
  http::Response response;
  response.status = status;
  response.headers.set("Content-Type", "application/json; charset=utf-8");
  // RFC 9110: a 401 says how to authenticate.
  if (status == 401) response.headers.set("WWW-Authenticate", "Bearer");
  response.body = dump_json(body);
  add_version(response);
  return response;
}

}  // namespace

ErrorForm error_form(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::ValidationError:
      return {400, "validation_error"};
    case ErrorKind::InvalidRequest:
      return {400, "invalid_request"};
    case ErrorKind::InvalidToken:
      return {401, "invalid_token"};
    case ErrorKind::Unauthorized:
      return {401, "unauthorized"};
    case ErrorKind::Forbidden:
      return {403, "forbidden"};
    case ErrorKind::NotFound:
      return {404, "not_found"};
    case ErrorKind::MethodNotAllowed:
      return {405, "invalid_request"};
    case ErrorKind::Timeout:
      return {408, "timeout"};
    case ErrorKind::Conflict:
      return {409, "conflict"};
    case ErrorKind::PayloadTooLarge:
      return {413, "payload_too_large"};
    case ErrorKind::UnsupportedMediaType:
      return {415, "unsupported_media_type"};
    case ErrorKind::InternalError:
      return {500, "internal_error"};
    case ErrorKind::ServiceUnavailable:
      return {503, "service_unavailable"};
  }
  return {500, "internal_error"};
}

ErrorForm refusal_form(http::Refusal refusal) {
  switch (refusal) {
    case http::Refusal::MalformedRequest:
      return {400, "invalid_request"};
    case http::Refusal::UriTooLong:
      return {414, "invalid_request"};
    case http::Refusal::HeadersTooLarge:
      return {431, "invalid_request"};
    case http::Refusal::BodyTooLarge:
      return {413, "payload_too_large"};
    case http::Refusal::FileTooLarge:
      return {413, "payload_too_large"};
    case http::Refusal::MalformedMultipart:
      return {400, "invalid_request"};
    case http::Refusal::RequestTimeout:
      return {408, "invalid_request"};
    case http::Refusal::UnsupportedEncoding:
      return {415, "unsupported_media_type"};
    case http::Refusal::VersionNotSupported:
      return {505, "invalid_request"};
    case http::Refusal::TooManyConnections:
      return {503, "service_unavailable"};
    case http::Refusal::TooManyBytes:
      return {503, "service_unavailable"};
    case http::Refusal::StorageFailed:
      return {503, "service_unavailable"};
    case http::Refusal::OutOfMemory:
      return {503, "service_unavailable"};
    case http::Refusal::HandlerFailed:
      return {500, "internal_error"};
  }
  return {500, "internal_error"};
}

Rule refusal_rule(http::Refusal refusal) {
  switch (refusal) {
    case http::Refusal::MalformedRequest:
    case http::Refusal::UriTooLong:
    case http::Refusal::HeadersTooLarge:
    case http::Refusal::UnsupportedEncoding:
    case http::Refusal::VersionNotSupported:
      return Rule::HttpRequest;
    case http::Refusal::BodyTooLarge:
      return Rule::HttpBodyTooLarge;
    case http::Refusal::FileTooLarge:
      return Rule::UploadSize;
    case http::Refusal::MalformedMultipart:
      return Rule::UploadForm;
    case http::Refusal::RequestTimeout:
      return Rule::HttpTimeout;
    case http::Refusal::TooManyConnections:
    case http::Refusal::TooManyBytes:
    case http::Refusal::StorageFailed:
    case http::Refusal::OutOfMemory:
      return Rule::SandboxBusy;
    case http::Refusal::HandlerFailed:
      return Rule::SandboxInternal;
  }
  return Rule::SandboxInternal;
}

Json violations_json(const std::vector<Violation>& violations) {
  Json rows = Json::array();
  for (const Violation& violation : violations) rows.push_back(violation_json(violation));
  return rows;
}

http::Response error_response(const Error& error, const std::string& error_id) {
  const ErrorForm form = error_form(error.kind);
  const bool hidden = error.kind == ErrorKind::InternalError;
  Json body = envelope(form.code, hidden ? kHiddenDetail : std::string_view(error.detail), error_id);
  if (error.kind == ErrorKind::ValidationError) body["validationErrors"] = violations_json(error.violations);
  for (const auto& [name, text] : error.extra) {
    Result<Json> value = parse_json(text);
    if (value.ok()) body[name] = std::move(value).value();
  }
  return respond(form.status, body);
}

http::Response refusal_response(http::Refusal refusal, const std::string& detail,
                                const std::string& error_id) {
  const ErrorForm form = refusal_form(refusal);
  return respond(form.status, envelope(form.code, detail, error_id));
}

std::string refusal_detail(http::Refusal refusal, std::string_view what, std::uint64_t max_file) {
  const std::string phrase = what.empty() ? "" : ": " + std::string(what);
  switch (refusal) {
    case http::Refusal::MalformedRequest:
      return "the request is not valid HTTP" + phrase;
    case http::Refusal::UriTooLong:
      return "the request's target is too long";
    case http::Refusal::HeadersTooLarge:
      return "the request's header fields are too large or too many";
    case http::Refusal::BodyTooLarge:
      return "the request's body is larger than this operation takes" + phrase;
    case http::Refusal::FileTooLarge:
      return "the file is larger than " + std::to_string(max_file) + " bytes, the largest upload";
    case http::Refusal::MalformedMultipart:
      return "the multipart/form-data body cannot be read" + phrase;
    case http::Refusal::RequestTimeout:
      return "the request did not arrive in time" + phrase;
    case http::Refusal::UnsupportedEncoding:
      return "the request's encoding is not supported; send the body as it is" + phrase;
    case http::Refusal::VersionNotSupported:
      return "only HTTP/1.0 and HTTP/1.1 are spoken here";
    case http::Refusal::TooManyConnections:
      return "too many connections are open; retry with backoff";
    case http::Refusal::TooManyBytes:
      return "the calls under way take as much memory as they may; retry with backoff";
    case http::Refusal::StorageFailed:
      return "the sandbox cannot store the upload at the moment; retry with backoff";
    case http::Refusal::OutOfMemory:
      return out_of_memory_error().detail;
    case http::Refusal::HandlerFailed:
      return std::string(kHiddenDetail);
  }
  return std::string(kHiddenDetail);
}

std::string_view status_meaning(int status) {
  switch (status) {
    case 400:
      return "The request cannot be understood, or its payload breaks a contract rule.";
    case 401:
      return "The bearer token or the assertion is missing, malformed, expired or revoked.";
    case 403:
      return "The caller may not do this.";
    case 404:
      return "There is no such resource, or it is not the caller's.";
    case 408:
      return "The awaited state was not reached in time.";
    case 409:
      return "The present state, or an earlier use of the Idempotency-Key, forbids this.";
    case 413:
      return "The upload is too large.";
    case 415:
      return "The uploaded file is of a type that is not accepted.";
    case 500:
      return "The sandbox failed; the errorId leads to its log.";
    case 503:
      return "Not available right now; retry with backoff.";
    default:
      return "The request was refused.";
  }
}

}  // namespace zest::api
