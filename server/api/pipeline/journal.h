// The bounded record of partner API calls, newest last, for people, `verify` and tests. It holds no secrets:
// tokens, assertions and authorization fields never enter it. Thread-safety: all methods from any thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "base/mutex.h"
#include "base/time.h"

namespace zest::api {

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
  std::string error_id;               // "" for a success
  std::string error_code;             // "" for a success
  std::string error_detail;           // "" for a success
  std::vector<Violation> violations;  // of a validation_error, as journal_violations() keeps them
  std::optional<std::string> idempotency_key;
  std::string idempotency_outcome;  // "", "executed", "replayed", "conflict"
  std::string fault;                // id of the injected fault, or ""
  Instant wall_time{};
  std::optional<Instant> virtual_time;  // of the caller's lane, when the caller is known
  Duration duration{0};                 // wall
};

Json to_json(const JournalEntry& entry);

struct JournalFilter {
  std::optional<std::string> client_id;
  std::optional<std::string> method;
  std::optional<std::string> path;  // exact, or a prefix when it ends with '*'
  std::optional<std::string> operation;
  std::optional<int> status;
  std::optional<std::string> error_id;
  std::optional<std::string> error_code;
  std::optional<std::string> idempotency_key;
  std::optional<std::string> idempotency_outcome;
  std::optional<std::string> fault;
  std::optional<bool> failed;  // true: those answered with an error, or cut off
  bool matches(const JournalEntry& entry) const;
};

class Journal {
 public:
  explicit Journal(std::size_t capacity) : capacity_(capacity) {}
  void add(JournalEntry entry);
  // Newest first; `count` gets the number of all that match.
  std::vector<JournalEntry> find(const JournalFilter& filter, std::size_t skip, std::size_t limit,
                                 std::size_t* count) const;
  // Forgets the entries of one partner, or all; answers how many.
  std::size_t clear(const std::optional<std::string>& client_id);
  // Called after each add, outside the lock. Set before the first call.
  void on_add(std::function<void(const JournalEntry&)> observer) { observer_ = std::move(observer); }

 private:
  const std::size_t capacity_;
  std::function<void(const JournalEntry&)> observer_;
  mutable Mutex mutex_;
  std::deque<JournalEntry> entries_ GUARDED_BY(mutex_);
  std::uint64_t next_sequence_ GUARDED_BY(mutex_) = 1;
};

}  // namespace zest::api
