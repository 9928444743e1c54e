// Bodies of the partner API. Zest docs: api-reference.
#include "api/pipeline/schemas.h"
#include "protocol/statuses.h"

namespace zest::api {
namespace {

using schema::any;
using schema::boolean;
using schema::date_time;
using schema::free_object;
using schema::integer;
using schema::list;
using schema::object;
using schema::one_of;
using schema::ref;
using schema::text;

Json with_format(Json document, const char* format) {
  document["format"] = format;
  return document;
}

Json with_example(Json document, Json example) {
  document["example"] = std::move(example);
  return document;
}

// Rows that fit fill the largest body long before this: only a flood of rows that cannot be meant is refused.
constexpr int kMaxRows = 20'000;

Json rows(const char* description, const char* row_schema) {
  Json document = list(description, ref(row_schema));
  document["maxItems"] = kMaxRows;
  return document;
}

void add_errors(Schemas& schemas) {
  schemas.add("PartnerValidationError",
              object({{"attribute", text("Path of the offending member inside the attributes.")},
                      {"code", text("Which kind of rule is broken.")},
                      {"message", text("What is wrong, for people.")}},
                     {{"field", text("Path of the offending member from the body's root.")},
                      {"value", text("The offending value as text.")}}));
  schemas.add("PartnerErrorResponse",
              object({{"code", text("Which kind of error this is; programs decide by it.")}},
                     {{"detail", text("What is wrong and what to do, for people.")},
                      {"errorId", with_format(text("Names this very failure in logs and reports."), "uuid")},
                      {"validationErrors", list("Every broken rule; with validation_error only.",
                                                ref("PartnerValidationError"))}}));
}

void add_tokens(Schemas& schemas) {
  schemas.add("Body_exchangeJwtAssertion",
              object({{"grant_type", text("urn:ietf:params:oauth:grant-type:jwt-bearer, or refresh_token.")}},
                     {{"assertion", text("The JWT that the partner signed; with the first grant type.")},
                      {"refresh_token", text("The refresh token to spend; with the second grant type.")}}));
  schemas.add("TokenResponse",
              object({{"accessToken", text("Bearer token of the API.")}},
                     {{"refreshToken", text("Gets the next pair, once.")},
                      {"tokenType", text("Always Bearer.")},
                      {"expiresIn", integer("Life of the access token in seconds.")},
                      {"refreshExpiresIn", integer("Life of the refresh token in seconds.")}}));
  schemas.add("InfoResponse",
              object({{"clientType", one_of("Kind of the caller.", {"service", "user", "application"})},
                      {"clientId", text("The caller's client id.")}},
                     {{"metadata", free_object("Name and tenant of the partner application.")}}));
}

void add_spv_requests(Schemas& schemas) {
  const Json attributes =
      with_example(free_object("What the contract template asks for."),
                   Json{{"underlyingCompanySlug", "co_acme"},
                        {"currency", "USD"},
                        {"shareClasses", Json::array({Json{{"name", "Class A"}, {"carryPercent", "20"}}})}});
  schemas.add("SpvRequestStatus", one_of("State of an SPV request.", texts_of(kSpvStatuses)));
  schemas.add("SpvRequestCreate", object({{"templateId", text("Name of the contract template.")},
                                          {"templateVersion", text("Version of the contract.")},
                                          {"attributes", attributes}}));
  schemas.add("MaterialisedRefsResponse",
              object({{"opportunitySlug", text("The opportunity.")},
                      {"vehicleSlug", text("The vehicle: the SPV's slug in paths.")},
                      {"spSlug", text("The SP.")},
                      {"spcSlug", text("The SPC.")}}));
  schemas.add("ShareClassFeesAndCarry", object({{"name", text("Name of the share class.")},
                                                {"slug", text("Its slug, for subscriptions.")}},
                                               {{"managementFeePercent", text("Decimal string.")},
                                                {"carryPercent", text("Decimal string.")},
                                                {"setupFee", free_object("Money: currency and value.")}}));
  schemas.add(
      "FeesAndCarryResponse",
      object({}, {{"shareClasses", list("One entry per share class.", ref("ShareClassFeesAndCarry"))}}));
  schemas.add("SpvRequestResponse", object({{"spvRequestSlug", text("The request's identifier.")},
                                            {"status", ref("SpvRequestStatus")},
                                            {"templateId", text("Name of the contract template.")},
                                            {"templateVersion", text("Version of the contract.")},
                                            {"tenantSlug", text("The partner's tenant.")},
                                            {"clientId", text("The partner application.")},
                                            {"attributes", free_object("The attributes as they were sent.")},
                                            {"createdAt", date_time("When it was submitted.")},
                                            {"updatedAt", date_time("When its state last changed.")}},
                                           {{"rejectionReason", text("Why it was rejected.")},
                                            {"cancelledAt", date_time("When it was cancelled.")},
                                            {"approvedAt", date_time("When it was approved.")},
                                            {"materialisedRefs", ref("MaterialisedRefsResponse")},
                                            {"feesAndCarry", ref("FeesAndCarryResponse")}}));
  schemas.add("AggregationResponse", object({{"documents", list("The documents of this page.", any(""))}},
                                            {{"count", integer("How many match on all pages.")},
                                             {"skip", integer("How many precede this page.")},
                                             {"limit", integer("How many a page holds at most.")}}));
}

void add_investors(Schemas& schemas) {
  // Each row is judged by itself and answered with a result of its own, so the body is not held to it.
  schemas.add("InvestorCreateRow",
              object({{"partnerInvestorId", text("The partner's own identifier, unique per client.")},
                      {"email", text("E-mail address.")},
                      {"firstName", text("Given name.")},
                      {"lastName", text("Family name.")},
                      {"dateOfBirth", text("A past day, YYYY-MM-DD.")}},
                     {{"countryOfResidence", text("ISO 3166-1 alpha-2 code.")}}),
              Enforcement::Documented);
  schemas.add("InvestorBulkCreate",
              object({{"investors", rows("One row per investor.", "InvestorCreateRow")}}));
  schemas.add("InvestorRowError", object({{"code", text("Which kind of rule the row breaks.")},
                                          {"message", text("What is wrong, for people.")},
                                          {"retryable", boolean("Whether the same row may work later.")}},
                                         {{"field", text("The row's member at fault.")}}));
  schemas.add("InvestorRowResult",
              object({{"partnerInvestorId", text("The row's identifier, empty when it has none.")},
                      {"status", text("created, already_exists or failed.")}},
                     {{"zestPersonId", text("The investor's identifier, unless the row failed.")},
                      {"error", ref("InvestorRowError")}}));
  schemas.add(
      "InvestorBulkResponse",
      object({{"results", list("One result per row, in the order of the rows.", ref("InvestorRowResult"))}}));
}

void add_subscriptions(Schemas& schemas) {
  const Json money = with_example(free_object("Money: currency and value."),
                                  Json{{"currency", "USD"}, {"value", "25000.00"}});
  schemas.add("SubscriptionCreateRow",
              object({{"zestPersonId", text("The investor.")},
                      {"lumpSum", money},
                      {"shareClassSlug", text("One of the SPV's share classes.")}},
                     {{"partnerSubscriptionId", text("The partner's own identifier; it is echoed.")}}));
  schemas.add("SubscriptionBulkCreate",
              object({{"subscriptions", rows("One row per investor.", "SubscriptionCreateRow")}}));
  schemas.add("SubscriptionResult",
              object({{"subscriptionSlug", text("The subscription's identifier.")},
                      {"spvSlug", text("The SPV.")},
                      {"personId", text("The investor.")},
                      {"status", text("pending until it is completed.")},
                      {"lumpSum", free_object("Money: currency and value.")},
                      {"shareClassSlug", text("The share class.")}},
                     {{"partnerSubscriptionId", text("The partner's own identifier, when it was sent.")}}));
  schemas.add("SubscriptionBulkResponse",
              object({{"results",
                       list("One result per row, in the order of the rows.", ref("SubscriptionResult"))}}));
}

void add_uploads(Schemas& schemas) {
  const Json file = with_format(text("PDF, JPEG, PNG or WEBP."), "binary");
  schemas.add("Body_uploadSubscriptionForm", object({{"file", file}}));
  schemas.add("Body_uploadFundingReceipt",
              object({{"amount", text("The amount wired: a positive decimal string.")},
                      {"currency", text("ISO 4217 code.")},
                      {"wireReference", text("The bank's reference.")},
                      {"file", file}}));
  schemas.add("FormUploadResponse",
              object({{"subscriptionSlug", text("The subscription.")},
                      {"spvSlug", text("The SPV.")},
                      {"personId", text("The investor.")},
                      {"subscriptionFormUrl", text("Signed URL of the document, for a limited time.")},
                      {"uploadedAt", date_time("When the document was taken.")}}));
  schemas.add("FundingUploadResponse",
              object({{"subscriptionSlug", text("The subscription.")},
                      {"spvSlug", text("The SPV.")},
                      {"personId", text("The investor.")},
                      {"fundingReceiptUrl", text("Signed URL of the document, for a limited time.")},
                      {"amount", text("The amount wired.")},
                      {"currency", text("Its currency.")},
                      {"wireReference", text("The bank's reference.")},
                      {"uploadedAt", date_time("When the document was taken.")}}));
}

}  // namespace

void add_partner_schemas(Schemas& schemas) {
  add_errors(schemas);
  add_tokens(schemas);
  add_spv_requests(schemas);
  add_investors(schemas);
  add_subscriptions(schemas);
  add_uploads(schemas);
}

}  // namespace zest::api
