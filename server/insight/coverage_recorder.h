// Counts what partners' tests meet (protocol/coverage.h), from facts as they arise: a call that was answered,
// an attempt that came back, an event that was emitted, a row of investors. It lives as long as the run, is
// never written to the database, and costs each fact a few comparisons under one lock that nobody holds long.
//
// What names no partner (documents, health, signed URLs) counts for everybody. At most kMaxPartners are
// counted one by one, the others only in the sum; of each of the former the newest kRemembered keys, events
// and resources are remembered, by which it is told whether a key had expired, and whether an event came
// again or late. Thread-safety: all methods from any thread.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/time.h"
#include "insight/observed.h"
#include "protocol/coverage.h"

namespace zest::insight {

using CoverageCounts = std::array<std::uint64_t, kCoverageItems>;  // how often each was met

class CoverageRecorder {
 public:
  static constexpr std::size_t kMaxPartners = 1000;
  static constexpr std::size_t kRemembered = 256;

  void call(const ObservedCall& fact) EXCLUDES(mutex_);
  void attempt(const ObservedAttempt& fact) EXCLUDES(mutex_);
  void emitted(std::string_view client_id, std::string_view event_type) EXCLUDES(mutex_);
  // `code` of a row that failed.
  void investor_row(std::string_view client_id, RowStatus status, std::string_view code) EXCLUDES(mutex_);

  // The partner's, with what counts for everybody; nothing when it is not known.
  std::optional<CoverageCounts> of(std::string_view client_id) const EXCLUDES(mutex_);
  CoverageCounts of_nobody() const EXCLUDES(mutex_);  // what counts for everybody
  CoverageCounts sum() const EXCLUDES(mutex_);
  // Of each partner that was counted, by name.
  std::vector<std::pair<std::string, CoverageCounts>> partners() const EXCLUDES(mutex_);

  // Forgets one partner's counts, or everything.
  void clear(const std::optional<std::string>& client_id) EXCLUDES(mutex_);
  // Keeps the counts and forgets keys, events and resources: the state begins anew or became another.
  void begin_anew(const std::optional<std::string>& client_id) EXCLUDES(mutex_);

 private:
  // The newest kRemembered values, by a digest of their names.
  template <class Value>
  class Newest {
   public:
    // Puts the value when there is none of that name. Answers the one that was there.
    const Value* put(std::string_view name, const Value& value) {
      const std::size_t digest = std::hash<std::string_view>()(name);
      const auto [place, added] = values_.emplace(digest, value);
      if (!added) return &place->second;
      order_.push_back(digest);
      if (order_.size() > kRemembered) {
        values_.erase(order_.front());
        order_.pop_front();
      }
      return nullptr;
    }
    Value* find(std::string_view name) {
      const auto place = values_.find(std::hash<std::string_view>()(name));
      return place == values_.end() ? nullptr : &place->second;
    }

   private:
    std::unordered_map<std::size_t, Value> values_;
    std::deque<std::size_t> order_;
  };
  struct Acknowledged {
    std::string event_id;
    Instant until{};  // wall: when the answer was there
  };
  struct Memory {
    Newest<Instant> keys;             // when each was executed (virtual)
    Newest<bool> events;              // that were acknowledged by a scheduled attempt
    Newest<Acknowledged> resources;   // the latest event of each
    std::optional<Acknowledged> any;  // the latest of all
  };
  struct OfPartner {
    CoverageCounts counts{};
    Memory memory;
    bool remembers = true;
  };
  static OfPartner without_memory() {
    OfPartner of;
    of.remembers = false;
    return of;
  }

  OfPartner& of_partner(std::string_view client_id) REQUIRES(mutex_);
  static void note_key(OfPartner& of, const ObservedCall& fact);
  static void note_arrival(OfPartner& of, const ObservedAttempt& fact);
  static void note_order(OfPartner& of, const ObservedAttempt& fact);

  mutable Mutex mutex_;
  std::map<std::string, OfPartner, std::less<>> partners_ GUARDED_BY(mutex_);
  OfPartner nobodys_ GUARDED_BY(mutex_) = without_memory();  // of calls that name no partner
  OfPartner others_ GUARDED_BY(mutex_) = without_memory();   // of partners beyond kMaxPartners
};

}  // namespace zest::insight
