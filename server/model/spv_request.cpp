#include "model/spv_request.h"

namespace zest {

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
