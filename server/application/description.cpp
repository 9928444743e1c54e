#include "application/description.h"

#include <algorithm>

#include "client/webhook_handler.h"
#include "protocol/statuses.h"

namespace zest::application {
namespace {

struct Prefix {
  std::string_view text;
  Resource resource;
};
// Zest docs: spv-requests, subscriptions, investors.
constexpr Prefix kPrefixes[] = {
    {"svr_", Resource::SpvRequest}, {"sub_", Resource::Subscription}, {"psn_", Resource::Investor}};

}  // namespace

std::optional<Resource> resource_of(std::string_view subject) {
  for (const Prefix& prefix : kPrefixes) {
    if (subject.substr(0, prefix.text.size()) == prefix.text) return prefix.resource;
  }
  return std::nullopt;
}

Resource resource_of(EventType type) {
  for (const std::string_view name : row_of(kEventTypeTable, type).data) {
    if (name == "subscriptionSlug") return Resource::Subscription;
    if (name == "spvRequestSlug") return Resource::SpvRequest;
  }
  return Resource::Investor;
}

std::vector<std::string> states_of(Resource resource) {
  std::vector<std::string> states;
  switch (resource) {
    case Resource::SpvRequest:
      states = texts_of(kSpvStatuses);
      break;
    case Resource::Subscription:
      for (const std::string_view word : {to_string(SubscriptionStatus::Pending), client::kFormUploaded,
                                          client::kFunded, to_string(SubscriptionStatus::Completed)}) {
        states.emplace_back(word);
      }
      break;
    case Resource::Investor:
      states.emplace_back(client::kInvestorCreated);
      break;
  }
  states.emplace_back("unknown");
  return states;
}

const Probe* Description::probe(Resource resource) const {
  const auto found = probes.find(resource);
  return found == probes.end() ? nullptr : &found->second;
}

const Action* Description::action(ActionKind kind) const {
  const auto found = actions.find(kind);
  return found == actions.end() ? nullptr : &found->second;
}

}  // namespace zest::application
