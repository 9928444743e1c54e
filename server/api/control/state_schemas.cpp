// Bodies of the control plane: errors, health, settings, state, partners and their resources.
#include "api/pipeline/journal.h"
#include "api/pipeline/schemas.h"
#include "protocol/error_codes.h"
#include "protocol/operations.h"
#include "protocol/statuses.h"
#include "snapshot/state_json.h"

namespace zest::api {
namespace {

using schema::boolean;
using schema::closed;
using schema::constant;
using schema::date_time;
using schema::described;
using schema::example;
using schema::free_object;
using schema::integer;
using schema::list;
using schema::object;
using schema::one_of;
using schema::page_of;
using schema::ref;
using schema::text;
using schema::with;

Json or_null(Json document) {
  document["type"] = Json::array({document["type"], "null"});
  return document;
}

Json duration(std::string description, const char* sample) {
  return with(text(std::move(description), sample), "format", "timespan");
}

// A count for each of these words.
template <class Values>
Json counts_of(const Values& values) {
  Json properties = Json::object();
  Json names = Json::array();
  for (const std::string& word : texts_of(values)) {
    properties[word] = integer("");
    names.push_back(word);
  }
  return Json{{"type", "object"}, {"properties", std::move(properties)}, {"required", std::move(names)}};
}

void add_failures(Schemas& schemas) {
  std::vector<std::string> codes(std::begin(kErrorCodes), std::end(kErrorCodes));
  codes.insert(codes.end(), std::begin(kControlErrorCodes), std::end(kControlErrorCodes));
  schemas.add(
      "ControlErrorResponse",
      object(
          {{"code", one_of("Which kind of error this is; programs decide by it.", codes)},
           {"detail", text("What is wrong and what to do, for people.")},
           {"errorId",
            with(text("Names this very failure in the log.", "0b6f3c1e-8d5a-4f6e-9a51-3f0c2f5c7f10"),
                 "format", "uuid")}},
          {{"validationErrors", list("Every broken rule.", ref("PartnerValidationError"))},
           {"open",
            list("With timeout: deliveries that are not delivered yet.", text("", "wde_9c41e07b00000001"))},
           {"interrupted", boolean("With conflict: a reset or the end of the sandbox came in between.")}}));
  schemas.add("NoMembers", closed(object({})));
  schemas.add("PartnerChoice", example(closed(object({}, {"clientId"})), Json::object()));
}

void add_health(Schemas& schemas) {
  const Json version = text("Version of the sandbox.", "0.2.0");
  const Json address = with(text("", "http://127.0.0.1:8080/_sandbox/status"), "format", "uri");
  schemas.add("ControlOperation",
              object({{"operationId", text("Its name in /_sandbox/openapi.json.", "getStatus")},
                      {"method", text("GET, POST, PUT, PATCH or DELETE.", "GET")},
                      {"path", text("With placeholders in braces.", "/_sandbox/status")},
                      {"summary", text("What it does.", "Version, clocks and counts by state")}}));
  schemas.add("ControlPlaneIndex", object({{"service", constant("zest-sandbox")},
                                           {"version", version},
                                           {"console", address},
                                           {"docs", address},
                                           {"openapi", address},
                                           {"status", address},
                                           {"webhookDeliveries", address},
                                           {"requests", address},
                                           {"stream", address},
                                           {"operations", list("Every call.", ref("ControlOperation"))}}));
  schemas.add("Liveness", object({{"status", constant("live")}, {"version", version}}));
  schemas.add("Readiness", object({{"status", constant("ready")},
                                   {"version", version},
                                   {"partners", integer("Registered partner applications.")}}));
  const Json next = object({"clientId", {"dueAt", date_time("Virtual.")}});
  schemas.add(
      "SandboxStatus",
      object(
          {{"status", one_of("Whether it can serve.", {"ready", "failing"})},
           {"version", version},
           {"url",
            with(text("The address by which it was called.", "http://127.0.0.1:8080"), "format", "uri")},
           {"publicUrl", with(text("Base of links in webhooks.", "http://127.0.0.1:8080"), "format", "uri")},
           {"seed", integer("Of identifiers and random numbers.")},
           {"wallTime", date_time("The machine's time.")},
           {"startedAt", date_time("Wall time.")},
           {"uptimeSeconds", schema::number("Wall time since the start.")},
           {"partners", integer("Registered partner applications.")},
           {"clocks", list("One for each partner.", ref("Lane"))},
           {"spvRequests", described(counts_of(kSpvStatuses), "SPV requests by state.")},
           {"subscriptions", described(counts_of(kSubscriptionStatuses), "Subscriptions by state.")},
           {"deliveries", described(counts_of(kDeliveryStatuses), "Webhook deliveries by state.")},
           {"held", integer("Deliveries that chaos rules hold.")},
           {"requests", integer("Calls in the journal.")},
           {"requestErrors", integer("Those of them that were answered with an error, or cut off.")},
           {"warnings", integer("Kinds of warnings: calls and answers that are fragile in production.")}},
          {{"nextTimer", described(next, "What is due next; left out when nothing is scheduled.")}}));
  schemas.add("Login", closed(object({{"token", text("The admin token.", "s3cret")}})));
  schemas.add("LoggedIn", object({{"authenticated", Json{{"type", "boolean"}, {"const", true}}}}));
}

void add_state(Schemas& schemas) {
  const Json url =
      with(text("Base of links in webhooks: http:// or https://, and a host.", "http://sandbox:8080"),
           "format", "uri");
  schemas.add("Settings", object({{"publicUrl", url}}));
  schemas.add("SettingsChange",
              closed(object({{"publicUrl", or_null(described(url, "null: that of the start."))}})));
  schemas.add("Reset",
              example(closed(object({}, {"clientId",
                                         {"partners", boolean("Partners that were registered go, too.")},
                                         {"tokens", boolean("Tokens are revoked.")},
                                         {"rewind", boolean("Identifiers and random streams begin anew.")},
                                         {"keepCoverage", boolean("What the tests have met stays.")}})),
                      Json{{"clientId", "client_acme"}}));
  schemas.add("ResetReport", object({{"cleared", Json{{"type", "object"},
                                                      {"description", "How many values of each kind went."},
                                                      {"additionalProperties", Json{{"type", "integer"}}}}},
                                     {"partnersRemoved", boolean("Whether partners were removed.")},
                                     {"tokensRevoked", boolean("Whether tokens were revoked.")},
                                     {"rewound", boolean("Whether identifiers begin anew.")}},
                                    {"clientId"}));
  Json snapshot = object({{"version", example(integer("Of the document's form."), 2)},
                          {"createdAt", date_time("When it was taken (wall time).")},
                          {"files", Json{{"type", "object"},
                                         {"description", "Content of uploads in base64, by its SHA-256."},
                                         {"additionalProperties", Json{{"type", "string"}}}}}});
  for (const std::string_view section : snapshot::sections()) {
    snapshot["properties"][std::string(section)] = list("", free_object(""));
    snapshot["required"].push_back(section);
  }
  schemas.add("Snapshot", described(std::move(snapshot), "The whole state: a list for each kind of value."));
  schemas.add("SnapshotLoaded", object({{"restored", Json{{"type", "boolean"}, {"const", true}}},
                                        {"createdAt", date_time("When the snapshot was taken (wall time).")},
                                        {"partners", integer("How many partners there are now.")},
                                        {"files", integer("How many uploads came with it.")},
                                        {"rewound", boolean("Whether identifiers were taken back, too.")}}));
}

// Members of a partner that may be set, those of a fresh one and of an existing one alike.
Json partner_settings() {
  return object(
      {},
      {{"name", text("Name of the application.", "Acme Portal")},
       {"tenantSlug", text("The partner's tenant.", "acme")},
       {"webhookUrl", or_null(with(text("Its one endpoint; null: none.", "http://127.0.0.1:3000/webhooks"),
                                   "format", "uri"))},
       {"webhookSecret", text("The whole secret, whsec_ included.", "whsec_0123456789abcdef")},
       {"provisioned", boolean("false: its calls are answered with 403.")},
       {"autoApprove", or_null(duration("Approves SPV requests so much later; null: never.", "5m"))},
       {"autoComplete", or_null(duration("Completes subscriptions so long after the receipt.", "1h"))},
       {"deliveryTimeout", duration("How long a webhook may take (wall time).", "10s")}});
}

void add_partners(Schemas& schemas) {
  Json key =
      text("base64 of the raw 32 bytes, PEM, or a JWK.", "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
  key["type"] = Json::array({"string", "object"});
  Json change = closed(partner_settings());
  change["properties"]["publicKey"] = key;
  Json creation = change;
  creation["properties"]["clientId"] =
      text("Its name in tokens; made of the name when left out.", "client_portal");
  creation["properties"]["generateKey"] = boolean("Makes the key pair; true where no publicKey is given.");
  const Json url = "http://127.0.0.1:3000/webhooks";
  schemas.add("PartnerCreate", example(std::move(creation), Json{{"name", "Portal"}, {"webhookUrl", url}}));
  schemas.add("PartnerChange", example(std::move(change), Json{{"webhookUrl", url}}));

  Json partner = partner_settings();
  for (const char* member : {"webhookUrl", "autoApprove", "autoComplete"})
    partner["properties"][member]["type"] = "string";
  partner["properties"]["clientId"] = text("Its name in tokens.", "client_acme");
  partner["properties"]["publicKey"] =
      text("base64 of the raw 32 bytes.", "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
  partner["properties"]["createdAt"] = date_time("Wall time.");
  partner["properties"]["warnings"] = list("What deserves a second look.", text(""));
  partner["required"] = {"clientId",      "name",        "tenantSlug",      "publicKey",
                         "webhookSecret", "provisioned", "deliveryTimeout", "createdAt"};
  Json created = partner;
  created["properties"]["privateKeyPem"] = text("The key of assertions, told this once.");
  created["properties"]["privateKeyJwk"] = free_object("The same key as a JWK.");
  schemas.add("Partner", std::move(partner));
  schemas.add("PartnerCreated",
              described(std::move(created), "With the private key, when it was made here."));
  schemas.add("PartnerPage", page_of("Partner"));
  schemas.add("PartnerRemoved",
              object({"clientId", {"removed", Json{{"type", "boolean"}, {"const", true}}}}));
}

void add_resources(Schemas& schemas) {
  schemas.add("SpvRequestPage", page_of("SpvRequestResponse"));
  schemas.add("SpvRequestRejection",
              closed(object({{"reason", text("Told to the partner.", "The company is not eligible.")}})));
  const Json funding = object({"amount", "currency", "wireReference"});
  schemas.add("Subscription",
              object({"subscriptionSlug",
                      "spvSlug",
                      "personId",
                      {"status", one_of("pending until it is completed.", texts_of(kSubscriptionStatuses))},
                      "lumpSum",
                      "shareClassSlug",
                      "clientId",
                      "createdAt",
                      "updatedAt"},
                     {"partnerSubscriptionId",
                      {"formUploadedAt", date_time("When its form was taken.")},
                      {"fundingUploadedAt", date_time("When its funding receipt was taken.")},
                      {"funding", described(funding, "What came with the receipt.")},
                      "completedAt"}));
  schemas.add("SubscriptionPage", page_of("Subscription"));
  schemas.add("SubscriptionCompletion",
              example(closed(object({}, {{"skipSynchronousEmit",
                                          boolean("The event is left to the reconciler's next sweep.")},
                                         {"force", boolean("Also without a funding receipt.")}})),
                      Json{{"force", false}}));
  schemas.add("Investor", object({"zestPersonId", "partnerInvestorId", "clientId", "email", "firstName",
                                  "lastName", "dateOfBirth", "createdAt"},
                                 {"countryOfResidence"}));
  schemas.add("InvestorPage", page_of("Investor"));
  schemas.add(
      "UploadedDocument",
      object({{"kind", one_of("What it is.", {"form", "fundingReceipt"})},
              "clientId",
              "subscriptionSlug",
              "spvSlug",
              "personId",
              {"contentType", text("As it was declared.", "application/pdf")},
              {"size", integer("Bytes.")},
              {"sha256", text("Of the content.")},
              {"url", with(text("Works now, for 24 virtual hours.", "http://127.0.0.1:8080/files/eyJhbGciOi"),
                           "format", "uri")},
              "uploadedAt"},
             {"amount", "currency", "wireReference"}));
  schemas.add("UploadPage", page_of("UploadedDocument"));
}

// Messages of JSON-RPC, which says what is wrong with one in an answer of its own.
void add_tools(Schemas& schemas) {
  const Json id = schema::any("Of the call; without one it is a notification, which has no answer.");
  schemas.add("ToolMessage",
              example(object({{"jsonrpc", constant("2.0")},
                              {"method", text("initialize, ping, tools/list or tools/call.", "tools/list")}},
                             {{"id", id}, {"params", free_object("As the method has them.")}}),
                      Json{{"jsonrpc", "2.0"}, {"id", 1}, {"method", "tools/list"}}),
              Enforcement::Documented);
  schemas.add("ToolAnswer",
              object({{"jsonrpc", constant("2.0")}, {"id", schema::any("That of the call.")}},
                     {{"result", free_object("As the method has it.")},
                      {"error", object({{"code", integer("Of JSON-RPC.")},
                                        {"message", text("What is wrong.", "there is no method list")}})}}));
}

}  // namespace

void add_state_schemas(Schemas& schemas) {
  add_failures(schemas);
  add_health(schemas);
  add_state(schemas);
  add_partners(schemas);
  add_resources(schemas);
  add_tools(schemas);
}

}  // namespace zest::api
