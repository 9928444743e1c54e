// Zest docs: errors. Whatever goes wrong, the answer is the one envelope.
#include <fstream>
#include <set>

#include "api/raw_world.h"
#include "client/partner_api.h"

namespace zest::api {
namespace {

using std::string;

TEST(Rules, UnknownPathsAreNotFound) {
  RawWorld world;
  for (const char* target : {"/v1",
                             "/v1/",
                             "/v2/investors",
                             "/v1/investors/",
                             "//v1/investors",
                             "/v1/Investors",
                             "/v1/spv-requests/a/b",
                             "/v1/spv-requests/",
                             "/v1/spvs//subscriptions",
                             "/v1/contracts/nothing/1.0.0",
                             "/v1/contracts/templates",
                             "/favicon.ico",
                             "/index.html",
                             "/v1/../v1/oauth2/info",
                             "/./",
                             "/v1/oauth2/info;x=1",
                             "/v1/oauth2%2finfo",
                             "/public",
                             "/files",
                             "/files/",
                             "/openapi.json/",
                             "/a?b=c"}) {
    for (const char* method : {"GET", "POST", "DELETE", "PATCH"}) {
      expect_error(world.call(method, target), 404, "not_found");
    }
  }
  // A body does not matter to a path that is not there.
  expect_error(world.call("POST", "/v2/investors", kJsonType, "{}"), 404, "not_found");
}

TEST(Rules, WrongMethodIs405WithAllow) {
  RawWorld world;
  struct Case {
    const char* target;
    const char* allowed;
    std::vector<string> wrong;
  };
  const std::vector<Case> cases = {
      {"/", "GET, HEAD", {"POST", "PUT", "DELETE", "PATCH", "OPTIONS"}},
      {"/public/hc", "GET, HEAD", {"POST", "DELETE"}},
      {"/v1/oauth2/tokens", "POST", {"GET", "PUT", "DELETE", "PATCH", "OPTIONS"}},
      {"/v1/oauth2/info", "GET, HEAD", {"POST", "PUT", "OPTIONS", "BREW", "PROPFIND"}},
      {"/v1/contracts", "GET, HEAD", {"POST"}},
      {"/v1/contracts/templates/1.0.0/syndicate_secondary", "GET, HEAD", {"PUT", "DELETE"}},
      {"/v1/spv-requests", "GET, HEAD, POST", {"PUT", "DELETE", "PATCH", "OPTIONS"}},
      {"/v1/spv-requests/svr_1", "GET, HEAD, DELETE", {"POST", "PUT", "PATCH"}},
      {"/v1/investors", "POST", {"GET", "PUT", "DELETE", "PATCH", "TRACE"}},
      {"/v1/spvs/veh_1/subscriptions", "POST", {"GET", "DELETE"}},
      {"/v1/spvs/veh_1/subscription/psn_1/forms", "POST", {"GET", "PUT"}},
      {"/v1/spvs/veh_1/subscription/psn_1/fundings", "POST", {"GET", "PATCH"}}};
  for (const Case& each : cases) {
    for (const string& method : each.wrong) {
      const HttpAnswer answer = world.call(method, each.target);
      expect_error(answer, 405, "invalid_request");
      EXPECT_EQ(answer.header("Allow"), each.allowed) << method << " " << each.target;
    }
  }
  EXPECT_EQ(world.raw("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n").status / 100, 4);
  // HEAD is refused where GET is not served; its answer has no body to look at.
  auto client = world.connect();
  client.send(RawWorld::request("HEAD", "/v1/investors", {}));
  const auto head = client.read_answer(true);
  EXPECT_EQ(head.status, 405);
  EXPECT_EQ(*head.headers.find("Allow"), "POST");
}

TEST(Rules, BadPercentEscapesAreRefused) {
  RawWorld world;
  const Fields bearer = world.bearer(world.acme());
  for (const char* escape : {"%", "%4", "%zz", "%%", "%ff", "%c3%28", "%ed%a0%80", "%u0041"}) {
    const string text = escape;
    expect_error(world.get("/v1/spv-requests/svr_" + text, bearer), 404, "not_found");
    expect_error(world.get("/v1/" + text + "/x", bearer), 404, "not_found");
    expect_error(world.get("/v1/spv-requests?status=" + text, bearer), 400, "invalid_request");
    expect_error(world.get("/v1/spv-requests?" + text + "=1", bearer), 400, "invalid_request");
    expect_error(world.get("/v1/contracts/templates/" + text), 404, "not_found");
    expect_error(world.get("/files/" + text), 404, "not_found");
  }
  for (const char* slug :
       {"%00", "svr_%00", "svr%2Fx", "%F0%9F%98%80", "%20", "..", "%2e%2e", "'%20OR%201=1--", "%25"}) {
    const string target = string("/v1/spv-requests/") + slug;
    expect_error(world.get(target, bearer), 404, "not_found");
    expect_error(world.call("DELETE", target, bearer), 404, "not_found");
    expect_error(world.get(string("/v1/contracts/templates/") + slug + "/x"), 404, "not_found");
    expect_error(world.get(string("/v1/contracts/samples/1.0.0/") + slug), 404, "not_found");
  }
  EXPECT_EQ(world.get("/v1/%73pv-requests?%70age=1", bearer).status, 200);
}

TEST(Rules, BadQueryParametersAreInvalidRequest) {
  RawWorld world;
  const Fields bearer = world.bearer(world.acme());
  for (const char* query :
       {"page=0", "page=-1", "page=", "page=x", "page=1.5", "page=1e3", "page=+1", "page=%201",
        "page=99999999999999999999", "page=true", "perPage=0", "perPage=101", "perPage=-5", "perPage=ten",
        "status=", "status=Approved", "status=pending", "status=approved%00", "page=1&page=0"}) {
    const string detail =
        expect_error(world.get(string("/v1/spv-requests?") + query, bearer), 400, "invalid_request");
    const string name = string(query).substr(0, string(query).find('='));
    EXPECT_TRUE(has(detail, name)) << query << ": " << detail;
  }
  EXPECT_EQ(world.get("/v1/spv-requests?unknown=1&&=&x", bearer).status, 200);
}

TEST(Rules, WhatIsNoHttpIsAnsweredInTheEnvelope) {
  RawWorld world;
  const string host = "Host: localhost\r\n";
  struct Case {
    string bytes;
    int status;
    const char* code;
  };
  const std::vector<Case> cases = {
      {"hello\r\n\r\n", 400, "invalid_request"},
      {"GET\r\n\r\n", 400, "invalid_request"},
      {"GET /\r\n\r\n", 400, "invalid_request"},
      {"GET / HTTP/1.1\r\n\r\n", 400, "invalid_request"},
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "invalid_request"},
      {"GET nowhere HTTP/1.1\r\n" + host + "\r\n", 400, "invalid_request"},
      {"GET /\x01 HTTP/1.1\r\n" + host + "\r\n", 400, "invalid_request"},
      {"GET /\xff HTTP/1.1\r\n" + host + "\r\n", 400, "invalid_request"},
      {string("GET /\0 HTTP/1.1\r\n", 17) + host + "\r\n", 400, "invalid_request"},
      {"GET / HTTP/1.1\r\n" + host + "X: a" + string(1, '\0') + "b\r\n\r\n", 400, "invalid_request"},
      {"GET / HTTP/1.1\n" + host + "\n", 400, "invalid_request"},
      {"POST /v1/investors HTTP/1.1\r\n" + host + "Content-Length: x\r\n\r\n", 400, "invalid_request"},
      {"POST /v1/investors HTTP/1.1\r\n" + host + "Content-Length: -1\r\n\r\n", 400, "invalid_request"},
      {"POST /v1/investors HTTP/1.1\r\n" + host + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400,
       "invalid_request"},
      {"GET / HTTP/1.1\r\n" + host + "X: " + string(40'000, 'a') + "\r\n\r\n", 431, "invalid_request"},
      {"GET /" + string(5000, 'a') + " HTTP/1.1\r\n" + host + "\r\n", 414, "invalid_request"},
      {"GET / HTTP/2.0\r\n" + host + "\r\n", 505, "invalid_request"},
#ifndef ZEST_STOCK_LISTENER  // the portable listener drops lines that are no header, and waits for a line's
                             // end
      {"GET / HTTP/1.1\r\n" + host + "no colon\r\n\r\n", 400, "invalid_request"},
      {"GET / HTTP/1.1\r\n" + host + " folded\r\n\r\n", 400, "invalid_request"},
      {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, "invalid_request"},
#endif
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "invalid_request"}};
  for (const Case& each : cases) {
    expect_error(world.raw(each.bytes), each.status, each.code);
  }
  EXPECT_EQ(world.get("/public/hc").status, 200);
}

TEST(Rules, ErrorIdIsFreshAndInLogAndJournal) {
  app::ServeOptions options = RawWorld::plain_options();
  options.log_level = LogLevel::Info;
  options.log_format = LogFormat::JsonLines;
  ::testing::internal::CaptureStderr();
  std::vector<string> ids;
  std::vector<Json> entries;
  {
    RawWorld world(options);
    const Fields bearer = world.bearer(world.acme());
    const std::vector<HttpAnswer> answers = {
        world.get("/nowhere"),
        world.get("/nowhere"),
        world.call("PUT", "/v1/investors"),
        world.get("/v1/oauth2/info"),
        world.token_call("grant_type=x"),
        world.present("garbage"),
        world.get("/v1/spv-requests/svr_none", bearer),
        world.call("POST", "/v1/investors", bearer + kJsonType, "{"),
        world.call("POST", "/v1/investors", bearer + kJsonType, "{}"),
        world.call("POST", "/v1/investors", bearer + kJsonType, string(2'000'000, ' ')),
        world.raw("hello\r\n\r\n"),
        world.raw("GET / HTTP/2.0\r\n\r\n"),
        world.raw("GET /x HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")};
    for (const HttpAnswer& answer : answers) {
      ids.push_back(answer.member("errorId"));
      const HttpAnswer found = world.get("/_sandbox/requests?errorId=" + ids.back());
      EXPECT_EQ(found.json.value("count", 0), 1) << answer.text;
      if (found.json.value("count", 0) != 1) continue;
      const Json entry = found.json["documents"][0];
      EXPECT_EQ(entry["status"], answer.status) << entry;
      EXPECT_EQ(entry["errorCode"], answer.member("code")) << entry;
    }
  }
  const string log = ::testing::internal::GetCapturedStderr();
  for (const string& id : ids) EXPECT_TRUE(has(log, "\"errorId\":\"" + id + "\"")) << id;
  EXPECT_EQ(std::set<string>(ids.begin(), ids.end()).size(), ids.size());
  EXPECT_FALSE(has(log, "garbage"));  // tokens are not for the log
}

TEST(Rules, HandlerBugsAre500InTheEnvelope) {
  app::ServeOptions options = RawWorld::plain_options();
  options.log_level = LogLevel::Info;
  ::testing::internal::CaptureStderr();
  std::vector<string> ids;
  {
    RawWorld world(options);
    const Fields bearer = world.bearer(world.acme());
    const string assertion =
        client::sign_jwt(world.acme().key, RawWorld::header(), world.claims(world.acme().client_id));
    // In the handler, and in what comes before it.
    world.clock().fail_next();
    HttpAnswer answer = world.present(assertion);
    EXPECT_FALSE(has(expect_error(answer, 500, "internal_error"), "secret"));
    ids.push_back(answer.member("errorId"));
    world.clock().fail_next();
    answer = world.get("/v1/oauth2/info", bearer);
    EXPECT_FALSE(has(expect_error(answer, 500, "internal_error"), "secret"));
    ids.push_back(answer.member("errorId"));
    for (const string& id : ids) {
      EXPECT_EQ(world.get("/_sandbox/requests?errorId=" + id).json.value("count", 0), 1);
    }
    EXPECT_EQ(world.get("/v1/oauth2/info", bearer).status, 200);
  }
  const string log = ::testing::internal::GetCapturedStderr();
  for (const string& id : ids) EXPECT_TRUE(has(log, id)) << id;
  EXPECT_TRUE(has(log, "a bug with a secret inside"));
}

TEST(Rules, LostUploadFolderIs503InTheEnvelope) {
  const test::TemporaryFolder folder;
  app::ServeOptions options = RawWorld::plain_options();
  options.database = folder.path() / "sandbox.db";
  RawWorld world(options);
  const std::filesystem::path files = folder.path() / "sandbox.db.files";
  ASSERT_TRUE(std::filesystem::is_directory(files));
  std::filesystem::remove_all(files);
  std::ofstream(files) << "not a folder any more";
  const client::MultipartBody body = client::multipart_body({}, {"f.pdf", "application/pdf", "%PDF-1.7"});
  const Fields fields = world.bearer(world.acme()) + Fields{{"Content-Type", body.content_type}};
  expect_error(world.call("POST", "/v1/spvs/veh_1/subscription/psn_1/forms", fields, body.bytes), 503,
               "service_unavailable");
}

}  // namespace
}  // namespace zest::api
