#include "api/pipeline/checks.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <utility>

#include "api/pipeline/schemas.h"
#include "base/error.h"
#include "base/nearest.h"
#include "rules/idempotency.h"

namespace zest::api {
namespace {

constexpr std::array<std::string_view, 4> kUploadTypes = {"application/pdf", "image/jpeg", "image/png",
                                                          "image/webp"};

std::string_view expected_type(BodyKind kind) {
  switch (kind) {
    case BodyKind::None:
      return "";
    case BodyKind::JsonDocument:
    case BodyKind::OptionalJson:
    case BodyKind::JsonFile:
      return "application/json";
    case BodyKind::Form:
      return "application/x-www-form-urlencoded";
    case BodyKind::Multipart:
      return "multipart/form-data";
  }
  return "";
}

// A chunked body may turn out to be empty.
bool announces_body(const http::RequestHead& head) {
  const std::string* length = head.headers.find("Content-Length");
  return length != nullptr && *length != "0";
}

Result<void> check_sent_type(std::string_view expected, const http::RequestHead& head) {
  const std::string operation_takes = "; this operation takes " + std::string(expected);
  const std::string* sent = head.headers.find("Content-Type");
  if (sent == nullptr)
    return refusal(Rule::HttpContentType, ErrorKind::InvalidRequest,
                   "the Content-Type header is missing" + operation_takes);
  if (head.headers.count("Content-Type") > 1)
    return refusal(Rule::HttpContentType, ErrorKind::InvalidRequest,
                   "the Content-Type header was sent more than once");
  if (media_type(*sent) != expected) {
    return refusal(Rule::HttpContentType, ErrorKind::InvalidRequest,
                   "the Content-Type of the request is not supported" + operation_takes);
  }
  return {};
}

// The value of a query parameter as the JSON value that its schema speaks of.
Json query_json(const Json& document, const std::string& text) {
  const std::string* type = string_member(document, "type");
  if (type != nullptr && *type == "integer") {
    std::int64_t number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, failure] = std::from_chars(text.data(), end, number);
    if (!text.empty() && failure == std::errc() && stop == end) return number;
    // Too large to be held is too large for any bound.
    const bool vast = !text.empty() && failure == std::errc::result_out_of_range && stop == end;
    if (vast && member(document, "maximum") && member(document, "minimum"))
      return text.front() == '-' ? std::numeric_limits<std::int64_t>::min()
                                 : std::numeric_limits<std::int64_t>::max();
  }
  if (type != nullptr && *type == "boolean" && (text == "true" || text == "false")) return text == "true";
  return text;
}

}  // namespace

