// What was observed of calls and attempts, as the watchers of this room are told it: warnings and coverage.
// Views live as long as what they were made of. Thread-safety: plain values.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "base/rule.h"
#include "base/time.h"
#include "protocol/statuses.h"

namespace zest::insight {

// What the pipeline sees of a call beside what its journal entry tells.
struct CallSigns {
  bool answer_lost = false;     // the caller cannot know what became of the call: cut off, spoilt, gone, 5xx
  bool still_pending = false;   // GET of an SPV request that was answered pending-review
  std::string personal_data;    // in the key: personal_data_in()
  std::string file_looks_like;  // of a file that does not fit its type: type_of_bytes()
  std::string unknown_parameter;  // of the query: unknown_parameter_in()
  std::optional<Instant> token_ends;
  bool short_token = false;  // a chaos rule made it end early: it is renewed often, and used to its end
  std::string fingerprint;   // rules::request_fingerprint() of a call with a key; "" when it has none
};

// A call of the Partner API that was answered.
struct ObservedCall {
  std::string_view client_id;  // "": nobody's
  std::string_view operation;  // id, "" for an unknown route
  std::string_view path;
  int status = 0;                       // 0: cut off
  Instant at{};                         // wall
  std::optional<Instant> virtual_time;  // of the caller's lane
  std::string_view error_code;          // "" for a success
  Rule rule = Rule::None;               // that was broken
  const std::vector<Violation>* violations = nullptr;
  std::string_view idempotency_key;      // "" when it has none
  std::string_view idempotency_outcome;  // "", "executed", "replayed", "conflict"
  std::string_view token_id;
  const Json* grant = nullptr;       // what a request for tokens holds, read; nullptr: it is none
  const CallSigns* signs = nullptr;  // which warnings are told by; coverage is not
};

// An attempt at a delivery that came back.
struct ObservedAttempt {
  std::string_view client_id;
  std::string_view event_id;  // grows from event to event of a partner
  std::string_view event_type;
  std::string_view subject;  // the resource that the event is about
  AttemptKind kind = AttemptKind::Scheduled;
  int schedule = 1;  // more than 1: an operator's retry
  int number = 1;
  bool delivered = false;
  bool dead = false;            // it was the last one, and in vain
  bool shaped = false;          // by a chaos rule
  bool answered_early = false;  // before the whole body had left
  int response_status = 0;      // 0: nothing was answered, whatever became of it
  Instant sent_at{};            // wall
  Duration latency{0};
};

}  // namespace zest::insight
