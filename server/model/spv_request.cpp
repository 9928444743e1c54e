#include "model/spv_request.h"

namespace zest {

std::string_view to_string(SpvStatus status) {
  switch (status) {
    case SpvStatus::PendingReview:
      return "pending-review";
    case SpvStatus::Approved:
      return "approved";
    case SpvStatus::Rejected:
      return "rejected";
    case SpvStatus::Cancelled:
      return "cancelled";
  }
  return "";
}

std::optional<SpvStatus> parse_spv_status(std::string_view text) {
  for (SpvStatus status : kSpvStatuses) {
    if (to_string(status) == text) return status;
  }
  return std::nullopt;
}

namespace {
struct SpvTransition {
  SpvStatus from;
  SpvVerb verb;
  SpvStatus to;
};
constexpr SpvTransition kSpvTransitions[] = {
    {SpvStatus::PendingReview, SpvVerb::Approve, SpvStatus::Approved},
    {SpvStatus::PendingReview, SpvVerb::Reject, SpvStatus::Rejected},
    {SpvStatus::PendingReview, SpvVerb::Cancel, SpvStatus::Cancelled},
};
}  // namespace

std::optional<SpvStatus> next_status(SpvStatus from, SpvVerb verb) {
  for (const SpvTransition& transition : kSpvTransitions) {
    if (transition.from == from && transition.verb == verb) return transition.to;
  }
  return std::nullopt;
}

}  // namespace zest
