#include "model/timer.h"

namespace zest {

std::string_view to_string(TimerKind kind) {
  switch (kind) {
    case TimerKind::AutoApprove:
      return "auto_approve";
    case TimerKind::AutoComplete:
      return "auto_complete";
    case TimerKind::Reconcile:
      return "reconcile";
    case TimerKind::ExtraAttempt:
      return "extra_attempt";
    case TimerKind::Release:
      return "release";
  }
  return "";
}

std::optional<TimerKind> parse_timer_kind(std::string_view text) {
  for (TimerKind kind : {TimerKind::AutoApprove, TimerKind::AutoComplete, TimerKind::Reconcile,
                         TimerKind::ExtraAttempt, TimerKind::Release}) {
    if (to_string(kind) == text) return kind;
  }
  return std::nullopt;
}

}  // namespace zest
