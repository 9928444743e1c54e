// The types of webhook events: their names, and what the data of each tells. Zest docs: webhooks/events.
// Thread-safety: immutable.
#pragma once

#include <optional>
#include <string_view>

#include "base/enum_table.h"

namespace zest {

enum class EventType {
  SpvRequestCreated,
  SpvRequestCompleted,
  SpvRequestRejected,
  SpvRequestCancelled,
  InvestorCreated,
  SubscriptionCreated,
  SignedSubscriptionFormUploaded,
  FundingReceiptUploaded,
  SubscriptionCompleted,
};

struct EventTypeRow {
  EventType type;
  std::string_view name;
  ConstantList<std::string_view, 9> data;           // its members, in the order in which they are written
  std::string_view status = {};                     // what `status` says, when it is one of them
  ConstantList<std::string_view, 2> optional = {};  // of them: left out when they have no value
};

inline constexpr EventTypeRow kEventTypeTable[] = {
    {EventType::SpvRequestCreated,
     "spv_request.created",
     {"spvRequestSlug", "templateId", "templateVersion", "tenantSlug", "attributes", "status"},
     "pending-review"},
    {EventType::SpvRequestCompleted,
     "spv_request.completed",
     {"spvRequestSlug", "templateId", "templateVersion", "tenantSlug", "attributes", "status",
      "materialisedRefs", "approvedAt"},
     "approved"},
    {EventType::SpvRequestRejected,
     "spv_request.rejected",
     {"spvRequestSlug", "templateId", "templateVersion", "tenantSlug", "attributes", "status",
      "rejectionReason", "rejectedAt"},
     "rejected"},
    {EventType::SpvRequestCancelled,
     "spv_request.cancelled",
     {"spvRequestSlug", "templateId", "templateVersion", "tenantSlug", "attributes", "status", "cancelledAt"},
     "cancelled"},
    {EventType::InvestorCreated,
     "investor.created",
     {"partnerInvestorId", "zestPersonId", "email", "firstName", "lastName", "kycManagedBy"}},
    {EventType::SubscriptionCreated,
     "subscription.created",
     {"subscriptionSlug", "spvSlug", "personId", "partnerSubscriptionId", "lumpSum", "shareClassSlug",
      "status"},
     "pending",
     {"partnerSubscriptionId"}},
    {EventType::SignedSubscriptionFormUploaded,
     "signed_subscription_form.uploaded",
     {"subscriptionSlug", "spvSlug", "personId", "partnerInvestorId", "subscriptionFormUrl", "uploadedAt"},
     "",
     {"partnerInvestorId"}},
    {EventType::FundingReceiptUploaded,
     "funding_receipt.uploaded",
     {"subscriptionSlug", "spvSlug", "personId", "partnerInvestorId", "fundingReceiptUrl", "amount",
      "currency", "wireReference", "uploadedAt"},
     "",
     {"partnerInvestorId"}},
    {EventType::SubscriptionCompleted,
     "subscription.completed",
     {"subscriptionSlug", "spvSlug", "personId", "partnerInvestorId", "partnerSubscriptionId", "completedAt",
      "status"},
     "completed",
     {"partnerInvestorId", "partnerSubscriptionId"}},
};
static_assert(is_complete(kEventTypeTable, &EventTypeRow::type));

inline constexpr auto kEventTypes = values_of(kEventTypeTable, &EventTypeRow::type);
constexpr std::string_view to_string(EventType type) { return row_of(kEventTypeTable, type).name; }
constexpr std::optional<EventType> parse_event_type(std::string_view name) {
  return parse_word(kEventTypes, name);
}

}  // namespace zest
