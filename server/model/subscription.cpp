#include "model/subscription.h"

namespace zest {

namespace {
using Stage = SubscriptionStage;
using Verb = SubscriptionVerb;
struct SubscriptionTransition {
  Stage from;
  Verb verb;
  Stage to;
};
constexpr SubscriptionTransition kSubscriptionTransitions[] = {
    {Stage::Created, Verb::UploadForm, Stage::FormUploaded},
    {Stage::Created, Verb::ForceComplete, Stage::Completed},
    {Stage::FormUploaded, Verb::UploadForm, Stage::FormUploaded},
    {Stage::FormUploaded, Verb::UploadFunding, Stage::Funded},
    {Stage::FormUploaded, Verb::ForceComplete, Stage::Completed},
    {Stage::Funded, Verb::UploadForm, Stage::Funded},
    {Stage::Funded, Verb::UploadFunding, Stage::Funded},
    {Stage::Funded, Verb::Complete, Stage::Completed},
    {Stage::Funded, Verb::ForceComplete, Stage::Completed},
};
}  // namespace

std::optional<SubscriptionStage> next_stage(SubscriptionStage from, SubscriptionVerb verb) {
  for (const SubscriptionTransition& transition : kSubscriptionTransitions) {
    if (transition.from == from && transition.verb == verb) return transition.to;
  }
  return std::nullopt;
}

SubscriptionStage Subscription::stage() const {
  if (status == SubscriptionStatus::Completed) return Stage::Completed;
  if (funding) return Stage::Funded;
  return form ? Stage::FormUploaded : Stage::Created;
}

}  // namespace zest
