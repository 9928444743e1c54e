// What one partner's calls and its receiver's answers show of habits that are fragile in production: rules
// `warn.…` of the catalogue. Facts in, findings out; remembers a few of the facts, and never more than it
// says here. All instants are wall time: tokens, retries and answers are between two machines. Thread-safety:
// none (warnings.h has the lock).
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "base/rule.h"
#include "base/time.h"
#include "insight/observed.h"

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

struct WarningFound {
  Rule rule = Rule::None;
  std::string what;  // of this case, without values that may be personal or secret
};

class WarningWatch {
 public:
  std::vector<WarningFound> see(const ObservedCall& call);
  std::vector<WarningFound> see(const ObservedAttempt& attempt);

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

  // An attempt that was refused, which its copies share with it.
  struct Refused {
    Digest event = 0;
    int schedule = 0;
    int number = 0;
    friend bool operator==(const Refused&, const Refused&) = default;
  };

  void see_key(const ObservedCall& call, std::vector<WarningFound>& found);
  void see_grant(const ObservedCall& call, std::vector<WarningFound>& found);
  void see_token(const ObservedCall& call, std::vector<WarningFound>& found);
  void see_polling(const ObservedCall& call, std::vector<WarningFound>& found);

  std::deque<Lost> lost_;          // writes whose answers were lost
  std::deque<Polled> polled_;      // SPV requests that were read while they are pending
  std::deque<Digest> tokens_;      // used last
  std::deque<Digest> assertions_;  // taken last
  std::deque<Digest> taken_;       // events that were answered 2xx
  std::deque<Refused> refused_;
  int grants_since_call_ = 0;
  int tokens_in_a_row_ = 0;
  Instant last_call_{};
};

}  // namespace zest::insight
