// The one place that turns an Error, or a refusal of the listener, into a status and the bytes of the
// envelope
// {"code","detail","errorId","validationErrors"?}. Zest docs: errors. Thread-safety: free functions.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json.h"
#include "http/listener.h"
#include "http/message.h"

namespace zest::api {

// What an error is on the wire.
struct ErrorForm {
  int status = 500;
  std::string_view code;
};
ErrorForm error_form(ErrorKind kind);
ErrorForm refusal_form(http::Refusal refusal);
Rule refusal_rule(http::Refusal refusal);

// The whole answer. The detail of an InternalError stays inside (the caller logs it with the same errorId).
http::Response error_response(const Error& error, const std::string& error_id);
// `detail`: what was refused, as one sentence for the caller.
http::Response refusal_response(http::Refusal refusal, const std::string& detail,
                                const std::string& error_id);

// The rows of validationErrors.
Json violations_json(const std::vector<Violation>& violations);

// One sentence for a refusal: `what` is the listener's phrase, `max_file` the limit of one uploaded file in
// bytes.
std::string refusal_detail(http::Refusal refusal, std::string_view what, std::uint64_t max_file);

// A meaning for every error status that a route may document, for people.
std::string_view status_meaning(int status);

}  // namespace zest::api
