// The bounded record of partner API calls, newest last, for people, `verify` and tests. It holds no secrets:
// tokens, assertions and keys are replaced before they enter it (request_facts.h). Bounded by its capacity,
// and by kMaxDetailBytes. Beside it, the newest refusals of the control plane, which are no calls of a
// partner: for those who ask why by an errorId. Thread-safety: all methods from any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/pipeline/request_facts.h"
#include "base/error.h"
#include "base/json.h"
#include "base/mutex.h"
#include "base/time.h"
#include "model/event_span.h"

namespace zest::api {

// Bytes of headers, bodies and broken rules that the journal holds; beyond, the oldest entries lose theirs.
// [sandbox]
constexpr std::size_t kMaxDetailBytes = 16 * 1024 * 1024;
// Refused calls of the control plane that are remembered. [sandbox]
constexpr std::size_t kMaxControlRefusals = 200;
// What an entry keeps of the rules that a payload broke: enough for people, and a bound for the memory.
constexpr std::size_t kMaxJournalViolations = 50;
std::vector<Violation> journal_violations(const std::vector<Violation>& violations);

struct JournalEntry {
  std::uint64_t sequence = 0;  // set by the journal; grows by one per call
  std::optional<std::string> client_id;
  std::string method;
  std::string path;       // with query, tokens in it redacted
  std::string operation;  // operation id, or "" for an unknown route
  int status = 0;
  std::string error_id;      // "" for a success
  std::string error_code;    // "" for a success
  std::string error_detail;  // "" for a success
  // Of a validation_error, or of the rows that failed within a success, as journal_violations() keeps them.
  std::vector<Violation> violations;
  // Of rows that failed the partner's own ids, one for each of `violations`; for explanations, not shown.
  std::vector<std::string> failed_row_ids;
  Rule rule = Rule::None;      // that was broken; None for a success
  std::vector<Rule> warnings;  // that the call is an example of
  std::optional<std::string> idempotency_key;
  std::string idempotency_outcome;  // "", "executed", "replayed", "conflict"
  std::string fault;                // id of the injected fault, or ""
  EventSpan emitted;                // by the call, of its caller's; for explanations, not shown
  Instant wall_time{};
  std::optional<Instant> virtual_time;  // of the caller's lane, when the caller is known
  Duration duration{0};                 // wall
  RequestFacts request;
  std::shared_ptr<const RequestDetail> detail;  // refused calls, others with Settings::journal_bodies
};

Json to_json(const JournalEntry& entry);

// A value at a place of a call's JSON body.
struct BodyCriterion {
  std::string path;  // "investors[0].email"
  Json value;
  bool as_text = false;  // `value` is a text that a value of another type fits that reads the same
};

struct JournalFilter {
  std::optional<std::string> client_id;
  std::optional<std::uint64_t> sequence;
  std::optional<std::uint64_t> after;  // those of greater sequence
  std::optional<std::string> method;
  std::optional<std::string> path;  // exact, or a prefix when it ends with '*'
  std::optional<std::string> operation;
  std::optional<int> status;
  std::optional<std::string> error_id;
  std::optional<std::string> error_code;
  std::optional<std::string> rule;     // its id
  std::optional<std::string> warning;  // its id
  std::optional<std::string> idempotency_key;
  std::optional<std::string> idempotency_outcome;
  std::optional<std::string> fault;
  std::optional<std::string> content_type;  // without parameters
  std::optional<std::string> request_id;    // any of them
  std::optional<std::string> token_id;
  std::optional<std::string> body_sha256;
  std::optional<std::string> failed_row_id;  // of one of the rows that failed
  std::optional<std::uint64_t> emitted;      // an event, by its counter (base/id.h)
  std::optional<bool> failed;                // true: those answered with an error, or cut off
  bool went_wrong = false;                   // true: the same, and those with rows that failed
  std::vector<BodyCriterion> body;           // no entry without its body fits
  bool matches(const JournalEntry& entry) const { return matches_but_for_body(entry) && body_fits(entry); }
  bool matches_but_for_body(const JournalEntry& entry) const;

 private:
  bool body_fits(const JournalEntry& entry) const;
};

class Journal {
 public:
  explicit Journal(std::size_t capacity) : capacity_(capacity) {}
  // `judge` says what the call, which has its sequence then, is to be warned of; it is called under the lock.
  using Judge = std::function<std::vector<Rule>(const JournalEntry& entry)>;
  void add(JournalEntry entry, const Judge& judge = nullptr);
  void add_control_refusal(JournalEntry entry) EXCLUDES(mutex_);
  std::optional<JournalEntry> control_refusal(std::string_view error_id) const EXCLUDES(mutex_);
  // Newest first; `count` gets the number of all that match.
  std::vector<JournalEntry> find(const JournalFilter& filter, std::size_t skip, std::size_t limit,
                                 std::size_t* count) const;
  // Waits until there is more than `seen` tells of, which is brought up to date. False: `deadline` has come,
  // or nobody waits any more.
  bool wait_for_more(std::uint64_t& seen, std::chrono::steady_clock::time_point deadline) const
      EXCLUDES(mutex_);
  // Ends every wait, for good.
  void stop_waiting() EXCLUDES(mutex_);
  bool waiting_is_over() const EXCLUDES(mutex_);
  // Forgets the entries of one partner, or all; answers how many.
  std::size_t clear(const std::optional<std::string>& client_id);
  // No entry tells any more which events it emitted: others have their identifiers now.
  void forget_events() EXCLUDES(mutex_);
  // Called after each add, outside the lock. Set before the first call.
  void on_add(std::function<void(const JournalEntry&)> observer) { observer_ = std::move(observer); }

 private:
  const std::size_t capacity_;
  std::function<void(const JournalEntry&)> observer_;
  void forget_oldest_details() REQUIRES(mutex_);

  mutable Mutex mutex_;
  mutable CondVar added_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::deque<JournalEntry> entries_ GUARDED_BY(mutex_);
  std::deque<JournalEntry> control_refusals_ GUARDED_BY(mutex_);
  std::size_t detail_bytes_ GUARDED_BY(mutex_) = 0;
  std::uint64_t details_from_ GUARDED_BY(mutex_) = 0;  // entries before this sequence have none
  std::uint64_t next_sequence_ GUARDED_BY(mutex_) = 1;
};

}  // namespace zest::api
