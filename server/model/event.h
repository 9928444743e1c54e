// A webhook event. Its delivery has the same identifier. Zest docs: webhooks/events.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace zest {

inline constexpr std::string_view kEventTypes[] = {"spv_request.created",
                                                   "spv_request.completed",
                                                   "spv_request.rejected",
                                                   "spv_request.cancelled",
                                                   "investor.created",
                                                   "subscription.created",
                                                   "signed_subscription_form.uploaded",
                                                   "funding_receipt.uploaded",
                                                   "subscription.completed"};

struct Event {
  std::string id;  // wde_ + 16 hex
  std::string type;
  std::string client_id;
  Instant occurred_at{};              // virtual
  std::string body;                   // the envelope's bytes, the same in every attempt
  std::vector<std::string> subjects;  // every slug and person id in its data
};

}  // namespace zest
