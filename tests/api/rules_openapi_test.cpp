// Zest docs: api-reference. The document that the sandbox serves about itself, and whether it keeps to it.
#include <map>
#include <set>

#include "api/document_walker.h"
#include "api/pipeline/openapi.h"
#include "api/raw_world.h"
#include "client/partner_api.h"
#include "protocol/event_type.h"
#include "protocol/operations.h"

namespace zest::api {
namespace {

using std::string;
using Names = std::set<string>;

// One documented operation. Parameters as "name in", with '*' where they are required.
struct DocumentedOperation {
  const char* method;
  const char* path;
  Names parameters;
  const char* body;  // content type, or ""
  int success;
  bool bearer;
};

std::vector<DocumentedOperation> documented_operations() {
  const char* const json = "application/json";
  const char* const multipart = "multipart/form-data";
  std::vector<DocumentedOperation> operations = {
      {"get", "/", {}, "", 200, false},
      {"get", "/public/hc", {}, "", 200, false},
      {"get", "/openapi.json", {}, "", 200, false},
      {"get", "/docs", {}, "", 200, false},
      {"post", "/v1/oauth2/tokens", {}, "application/x-www-form-urlencoded", 201, false},
      {"get", "/v1/oauth2/info", {}, "", 200, true},
      {"get", "/v1/contracts", {}, "", 200, false},
      {"get", "/v1/spv-requests", {"perPage query", "page query", "status query"}, "", 200, true},
      {"post", "/v1/spv-requests", {"Idempotency-Key header*"}, json, 201, true},
      {"get", "/v1/spv-requests/{slug}", {"slug path*"}, "", 200, true},
      {"delete", "/v1/spv-requests/{slug}", {"slug path*"}, "", 200, true},
      {"post", "/v1/investors", {"Idempotency-Key header"}, json, 200, true},
      {"post",
       "/v1/spvs/{spv_slug}/subscriptions",
       {"spv_slug path*", "Idempotency-Key header"},
       json,
       201,
       true},
      {"post",
       "/v1/spvs/{spv_slug}/subscription/{person_id}/forms",
       {"spv_slug path*", "person_id path*"},
       multipart,
       201,
       true},
      {"post",
       "/v1/spvs/{spv_slug}/subscription/{person_id}/fundings",
       {"spv_slug path*", "person_id path*"},
       multipart,
       201,
       true}};
  const std::vector<std::array<const char*, 3>> shelves = {
      {"/v1/contracts/templates/{version}", "/v1/contracts/templates/{version}/{template_name}",
       "template_name path*"},
      {"/v1/contracts/catalogs/{version}", "/v1/contracts/catalogs/{version}/{catalog_name}",
       "catalog_name path*"},
      {"/v1/contracts/primitives/{version}", "/v1/contracts/primitives/{version}/{primitive_name}",
       "primitive_name path*"},
      {"/v1/contracts/samples/{version}", "/v1/contracts/samples/{version}/{sample_name}",
       "sample_name path*"}};
  for (const auto& [list, single, name] : shelves) {
    operations.push_back({"get", list, {"version path*"}, "", 200, false});
    operations.push_back({"get", single, {"version path*", name}, "", 200, false});
  }
  return operations;
}

TEST(OpenApi, BothDocumentsListEveryOperationOfTheTable) {
  RawWorld world;
  Names served;
  for (const char* target : {"/openapi.json", "/_sandbox/openapi.json"}) {
    const Json document = world.get(target).json;
    for (const auto& [path, operations] : document["paths"].items()) {
      for (const auto& [method, operation] : operations.items()) {
        served.insert(operation["operationId"].get<string>() + " " + method + " " + path);
      }
    }
  }
  Names known;
  for (const OperationRow& row : kOperationTable) {
    const std::set<Operation> files = {Operation::DownloadFile, Operation::GetConsoleFile,
                                       Operation::GetConsoleFolderFile, Operation::GetGuideForAgents};
    if (files.contains(row.operation)) continue;
    string method(row.method);
    for (char& c : method) c = static_cast<char>(c - 'A' + 'a');
    known.insert(string(row.id) + " " + method + " " + string(row.path));
  }
  EXPECT_EQ(served, known);
}

// The required members of each schema, and after '|' the others.
std::map<string, std::pair<Names, Names>> documented_schemas() {
  return {
      {"AggregationResponse", {{"documents"}, {"count", "skip", "limit"}}},
      // A refresh has no assertion, which Zest's own document requires all the same.
      {"Body_exchangeJwtAssertion", {{"grant_type"}, {"assertion", "refresh_token"}}},
      {"Body_uploadFundingReceipt", {{"amount", "currency", "wireReference", "file"}, {}}},
      {"Body_uploadSubscriptionForm", {{"file"}, {}}},
      {"FeesAndCarryResponse", {{}, {"shareClasses"}}},
      {"FormUploadResponse",
       {{"subscriptionSlug", "spvSlug", "personId", "subscriptionFormUrl", "uploadedAt"}, {}}},
      {"FundingUploadResponse",
       {{"subscriptionSlug", "spvSlug", "personId", "fundingReceiptUrl", "amount", "currency",
         "wireReference", "uploadedAt"},
        {}}},
      {"InfoResponse", {{"clientType", "clientId"}, {"metadata"}}},
      {"InvestorBulkCreate", {{"investors"}, {}}},
      {"InvestorBulkResponse", {{"results"}, {}}},
      {"InvestorCreateRow",
       {{"partnerInvestorId", "email", "firstName", "lastName", "dateOfBirth"}, {"countryOfResidence"}}},
      {"InvestorRowError", {{"code", "message", "retryable"}, {"field"}}},
      {"InvestorRowResult", {{"partnerInvestorId", "status"}, {"zestPersonId", "error"}}},
      {"MaterialisedRefsResponse", {{"opportunitySlug", "vehicleSlug", "spSlug", "spcSlug"}, {}}},
      {"PartnerErrorResponse", {{"code"}, {"detail", "errorId", "validationErrors"}}},
      {"PartnerValidationError", {{"attribute", "code", "message"}, {"field", "value"}}},
      {"ShareClassFeesAndCarry", {{"name", "slug"}, {"managementFeePercent", "carryPercent", "setupFee"}}},
      {"SpvRequestCreate", {{"templateId", "templateVersion", "attributes"}, {}}},
      {"SpvRequestResponse",
       {{"spvRequestSlug", "status", "templateId", "templateVersion", "tenantSlug", "clientId", "attributes",
         "createdAt", "updatedAt"},
        {"rejectionReason", "cancelledAt", "approvedAt", "materialisedRefs", "feesAndCarry"}}},
      {"SpvRequestStatus", {{}, {}}},
      {"SubscriptionBulkCreate", {{"subscriptions"}, {}}},
      {"SubscriptionBulkResponse", {{"results"}, {}}},
      {"SubscriptionCreateRow", {{"zestPersonId", "lumpSum", "shareClassSlug"}, {"partnerSubscriptionId"}}},
      {"SubscriptionResult",
       {{"subscriptionSlug", "spvSlug", "personId", "status", "lumpSum", "shareClassSlug"},
        {"partnerSubscriptionId"}}},
      {"TokenResponse", {{"accessToken"}, {"refreshToken", "tokenType", "expiresIn", "refreshExpiresIn"}}}};
}

TEST(Rules, OpenApiListsTheDocumentedOperations) {
  RawWorld world;
  const Json document = world.get("/openapi.json").json;
  EXPECT_EQ(document["openapi"].get<string>().substr(0, 3), "3.1");
  EXPECT_EQ(document["servers"][0]["url"], "http://localhost");  // by which the test called
  std::size_t served = 0;
  for (const auto& [path, operations] : document["paths"].items()) served += operations.size();
  EXPECT_EQ(served, documented_operations().size());
  Names ids;
  for (const DocumentedOperation& each : documented_operations()) {
    const string subject = string(each.method) + " " + each.path;
    ASSERT_TRUE(document["paths"].contains(each.path)) << subject;
    ASSERT_TRUE(document["paths"][each.path].contains(each.method)) << subject;
    const Json& operation = document["paths"][each.path][each.method];
    EXPECT_TRUE(ids.insert(operation["operationId"].get<string>()).second) << subject;
    Names parameters;
    for (const Json& one : operation.value("parameters", Json::array())) {
      parameters.insert(one.value("name", "") + " " + one.value("in", "") +
                        (one.value("required", false) ? "*" : ""));
    }
    EXPECT_EQ(parameters, each.parameters) << subject;
    const Json content = operation.value("requestBody", Json::object()).value("content", Json::object());
    EXPECT_EQ(content.size(), *each.body == '\0' ? 0U : 1U) << subject;
    EXPECT_TRUE(*each.body == '\0' || content.contains(each.body)) << subject;
    EXPECT_TRUE(operation["responses"].contains(std::to_string(each.success))) << subject;
    EXPECT_EQ(operation.contains("security"), each.bearer) << subject;
  }
}

// What the sandbox's document says more precisely than Zest's: money, attributes, webhooks, and answers that
// Zest's leaves open.
Names schemas_of_our_own() {
  Names names = {"AttributeCatalog",
                 "AttributeCatalogs",
                 "ContractTemplate",
                 "ContractTemplates",
                 "ContractVersions",
                 "Health",
                 "Money",
                 "OpenApiDocument",
                 "PrimitiveType",
                 "PrimitiveTypes",
                 "SamplePayload",
                 "SamplePayloads",
                 "ServiceInfo",
                 "SpvAttributes",
                 "WebhookEvent",
                 "SyndicatePrimaryAttributes",
                 "SyndicateSecondaryAttributes"};
  for (const EventType type : kEventTypes) {
    string name = event_schema_name(type);
    names.insert(name);
    names.insert(name.replace(name.rfind("Event"), 5, "Data"));
  }
  return names;
}

TEST(Rules, OpenApiSchemasHaveTheDocumentedMembers) {
  RawWorld world;
  const Json document = world.get("/openapi.json").json;
  const Json& schemas = document["components"]["schemas"];
  Names served;
  for (const auto& [name, schema] : schemas.items()) served.insert(name);
  Names expected = schemas_of_our_own();
  for (const auto& [name, members] : documented_schemas()) {
    expected.insert(name);
    if (!schemas.contains(name)) continue;
    const Json& schema = schemas[name];
    const auto required = schema.value("required", Json::array()).get<Names>();
    EXPECT_EQ(required, members.first) << name;
    Names others;
    const Json properties = schema.value("properties", Json::object());
    for (const auto& [member, below] : properties.items()) {
      if (required.count(member) == 0) others.insert(member);
    }
    EXPECT_EQ(others, members.second) << name;
  }
  EXPECT_EQ(served, expected);
}

// The operations of a schema's property, followed through references.
const Json& resolved(const Json& document, const Json& schema) {
  if (!schema.contains("$ref")) return schema;
  const string reference = schema["$ref"].get<string>();
  return document["components"]["schemas"][reference.substr(reference.rfind('/') + 1)];
}

TEST(OpenApi, WebhooksListEveryEventWithItsData) {
  RawWorld world;
  const Json document = world.get("/openapi.json").json;
  Names served;
  for (const auto& [name, item] : document["webhooks"].items()) {
    served.insert(name);
    const Json& envelope =
        resolved(document, item["post"]["requestBody"]["content"]["application/json"]["schema"]);
    EXPECT_EQ(envelope["properties"]["eventType"]["const"], name);
    const EventTypeRow& row = row_of(kEventTypeTable, *parse_event_type(name));
    std::vector<string> members;
    for (const auto& [member, ignored] :
         resolved(document, envelope["properties"]["data"])["properties"].items())
      members.push_back(member);
    EXPECT_EQ(members, std::vector<string>(row.data.begin(), row.data.end())) << name;
  }
  Names known;
  for (const EventType type : kEventTypes) known.emplace(to_string(type));
  EXPECT_EQ(served, known);
}

TEST(OpenApi, MoneyAttributesStatesAndListsAreTyped) {
  RawWorld world;
  const Json document = world.get("/openapi.json").json;
  const Json& schemas = document["components"]["schemas"];
  const auto member = [&](const char* schema, const char* name) -> const Json& {
    return resolved(document, schemas[schema]["properties"][name]);
  };
  EXPECT_TRUE(member("SubscriptionCreateRow", "lumpSum")["properties"].contains("value"));
  EXPECT_TRUE(member("ShareClassFeesAndCarry", "setupFee")["properties"].contains("currency"));
  EXPECT_EQ(member("SpvRequestCreate", "attributes")["anyOf"].size(), 2U);
  EXPECT_EQ(member("InvestorRowResult", "status")["enum"].size(), 3U);
  EXPECT_EQ(member("PartnerErrorResponse", "code")["enum"].size(), 10U);
  EXPECT_EQ(member("PartnerValidationError", "code")["enum"].size(), 12U);
  EXPECT_EQ(member("AggregationResponse", "documents")["items"], schema::ref("SpvRequestResponse"));
}

TEST(Rules, EveryOperationOfTheDocumentIsReachable) {
  RawWorld world;
  const Json document = world.get("/openapi.json").json;
  for (const auto& [path, operations] : document["paths"].items()) {
    for (const auto& [method, operation] : operations.items()) {
      string target = path;
      for (std::size_t open = target.find('{'); open != string::npos; open = target.find('{')) {
        target.replace(open, target.find('}') - open + 1, "1.0.0");
      }
      string verb = method;
      for (char& c : verb) c = static_cast<char>(c - 'a' + 'A');
      const HttpAnswer answer = world.call(verb, target);
      if (operation.contains("security")) {
        expect_error(answer, 401, "invalid_token");
        continue;
      }
      EXPECT_NE(answer.status, 405) << verb << " " << target;
      EXPECT_FALSE(has(answer.text, "there is no resource at")) << verb << " " << target;
    }
  }
}

DocumentWalker partner_walker(RawWorld& world) {
  return DocumentWalker(world.get("/openapi.json").json,
                        [&world](const string& request) { return world.raw(request); });
}

void walk_contracts(DocumentWalker& walker) {
  for (const char* target : {"/", "/public/hc", "/openapi.json", "/docs", "/v1/contracts"})
    walker.call("GET", target);
  const std::map<string, string> shelves = {{"templates", "syndicate_primary"},
                                            {"catalogs", "currencies"},
                                            {"primitives", "money"},
                                            {"samples", "syndicate_primary"}};
  for (const auto& [kind, name] : shelves) {
    const HttpAnswer list = walker.call("GET", "/v1/contracts/" + kind + "/1.0.0");
    EXPECT_FALSE(list.json[kind].empty());
    EXPECT_EQ(walker.call("GET", "/v1/contracts/" + kind + "/1.0.0/" + name).status, 200);
    EXPECT_EQ(walker.call("GET", "/v1/contracts/" + kind + "/9.9.9").status, 404);
    EXPECT_EQ(walker.call("GET", "/v1/contracts/" + kind + "/1.0.0/none").status, 404);
  }
}

void walk_tokens(DocumentWalker& walker, RawWorld& world) {
  const Fields form{{"Content-Type", "application/x-www-form-urlencoded"}};
  const string assertion =
      client::sign_jwt(world.acme().key, RawWorld::header(), world.claims(world.acme().client_id));
  const string grant = "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=";
  const HttpAnswer pair = walker.call("POST", "/v1/oauth2/tokens", form, grant + assertion);
  EXPECT_EQ(pair.status, 201);
  walker.call("POST", "/v1/oauth2/tokens", form, grant + "x");
  walker.call("POST", "/v1/oauth2/tokens", form, "grant_type=x");
  walker.call("POST", "/v1/oauth2/tokens", form, string(2'000'000, 'a'));
  walker.call("POST", "/v1/oauth2/tokens", kJsonType, "{}");
  walker.call("POST", "/v1/oauth2/tokens", form,
              "grant_type=refresh_token&refresh_token=" + pair.member("refreshToken"));
  walker.call("GET", "/v1/oauth2/info", RawWorld::authorization(pair.member("accessToken")));
  walker.call("GET", "/v1/oauth2/info");
}

// Submits SPV requests, in every state; answers the slug of an approved SPV.
string walk_spv_requests(DocumentWalker& walker, RawWorld& world, const Fields& bearer) {
  std::vector<string> slugs;
  for (const char* key : {"one", "two", "three", "four"}) {
    const Fields keyed = bearer + Fields{{"Idempotency-Key", key}};
    slugs.push_back(walker.post("/v1/spv-requests", keyed, RawWorld::submission()).member("spvRequestSlug"));
    walker.post("/v1/spv-requests", keyed, RawWorld::submission());
    walker.post("/v1/spv-requests", keyed, Json::object());
  }
  for (const string name : {"syndicate_secondary", "syndicate_primary"}) {
    const HttpAnswer sample = walker.call("GET", "/v1/contracts/samples/1.0.0/" + name);
    EXPECT_EQ(sample.status, 200);
    EXPECT_EQ(walker.post("/v1/spv-requests", bearer + Fields{{"Idempotency-Key", name}}, sample.json).status,
              201);
  }
  Json changed = RawWorld::submission();
  changed["attributes"]["currency"] = 1;
  walker.post("/v1/spv-requests", bearer + Fields{{"Idempotency-Key", "one"}}, changed);
  walker.post("/v1/spv-requests", bearer + Fields{{"Idempotency-Key", "five"}}, changed);
  const string admin = "/_sandbox/spv-requests/";
  const string spv = world.post(admin + slugs[0] + "/approve", Json::object())
                         .json["materialisedRefs"]
                         .value("vehicleSlug", "");
  EXPECT_EQ(world.post(admin + slugs[1] + "/reject", Json{{"reason", "no"}}).status, 200);
  EXPECT_EQ(walker.call("DELETE", "/v1/spv-requests/" + slugs[2], bearer).status, 200);
  EXPECT_EQ(walker.call("DELETE", "/v1/spv-requests/" + slugs[0], bearer).status, 409);
  EXPECT_EQ(walker.call("DELETE", "/v1/spv-requests/svr_none", bearer).status, 404);
  for (const string& slug : slugs)
    EXPECT_EQ(walker.call("GET", "/v1/spv-requests/" + slug, bearer).status, 200);
  EXPECT_EQ(walker.call("GET", "/v1/spv-requests/svr_none", bearer).status, 404);
  const HttpAnswer list = walker.call("GET", "/v1/spv-requests?perPage=100", bearer);
  EXPECT_EQ(list.json["documents"].size(), 6U);
  for (const Json& document : list.json["documents"]) {
    walker.fits(walker.schema("SpvRequestResponse"), document, "a listed SPV request");
  }
  walker.call("GET", "/v1/spv-requests?page=0", bearer);
  return spv;
}

// Rows that the document does not allow, which are answered one by one nevertheless.
void walk_failed_investors(DocumentWalker& walker, RawWorld& world, const Fields& bearer) {
  Json late = RawWorld::investor("inv-2");
  late["dateOfBirth"] = "2999-01-01";
  const Json rows = Json::array({late, Json::object(), 7, nullptr});
  const HttpAnswer answer = world.post("/v1/investors", Json{{"investors", rows}}, bearer);
  EXPECT_EQ(answer.status, 200) << answer.text;
  walker.fits(walker.schema("InvestorBulkResponse"), answer.json, "failed rows");
  for (const Json& result : answer.json["results"]) EXPECT_EQ(result["status"], "failed");
}

void walk_subscriptions(DocumentWalker& walker, const string& spv, const Fields& bearer) {
  Json investor = RawWorld::investor("inv-1");
  investor["countryOfResidence"] = "AE";
  const HttpAnswer people =
      walker.post("/v1/investors", bearer, Json{{"investors", Json::array({investor, investor})}});
  const string person = people.json["results"][0].value("zestPersonId", "");
  EXPECT_EQ(walker.post("/v1/investors", bearer, Json::array()).status, 400);
  const string base = "/v1/spvs/" + spv;
  const Json good{{"zestPersonId", person},
                  {"lumpSum", {{"currency", "USD"}, {"value", "5000.00"}}},
                  {"shareClassSlug", "sc_classA"},
                  {"partnerSubscriptionId", "mine-1"}};
  Json bad = good;
  bad["lumpSum"]["currency"] = "EUR";
  const auto batch = [](const Json& row) { return Json{{"subscriptions", Json::array({row})}}; };
  EXPECT_EQ(walker.post(base + "/subscriptions", bearer, batch(bad)).status, 400);
  EXPECT_EQ(walker.post(base + "/subscriptions", bearer, batch(good)).status, 201);
  EXPECT_EQ(walker.post(base + "/subscriptions", bearer, batch(good)).status, 409);
  EXPECT_EQ(walker.post("/v1/spvs/veh_none/subscriptions", bearer, batch(good)).status, 404);
  const auto upload = [&](const char* kind, const std::vector<std::pair<string, string>>& fields,
                          const char* type) {
    const client::MultipartBody body = client::multipart_body(fields, {"f", type, "bytes"});
    return walker
        .call("POST", base + "/subscription/" + person + "/" + kind,
              bearer + Fields{{"Content-Type", body.content_type}}, body.bytes)
        .status;
  };
  const std::vector<std::pair<string, string>> wire = {
      {"amount", "1"}, {"currency", "USD"}, {"wireReference", "w"}};
  EXPECT_EQ(upload("fundings", wire, "application/pdf"), 409);
  EXPECT_EQ(upload("forms", {}, "text/plain"), 415);
  EXPECT_EQ(upload("forms", {}, "application/pdf"), 201);
  EXPECT_EQ(upload("fundings", {}, "image/png"), 400);
  EXPECT_EQ(upload("fundings", wire, "image/png"), 201);
}

TEST(Rules, EveryAnswerFitsTheOpenApiDocument) {
  RawWorld world;
  DocumentWalker walker = partner_walker(world);
  walk_contracts(walker);
  walk_tokens(walker, world);
  const Fields bearer = world.bearer(world.acme());
  const string spv = walk_spv_requests(walker, world, bearer);
  walk_failed_investors(walker, world, bearer);
  walk_subscriptions(walker, spv, bearer);
  const Fields newcomer = world.bearer(world.register_partner("client_newcomer", false));
  walker.post("/v1/investors", newcomer, RawWorld::investors("x"));
  walker.post("/v1/spv-requests", newcomer, RawWorld::submission());
  EXPECT_EQ(walker.never_succeeded(), Names());
}

TEST(OpenApi, WebhooksFitTheirSchemas) {
  RawWorld world;
  DocumentWalker walker = partner_walker(world);
  const Fields bearer = world.bearer(world.acme());
  const string spv = walk_spv_requests(walker, world, bearer);
  walk_subscriptions(walker, spv, bearer);
  const string slug = world.get("/_sandbox/subscriptions").json["documents"][0].value("subscriptionSlug", "");
  EXPECT_EQ(world.post("/_sandbox/subscriptions/" + slug + "/complete", Json::object()).status, 200);
  Names seen;
  const Json deliveries = world.get("/_sandbox/webhook-deliveries?perPage=100").json["documents"];
  for (const Json& each : deliveries) {
    const Json delivery = world.get("/_sandbox/webhook-deliveries/" + each.value("deliveryId", "")).json;
    const Json& envelope = delivery["envelope"];
    const string type = envelope.value("eventType", "");
    walker.fits(schema::ref(event_schema_name(*parse_event_type(type))), envelope, type);
    walker.fits(schema::ref("WebhookEvent"), envelope, "any event, " + type);
    seen.insert(type);
  }
  EXPECT_EQ(seen.size(), kEventTypes.size());
}

TEST(OpenApi, ExamplesFitTheirSchemas) {
  RawWorld world;
  partner_walker(world).check_examples();
}

}  // namespace
}  // namespace zest::api
