#include "api/pipeline/request_facts.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "api/pipeline/checks.h"
#include "base/crypto.h"
#include "rules/jwt.h"

namespace zest::api {
namespace {

constexpr std::array<std::string_view, 6> kRequestIdFields = {
    "X-Request-Id", "Request-Id", "X-Correlation-Id", "Correlation-Id", "traceparent", "X-Amzn-Trace-Id"};
constexpr std::string_view kFormType = "application/x-www-form-urlencoded";
constexpr std::string_view kMultipartType = "multipart/form-data";
constexpr std::size_t kFingerprint = 16;  // hex digits that stand for a refresh token

// Text from outside for a line or a page: visible ASCII, not at any length.
std::string word_of(std::string_view text) {
  std::string word(text.substr(0, kMaxKeptWord));
  std::replace_if(
      word.begin(), word.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return word;
}

// "client_secret", "X-Api-Key", "privateKeyPem": whatever the spelling.
bool names_a_secret(std::string_view name) {
  static constexpr std::array<std::string_view, 9> kMarks = {"secret",    "password",      "privatekey",
                                                             "apikey",    "authorization", "cookie",
                                                             "assertion", "accesstoken",   "refreshtoken"};
  std::string plain;
  for (const char c : name) {
    if (c == '-' || c == '_') continue;
    plain += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  if (plain.ends_with("token")) return true;
  return std::any_of(kMarks.begin(), kMarks.end(),
                     [&plain](std::string_view mark) { return plain.find(mark) != std::string::npos; });
}

// A JWT, a refresh token or a signing secret, by how they begin.
bool looks_secret(std::string_view text) {
  return text.starts_with("eyJ") || text.starts_with("zrt_") || text.starts_with("whsec_") ||
         text.find("PRIVATE KEY-----") != std::string_view::npos;
}

// What stands before the first space may be a token as well.
bool is_scheme(std::string_view word) {
  constexpr std::size_t kLongestScheme = 20;  // AWS4-HMAC-SHA256 has 16
  return !word.empty() && word.size() <= kLongestScheme && !looks_secret(word);
}

std::string shown_field(const std::string& name, const std::string& value) {
  if (http::equal_ignoring_case(name, "Authorization")) {
    const std::string scheme = value.substr(0, std::min(value.find(' '), value.size()));
    if (scheme.size() == value.size() || !is_scheme(scheme)) return std::string(kRedacted);
    return word_of(scheme).append(" ").append(kRedacted);
  }
  if (names_a_secret(name) || looks_secret(value)) return std::string(kRedacted);
  return value.substr(0, kMaxKeptValue);
}

Json claimed(const Json& payload, std::string_view name) {
  const Json* value = member(payload, name);
  if (value == nullptr) return nullptr;
  if (value->is_string()) return word_of(value->get_ref<const std::string&>());
  if (value->is_number()) return *value;
  if (value->is_array() && value->size() == 1 && value->front().is_string()) {
    return word_of(value->front().get_ref<const std::string&>());
  }
  return nullptr;
}

Json grant_of(const std::string& form) {
  const http::FormFields fields = http::parse_form(form).value_or(http::FormFields());
  for (const auto& [name, value] : fields) {
    if (name == "refresh_token") {
      return Json{{"type", "refresh_token"}, {"refreshToken", to_hex(sha256(value)).substr(0, kFingerprint)}};
    }
    if (name != "assertion") continue;
    Json assertion = Json::object();
    const Result<rules::Jwt> jwt = rules::parse_jwt(value);
    for (const char* claim : {"iss", "sub", "client_id", "aud", "iat", "exp", "jti"}) {
      Json found = jwt.ok() ? claimed(jwt->payload, claim) : Json();
      if (!found.is_null()) assertion[claim] = std::move(found);
    }
    if (Json algorithm = jwt.ok() ? claimed(jwt->header, "alg") : Json(); !algorithm.is_null())
      assertion["alg"] = std::move(algorithm);
    return Json{{"type", "jwt-bearer"}, {"assertion", std::move(assertion)}};
  }
  return nullptr;
}

Json file_json(const http::Part& part) {
  Json file = Json::object();
  if (part.content_type) file["contentType"] = word_of(*part.content_type);
  file["size"] = part.size;
  file["sha256"] = to_hex(part.sha256);
  return file;
}

// The body as a document; nothing when it is none.
std::optional<Json> document_of(const http::Request& request) {
  const std::string* sent = request.head.headers.find("Content-Type");
  const std::string type = sent == nullptr ? std::string() : media_type(*sent);
  if (type == kMultipartType) {
    Json fields = Json::object();
    for (const http::Part& part : request.parts) {
      fields[part.name] = part.filename ? file_json(part) : Json(part.value);
    }
    return fields;
  }
  if (type == kFormType) {
    const std::optional<http::FormFields> form = http::parse_form(request.body);
    if (!form || form->size() > kMaxJsonMembers) return std::nullopt;
    Json fields = Json::object();
    for (const auto& [name, value] : *form) fields[name] = value;
    return fields;
  }
  Result<Json> json = parse_json(request.body);
  if (!json.ok()) return std::nullopt;
  return std::move(json).value();
}

}  // namespace

std::string claimed_token_id(std::string_view token) {
  const Result<rules::Jwt> jwt = rules::parse_jwt(token);
  const std::string* id = jwt.ok() ? string_member(jwt->payload, "jti") : nullptr;
  return id == nullptr ? std::string() : word_of(*id);
}

RequestFacts head_facts(const http::RequestHead& head) {
  RequestFacts facts;
  for (const auto& [name, value] : head.headers.fields()) {
    if (http::equal_ignoring_case(name, "Content-Type")) {
      const std::string type = media_type(value);
      facts.content_type = word_of(type == kMultipartType ? type : value);
    } else if (http::equal_ignoring_case(name, "Content-Length")) {
      std::uint64_t size = 0;
      const auto [end, problem] = std::from_chars(value.data(), value.data() + value.size(), size);
      if (problem == std::errc() && end == value.data() + value.size() && size > 0) facts.body_size = size;
    } else {
      const bool is_id = std::any_of(
          kRequestIdFields.begin(), kRequestIdFields.end(),
          [&name = name](std::string_view field) { return http::equal_ignoring_case(field, name); });
      if (is_id) facts.request_ids.emplace_back(word_of(name), word_of(value));
    }
  }
  return facts;
}

void add_refused_part(RequestFacts& facts, const http::Part& part) {
  facts.file = Json::object();
  if (part.content_type) facts.file["contentType"] = word_of(*part.content_type);
}

void add_body_facts(RequestFacts& facts, const http::Request& request) {
  if (!request.body.empty()) {
    facts.body_size = request.body.size();
    if (media_type(facts.content_type) == kFormType) {
      facts.grant = grant_of(request.body);
    } else {
      facts.body_sha256 = to_hex(sha256(request.body));
    }
  }
  for (const http::Part& part : request.parts) {
    if (part.filename && part.name == "file") facts.file = file_json(part);
  }
}

Json without_secrets(const Json& document) {
  if (document.is_string()) {
    return looks_secret(document.get_ref<const std::string&>()) ? Json(kRedacted) : document;
  }
  if (document.is_array()) {
    Json list = Json::array();
    for (const Json& element : document) list.push_back(without_secrets(element));
    return list;
  }
  if (!document.is_object()) return document;
  Json object = Json::object();
  for (const auto& [name, value] : document.get_ref<const Json::object_t&>()) {
    object.emplace(name, names_a_secret(name) ? Json(kRedacted) : without_secrets(value));
  }
  return object;
}

RequestDetail headers_detail(const http::RequestHead& head) {
  RequestDetail detail;
  Json fields = Json::object();
  std::size_t size = 0;
  for (const auto& [name, value] : head.headers.fields()) {
    std::string shown = shown_field(name, value);
    size += name.size() + shown.size() + 6;  // quotes, colon, comma
    if (size > kMaxKeptHeaders) break;
    if (member(fields, name) != nullptr) {
      // Of a field that was sent several times all values are of interest.
      fields[name] = fields[name].get<std::string>() + ", " + shown;
    } else {
      fields[name] = std::move(shown);
    }
  }
  detail.headers = dump_json(fields);
  return detail;
}

void add_body_detail(RequestDetail& detail, const http::Request& request) {
  if (request.body.empty() && request.parts.empty()) return;
  const std::string too_large = "larger than " + std::to_string(kMaxKeptBody) + " bytes";
  if (request.body.size() > kMaxKeptBody) {
    detail.omitted = too_large;
    return;
  }
  const std::optional<Json> document = document_of(request);
  if (!document) {
    detail.omitted = "no JSON document";
    return;
  }
  std::string text = dump_json(without_secrets(*document));
  if (text.size() > kMaxKeptBody) {
    detail.omitted = too_large;
  } else {
    detail.body = std::move(text);
  }
}

}  // namespace zest::api
