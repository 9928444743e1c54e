// An SPV request and its allowed transitions. Zest docs: spv-requests.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "protocol/statuses.h"

namespace zest {

// What may be done to an SPV request. Every verb is allowed from pending-review only; the other states are
// terminal.
enum class SpvVerb { Approve, Reject, Cancel };
// The state that `verb` leads to from `from`, or nothing when the state is terminal.
std::optional<SpvStatus> next_status(SpvStatus from, SpvVerb verb);

struct MaterialisedRefs {
  std::string opportunity_slug;  // opp_…
  std::string vehicle_slug;      // veh_…; the SPV's slug in paths
  std::string sp_slug;           // sp_…
  std::string spc_slug;          // spc_…
};

struct ShareClass {
  std::string name;
  std::string slug;
  std::optional<std::string> management_fee_percent;  // decimal strings
  std::optional<std::string> carry_percent;
  std::optional<Json> setup_fee;  // money, as sent
};

struct SpvRequest {
  std::string slug;  // svr_…
  std::string client_id;
  std::string tenant_slug;
  std::string template_id;
  std::string template_version;
  Json attributes;
  SpvStatus status = SpvStatus::PendingReview;
  std::vector<ShareClass> share_classes;  // derived from the attributes at creation; empty: no feesAndCarry
  std::optional<std::string> rejection_reason;
  // All virtual.
  std::optional<Instant> approved_at;
  std::optional<Instant> cancelled_at;
  Instant created_at{};
  Instant updated_at{};  // instant of the latest transition
  std::optional<MaterialisedRefs> refs;
};

}  // namespace zest
