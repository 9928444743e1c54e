// A fault put on one call of the partner API, whoever asked for it: a header of the call (prefer.h) or a
// chaos rule (fault_rules.h). The control plane has none. Thread-safety: plain values and free functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/time.h"
#include "http/message.h"
#include "protocol/chaos_actions.h"

namespace zest::api {

struct Fault {
  enum class Drop { None, BeforeExecute, AfterCommit };
  std::string name;                        // the journal's `fault`
  bool preferred = false;                  // asked for by header: the answer says Preference-Applied
  Duration delay{0};                       // wall, before anything else
  bool expire_tokens = false;              // the caller's access tokens have expired, this one too
  std::optional<Duration> token_lifetime;  // of access tokens that the call gives, wall; goes with the others
  std::optional<int> instead_of;           // status answered instead of executing the call
  std::optional<Duration> retry_after;     // with it: the header Retry-After, wall
  std::optional<GatewayBody> gateway_body;  // with it: what stands in place of the envelope
  std::optional<int> after_commit;          // the call is executed, and this status answered all the same
  Drop drop = Drop::None;                   // the connection is cut without an answer
  // What happens to the answer of a call that was executed; at most one of them.
  bool truncate = false;
  std::optional<std::uint64_t> truncate_after;  // bytes of its body; absent: half of them
  bool empty_body = false;
  std::uint64_t bytes_per_second = 0;  // 0: as fast as can be
  bool extra_members = false;          // goes with the others
  Duration delay_after_commit{0};      // wall; goes with the others

  // "injected by chaos rule token.busy", for the envelope and the journal.
  std::string cause() const {
    return (preferred ? "injected by Prefer: " : "injected by chaos rule ") + name;
  }
  // Whether it says already what the caller gets.
  bool decides() const {
    return instead_of || after_commit || drop != Drop::None || truncate || empty_body || bytes_per_second > 0;
  }
};

// The answer with one of chaos::is_fault_status: the envelope (429: with service_unavailable, which is the
// code for "try again later"), the web framework's shape for 422, or what gateways send. `code` gets the
// envelope's code, "" where there is none.
http::Response fault_response(const Fault& fault, int status, const std::string& detail,
                              const std::string& error_id, std::string& code);

// Does to the answer of an executed call what the fault says.
void spoil(http::Response& response, const Fault& fault);

}  // namespace zest::api
