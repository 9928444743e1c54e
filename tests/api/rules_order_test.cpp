// The order of checks: a call with several faults has one answer. HTTP limits, route, bearer, provisioned,
// content type and parse, Idempotency-Key, body schema, replay or conflict, resources, state, contract and
// row rules. Zest documents each answer, not which comes first: the order is the sandbox's.
#include "api/raw_world.h"
#include "client/partner_api.h"

namespace zest::api {
namespace {

using std::string;

const char* const kBroken = "{";              // does not parse
const char* const kOtherType = "text/plain";  // where JSON is taken
const Fields kBadToken{{"Authorization", "Bearer x"}};
const Fields kKey{{"Idempotency-Key", "key"}};
const Fields kBadKey{{"Idempotency-Key", "two words"}};

Fields of_type(const char* type) { return {{"Content-Type", type}}; }

TEST(Rules, HttpLimitsComeBeforeTheRoute) {
  RawWorld world;
  const Fields huge{{"X", string(40'000, 'x')}};
  expect_error(world.call("GET", "/nowhere", huge), 431, "invalid_request");
  expect_error(world.call("PUT", "/v1/investors", huge), 431, "invalid_request");
  expect_error(world.call("POST", "/v1/investors", huge + kBadToken), 431, "invalid_request");
  expect_error(world.get("/" + string(5000, 'a'), kBadToken), 414, "invalid_request");
  expect_error(world.raw("PUT /nowhere HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"), 400, "invalid_request");
}

TEST(Rules, RouteComesBeforeTheBearer) {
  RawWorld world;
  expect_error(world.call("POST", "/v1/nothing", kBadToken + of_type(kOtherType), kBroken), 404, "not_found");
  expect_error(world.call("PUT", "/v1/investors", kBadToken + of_type(kOtherType), kBroken), 405,
               "invalid_request");
  expect_error(world.call("PATCH", "/v1/spv-requests/svr_none"), 405, "invalid_request");
}

TEST(Rules, BearerComesBeforeEverythingInTheCall) {
  RawWorld world;
  const Identity newcomer = world.register_partner("client_newcomer", false);
  for (const Fields& token : {Fields(), kBadToken}) {
    expect_error(world.call("POST", "/v1/spv-requests", token + of_type(kOtherType), kBroken), 401,
                 "invalid_token");
    expect_error(world.call("POST", "/v1/spv-requests", token + kJsonType + kBadKey, "{}"), 401,
                 "invalid_token");
    expect_error(world.get("/v1/spv-requests?page=0", token), 401, "invalid_token");
    expect_error(world.get("/v1/spv-requests/svr_none", token), 401, "invalid_token");
    expect_error(world.call("POST", "/v1/spvs/x/subscription/y/forms", token + kJsonType, "{}"), 401,
                 "invalid_token");
    expect_error(world.call("POST", "/v1/investors", token + kJsonType, string(2'000'000, ' ')), 401,
                 "invalid_token");
  }
}

TEST(Rules, ProvisionedComesBeforeContentTypeAndParse) {
  RawWorld world;
  const Fields bearer = world.bearer(world.register_partner("client_newcomer", false));
  expect_error(world.call("POST", "/v1/spv-requests", bearer + of_type(kOtherType), kBroken), 403,
               "forbidden");
  expect_error(world.call("POST", "/v1/spv-requests", bearer + kJsonType, kBroken), 403, "forbidden");
  expect_error(world.call("POST", "/v1/spvs/x/subscriptions", bearer + kJsonType + kBadKey, "{}"), 403,
               "forbidden");
  expect_error(world.call("POST", "/v1/investors", bearer + kJsonType, string(2'000'000, ' ')), 403,
               "forbidden");
  const client::MultipartBody text = client::multipart_body({}, {"f.txt", "text/plain", "x"});
  expect_error(world.call("POST", "/v1/spvs/x/subscription/y/forms",
                          bearer + of_type(text.content_type.c_str()), text.bytes),
               403, "forbidden");
}

TEST(Rules, ContentTypeAndParseComeBeforeTheKey) {
  RawWorld world;
  const Fields bearer = world.bearer(world.acme());
  const auto detail = [&](const Fields& fields, const string& body) {
    return expect_error(world.call("POST", "/v1/spv-requests", bearer + fields, body), 400,
                        "invalid_request");
  };
  EXPECT_TRUE(has(detail(of_type(kOtherType), kBroken), "Content-Type"));
  EXPECT_TRUE(has(detail(of_type(kOtherType) + kBadKey, "{}"), "Content-Type"));
  EXPECT_TRUE(has(detail(kJsonType, kBroken), "invalid JSON"));
  EXPECT_TRUE(has(detail(kJsonType + kBadKey, kBroken), "invalid JSON"));
}

TEST(Rules, KeyComesBeforeTheSchema) {
  RawWorld world;
  const Fields bearer = world.bearer(world.acme());
  const string detail =
      expect_error(world.call("POST", "/v1/spv-requests", bearer + kJsonType, "{}"), 400, "invalid_request");
  EXPECT_TRUE(has(detail, "Idempotency-Key"));
  for (const char* target : {"/v1/spv-requests", "/v1/investors", "/v1/spvs/veh_none/subscriptions"}) {
    expect_error(world.call("POST", target, bearer + kJsonType + kBadKey, "{}"), 400, "invalid_request");
  }
}

TEST(Rules, SchemaComesBeforeReplayAndConflict) {
  RawWorld world;
  const Fields fields = world.bearer(world.acme()) + kKey;
  EXPECT_EQ(world.post("/v1/spv-requests", RawWorld::submission(), fields).status, 201);
  expect_error(world.post("/v1/spv-requests", Json::object(), fields), 400, "validation_error");
  expect_error(world.post("/v1/spvs/veh_none/subscriptions", Json::object(), fields), 400,
               "validation_error");
  expect_error(world.post("/v1/investors", Json::array(), fields), 400, "validation_error");
}

TEST(Rules, ConflictOfKeysComesBeforeResourcesStateAndRules) {
  RawWorld world;
  const Fields fields = world.bearer(world.acme()) + kKey;
  EXPECT_EQ(world.post("/v1/spv-requests", RawWorld::submission(), fields).status, 201);
  Json other = RawWorld::submission();
  other["templateId"] = "no_such_template";
  expect_error(world.post("/v1/spv-requests", other, fields), 409, "conflict");
  other = RawWorld::submission();
  other["attributes"] = Json::object();
  expect_error(world.post("/v1/spv-requests", other, fields), 409, "conflict");
  const Json none{{"subscriptions", Json::array()}};
  expect_error(world.post("/v1/spvs/veh_none/subscriptions", none, fields), 409, "conflict");
}

TEST(Rules, ResourcesComeBeforeContractRules) {
  RawWorld world;
  const Fields bearer = world.bearer(world.acme());
  for (const char* member : {"templateId", "templateVersion"}) {
    Json body = RawWorld::submission();
    body[member] = "9.9.9";
    body["attributes"] = Json{{"currency", "QQQ"}, {"status", "approved"}};
    expect_error(world.post("/v1/spv-requests", body, bearer + kKey), 404, "not_found");
  }
}

// An approved SPV with an investor who has a subscription, and one who has none.
struct Subscribed {
  explicit Subscribed(RawWorld& world) : bearer(world.bearer(world.acme())) {
    const HttpAnswer request = world.post("/v1/spv-requests", RawWorld::submission(), bearer + kKey);
    const HttpAnswer approved =
        world.post("/_sandbox/spv-requests/" + request.member("spvRequestSlug") + "/approve", Json::object());
    spv = approved.json["materialisedRefs"].value("vehicleSlug", "");
    const Json rows = Json::array({RawWorld::investor("inv-1"), RawWorld::investor("inv-2")});
    const HttpAnswer people = world.post("/v1/investors", Json{{"investors", rows}}, bearer);
    person = people.json["results"][0].value("zestPersonId", "");
    newcomer = people.json["results"][1].value("zestPersonId", "");
    EXPECT_EQ(world.post(target(), Json{{"subscriptions", Json::array({row(person)})}}, bearer).status, 201);
  }
  string target() const { return "/v1/spvs/" + spv + "/subscriptions"; }
  string upload(const char* kind) const { return "/v1/spvs/" + spv + "/subscription/" + person + "/" + kind; }
  static Json row(const string& person, const string& value = "100") {
    return Json{{"zestPersonId", person},
                {"lumpSum", {{"currency", "USD"}, {"value", value}}},
                {"shareClassSlug", "sc_classA"}};
  }

  Fields bearer;
  string spv, person, newcomer;
};

TEST(Rules, SubscriptionsCheckResourcesThenStateThenRows) {
  RawWorld world;
  const Subscribed setting(world);
  const auto post = [&](const string& target, const std::vector<Json>& rows) {
    return world.post(target, Json{{"subscriptions", rows}}, setting.bearer);
  };
  const Json bad = Subscribed::row(setting.newcomer, "-1");
  const Json second = Subscribed::row(setting.person, "-1");
  const Json nobody = Subscribed::row("psn_none", "-1");
  expect_error(post("/v1/spvs/veh_none/subscriptions", {bad, second, nobody}), 404, "not_found");
  EXPECT_TRUE(has(expect_error(post(setting.target(), {bad, second, nobody}), 404, "not_found"), "psn_none"));
  expect_error(post(setting.target(), {bad, second}), 409, "conflict");
  expect_error(post(setting.target(), {bad}), 400, "validation_error");
  EXPECT_EQ(post(setting.target(), {Subscribed::row(setting.newcomer)}).status, 201);
}

TEST(Rules, UploadsCheckSizeAndTypeThenPartsThenResourcesThenState) {
  app::ServeOptions options = RawWorld::plain_options();
  options.max_upload = 1000;
  RawWorld world(options);
  const Subscribed setting(world);
  const auto send = [&](const string& target, const std::vector<std::pair<string, string>>& fields,
                        const char* type, const string& bytes) {
    const client::MultipartBody body = client::multipart_body(fields, {"f", type, bytes});
    return world.call("POST", target, setting.bearer + of_type(body.content_type.c_str()), body.bytes);
  };
  const string nowhere = "/v1/spvs/veh_none/subscription/psn_none/fundings";
  const string large(1001, 'x');
  const char* const pdf = "application/pdf";
  // No such SPV, parts missing, and the file too large or of another type.
  expect_error(send(nowhere, {}, pdf, large), 413, "payload_too_large");
  expect_error(send(nowhere, {}, "text/plain", "x"), 415, "unsupported_media_type");
  expect_error(send(nowhere, {}, "text/plain", large), 415, "unsupported_media_type");
  expect_error(send(nowhere, {{"amount", "x"}}, pdf, "x"), 400, "validation_error");
  const std::vector<std::pair<string, string>> good = {
      {"amount", "1"}, {"currency", "USD"}, {"wireReference", "w"}};
  expect_error(send(nowhere, good, pdf, "x"), 404, "not_found");
  // No form on record, and parts missing or the currency not the subscription's.
  expect_error(send(setting.upload("fundings"), {{"amount", "1"}}, pdf, "x"), 400, "validation_error");
  expect_error(send(setting.upload("fundings"), good, pdf, "x"), 409, "conflict");
  auto euros = good;
  euros[1].second = "EUR";
  expect_error(send(setting.upload("fundings"), euros, pdf, "x"), 409, "conflict");
  EXPECT_EQ(send(setting.upload("forms"), {}, pdf, "x").status, 201);
  expect_error(send(setting.upload("fundings"), euros, pdf, "x"), 400, "validation_error");
  EXPECT_EQ(send(setting.upload("fundings"), good, pdf, "x").status, 201);
}

TEST(Rules, TokenCallsCheckContentTypeThenFieldsThenToken) {
  RawWorld world;
  const Fields json = kJsonType;
  expect_error(world.call("POST", "/v1/oauth2/tokens", json + kBadToken, "grant_type=x"), 400,
               "invalid_request");
  const string detail =
      expect_error(world.token_call("grant_type=x&assertion=garbage"), 400, "invalid_request");
  EXPECT_TRUE(has(detail, "grant_type"));
  // A bearer that is no good does not matter where none is asked for.
  const Fields form = of_type("application/x-www-form-urlencoded");
  expect_error(world.call("POST", "/v1/oauth2/tokens", form + kBadToken, "grant_type=x"), 400,
               "invalid_request");
  EXPECT_EQ(world.get("/v1/contracts", kBadToken).status, 200);
}

}  // namespace
}  // namespace zest::api
