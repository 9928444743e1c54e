#include "api/pipeline/members.h"

#include <map>
#include <string>

#include "api/pipeline/schemas.h"
#include "protocol/event_type.h"
#include "protocol/statuses.h"

namespace zest::api {
namespace {

using schema::constant;
using schema::date_time;
using schema::object_ref;
using schema::one_of;
using schema::ref;
using schema::text;
using schema::with;

using SharedMembers = std::map<std::string, Json, std::less<>>;

Json address(std::string description, const char* sample) {
  return with(text(std::move(description), sample), "format", "uri");
}

void add_resource_members(SharedMembers& members) {
  members["clientId"] = text("The partner application.", "client_acme");
  members["tenantSlug"] = text("The partner's tenant.", "acme");
  members["spvRequestSlug"] = text("The SPV request.", "svr_9c41e07b00000001");
  members["templateId"] = text("Name of the contract template.", "syndicate_secondary");
  members["templateVersion"] = text("Version of the contract.", "1.0.0");
  members["attributes"] = object_ref("SpvAttributes");
  members["rejectionReason"] = text("Why it was rejected.", "The company is not eligible.");
  members["materialisedRefs"] = ref("MaterialisedRefsResponse");
  members["opportunitySlug"] = text("The opportunity.", "opp_9c41e07b00000001");
  members["vehicleSlug"] = text("The vehicle: the SPV's slug in paths.", "veh_9c41e07b00000001");
  members["spSlug"] = text("The SP.", "sp_9c41e07b00000001");
  members["spcSlug"] = text("The SPC.", "spc_9c41e07b00000001");
  members["partnerInvestorId"] = text("The partner's own name for the investor.", "acme-inv-7341");
  members["zestPersonId"] = text("The investor.", "psn_9c41e07b00000001");
  members["personId"] = members["zestPersonId"];
  members["email"] = text("E-mail address.", "ada@example.com");
  members["firstName"] = text("Given name.", "Ada");
  members["lastName"] = text("Family name.", "Lovelace");
  members["dateOfBirth"] = with(text("A past day, YYYY-MM-DD.", "1990-12-10"), "format", "date");
  members["countryOfResidence"] = text("ISO 3166-1 alpha-2 code.", "AE");
  members["kycManagedBy"] = constant("partner");
  members["subscriptionSlug"] = text("The subscription.", "sub_9c41e07b00000001");
  members["spvSlug"] = text("The SPV: the slug of its vehicle.", "veh_9c41e07b00000001");
  members["partnerSubscriptionId"] =
      text("The partner's own name for the subscription, when one was sent.", "acme-sub-9921");
  members["lumpSum"] = object_ref("Money");
  members["shareClassSlug"] = text("One of the SPV's share classes.", "sc_classA");
  members["subscriptionFormUrl"] =
      address("Signed URL of the document, for a limited time.", "http://127.0.0.1:8080/files/eyJhbGciOi");
  members["fundingReceiptUrl"] = members["subscriptionFormUrl"];
  members["amount"] = text("The amount wired: a positive decimal string.", "25000.00");
  members["currency"] = text("ISO 4217 code.", "USD");
  members["wireReference"] = text("The bank's reference.", "WIRE-2026-0042");
}

void add_instants(SharedMembers& members) {
  members["createdAt"] = date_time("When it was made.");
  members["updatedAt"] = date_time("When its state last changed.");
  members["approvedAt"] = date_time("When it was approved.");
  members["rejectedAt"] = date_time("When it was rejected.");
  members["cancelledAt"] = date_time("When it was cancelled.");
  members["uploadedAt"] = date_time("When the document was taken.");
  members["completedAt"] = date_time("When it was completed.");
  members["occurredAt"] = date_time("When it happened: order events by it.");
}

void add_event_members(SharedMembers& members) {
  members["eventId"] =
      text("Names the event, the same in every attempt: tell duplicates by it.", "wde_9c41e07b00000001");
  members["deliveryId"] = text("The delivery; it has its event's id.", "wde_9c41e07b00000001");
  members["eventType"] = one_of("What happened.", texts_of(kEventTypes));
  members["subject"] = text("The resource that the event is about.", "svr_9c41e07b00000001");
}

SharedMembers build() {
  SharedMembers members;
  add_resource_members(members);
  add_instants(members);
  add_event_members(members);
  return members;
}

}  // namespace

const Json& shared_member(std::string_view name) {
  static const SharedMembers members = build();
  const auto found = members.find(name);
  return found == members.end() ? members.at(std::string(name)) : found->second;
}

namespace schema {

Member::Member(const char* shared) : name(shared), schema(shared_member(shared)) {}

}  // namespace schema

}  // namespace zest::api
