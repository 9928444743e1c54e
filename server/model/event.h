// A webhook event. Its delivery has the same identifier. Zest docs: webhooks/events.
#pragma once

#include <string>
#include <vector>

#include "base/time.h"
#include "protocol/event_type.h"

namespace zest {

struct Event {
  std::string id;  // wde_ + 16 hex
  std::string type;
  std::string client_id;
  Instant occurred_at{};              // virtual
  std::string body;                   // the envelope's bytes, the same in every attempt
  std::vector<std::string> subjects;  // every slug and person id in its data
};

}  // namespace zest
