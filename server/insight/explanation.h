// Explanations as values: a refused call, a delivery, a resource. Facts in, JSON out; the control plane sends
// it, the command line prints it. No secret is part of any. Thread-safety: free functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/rule.h"
#include "base/time.h"
#include "insight/remedy.h"
#include "model/delivery.h"
#include "model/event.h"
#include "model/investor.h"
#include "model/spv_request.h"
#include "model/subscription.h"

namespace zest::insight {

// {"id", "sentence", "documentation"?, "outcome", "fix", "test"}
Json rule_json(Rule rule);

// What a call of the journal is asked for by that has no errorId: "call-5" by its sequence, and back.
std::string call_id(std::uint64_t sequence);
std::optional<std::uint64_t> sequence_of_call(std::string_view id);

// {"kind": "call", "id", "summary", "request", "warnings"?, "rule"?, "broken"?, "changes", "enough", "curl"?,
// "example"?, "exampleOf"?, "production"}
Json explain_call(const CallFacts& facts, const Remedy& remedy);

struct DeliveryFacts {
  Delivery delivery;
  Event event;
  std::vector<Attempt> attempts;
  std::optional<std::string> webhook_url;
  std::optional<std::string> held_by;  // chaos rule
  std::optional<Json> cause;           // the journal's row of the call that caused it
  Instant now{};                       // virtual, of the lane
  bool paused = false;
  std::string base_url;  // of the sandbox
};
// {"kind": "delivery", "id", "summary", "status", "chain": [{"at", "what"}], "rule"?, "waitsFor"?}
Json explain_delivery(const DeliveryFacts& facts);

// What a resource waits for: {"what", "who", "command"?}; null when it is done.
Json waits_for(const SpvRequest& request);
Json waits_for(const Subscription& subscription);

// Why the attempt counted as failed.
Rule rule_of_attempt(const Attempt& attempt);

// Lines for people of any of them.
std::string explanation_text(const Json& explanation);

}  // namespace zest::insight
