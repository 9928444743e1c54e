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
  // Members of `data` in the order in which they are written; one without a value is left out.
  ConstantList<std::string_view, 9> data;
};

inline constexpr EventTypeRow kEventTypeTable[] = {
    {EventType::SpvRequestCreated,
     "spv_request.created",
     {"spvRequestSlug", "templateId", "templateVersion", "tenantSlug", "attributes", "status"}},
    {EventType::SpvRequestCompleted,
     "spv_request.completed",
     {"spvRequestSlug", "templateId", "templateVersion", "tenantSlug", "attributes", "status",
      "materialisedRefs", "approvedAt"}},
    {EventType::SpvRequestRejected,
     "spv_request.rejected",
     {"spvRequestSlug", "templateId", "templateVersion", "tenantSlug", "attributes", "status",
      "rejectionReason", "rejectedAt"}},
    {EventType::SpvRequestCancelled,
     "spv_request.cancelled",
     {"spvRequestSlug", "templateId", "templateVersion", "tenantSlug", "attributes", "status",
      "cancelledAt"}},
    {EventType::InvestorCreated,
     "investor.created",
     {"partnerInvestorId", "zestPersonId", "email", "firstName", "lastName", "kycManagedBy"}},
    {EventType::SubscriptionCreated,
     "subscription.created",
     {"subscriptionSlug", "spvSlug", "personId", "partnerSubscriptionId", "lumpSum", "shareClassSlug",
      "status"}},
    {EventType::SignedSubscriptionFormUploaded,
     "signed_subscription_form.uploaded",
     {"subscriptionSlug", "spvSlug", "personId", "partnerInvestorId", "subscriptionFormUrl", "uploadedAt"}},
    {EventType::FundingReceiptUploaded,
     "funding_receipt.uploaded",
     {"subscriptionSlug", "spvSlug", "personId", "partnerInvestorId", "fundingReceiptUrl", "amount",
      "currency", "wireReference", "uploadedAt"}},
    {EventType::SubscriptionCompleted,
     "subscription.completed",
     {"subscriptionSlug", "spvSlug", "personId", "partnerInvestorId", "partnerSubscriptionId", "completedAt",
      "status"}},
};
static_assert(is_complete(kEventTypeTable, &EventTypeRow::type));

inline constexpr auto kEventTypes = values_of(kEventTypeTable, &EventTypeRow::type);
constexpr std::string_view to_string(EventType type) { return row_of(kEventTypeTable, type).name; }
constexpr std::optional<EventType> parse_event_type(std::string_view name) {
  return parse_word(kEventTypes, name);
}

}  // namespace zest
