// A partner application: who may call the API, and where its webhooks go. Zest docs:
// getting-started/onboarding.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"

namespace zest {

struct Partner {
  std::string client_id;
  std::string name;
  std::string tenant_slug;
  std::string public_key;  // Ed25519, 32 raw bytes; verifies assertions
  std::optional<std::string> webhook_url;
  std::string webhook_secret;  // "whsec_" + hex; the whole string is the HMAC key
  bool provisioned = true;     // false: the five writing POSTs answer 403
  // Virtual time from creation to approval, and from the funding receipt to completion; absent: by hand.
  std::optional<Duration> auto_approve;
  std::optional<Duration> auto_complete;
  Duration delivery_timeout{10'000};  // wall; Zest docs: webhooks/delivery (10 s)
  bool seeded = false;                // from fixtures or options: stays when run-time partners are removed
  std::uint32_t tag = 0;              // second part of its identifiers (base/id.h)
  std::uint32_t generation = 1;       // of those that had the client id one after the other
  Instant created_at{};               // wall
};

// A tag for the partner's identifiers: from a seed, its client id and generation, salted until none of the
// others has it.
std::uint32_t make_tag(std::uint64_t seed, const Partner& partner, const std::vector<Partner>& others);

}  // namespace zest
