// What a grading of an application's calls judges: the calls as the sandbox's journal shows them, put in
// order and in series, and what was provoked meanwhile. Thread-safety: values and pure functions.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/time.h"

namespace zest::certify {

struct ClientCall {
  std::uint64_t sequence = 0;  // of the journal: the order in which calls were answered
  std::string operation;       // "" for an unknown path
  std::string method;
  std::string path;  // without query
  int status = 0;    // 0: cut off before it was executed
  std::string error_id;
  std::string error_code;
  std::string error_detail;
  std::string fault;                    // "" where nothing was put on it on purpose
  std::string fault_action;             // the type of the rule's action: "dropAfterCommit", "status" …
  std::optional<Duration> retry_after;  // what the fault's answer asked for
  std::string key;                      // Idempotency-Key
  std::string key_outcome;              // executed, replayed, conflict
  std::string token_id;                 // jti of its access token
  std::string digest;                   // of the body, of an upload that of its file
  Json grant;                           // of a token request, as the journal has it
  Json file;                            // of an upload
  std::vector<Json> violations;
  Instant started{};  // wall, here and below
  Instant ended{};

  bool is_token_request() const { return operation == "exchangeJwtAssertion"; }
  bool is_write() const {
    return !is_token_request() && !operation.empty() && method != "GET" && method != "HEAD";
  }
  bool takes_key() const;  // an Idempotency-Key. Zest docs: idempotency
  // The client has its answer, and it is a success.
  bool succeeded() const { return status >= 200 && status < 300 && !answer_lost(); }
  // Whatever was done, the client got no answer that it could use.
  bool answer_lost() const;
  // To be tried again: no usable answer, 429 or 5xx. Zest docs: errors.
  bool is_transient() const { return answer_lost() || status == 429 || status >= 500; }
  // To be put right instead of tried again.
  bool is_refusal() const { return !answer_lost() && status >= 400 && status < 500 && status != 429; }
};

// For each chaos rule's id its action, as the control plane has it.
using FaultActions = std::map<std::string, Json>;

// Rows of GET /_sandbox/requests in any order; the calls come in the order of their answers.
std::vector<ClientCall> client_calls(const std::vector<Json>& rows, const FaultActions& actions);

// How long the answer of NoAnswer is held back: longer than most clients wait. Wall. [sandbox]
inline constexpr Duration kNoAnswerFor{35'000};

// What was done to the application on purpose while it acted.
enum class Provocation {
  None,           // nothing
  LostAnswer,     // done, and the connection cut
  Busy,           // 503, several times, without Retry-After
  ErrorAfter,     // done, and answered 500
  TooMany,        // 429 with Retry-After, once
  Gateway,        // 502 with a page, once
  CutBody,        // done, and the answer cut off
  EmptyBody,      // done, and the answer empty
  Refused,        // 400, 401, 403, 404, 409, 413 or 415, whenever it tries
  ExpiredToken,   // its token expires in the middle
  Invalid,        // its input breaks rules of the contract
  MoreMembers,    // answers have members that nobody knows
  Down,           // 500, whenever it tries
  FailedRow,      // one investor of a batch is not to be had
  ReceiptEarly,   // a funding receipt before there is a form
  NoAnswer,       // done, and the answer held back for longer than clients wait
  ShortToken,     // its token expires, and the next one lives for a few seconds
  EndedToken,     // that one has ended
  ExpiredAtOnce,  // its token expires while it does two things at once, and the exchange takes a while
};

// One action that the application was made to do.
struct Episode {
  std::string action;  // "requestSpv"
  std::string intent;
  std::string operation;  // the call that comes of it
  Provocation provocation = Provocation::None;
  int status = 0;           // of Refused and Down: what was answered
  int answer_status = 0;    // of the application
  std::string answer_text;  // what it answered, cut
  Duration took{0};         // until it answered; wall
  // Where the errorId of a failure was found again: nothing where it could not be looked for.
  std::optional<bool> kept;    // by the probe "failure"
  std::optional<bool> logged;  // in what the application prints
  std::string kept_asked;      // of `kept`: what was asked, and what came
  std::string kept_got;
  std::string leaked;     // which secret its answer or its log has, and where; "" for none
  std::size_t first = 0;  // its calls: from here …
  std::size_t end = 0;    // … to before here, in ClientFacts::calls
};

struct ClientFacts {
  std::vector<ClientCall> calls;
  std::vector<Episode> episodes;  // empty: the application was driven by its own tests
  bool driven() const { return !episodes.empty(); }
  const Episode* episode_at(std::size_t index) const;  // of a call; nullptr for none
  std::vector<const ClientCall*> calls_of(const Episode& episode) const;
};

// The tries of one write, oldest first: the same key, or the same bytes again after a try that failed for the
// time being (in an episode: its operation again).
struct Series {
  std::vector<const ClientCall*> tries;
  const Episode* episode = nullptr;
};
std::vector<Series> series_of(const ClientFacts& facts);

}  // namespace zest::certify
