// A fault put on one call of the partner API, whoever asked for it: a header of the call (prefer.h) or a
// chaos rule (fault_rules.h). The control plane has none. Thread-safety: plain values and free functions.
#pragma once

#include <optional>
#include <string>

#include "base/time.h"
#include "http/message.h"

namespace zest::api {

struct Fault {
  enum class Drop { None, BeforeExecute, AfterCommit };
  std::string name;                 // the journal's `fault`
  bool preferred = false;           // asked for by header: the answer says Preference-Applied
  Duration delay{0};                // wall, before anything else
  bool expire_tokens = false;       // the caller's access tokens have expired, this one too
  std::optional<int> instead_of;    // status answered instead of executing the call
  std::optional<int> after_commit;  // the call is executed, and this status answered all the same
  Drop drop = Drop::None;           // the connection is cut without an answer
};

// The answer with one of chaos::is_fault_status: the envelope, or the web framework's shape for 422. `code`
// gets the envelope's code, "" for 422.
http::Response fault_response(int status, const std::string& detail, const std::string& error_id,
                              std::string& code);

}  // namespace zest::api
