// What the journal keeps of a request beside its line, and what it keeps of a refused one in full. No
// secrets: tokens, assertions, keys and cookies are replaced by "[redacted]". Thread-safety: plain values and
// free functions.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "http/message.h"

namespace zest::api {

// Bounds of one entry. [sandbox]
inline constexpr std::size_t kMaxKeptBody = 16 * 1024;  // bytes of JSON; a larger one is left out
inline constexpr std::size_t kMaxKeptHeaders =
    16 * 1024;                                          // bytes of JSON; the fields after them are left out
inline constexpr std::size_t kMaxKeptValue = 2 * 1024;  // bytes of one field; cut
inline constexpr std::size_t kMaxKeptWord = 200;        // bytes of an identifier from outside; cut
inline constexpr std::string_view kRedacted = "[redacted]";

struct RequestFacts {
  std::string content_type;  // as sent; of multipart without its boundary
  // Fields by which a caller names its request: {"X-Request-Id", "7f3c…"}.
  std::vector<std::pair<std::string, std::string>> request_ids;
  std::string token_id;                    // `jti` of the bearer token, as it claims
  std::optional<std::uint64_t> body_size;  // as read, or as announced
  std::string body_sha256;                 // hex; of bodies in memory that hold no secrets
  // Of a token request: {"type": "jwt-bearer", "assertion": {"iss", "sub", "client_id", "aud", "iat", "exp",
  // "jti"}} as claimed, with the header's "alg", or {"type": "refresh_token", "refreshToken": beginning of
  // its digest}. Null for all others.
  Json grant;
  // Of an upload: {"contentType", "size", "sha256"}. Null for all others.
  Json file;
};
RequestFacts head_facts(const http::RequestHead& head);
// Adds what the body tells.
void add_body_facts(RequestFacts& facts, const http::Request& request);
// Of an upload that is refused once its part's head is there: as what it is declared.
void add_refused_part(RequestFacts& facts, const http::Part& part);
// The `jti` that a token claims, "" when it is none. Costs parsing it.
std::string claimed_token_id(std::string_view token);

// In full, as JSON texts; "" is what is not kept.
struct RequestDetail {
  std::string headers;  // an object
  std::string body;     // a form or multipart body is an object of its fields
  std::string omitted;  // why there is no body though one was sent
  std::size_t size() const { return headers.size() + body.size() + omitted.size(); }
};
RequestDetail headers_detail(const http::RequestHead& head);
void add_body_detail(RequestDetail& detail, const http::Request& request);

// The document with the values of secret members, and texts that look like tokens or signing secrets,
// replaced.
Json without_secrets(const Json& document);

}  // namespace zest::api
