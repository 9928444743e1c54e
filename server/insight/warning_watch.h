// What one partner's calls and its receiver's answers show of habits that are fragile in production: rules
// `warn.…` of the catalogue. Facts in, findings out; remembers a few of the facts, and never more than it
// says here. All instants are wall time: tokens, retries and answers are between two machines. Thread-safety:
// none (warnings.h has the lock).
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/rule.h"
#include "base/time.h"
#include "protocol/statuses.h"

namespace zest::insight {

// [sandbox] where Zest says no figure.
inline constexpr Duration kAssertionLife{60'000};       // recommended; Zest docs: authentication
inline constexpr Duration kClockTolerance{2'000};       // of the 5 s that are tolerated
inline constexpr Duration kTokenMargin{5'000};          // before a token's end
inline constexpr Duration kReceiverPatience{2'000};     // of the 10 s of an attempt
inline constexpr Duration kNearEachOther{15 * 60'000};  // between a try and its retry
inline constexpr int kTokensInARow = 5;                 // each for a single call
inline constexpr Duration kTokensApart{10 * 60'000};    // at most, from one of those calls to the next
inline constexpr int kPollsInARow = 5;
inline constexpr Duration kPollsApart{60'000};  // at most, from one to the next

// What the pipeline sees of a call beside what its journal entry tells.
struct CallSigns {
  bool answer_lost = false;     // the caller cannot know what became of the call: cut off, spoilt, gone, 5xx
  bool still_pending = false;   // GET of an SPV request that was answered pending-review
  std::string personal_data;    // in the key: personal_data_in()
  std::string file_looks_like;  // of a file that does not fit its type: type_of_bytes()
  std::optional<Instant> token_ends;
  bool short_token = false;  // a chaos rule made it end early: it is renewed often, and used to its end
  std::string fingerprint;   // rules::request_fingerprint() of a call with a key; "" when it has none
};

struct SeenCall {
  std::string_view operation;  // id
  std::string_view path;
  int status = 0;  // 0: cut off
  Instant at{};
  std::optional<std::string_view> key;
  std::string_view key_outcome;  // "", "executed", "replayed", "conflict"
  std::string_view token_id;
  const Json* grant = nullptr;  // RequestFacts::grant
  const CallSigns* signs = nullptr;
};

struct SeenAttempt {
  std::string_view delivery_id;
  AttemptKind kind = AttemptKind::Scheduled;
  int status = 0;  // that the receiver answered, whatever became of it
  bool delivered = false;
  bool shaped = false;  // by a chaos rule
  bool answered_early = false;
  Duration latency{0};
};

struct WarningFound {
  Rule rule = Rule::None;
  std::string what;  // of this case, without values that may be personal or secret
};

class WarningWatch {
 public:
  std::vector<WarningFound> see(const SeenCall& call);
  std::vector<WarningFound> see(const SeenAttempt& attempt);

 private:
  static constexpr std::size_t kMostLost = 32;
  static constexpr std::size_t kMostPolled = 16;
  static constexpr std::size_t kMostTokens = 8;
  static constexpr std::size_t kMostAssertions = 8;
  static constexpr std::size_t kMostEvents = 256;
  using Digest = std::size_t;  // of std::hash: what it stands for is not kept

  struct Lost {
    Digest key = 0;
    Digest fingerprint = 0;
    Instant at{};
  };
  struct Polled {
    Digest path = 0;
    int count = 0;
    Instant at{};
  };

  void see_key(const SeenCall& call, std::vector<WarningFound>& found);
  void see_grant(const SeenCall& call, std::vector<WarningFound>& found);
  void see_token(const SeenCall& call, std::vector<WarningFound>& found);
  void see_polling(const SeenCall& call, std::vector<WarningFound>& found);

  std::deque<Lost> lost_;          // writes whose answers were lost
  std::deque<Polled> polled_;      // SPV requests that were read while they are pending
  std::deque<Digest> tokens_;      // used last
  std::deque<Digest> assertions_;  // taken last
  std::deque<Digest> taken_;       // events that were answered 2xx
  int grants_since_call_ = 0;
  int tokens_in_a_row_ = 0;
  Instant last_call_{};
};

}  // namespace zest::insight
