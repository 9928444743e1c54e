// Bodies of the partner API. Zest docs: api-reference.
#include "api/pipeline/schemas.h"
#include "protocol/error_codes.h"
#include "protocol/statuses.h"

namespace zest::api {
namespace {

using schema::boolean;
using schema::constant;
using schema::described;
using schema::example;
using schema::free_object;
using schema::integer;
using schema::list;
using schema::object;
using schema::object_ref;
using schema::one_of;
using schema::ref;
using schema::text;
using schema::with;

template <std::size_t Size>
std::vector<std::string> words(const std::string_view (&from)[Size]) {
  return {std::begin(from), std::end(from)};
}

// Rows that fit fill the largest body long before this: only a flood of rows that cannot be meant is refused.
constexpr int kMaxRows = 20'000;

Json rows(const char* description, const char* row_schema) {
  Json document = list(description, ref(row_schema));
  document["maxItems"] = kMaxRows;
  return document;
}

Json violation_code() { return one_of("Which kind of rule is broken.", words(kValidationCodes)); }

void add_errors(Schemas& schemas) {
  const Json place = text("Path of the offending member inside the attributes.");
  schemas.add("PartnerValidationError",
              object({{"attribute", example(place, "shareClasses[0].carryPercent")},
                      {"code", violation_code()},
                      {"message", text("What is wrong, for people.")}},
                     {{"field", example(text("Path of the offending member from the body's root."),
                                        "attributes.shareClasses[0].carryPercent")},
                      {"value", text("The offending value as text.")}}));
  const Json error_id = with(text("Names this very failure in logs and reports."), "format", "uuid");
  Json failure{{"code", "not_found"},
               {"detail", "there is no SPV request svr_9c41e07b00000009"},
               {"errorId", "0b6f3c1e-8d5a-4f6e-9a51-3f0c2f5c7f10"}};
  schemas.add("PartnerErrorResponse",
              example(object({{"code", one_of("Which kind of error this is; programs decide by it.",
                                              words(kErrorCodes))}},
                             {{"detail", text("What is wrong and what to do, for people.")},
                              {"errorId", error_id},
                              {"validationErrors", list("Every broken rule; with validation_error only.",
                                                        ref("PartnerValidationError"))}}),
                      std::move(failure)));
}

void add_tokens(Schemas& schemas) {
  constexpr const char* kGrant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
  schemas.add(
      "Body_exchangeJwtAssertion",
      example(object({{"grant_type", one_of("What is presented.", {kGrant, "refresh_token"})}},
                     {{"assertion", text("The JWT that the partner signed; with the first grant type.")},
                      {"refresh_token", text("The refresh token to spend; with the second grant type.")}}),
              Json{{"grant_type", kGrant}, {"assertion", "eyJhbGciOiJFZERTQSJ9.eyJpc3MiOiJo.c2lnbmF0dXJl"}}));
  const Json lifetime = integer("Life of the access token in seconds.");
  schemas.add(
      "TokenResponse",
      object({{"accessToken", example(text("Bearer token of the API."), "eyJhbGciOi.eyJzdWIi.c2ln")}},
             {{"refreshToken", text("Gets the next pair, once.")},
              {"tokenType", constant("Bearer")},
              {"expiresIn", example(lifetime, 3600)},
              {"refreshExpiresIn", example(integer("Life of the refresh token in seconds."), 2'592'000)}}));
  schemas.add(
      "InfoResponse",
      object({{"clientType", one_of("Kind of the caller.", {"service", "user", "application"})}, "clientId"},
             {{"metadata",
               described(object({}, {{"applicationName", text("The application's name.")}, "tenantSlug"}),
                         "Name and tenant of the partner application.")}}));
}

void add_money(Schemas& schemas) {
  // The rules judge amounts and attributes, with codes and places of their own.
  schemas.add(
      "Money",
      described(object({"currency", {"value", example(text("Decimal string, never a float."), "25000.00")}}),
                "An amount in a currency."),
      Enforcement::Documented);
  schemas.add("SpvAttributes", free_object("What the contract template asks for."), Enforcement::Documented);
}

void add_spv_requests(Schemas& schemas) {
  schemas.add("SpvRequestStatus", one_of("State of an SPV request.", texts_of(kSpvStatuses)));
  schemas.add("SpvRequestCreate", object({"templateId", "templateVersion", "attributes"}));
  schemas.add("MaterialisedRefsResponse", object({"opportunitySlug", "vehicleSlug", "spSlug", "spcSlug"}));
  const Json percent = text("Decimal string.");
  schemas.add("ShareClassFeesAndCarry",
              object({{"name", example(text("Name of the share class."), "Class A")},
                      {"slug", example(text("Its slug, for subscriptions."), "sc_classA")}},
                     {{"managementFeePercent", example(percent, "2.00")},
                      {"carryPercent", example(percent, "20.00")},
                      {"setupFee", object_ref("Money")}}));
  schemas.add(
      "FeesAndCarryResponse",
      object({}, {{"shareClasses", list("One entry per share class.", ref("ShareClassFeesAndCarry"))}}));
  schemas.add("SpvRequestResponse", object({"spvRequestSlug",
                                            {"status", ref("SpvRequestStatus")},
                                            "templateId",
                                            "templateVersion",
                                            "tenantSlug",
                                            "clientId",
                                            "attributes",
                                            "createdAt",
                                            "updatedAt"},
                                           {"rejectionReason",
                                            "cancelledAt",
                                            "approvedAt",
                                            "materialisedRefs",
                                            {"feesAndCarry", ref("FeesAndCarryResponse")}}));
  const Json count = integer("How many match on all pages.");
  schemas.add("AggregationResponse",
              object({{"documents", list("The documents of this page.", ref("SpvRequestResponse"))}},
                     {{"count", example(count, 1)},
                      {"skip", example(integer("How many precede this page."), 0)},
                      {"limit", example(integer("How many a page holds at most."), 10)}}));
}

void add_investors(Schemas& schemas) {
  // Each row is judged by itself and answered with a result of its own, so the body is not held to it.
  schemas.add(
      "InvestorCreateRow",
      object({"partnerInvestorId", "email", "firstName", "lastName", "dateOfBirth"}, {"countryOfResidence"}),
      Enforcement::Documented);
  schemas.add("InvestorBulkCreate",
              object({{"investors", rows("One row per investor.", "InvestorCreateRow")}}));
  schemas.add("InvestorRowError", object({{"code", violation_code()},
                                          {"message", text("What is wrong, for people.")},
                                          {"retryable", boolean("Whether the same row may work later.")}},
                                         {{"field", text("The row's member at fault.")}}));
  schemas.add("InvestorRowResult",
              example(object({"partnerInvestorId",
                              {"status", one_of("What became of the row.", texts_of(kRowStatuses))}},
                             {"zestPersonId", {"error", ref("InvestorRowError")}}),
                      Json{{"partnerInvestorId", "acme-inv-7341"},
                           {"status", "created"},
                           {"zestPersonId", "psn_9c41e07b00000001"}}));
  schemas.add(
      "InvestorBulkResponse",
      object({{"results", list("One result per row, in the order of the rows.", ref("InvestorRowResult"))}}));
}

void add_subscriptions(Schemas& schemas) {
  schemas.add("SubscriptionCreateRow",
              object({"zestPersonId", "lumpSum", "shareClassSlug"}, {"partnerSubscriptionId"}));
  schemas.add("SubscriptionBulkCreate",
              object({{"subscriptions", rows("One row per investor.", "SubscriptionCreateRow")}}));
  const Json status = one_of("pending until it is completed.", texts_of(kSubscriptionStatuses));
  schemas.add(
      "SubscriptionResult",
      object({"subscriptionSlug", "spvSlug", "personId", {"status", status}, "lumpSum", "shareClassSlug"},
             {"partnerSubscriptionId"}));
  schemas.add("SubscriptionBulkResponse",
              object({{"results",
                       list("One result per row, in the order of the rows.", ref("SubscriptionResult"))}}));
}

void add_uploads(Schemas& schemas) {
  const Json file = with(text("PDF, JPEG, PNG or WEBP."), "format", "binary");
  schemas.add("Body_uploadSubscriptionForm", object({{"file", file}}));
  schemas.add("Body_uploadFundingReceipt", object({"amount", "currency", "wireReference", {"file", file}}));
  schemas.add("FormUploadResponse",
              object({"subscriptionSlug", "spvSlug", "personId", "subscriptionFormUrl", "uploadedAt"}));
  schemas.add("FundingUploadResponse", object({"subscriptionSlug", "spvSlug", "personId", "fundingReceiptUrl",
                                               "amount", "currency", "wireReference", "uploadedAt"}));
}

// Contracts are files of the partner's choice: what is theirs to write is left open.
void add_contracts(Schemas& schemas) {
  schemas.add(
      "ContractVersions",
      object({{"versions", list("Ascending.", example(text("A version of the contracts."), "1.0.0"))}}));
  const Json version = example(text("The version of the contracts."), "1.0.0");
  Json definition =
      object({{"id", example(text("Its name, the templateId of SPV requests."), "syndicate_secondary")},
              {"version", version},
              {"attributes", free_object("A description of each attribute, by its name.")}});
  schemas.add("ContractTemplate", with(std::move(definition), "additionalProperties", true));
  schemas.add("AttributeCatalog", free_object("Values, or descriptions of attributes, for people."));
  schemas.add("PrimitiveType", free_object("A type that attributes may have."));
  schemas.add("SamplePayload", free_object("A body for POST /v1/spv-requests."));
  const auto shelf = [&](const char* name, const char* member, const char* of) {
    schemas.add(name, object({{"version", version}, {member, list("All of the version.", ref(of))}}));
  };
  shelf("ContractTemplates", "templates", "ContractTemplate");
  shelf("AttributeCatalogs", "catalogs", "AttributeCatalog");
  shelf("PrimitiveTypes", "primitives", "PrimitiveType");
  shelf("SamplePayloads", "samples", "SamplePayload");
}

void add_system(Schemas& schemas) {
  const auto address = [](const char* sample) { return with(example(text(""), sample), "format", "uri"); };
  schemas.add("ServiceInfo",
              object({{"service", constant("zest-sandbox")},
                      {"version", example(text("Version of the sandbox."), "0.2.0")},
                      {"docs", address("http://127.0.0.1:8080/docs")},
                      {"openapi", address("http://127.0.0.1:8080/openapi.json")},
                      {"controlPlane", address("http://127.0.0.1:8080/_sandbox/openapi.json")}}));
  schemas.add("Health", object({{"status", constant("ok")}}));
  Json document = object({{"openapi", example(text("Version of OpenAPI."), "3.1.0")},
                          {"info", free_object("Title, version and description.")},
                          {"paths", free_object("The operations.")}});
  schemas.add("OpenApiDocument", with(std::move(document), "additionalProperties", true));
}

}  // namespace

void add_partner_schemas(Schemas& schemas) {
  add_errors(schemas);
  add_tokens(schemas);
  add_money(schemas);
  add_spv_requests(schemas);
  add_investors(schemas);
  add_subscriptions(schemas);
  add_uploads(schemas);
  add_contracts(schemas);
  add_system(schemas);
}

}  // namespace zest::api
