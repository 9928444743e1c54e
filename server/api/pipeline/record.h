// What is written down about a call: two lines of log, and an entry of the journal when it is the partner
// API's. Neither holds secrets: tokens in paths and queries are redacted, header fields and bodies enter the
// journal without theirs (request_facts.h). Thread-safety: all methods from any thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/pipeline/request_facts.h"
#include "api/pipeline/router.h"
#include "api/pipeline/services.h"
#include "http/message.h"
#include "insight/observed.h"
#include "model/event_span.h"

namespace zest::api {

// The request's target without its secrets: the token of /files/…, values of query parameters that carry
// tokens. Bytes that do not belong into a line of text are replaced.
std::string redacted_target(const http::RequestHead& head);

// One call, from its head to its answer.
struct CallRecord {
  std::string method;  // "" and an empty path when the request could not be read
  std::string path;    // redacted_target()
  std::string operation;
  bool in_journal = true;  // not the control plane's; unreadable requests are the partner API's
  bool quiet = false;      // its success is of no interest
  ErrorId error_id;
  Instant started{};  // steady wall, when the head was there
  std::optional<std::string> caller;
  std::optional<std::string> idempotency_key;
  std::string idempotency_outcome;
  std::string fault;
  std::vector<std::string> failed_row_ids;
  EventSpan emitted;
  RequestFacts request;
  insight::CallSigns signs;
  std::shared_ptr<const RequestDetail> detail;  // of refused calls, as far as the request was read
};

// How a call ended.
struct CallOutcome {
  int status = 0;
  std::string_view error_code;  // "" for a success
  std::string error_detail;
  std::vector<Violation> violations{};  // as journal_violations() keeps them
  Rule rule = Rule::None;               // that was broken
};

class Recorder {
 public:
  explicit Recorder(const Services& services) : services_(services) {}

  CallRecord start(const http::RequestHead& head, const Route* route) const;
  // For the journal, what a refused call, or any with Settings::journal_bodies, is kept with. `request`
  // nullptr: the body is not there.
  void keep(CallRecord& call, const http::RequestHead& head, const http::Request* request) const;
  // Of a call whose access token is refused: the token's `jti` as claimed, and whose it is when it is
  // genuine.
  void note_refused_token(CallRecord& call, const http::RequestHead& head) const;
  // `--> POST /v1/investors client_acme`
  void arrived(const CallRecord& call) const;
  // `<-- 201 POST /v1/investors 2ms`, and the journal.
  void answered(const CallRecord& call, const CallOutcome& outcome) const;
  // Tells of a call of the partner API which rule it broke: a header beside the documented answer.
  void note_rule(const CallRecord& call, Rule rule, http::Response& response) const;

 private:
  const Services& services_;
};

}  // namespace zest::api
