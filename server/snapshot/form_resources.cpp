// SPV requests, investors, subscriptions and what their uploads left.
#include "model/codec.h"
#include "snapshot/element.h"
#include "snapshot/forms.h"

namespace zest::snapshot {
namespace {

constexpr std::size_t kHashDigits = 64;

bool is_hash(const std::string& text) {
  return text.size() == kHashDigits && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

std::string read_hash(Element& element) {
  std::string hash = element.text("sha256");
  if (!element.error() && !is_hash(hash))
    element.fail_member("sha256", "must be 64 hexadecimal digits in lower case");
  return hash;
}

Json upload_form(const Upload& upload) {
  return Json{{"sha256", upload.sha256},
              {"size", upload.size},
              {"contentType", upload.content_type},
              {"uploadedAt", format_instant(upload.uploaded_at)}};
}

Upload read_upload(Element& element) {
  Upload upload;
  upload.sha256 = read_hash(element);
  upload.size = element.counter("size");
  upload.content_type = element.text("contentType");
  upload.uploaded_at = element.instant("uploadedAt");
  return upload;
}

std::optional<MaterialisedRefs> read_refs(Element& element) {
  std::optional<Element> object =
      element.optional_object("materialisedRefs", {"opportunitySlug", "vehicleSlug", "spSlug", "spcSlug"});
  if (!object) return std::nullopt;
  MaterialisedRefs refs;
  refs.opportunity_slug = object->text("opportunitySlug");
  refs.vehicle_slug = object->text("vehicleSlug");
  refs.sp_slug = object->text("spSlug");
  refs.spc_slug = object->text("spcSlug");
  element.take_error(*object);
  return refs;
}

std::vector<ShareClass> read_share_classes(Element& element, const std::string& path) {
  std::vector<ShareClass> classes;
  std::optional<Element> fees = element.optional_object("feesAndCarry", {"shareClasses"});
  if (!fees) return classes;
  const Json& list = fees->any("shareClasses");
  if (!list.is_array()) fees->fail_member("shareClasses", "must be a list");
  for (std::size_t i = 0; list.is_array() && i < list.size(); ++i) {
    Element entry(list[i], path + ".feesAndCarry.shareClasses[" + std::to_string(i) + "]",
                  {"name", "slug", "managementFeePercent", "carryPercent", "setupFee"});
    ShareClass share_class;
    share_class.name = entry.text("name");
    share_class.slug = entry.text("slug");
    share_class.management_fee_percent = entry.optional_text("managementFeePercent");
    share_class.carry_percent = entry.optional_text("carryPercent");
    if (const Json* fee = member(list[i], "setupFee")) share_class.setup_fee = *fee;
    classes.push_back(std::move(share_class));
    fees->take_error(entry);
  }
  element.take_error(*fees);
  return classes;
}

}  // namespace

Json form_of(const SpvRequest& request, Instant) { return to_json(request); }

Result<store::StateItem> read_spv_request(const Json& json, const std::string& path, Instant) {
  Element element(json, path,
                  {"spvRequestSlug", "status", "templateId", "templateVersion", "tenantSlug", "clientId",
                   "attributes", "rejectionReason", "cancelledAt", "approvedAt", "materialisedRefs",
                   "feesAndCarry", "createdAt", "updatedAt"});
  SpvRequest request;
  request.slug = element.text("spvRequestSlug");
  request.status = element.word<SpvStatus>("status", parse_spv_status);
  request.template_id = element.text("templateId");
  request.template_version = element.text("templateVersion");
  request.tenant_slug = element.text("tenantSlug");
  request.client_id = element.text("clientId");
  request.attributes = element.any("attributes");
  if (!request.attributes.is_object()) element.fail_member("attributes", "must be a JSON object");
  request.rejection_reason = element.optional_text("rejectionReason");
  request.cancelled_at = element.optional_instant("cancelledAt");
  request.approved_at = element.optional_instant("approvedAt");
  request.refs = read_refs(element);
  request.share_classes = read_share_classes(element, path);
  request.created_at = element.instant("createdAt");
  request.updated_at = element.instant("updatedAt");
  if (request.status == SpvStatus::Approved && !request.refs) element.any("materialisedRefs");
  if (element.error()) return *element.error();
  return store::StateItem(std::move(request));
}

Json form_of(const Investor& investor, Instant) {
  Json json{{"zestPersonId", investor.person_id},
            {"clientId", investor.client_id},
            {"partnerInvestorId", investor.partner_investor_id},
            {"email", investor.email},
            {"firstName", investor.first_name},
            {"lastName", investor.last_name},
            {"dateOfBirth", investor.date_of_birth}};
  put_optional(json, "countryOfResidence", investor.country_of_residence);
  json["createdAt"] = format_instant(investor.created_at);
  return json;
}

Result<store::StateItem> read_investor(const Json& json, const std::string& path, Instant) {
  Element element(json, path,
                  {"zestPersonId", "clientId", "partnerInvestorId", "email", "firstName", "lastName",
                   "dateOfBirth", "countryOfResidence", "createdAt"});
  Investor investor;
  investor.person_id = element.text("zestPersonId");
  investor.client_id = element.text("clientId");
  investor.partner_investor_id = element.text("partnerInvestorId");
  investor.email = element.text("email");
  investor.first_name = element.text("firstName");
  investor.last_name = element.text("lastName");
  investor.date_of_birth = element.text("dateOfBirth");
  investor.country_of_residence = element.optional_text("countryOfResidence");
  investor.created_at = element.instant("createdAt");
  if (element.error()) return *element.error();
  return store::StateItem(std::move(investor));
}

Json form_of(const Subscription& subscription, Instant) {
  Json json{{"subscriptionSlug", subscription.slug},
            {"clientId", subscription.client_id},
            {"spvSlug", subscription.spv_slug},
            {"personId", subscription.person_id}};
  put_optional(json, "partnerSubscriptionId", subscription.partner_subscription_id);
  json["lumpSum"] = to_json(subscription.lump_sum);
  json["shareClassSlug"] = subscription.share_class_slug;
  json["status"] = to_string(subscription.status);
  if (subscription.form) json["form"] = upload_form(*subscription.form);
  if (subscription.funding) {
    json["funding"] = upload_form(subscription.funding->upload);
    json["funding"]["amount"] = subscription.funding->amount;
    json["funding"]["currency"] = subscription.funding->currency;
    json["funding"]["wireReference"] = subscription.funding->wire_reference;
  }
  json["createdAt"] = format_instant(subscription.created_at);
  json["updatedAt"] = format_instant(subscription.updated_at);
  put_optional(json, "completedAt", subscription.completed_at);
  json["completionEmitted"] = subscription.completion_emitted;
  return json;
}

Result<store::StateItem> read_subscription(const Json& json, const std::string& path, Instant) {
  Element element(json, path,
                  {"subscriptionSlug", "clientId", "spvSlug", "personId", "partnerSubscriptionId", "lumpSum",
                   "shareClassSlug", "status", "form", "funding", "createdAt", "updatedAt", "completedAt",
                   "completionEmitted"});
  Subscription subscription;
  subscription.slug = element.text("subscriptionSlug");
  subscription.client_id = element.text("clientId");
  subscription.spv_slug = element.text("spvSlug");
  subscription.person_id = element.text("personId");
  subscription.partner_subscription_id = element.optional_text("partnerSubscriptionId");
  Element lump_sum = element.object("lumpSum", {"currency", "value"});
  subscription.lump_sum.currency = lump_sum.text("currency");
  subscription.lump_sum.value = lump_sum.text("value");
  element.take_error(lump_sum);
  subscription.share_class_slug = element.text("shareClassSlug");
  subscription.status = element.word<SubscriptionStatus>("status", parse_subscription_status);
  if (auto form = element.optional_object("form", {"sha256", "size", "contentType", "uploadedAt"})) {
    subscription.form = read_upload(*form);
    element.take_error(*form);
  }
  if (auto funding = element.optional_object("funding", {"sha256", "size", "contentType", "uploadedAt",
                                                         "amount", "currency", "wireReference"})) {
    FundingReceipt receipt;
    receipt.upload = read_upload(*funding);
    receipt.amount = funding->text("amount");
    receipt.currency = funding->text("currency");
    receipt.wire_reference = funding->text("wireReference");
    subscription.funding = std::move(receipt);
    element.take_error(*funding);
  }
  subscription.created_at = element.instant("createdAt");
  subscription.updated_at = element.instant("updatedAt");
  subscription.completed_at = element.optional_instant("completedAt");
  subscription.completion_emitted = element.flag("completionEmitted");
  if (subscription.status == SubscriptionStatus::Completed) element.instant("completedAt");
  if (element.error()) return *element.error();
  return store::StateItem(std::move(subscription));
}

Json form_of(const store::ReplacedUpload& replaced, Instant) {
  return Json{{"clientId", replaced.client_id},
              {"sha256", replaced.sha256},
              {"until", format_instant(replaced.until)}};
}

Result<store::StateItem> read_replaced_upload(const Json& json, const std::string& path, Instant) {
  Element element(json, path, {"clientId", "sha256", "until"});
  store::ReplacedUpload replaced;
  replaced.client_id = element.text("clientId");
  replaced.sha256 = read_hash(element);
  replaced.until = element.instant("until");
  if (element.error()) return *element.error();
  return store::StateItem(std::move(replaced));
}

}  // namespace zest::snapshot
