// Things that happen at a virtual instant, besides delivery attempts (those are the deliveries'
// next_attempt_at).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace zest {

enum class TimerKind {
  AutoApprove,   // subject: SPV request
  AutoComplete,  // subject: subscription
  Reconcile,     // the sweep; at whole multiples of 60 s, only while there is something to emit
  ExtraAttempt,  // subject: delivery; chaos copies and replays, details in payload
  Release,       // subject: delivery; a held or collected delivery goes out
};
std::string_view to_string(TimerKind kind);
std::optional<TimerKind> parse_timer_kind(std::string_view text);

struct Timer {
  std::int64_t id = 0;  // set by the store
  std::string client_id;
  TimerKind kind = TimerKind::Reconcile;
  Instant due_at{};            // virtual
  std::uint64_t sequence = 0;  // order among the lane's work of one instant
  std::string subject;
  std::string payload;  // JSON text, or ""
};

}  // namespace zest
