// Subscriptions: create, documents in strict order, completion and its reconciler. Zest docs: subscriptions,
// uploads.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/investor.h"
#include "model/subscription.h"
#include "rules/context.h"
#include "rules/contracts.h"

namespace zest::rules {

struct SubscriptionRow {
  std::string person_id;
  Json lump_sum;  // an object; its members are row rules
  std::string share_class_slug;
  std::optional<std::string> partner_subscription_id;
};

// All or nothing. Errors, in this order: NotFound (SPV not materialised or not the caller's, unknown person),
// Conflict (a second subscription of one investor), ValidationError with rows subscriptions[i].…. Event
// subscription.created per row.
Result<std::vector<Subscription>> create_subscriptions(Context& context, const Contracts& contracts,
                                                       std::string_view spv_slug,
                                                       const std::vector<SubscriptionRow>& rows);

// What an upload did: the subscription as it is now, and whether it was new (false: the same content again).
struct UploadOutcome {
  Subscription subscription;
  Investor investor;
  bool changed = false;
};

struct NewUpload {
  std::string sha256;  // lower-case hex; the content is stored already
  std::uint64_t size = 0;
  std::string content_type;  // lower case, without parameters
};

struct FundingFields {
  std::string amount;
  std::string currency;
  std::string wire_reference;
};

// Makes the signed URL that an event and an answer carry (rules/file_urls.h).
class FileUrls;

// Errors: NotFound (SPV, person or subscription), Conflict (completed; funding before the form), for fundings
// ValidationError currency_mismatch last. Events signed_subscription_form.uploaded, funding_receipt.uploaded
// when changed.
Result<UploadOutcome> upload_form(Context& context, const FileUrls& urls, std::string_view spv_slug,
                                  std::string_view person_id, const NewUpload& upload);
Result<UploadOutcome> upload_funding(Context& context, const FileUrls& urls, std::string_view spv_slug,
                                     std::string_view person_id, const NewUpload& upload,
                                     const FundingFields& fields);

struct Completion {
  bool skip_synchronous_emit = false;  // leave the event to the reconciler
  bool force = false;                  // also without a funding receipt
};
// Errors: NotFound, Conflict (completed already; no funding receipt and not forced). Event
// subscription.completed.
Result<Subscription> complete_subscription(Context& context, std::string_view slug, Completion completion);

// The sweep at virtual instant `sweep`: emits what is missing, with that instant as occurredAt. A completion
// at or behind the sweep waits for the next one. Answers how many it emitted.
std::size_t reconcile(Context& context, Instant sweep);

// Interval of the reconciler's sweep, virtual. Zest docs: webhooks/reconciler (60 s).
inline constexpr Duration kReconcileInterval{60'000};

}  // namespace zest::rules
