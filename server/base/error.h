// Errors as values. A kind says what happened; api/errors.cpp is the one place that turns it into a status
// and bytes. Zest docs: errors.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/rule.h"

namespace zest {

enum class ErrorKind {
  ValidationError,       // 400, with violations
  InvalidRequest,        // 400
  InvalidToken,          // 401
  Unauthorized,          // 401 on the control plane: the admin token is missing or wrong
  Forbidden,             // 403
  NotFound,              // 404
  MethodNotAllowed,      // 405
  Timeout,               // 408 on the control plane: a barrier was not reached
  Conflict,              // 409
  PayloadTooLarge,       // 413
  UnsupportedMediaType,  // 415
  InternalError,         // 500
  ServiceUnavailable,    // 503
};

// One broken contract rule. `code` is one of Zest's validation codes (Zest docs: errors/validation).
struct Violation {
  std::string attribute;  // path inside the attributes map, e.g. shareClasses[0].carryPercent
  std::string field;      // path from the body's root, e.g. attributes.shareClasses[0].carryPercent
  std::string code;
  std::string message;
  std::optional<std::string> value;  // the offending value as text, absent when there is none
};

struct Error {
  ErrorKind kind = ErrorKind::InternalError;
  std::string detail;                 // one sentence for the caller: what is wrong, where, what to do
  std::vector<Violation> violations;  // only with ValidationError
  // Further members of the answer's envelope, as JSON text by name (control plane: "interrupted", "open").
  std::vector<std::pair<std::string, std::string>> extra;
  Rule rule = Rule::None;  // the one that was broken; every refusal of the partner API has one
};

inline Error make_error(ErrorKind kind, std::string detail) {
  return Error{kind, std::move(detail), {}, {}, Rule::None};
}
// What the partner API refuses, by the rule that was broken (texts: model/rule_catalogue.h).
inline Error refusal(Rule rule, ErrorKind kind, std::string detail) {
  return Error{kind, std::move(detail), {}, {}, rule};
}
// The commonest one.
inline Error invalid_request(std::string detail) {
  return make_error(ErrorKind::InvalidRequest, std::move(detail));
}
// A name that names nothing.
inline Error no_such(std::string_view what, std::string_view name) {
  return make_error(ErrorKind::NotFound, "there is no " + std::string(what) + " " + std::string(name));
}

}  // namespace zest
