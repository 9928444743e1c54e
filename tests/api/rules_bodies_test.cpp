// Zest docs: errors, conventions. What a body has to be before a rule looks at it, and how broken rules are
// told.
#include <set>

#include "api/raw_world.h"

namespace zest::api {
namespace {

using std::string;

TEST(Rules, MalformedJsonNamesItsPosition) {
  RawWorld world;
  const Fields fields = world.bearer(world.acme()) + kJsonType;
  struct Case {
    string body;
    const char* position;
  };
  const std::vector<Case> cases = {
      {"{\"investors\": [}", "line 1, column 16"},
      {"{\n  \"investors\": [\n    {\"email\" \"a\"}\n  ]\n}", "line 3, column 14"},
      {"{\"investors\": []", "line 1, column 17"},
      {"[1,]", "line 1, column 4"},
      {"{\"investors\": []} x", "line 1, column 19"},
      {"{'investors': []}", "line 1, column 2"},
      {"// no comments\n{}", "line 1, column 1"},
      {"{\"investors\": NaN}", "line 1, column 15"},
      {"{\"investors\": [\"a\nb\"]}", "column 18"},
      {"\n\n nul", "line 3"},
      {" ", "line 1"},
      {"{\"investors\": [\"\\ud800\"]}", "line 1"},
      {"{\"investors\": 01}", "line 1"}};
  for (const Case& each : cases) {
    const string detail =
        expect_error(world.call("POST", "/v1/investors", fields, each.body), 400, "invalid_request");
    EXPECT_TRUE(has(detail, each.position)) << each.body << ": " << detail;
  }
  expect_error(world.call("POST", "/v1/investors", fields, ""), 400, "invalid_request");
  expect_error(world.call("POST", "/v1/investors", fields), 400, "invalid_request");
}

TEST(Rules, BodiesThatAreNoUtf8AreMalformed) {
  RawWorld world;
  const Fields fields = world.bearer(world.acme()) + kJsonType;
  for (const string& bytes : {string("\xff"), string("\xc0\xaf"), string("\xed\xa0\x80"), string("\xc3"),
                              string("\xf5\x80\x80\x80"), string(1, '\0'), string("\xe2\x82")}) {
    for (const string& body : {"{\"investors\":[{\"email\":\"" + bytes + "\"}]}", "{\"" + bytes + "\":1}",
                               bytes, "{\"investors\":[]}" + bytes}) {
      const string detail =
          expect_error(world.call("POST", "/v1/investors", fields, body), 400, "invalid_request");
      EXPECT_TRUE(has(detail, "line 1")) << detail;
    }
  }
  // UTF-16 with its mark.
  expect_error(world.call("POST", "/v1/investors", fields, string("\xff\xfe{\0}\0", 6)), 400,
               "invalid_request");
}

TEST(Rules, EscapedNulAndAstralCharactersAreText) {
  RawWorld world;
  const Fields fields = world.bearer(world.acme()) + kJsonType;
  Json body = RawWorld::investors(string("a\0b", 3) + "\xf0\x9f\x98\x80");
  const HttpAnswer first = world.call("POST", "/v1/investors", fields, dump_json(body));
  ASSERT_EQ(first.status, 200) << first.text;
  EXPECT_EQ(first.json["results"][0]["partnerInvestorId"], body["investors"][0]["partnerInvestorId"]);
  const HttpAnswer again = world.call("POST", "/v1/investors", fields, dump_json(body));
  EXPECT_EQ(again.json["results"][0]["status"], "already_exists") << again.text;
  body["investors"][0]["partnerInvestorId"] = "a";  // not the text up to the NUL
  const HttpAnswer other = world.call("POST", "/v1/investors", fields, dump_json(body));
  EXPECT_EQ(other.json["results"][0]["status"], "created") << other.text;
}

TEST(Rules, WrongContentTypeIsInvalidRequest) {
  RawWorld world;
  const Fields bearer = world.bearer(world.acme());
  const string body = R"({"investors":[]})";
  for (const char* type :
       {"text/plain", "application/xml", "multipart/form-data", "application/jsonx", "json", "",
        "application/x-www-form-urlencoded", "text/json", ";", "application/json, text/plain"}) {
    const string detail =
        expect_error(world.call("POST", "/v1/investors", bearer + Fields{{"Content-Type", type}}, body), 400,
                     "invalid_request");
    EXPECT_TRUE(has(detail, "application/json")) << detail;
  }
  expect_error(world.call("POST", "/v1/investors", bearer, body), 400, "invalid_request");
  expect_error(world.call("POST", "/v1/investors", bearer + kJsonType + kJsonType, body), 400,
               "invalid_request");
  for (const char* type : {"application/json", "APPLICATION/JSON", "application/json; charset=utf-8",
                           "application/json;charset=UTF-8", " application/json ; x=y"}) {
    EXPECT_EQ(world.call("POST", "/v1/investors", bearer + Fields{{"Content-Type", type}}, body).status, 200)
        << type;
  }
  const string form = "/v1/spvs/veh_1/subscription/psn_1/forms";
  expect_error(world.call("POST", form, bearer + kJsonType, body), 400, "invalid_request");
  expect_error(world.call("POST", form, bearer + Fields{{"Content-Type", "multipart/form-data"}}, "x"), 400,
               "invalid_request");
}

TEST(Rules, AByteOrderMarkBeforeABodyIsSkipped) {
  RawWorld world;
  const Fields fields = world.bearer(world.acme()) + kJsonType;
  const HttpAnswer answer =
      world.call("POST", "/v1/investors", fields, "\xEF\xBB\xBF" + dump_json(RawWorld::investors("one")));
  EXPECT_EQ(answer.status, 200) << answer.text;
}

TEST(Rules, ABodyThatAnOperationHasNoUseForIsIgnored) {
  RawWorld world;
  const Fields bearer = world.bearer(world.acme());
  const string slug =
      world.post("/v1/spv-requests", RawWorld::submission(), bearer + Fields{{"Idempotency-Key", "a"}})
          .member("spvRequestSlug");
  const string target = "/v1/spv-requests/" + slug;
  EXPECT_EQ(world.call("GET", target, bearer, "not JSON").status, 200);
  EXPECT_EQ(world
                .raw(RawWorld::request("GET", target, bearer + Fields{{"Transfer-Encoding", "chunked"}}) +
                     "0\r\n\r\n")
                .status,
            200);
  EXPECT_EQ(world.call("DELETE", target, bearer + kJsonType, "{\"reason\": 1}").status, 200);
  expect_error(world.call("GET", target, bearer, string(64 * 1024 + 1, 'x')), 413, "payload_too_large");
  // An optional body that turns out to be empty has no type.
  const string chunked = RawWorld::request("POST", "/_sandbox/reset", {{"Transfer-Encoding", "chunked"}});
  EXPECT_EQ(world.raw(chunked + "0\r\n\r\n").status, 200);
  expect_error(world.raw(chunked + "2\r\n{}\r\n0\r\n\r\n"), 400, "invalid_request");
}

TEST(Rules, BodyOverItsLimitIsPayloadTooLarge) {
  RawWorld world;
  const Fields fields = world.bearer(world.acme()) + kJsonType;
  const std::size_t limit = 1024 * 1024;
  const auto padded = [](std::size_t size) {
    const string body = R"({"investors":[]})";
    return body + string(size - body.size(), ' ');
  };
  EXPECT_EQ(world.call("POST", "/v1/investors", fields, padded(limit)).status, 200);
  expect_error(world.call("POST", "/v1/investors", fields, padded(limit + 1)), 413, "payload_too_large");
  // Announced only, and in chunks that never announce it.
  expect_error(world.raw(RawWorld::request("POST", "/v1/investors",
                                           fields + Fields{{"Content-Length", "99999999999"}})),
               413, "payload_too_large");
  auto client = world.connect();
  client.send(RawWorld::request("POST", "/v1/investors", fields + Fields{{"Transfer-Encoding", "chunked"}}));
  const string chunk = "10000\r\n" + string(65536, ' ') + "\r\n";
  for (int i = 0; i < 17; ++i) client.send(chunk);
  expect_error(to_answer(client.read_answer()), 413, "payload_too_large");
  const Fields form{{"Content-Type", "application/x-www-form-urlencoded"}};
  expect_error(world.call("POST", "/v1/oauth2/tokens", form, string(limit + 1, 'a')), 413,
               "payload_too_large");
}

TEST(Rules, ValidationRowsNameBothPaths) {
  RawWorld world;
  const Fields fields = world.bearer(world.acme()) + kJsonType + Fields{{"Idempotency-Key", "k"}};
  Json body = RawWorld::submission();
  body["attributes"]["currency"] = "QQQ";
  body["attributes"]["shareClasses"][0]["carryPercent"] = "101";
  body["attributes"]["shareClasses"][0].erase("name");
  const HttpAnswer answer = world.call("POST", "/v1/spv-requests", fields, dump_json(body));
  expect_error(answer, 400, "validation_error");
  const Json& rows = answer.json["validationErrors"];
  ASSERT_EQ(rows.size(), 3U) << answer.text;
  std::set<string> seen;
  for (const Json& row : rows) {
    seen.insert(row.value("attribute", "") + " " + row.value("code", "") + " " + row.value("value", "-"));
    EXPECT_EQ(row["field"], "attributes." + row.value("attribute", ""));
    EXPECT_FALSE(row.value("message", "").empty());
    EXPECT_EQ(row.size(), row.contains("value") ? 5U : 4U);
  }
  const std::set<string> expected = {"currency format QQQ", "shareClasses[0].carryPercent max_value 101",
                                     "shareClasses[0].name required -"};
  EXPECT_EQ(seen, expected);
  // The same order each time.
  EXPECT_EQ(world.call("POST", "/v1/spv-requests", fields, dump_json(body)).json["validationErrors"], rows);
}

TEST(Rules, BodyThatBreaksItsSchemaIsValidationErrorWithRows) {
  RawWorld world;
  const Fields fields = world.bearer(world.acme()) + kJsonType + Fields{{"Idempotency-Key", "k"}};
  struct Case {
    const char* target;
    const char* body;
    std::vector<string> rows;  // attribute and code
  };
  const std::vector<Case> cases = {
      {"/v1/spv-requests", "{}", {"templateId required", "templateVersion required", "attributes required"}},
      {"/v1/spv-requests",
       R"({"templateId":1,"templateVersion":null,"attributes":[]})",
       {"templateId type", "templateVersion type", "attributes type"}},
      {"/v1/spv-requests", "[]", {" type"}},
      {"/v1/spv-requests", "\"text\"", {" type"}},
      {"/v1/investors", "{}", {"investors required"}},
      {"/v1/investors", R"({"investors":{}})", {"investors type"}},
      {"/v1/investors", "null", {" type"}},
      {"/v1/spvs/veh_1/subscriptions",
       R"({"subscriptions":[{},7]})",
       {"subscriptions[0].zestPersonId required", "subscriptions[0].lumpSum required",
        "subscriptions[0].shareClassSlug required", "subscriptions[1] type"}}};
  for (const Case& each : cases) {
    const HttpAnswer answer = world.call("POST", each.target, fields, each.body);
    expect_error(answer, 400, "validation_error");
    std::vector<string> rows;
    for (const Json& row : answer.json.value("validationErrors", Json::array())) {
      rows.push_back(row.value("attribute", "?") + " " + row.value("code", "?"));
      EXPECT_EQ(row["attribute"], row["field"]);
    }
    EXPECT_EQ(rows, each.rows) << answer.text;
  }
}

}  // namespace
}  // namespace zest::api
