// Warnings: what succeeds here and is fragile in production, by the rules `warn.…` of the catalogue. Each is
// told once, with how often it was seen, and the first and the last case. Holds neither secrets nor personal
// data. Bounded: kMostPartners, and of each what WarningWatch remembers. Thread-safety: all methods from any
// thread; a call costs a few comparisons under a lock of its own.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/mutex.h"
#include "base/rule.h"
#include "base/time.h"
#include "insight/warning_watch.h"

namespace zest::insight {

// One case.
struct WarningEvidence {
  std::string client_id;
  Instant at{};                // wall
  std::uint64_t sequence = 0;  // of the journal's entry; 0: it was no call
  std::string operation;       // of a call: its id
  std::string delivery_id;     // "": it was no attempt
  std::string what;
};

struct Warning {
  Rule rule = Rule::None;
  std::uint64_t count = 0;
  WarningEvidence first;
  WarningEvidence last;
};
// {"id", "sentence", "documentation", "fix", "count", "first": {"at", "clientId", "request"?, "call"?,
// "operation"?, "deliveryId"?, "what"}, "last"}; `call` and `deliveryId` are what `explain` takes.
Json to_json(const Warning& warning);
// Lines for people of GET /_sandbox/warnings.
std::string warnings_text(const Json& page);

class Warnings {
 public:
  // Partners beyond are watched in place of the one that was quiet for the longest time. [sandbox]
  static constexpr std::size_t kMostPartners = 4096;

  // Looks at a call, or at an attempt that has ended; answers the rules that it goes against.
  std::vector<Rule> see(std::uint64_t sequence, const ObservedCall& call) EXCLUDES(mutex_);
  void see(const ObservedAttempt& attempt) EXCLUDES(mutex_);

  // In the order of the catalogue; of one partner, or summed.
  std::vector<Warning> list(const std::optional<std::string>& client_id) const EXCLUDES(mutex_);
  // Forgets what one partner did, or all did.
  void clear(const std::optional<std::string>& client_id) EXCLUDES(mutex_);

 private:
  struct Watched {
    WarningWatch watch;
    std::vector<Warning> warnings;  // at most one for each rule
    std::uint64_t touched = 0;
  };
  Watched& watched(std::string_view client_id) REQUIRES(mutex_);
  static void add(std::vector<Warning>& warnings, Rule rule, WarningEvidence evidence);

  mutable Mutex mutex_;
  std::map<std::string, Watched, std::less<>> partners_ GUARDED_BY(mutex_);
  std::uint64_t touches_ GUARDED_BY(mutex_) = 0;
};

}  // namespace zest::insight
