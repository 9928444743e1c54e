#include "model/codec.h"

#include <algorithm>

#include "base/crypto.h"
#include "base/json_object.h"

namespace zest {
namespace {

template <class T>
void put_optional(Json& object, const char* name, const std::optional<T>& value) {
  if (value) object[name] = *value;
}

void put_optional(Json& object, const char* name, const std::optional<Instant>& value) {
  if (value) object[name] = format_instant(*value);
}

// Seconds as a number: whole ones without a fraction, else with milliseconds.
Json seconds_json(Duration duration) {
  if (duration.count() % 1000 == 0) return duration.count() / 1000;
  return static_cast<double>(duration.count()) / 1000.0;
}

Json subscription_subject(const Subscription& subscription) {
  return Json{{"subscriptionSlug", subscription.slug},
              {"spvSlug", subscription.spv_slug},
              {"personId", subscription.person_id}};
}

}  // namespace

Json to_json(const Money& money) { return Json{{"currency", money.currency}, {"value", money.value}}; }

Json to_json(const MaterialisedRefs& refs) {
  return Json{{"opportunitySlug", refs.opportunity_slug},
              {"vehicleSlug", refs.vehicle_slug},
              {"spSlug", refs.sp_slug},
              {"spcSlug", refs.spc_slug}};
}

Json fees_and_carry_json(const std::vector<ShareClass>& share_classes) {
  Json list = Json::array();
  for (const ShareClass& share_class : share_classes) {
    Json item{{"name", share_class.name}, {"slug", share_class.slug}};
    put_optional(item, "managementFeePercent", share_class.management_fee_percent);
    put_optional(item, "carryPercent", share_class.carry_percent);
    put_optional(item, "setupFee", share_class.setup_fee);
    list.push_back(std::move(item));
  }
  return Json{{"shareClasses", std::move(list)}};
}

namespace {

Json spv_request_json(const SpvRequest& request, Json attributes) {
  Json json{{"spvRequestSlug", request.slug},    {"status", to_string(request.status)},
            {"templateId", request.template_id}, {"templateVersion", request.template_version},
            {"tenantSlug", request.tenant_slug}, {"clientId", request.client_id}};
  json["attributes"] = std::move(attributes);
  put_optional(json, "rejectionReason", request.rejection_reason);
  put_optional(json, "cancelledAt", request.cancelled_at);
  put_optional(json, "approvedAt", request.approved_at);
  if (request.refs) json["materialisedRefs"] = to_json(*request.refs);
  if (!request.share_classes.empty()) json["feesAndCarry"] = fees_and_carry_json(request.share_classes);
  json["createdAt"] = format_instant(request.created_at);
  json["updatedAt"] = format_instant(request.updated_at);
  return json;
}

}  // namespace

Json to_json(SpvRequest request) {
  Json attributes = std::move(request.attributes);
  return spv_request_json(request, std::move(attributes));
}

Json subscription_result_json(const Subscription& subscription) {
  Json json = Json::object();
  put_optional(json, "partnerSubscriptionId", subscription.partner_subscription_id);
  json.update(subscription_subject(subscription));
  json["status"] = to_string(subscription.status);
  json["lumpSum"] = to_json(subscription.lump_sum);
  json["shareClassSlug"] = subscription.share_class_slug;
  return json;
}

Json subscription_admin_json(const Subscription& subscription) {
  Json json = subscription_result_json(subscription);
  json["clientId"] = subscription.client_id;
  if (subscription.form) json["formUploadedAt"] = format_instant(subscription.form->uploaded_at);
  if (subscription.funding) {
    json["fundingUploadedAt"] = format_instant(subscription.funding->upload.uploaded_at);
    json["funding"] = Json{{"amount", subscription.funding->amount},
                           {"currency", subscription.funding->currency},
                           {"wireReference", subscription.funding->wire_reference}};
  }
  put_optional(json, "completedAt", subscription.completed_at);
  json["createdAt"] = format_instant(subscription.created_at);
  json["updatedAt"] = format_instant(subscription.updated_at);
  return json;
}

Json form_upload_json(const Subscription& subscription, const std::string& url) {
  Json json = subscription_subject(subscription);
  json["subscriptionFormUrl"] = url;
  json["uploadedAt"] = format_instant(subscription.form.value_or(Upload{}).uploaded_at);
  return json;
}

Json funding_upload_json(const Subscription& subscription, const std::string& url) {
  const FundingReceipt receipt = subscription.funding.value_or(FundingReceipt{});
  Json json = subscription_subject(subscription);
  json["fundingReceiptUrl"] = url;
  json["amount"] = receipt.amount;
  json["currency"] = receipt.currency;
  json["wireReference"] = receipt.wire_reference;
  json["uploadedAt"] = format_instant(receipt.upload.uploaded_at);
  return json;
}

Json to_json(const Delivery& delivery) {
  Json json{{"deliveryId", delivery.id},
            {"eventId", delivery.id},
            {"eventType", delivery.event_type},
            {"clientId", delivery.client_id},
            {"subject", delivery.subject},
            {"status", to_string(delivery.status)},
            {"attemptCount", delivery.attempt_count},
            {"schedule", delivery.schedule}};
  if (delivery.status == DeliveryStatus::Pending || delivery.status == DeliveryStatus::Retrying) {
    put_optional(json, "nextAttemptAt", delivery.next_attempt_at);
  }
  json["createdAt"] = format_instant(delivery.created_at);
  return json;
}

Json to_json(const Attempt& attempt) {
  Json json{{"number", attempt.number},
            {"kind", to_string(attempt.kind)},
            {"schedule", attempt.schedule},
            {"virtualTime", format_instant(attempt.virtual_time)},
            {"wallTime", format_instant(attempt.wall_time)},
            {"offsetSeconds", seconds_json(attempt.offset)},
            {"latencyMs", attempt.latency.count()},
            {"outcome", attempt.delivered ? "delivered" : "failed"}};
  if (!attempt.failure.empty()) json["failure"] = attempt.failure;
  if (!attempt.failure_detail.empty()) json["failureDetail"] = attempt.failure_detail;
  Json headers = Json::object();
  for (const auto& [name, value] : attempt.request_headers) headers[name] = value;
  json["requestHeaders"] = std::move(headers);
  if (attempt.response_status != 0) {
    json["responseStatus"] = attempt.response_status;
    json["responseBody"] = attempt.response_body;
  }
  if (!attempt.chaos_rule.empty()) json["chaosRule"] = attempt.chaos_rule;
  return json;
}

Json to_json(const Partner& partner) {
  Json json{{"clientId", partner.client_id},
            {"name", partner.name},
            {"tenantSlug", partner.tenant_slug},
            {"publicKey", base64_encode(partner.public_key)}};
  put_optional(json, "webhookUrl", partner.webhook_url);
  json["webhookSecret"] = partner.webhook_secret;
  json["provisioned"] = partner.provisioned;
  if (partner.auto_approve) json["autoApprove"] = format_duration(*partner.auto_approve);
  if (partner.auto_complete) json["autoComplete"] = format_duration(*partner.auto_complete);
  json["deliveryTimeout"] = format_duration(partner.delivery_timeout);
  json["createdAt"] = format_instant(partner.created_at);
  return json;
}

Json event_facts(const SpvRequest& request, Json attributes) {
  Json facts = spv_request_json(request, std::move(attributes));
  if (request.status == SpvStatus::Rejected) facts["rejectedAt"] = format_instant(request.updated_at);
  return facts;
}

Json event_facts(const Investor& investor) {
  return json_object("partnerInvestorId", investor.partner_investor_id, "zestPersonId", investor.person_id,
                     "email", investor.email, "firstName", investor.first_name, "lastName",
                     investor.last_name, "kycManagedBy", "partner");
}

Json event_facts(const Subscription& subscription, const Investor& investor) {
  Json facts = subscription_result_json(subscription);
  facts["partnerInvestorId"] = investor.partner_investor_id;
  put_optional(facts, "completedAt", subscription.completed_at);
  return facts;
}

Json form_facts(const Subscription& subscription, const Investor& investor, const std::string& url) {
  Json facts = form_upload_json(subscription, url);
  facts["partnerInvestorId"] = investor.partner_investor_id;
  return facts;
}

Json funding_facts(const Subscription& subscription, const Investor& investor, const std::string& url) {
  Json facts = funding_upload_json(subscription, url);
  facts["partnerInvestorId"] = investor.partner_investor_id;
  return facts;
}

Json event_data(EventType type, Json facts) {
  Json data = Json::object();
  auto& members = data.get_ref<Json::object_t&>();
  members.reserve(facts.size());
  for (const std::string_view name : row_of(kEventTypeTable, type).data) {
    const auto fact = facts.find(name);
    if (fact != facts.end()) members.emplace_back(std::string(name), std::move(*fact));
  }
  return data;
}

std::string event_body(const std::string& event_id, EventType type, Instant occurred_at, Json data) {
  return dump_json(json_object("eventId", event_id, "eventType", to_string(type), "occurredAt",
                               format_instant(occurred_at), "data", std::move(data)));
}

std::vector<std::string> event_subjects(const Json& data) {
  std::vector<std::string> subjects;
  const auto add = [&subjects](const Json& object, const char* name) {
    const std::string* value = string_member(object, name);
    if (value != nullptr && std::find(subjects.begin(), subjects.end(), *value) == subjects.end()) {
      subjects.push_back(*value);
    }
  };
  // The resource that the event is about comes first.
  for (const char* name : {"spvRequestSlug", "subscriptionSlug", "zestPersonId", "spvSlug", "personId"}) {
    add(data, name);
  }
  if (const Json* refs = member(data, "materialisedRefs")) {
    for (const char* name : {"vehicleSlug", "opportunitySlug", "spSlug", "spcSlug"}) add(*refs, name);
  }
  return subjects;
}

}  // namespace zest