std::string media_type(std::string_view content_type) {
  content_type = content_type.substr(0, content_type.find(';'));
  while (!content_type.empty() && (content_type.back() == ' ' || content_type.back() == '\t')) {
    content_type.remove_suffix(1);
  }
  while (!content_type.empty() && (content_type.front() == ' ' || content_type.front() == '\t')) {
    content_type.remove_prefix(1);
  }
  std::string type(content_type);
  std::transform(type.begin(), type.end(), type.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return type;
}

Result<void> check_content_type(const Route& route, const http::RequestHead& head) {
  const std::string_view expected = expected_type(route.body);
  if (expected.empty() || (route.body == BodyKind::OptionalJson && !announces_body(head))) return {};
  return check_sent_type(expected, head);
}

Result<void> read_query(const Route& route, Exchange& exchange) {
  std::optional<http::FormFields> fields = http::parse_form(exchange.request.head.query);
  if (!fields)
    return refusal(Rule::HttpQuery, ErrorKind::InvalidRequest,
                   "the query of the request's target is malformed: a percent escape cannot be read");
  exchange.query = std::move(*fields);
  const Schemas& schemas = all_schemas();
  for (const QueryParameter& parameter : route.query) {
    bool given = false;
    for (const auto& [name, text] : exchange.query) {
      if (name != parameter.name) continue;
      if (std::exchange(given, true)) {
        return refusal(Rule::HttpQuery, ErrorKind::InvalidRequest,
                       "query parameter '" + name + "' must be given once, not several times");
      }
      const Json* document = &parameter.schema;
      const std::vector<std::string> references = schemas.referred_by(*document);
      if (!references.empty()) document = schemas.find(references.front());
      const std::vector<Violation> broken = schemas.check(*document, query_json(*document, text), name);
      if (!broken.empty())
        return refusal(Rule::HttpQuery, ErrorKind::InvalidRequest,
                       "query parameter " + broken.front().message);
    }
  }
  return {};
}

Result<void> read_body(const Route& route, Exchange& exchange) {
  const std::string& body = exchange.request.body;
  switch (route.body) {
    case BodyKind::None:
    case BodyKind::JsonFile:
    case BodyKind::Multipart:
      return {};
    case BodyKind::OptionalJson:
      if (body.empty()) return {};
      RETURN_IF_ERROR(check_sent_type(expected_type(route.body), exchange.request.head));
      break;
    case BodyKind::JsonDocument:
      if (body.empty())
        return refusal(Rule::HttpBody, ErrorKind::InvalidRequest,
                       "the request's body is empty; this operation takes a JSON document");
      break;
    case BodyKind::Form: {
      std::optional<http::FormFields> fields = http::parse_form(body);
      if (!fields)
        return refusal(Rule::HttpBody, ErrorKind::InvalidRequest,
                       "the request's body is not valid application/x-www-form-urlencoded");
      exchange.form = std::move(*fields);
      return {};
    }
  }
  Result<Json> json = parse_json(body);
  if (!json.ok()) return refusal(Rule::HttpBody, ErrorKind::InvalidRequest, json.error().detail);
  exchange.body = std::move(json).value();
  return {};
}

std::string other_header(const http::Headers& headers, std::string_view missing) {
  std::vector<std::string> sent;
  for (const auto& [name, value] : headers.fields()) sent.push_back(name);
  const std::optional<std::string> meant = nearest(missing, sent);
  return meant ? "; " + *meant + " is another header" : std::string();
}

Result<void> read_idempotency_key(const Route& route, Exchange& exchange) {
  if (route.key == KeyUse::None) return {};
  const http::Headers& headers = exchange.request.head.headers;
  const std::string* key = headers.find("Idempotency-Key");
  if (key == nullptr) {
    if (route.key == KeyUse::Optional) return {};
    return refusal(Rule::IdempotencyKeyRequired, ErrorKind::InvalidRequest,
                   "the Idempotency-Key header is required here: send one fresh key per intended change" +
                       other_header(headers, "Idempotency-Key"));
  }
  if (headers.count("Idempotency-Key") > 1)
    return refusal(Rule::IdempotencyKeyForm, ErrorKind::InvalidRequest,
                   "the Idempotency-Key header was sent more than once");
  RETURN_IF_ERROR(rules::check_idempotency_key(*key));
  exchange.idempotency_key = *key;
  return {};
}

Result<void> check_schema(const Route& route, const Exchange& exchange) {
  if (route.body != BodyKind::JsonDocument && route.body != BodyKind::OptionalJson) return {};
  // The control plane's own readers hold its bodies to the same schemas, and say the first mistake in a
  // sentence.
  if (route.access == Access::Control) return {};
  const Json* document = all_schemas().find(route.request_schema);
  if (document == nullptr || (route.body == BodyKind::OptionalJson && exchange.body.is_null())) return {};
  std::vector<Violation> violations = all_schemas().check(*document, exchange.body);
  if (violations.empty()) return {};
  return violated(std::move(violations));
}

Result<void> check_upload_type(const http::Part& file) {
  constexpr const char* kAccepted = "; accepted are application/pdf, image/jpeg, image/png and image/webp";
  if (!file.content_type) {
    return refusal(Rule::UploadType, ErrorKind::UnsupportedMediaType,
                   std::string("the part 'file' declares no Content-Type") + kAccepted);
  }
  if (std::find(kUploadTypes.begin(), kUploadTypes.end(), media_type(*file.content_type)) !=
      kUploadTypes.end()) {
    return {};
  }
  return refusal(Rule::UploadType, ErrorKind::UnsupportedMediaType,
                 std::string("the Content-Type of the part 'file' is not accepted") + kAccepted);
}

}  // namespace zest::api
