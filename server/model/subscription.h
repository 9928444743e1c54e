// A subscription of one investor to one SPV, and what may be done to it in which order. Zest docs:
// subscriptions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/time.h"
#include "model/money.h"
#include "protocol/statuses.h"

namespace zest {

// The strict order within one subscription: signed form, then funding receipt, then completed.
enum class SubscriptionStage { Created, FormUploaded, Funded, Completed };
enum class SubscriptionVerb { UploadForm, UploadFunding, Complete, ForceComplete };
// The stage that `verb` leads to, or nothing when the order forbids it. Uploads may be replaced until
// completion: a form after funding keeps the stage Funded.
std::optional<SubscriptionStage> next_stage(SubscriptionStage from, SubscriptionVerb verb);

// A stored document. The bytes lie in the content store under their hash.
struct Upload {
  std::string sha256;  // lower-case hex
  std::uint64_t size = 0;
  std::string content_type;  // lower case, without parameters
  Instant uploaded_at{};     // virtual
};

struct FundingReceipt {
  Upload upload;
  std::string amount;  // decimal string as sent
  std::string currency;
  std::string wire_reference;
};

struct Subscription {
  std::string slug;  // sub_…
  std::string client_id;
  std::string spv_slug;  // veh_…
  std::string person_id;
  std::optional<std::string> partner_subscription_id;
  Money lump_sum;
  std::string share_class_slug;
  SubscriptionStatus status = SubscriptionStatus::Pending;
  std::optional<Upload> form;
  std::optional<FundingReceipt> funding;
  // All virtual.
  Instant created_at{};
  Instant updated_at{};  // instant of the latest transition
  std::optional<Instant> completed_at;
  // False while a completion still lacks its subscription.completed event: the reconciler's work list.
  bool completion_emitted = false;

  SubscriptionStage stage() const;
};

}  // namespace zest
