// Zest docs: idempotency. One key, one change: the first successful answer of a key is kept for 24 hours.
#include <algorithm>
#include <thread>

#include "api/raw_world.h"

namespace zest::api {
namespace {

using std::string;

// A partner that sends bodies as they are, under keys.
class KeyedPartner {
 public:
  KeyedPartner(RawWorld& world, const Identity& who)
      : world_(world), client_id_(who.client_id), bearer_(world.bearer(who)) {}

  HttpAnswer send(const string& target, const string& key, const string& body) const {
    Fields fields = bearer_;
    fields.emplace_back("Idempotency-Key", key);
    fields.emplace_back("Content-Type", "application/json");
    return world_.call("POST", target, fields, body);
  }
  HttpAnswer submit(const string& key, const string& body) const {
    return send("/v1/spv-requests", key, body);
  }
  HttpAnswer submit(const string& key, const Json& body = RawWorld::submission()) const {
    return submit(key, dump_json(body));
  }
  HttpAnswer invest(const string& key, const string& body) const { return send("/v1/investors", key, body); }
  std::int64_t spv_requests() const {
    return world_.get("/v1/spv-requests", bearer_).json.value("count", -1);
  }
  std::int64_t events() const { return world_.events(client_id_); }
  const Fields& bearer() const { return bearer_; }

 private:
  RawWorld& world_;
  string client_id_;
  Fields bearer_;
};

void expect_replay(const HttpAnswer& answer, const HttpAnswer& original, const string& what = "") {
  EXPECT_EQ(answer.status, original.status) << what;
  EXPECT_EQ(answer.text, original.text) << what;
  EXPECT_EQ(answer.header("Idempotent-Replayed"), "true") << what;
  EXPECT_EQ(answer.header("Content-Type"), original.header("Content-Type")) << what;
}

void expect_conflict(const HttpAnswer& answer, const string& what = "") {
  const string detail = expect_error(answer, 409, "conflict");
  EXPECT_NE(detail.find("Idempotency-Key"), string::npos) << what << ": " << detail;
  EXPECT_EQ(answer.header("Idempotent-Replayed"), "") << what;
}

TEST(Rules, ReplayIsVerbatimAndHasNoEffect) {
  RawWorld world;
  const KeyedPartner acme(world, world.acme());
  const HttpAnswer first = acme.submit("key-1");
  ASSERT_EQ(first.status, 201) << first.text;
  EXPECT_EQ(first.header("Idempotent-Replayed"), "");
  // What became of the request since then does not show in the replay.
  const string slug = first.member("spvRequestSlug");
  EXPECT_EQ(world.call("DELETE", "/v1/spv-requests/" + slug, acme.bearer()).status, 200);
  world.advance("1h");
  for (int i = 0; i < 3; ++i) expect_replay(acme.submit("key-1"), first);
  EXPECT_EQ(acme.spv_requests(), 1);
  EXPECT_EQ(acme.events(), 2);  // created and cancelled

  const HttpAnswer investor = acme.invest("key-2", dump_json(RawWorld::investors("inv-1")));
  EXPECT_EQ(investor.json["results"][0]["status"], "created");
  expect_replay(acme.invest("key-2", dump_json(RawWorld::investors("inv-1"))), investor);
  EXPECT_EQ(acme.events(), 3);
}

TEST(Rules, KeyComparesTheCanonicalBody) {
  RawWorld world;
  const KeyedPartner acme(world, world.acme());
  const string row =
      R"({"partnerInvestorId":"inv-é","email":"a@example.com","firstName":"A/B","lastName":"L",)"
      R"("dateOfBirth":"1990-12-10","score":1.10,"tags":[1,{"b":2,"a":null}]})";
  const HttpAnswer first = acme.invest("key", "{\"investors\":[" + row + "]}");
  ASSERT_EQ(first.status, 200) << first.text;
  EXPECT_EQ(first.json["results"][0]["status"], "created");
  const std::vector<string> same = {
      "{\"investors\":[" + row + "]}", " {\r\n\t\"investors\" : [ " + row + " ]\n} ",
      // Other order, escapes for what they stand for, 1.1 for 1.10.
      R"({"investors":[{"tags":[1,{"a":null,"b":2}],"score":1.1,"dateOfBirth":"1990-12-10","lastName":"\u004c",)"
      R"("firstName":"A\/B","\u0065mail":"a\u0040example.com","partnerInvestorId":"inv-\u00e9"}]})",
      R"({"investors":[{"tags":[1,{"a":null,"b":2}],"score":110e-2,"dateOfBirth":"1990-12-10","lastName":"L",)"
      R"("firstName":"A/B","email":"a@example.com","partnerInvestorId":"inv-é"}]})",
      // Of duplicate keys the last wins.
      "{\"investors\":[],\"investors\":[" + row + "]}", "{\"investors\":\"x\",\"investors\":[" + row + "]}"};
  for (const string& body : same) expect_replay(acme.invest("key", body), first, body);

  const auto with = [&row](const string& from, const string& to) {
    string changed = row;
    changed.replace(changed.find(from), from.size(), to);
    return "{\"investors\":[" + changed + "]}";
  };
  const std::vector<string> other = {with("1.10", "1.100001"),
                                     with("1.10", "\"1.10\""),
                                     with("1.10", "1"),
                                     with("[1,", "[1.0,"),
                                     with("[1,", "[1e0,"),
                                     with("[1,{\"b\":2,\"a\":null}]", "[{\"b\":2,\"a\":null},1]"),
                                     with("null", "false"),
                                     with("A/B", "a/b"),
                                     with("inv-é", "inv-e\u0301"),
                                     with("\"b\":2", "\"b\":2,\"b\":3"),
                                     with("\"L\"", "\" L\""),
                                     "{\"investors\":[" + row + "," + row + "]}",
                                     "{\"investors\":[" + row + "],\"more\":null}"};
  for (const string& body : other) expect_conflict(acme.invest("key", body), body);
  expect_replay(acme.invest("key", same.front()), first);
  EXPECT_EQ(acme.events(), 1);
}

TEST(Rules, OneAndOnePointZeroAreDifferentBodies) {
  RawWorld world;
  const KeyedPartner acme(world, world.acme());
  const auto body = [](const string& number) { return R"({"investors":[],"n":)" + number + "}"; };
  const auto same = [&](const string& key, const string& a, const string& b) {
    EXPECT_EQ(acme.invest(key, body(a)).status, 200);
    expect_replay(acme.invest(key, body(b)), acme.invest(key, body(a)), a + " and " + b);
  };
  const auto differ = [&](const string& key, const string& a, const string& b) {
    EXPECT_EQ(acme.invest(key, body(a)).status, 200);
    expect_conflict(acme.invest(key, body(b)), a + " and " + b);
  };
  same("a", "1.10", "1.1");
  same("b", "1.0", "1.00");
  same("c", "1e2", "100.0");
  same("d", "0.1", "1E-1");
  same("e", "9007199254740993", "9007199254740993");
  differ("f", "1", "1.0");
  differ("g", "100", "1e2");
  differ("h", "9007199254740992", "9007199254740993");
  differ("i", "1", "-1");
  expect_error(acme.invest("j", body("1e400")), 400, "invalid_request");
  expect_error(acme.invest("j", body("-1e400")), 400, "invalid_request");
}

TEST(Rules, ConflictLeavesTheOriginalUntouched) {
  RawWorld world;
  const KeyedPartner acme(world, world.acme());
  const HttpAnswer first = acme.submit("key");
  Json changed = RawWorld::submission();
  changed["attributes"]["currency"] = "EUR";
  expect_conflict(acme.submit("key", changed));
  changed["templateId"] = "no_such_template";
  expect_conflict(acme.submit("key", changed));
  expect_replay(acme.submit("key"), first);
  EXPECT_EQ(acme.spv_requests(), 1);
  EXPECT_EQ(acme.events(), 1);
}

TEST(Rules, MethodAndPathArePartOfTheFingerprint) {
  RawWorld world;
  const KeyedPartner acme(world, world.acme());
  const string body =
      R"({"investors":[],"subscriptions":[],"templateId":"t","templateVersion":"v","attributes":{}})";
  EXPECT_EQ(acme.invest("key", body).status, 200);
  expect_conflict(acme.submit("key", body));
  expect_conflict(acme.send("/v1/spvs/veh_1/subscriptions", "key", body));
  // The same path in another spelling is the same path.
  EXPECT_EQ(acme.send("/v1/%69nvestors", "key", body).header("Idempotent-Replayed"), "true");
  EXPECT_EQ(acme.send("/v1/investors?x=1", "key", body).header("Idempotent-Replayed"), "true");
}

TEST(Rules, RefusedCallsDoNotUseTheKeyUp) {
  RawWorld world;
  const KeyedPartner acme(world, world.acme());
  Json wrong = RawWorld::submission();
  wrong["attributes"]["currency"] = "QQQ";
  expect_error(acme.submit("key", wrong), 400, "validation_error");
  wrong["templateId"] = "no_such_template";
  expect_error(acme.submit("key", wrong), 404, "not_found");
  expect_error(acme.submit("key", string("{")), 400, "invalid_request");
  expect_error(acme.send("/v1/spvs/veh_none/subscriptions", "key", R"({"subscriptions":[]})"), 404,
               "not_found");
  const HttpAnswer first = acme.submit("key");
  EXPECT_EQ(first.status, 201) << first.text;
  EXPECT_EQ(first.header("Idempotent-Replayed"), "");
  expect_replay(acme.submit("key"), first);
  EXPECT_EQ(acme.events(), 1);
}

TEST(Rules, KeyIsKeptFor24VirtualHoursToTheMillisecond) {
  RawWorld world;
  const KeyedPartner acme(world, world.acme());
  const HttpAnswer first = acme.submit("key");
  world.advance("86399999ms");
  expect_replay(acme.submit("key"), first);
  expect_conflict(acme.submit("key", string(R"({"templateId":"t","templateVersion":"v","attributes":{}})")));
  // A replay does not prolong the window; wall time has no part in it.
  world.clock().move(Duration(1000));
  world.advance("1ms");
  const HttpAnswer second = acme.submit("key");
  ASSERT_EQ(second.status, 201) << second.text;
  EXPECT_EQ(second.header("Idempotent-Replayed"), "");
  EXPECT_NE(second.member("spvRequestSlug"), first.member("spvRequestSlug"));
  EXPECT_EQ(acme.spv_requests(), 2);
  world.advance("86399999ms");
  expect_replay(acme.submit("key"), second);
  world.advance("1ms");
  Json changed = RawWorld::submission();
  changed["attributes"]["currency"] = "EUR";
  EXPECT_EQ(acme.submit("key", changed).status, 201);
}

TEST(Rules, FiftyConcurrentCallsWithOneKeyExecuteOnce) {
  RawWorld world;
  const KeyedPartner acme(world, world.acme());
  std::vector<HttpAnswer> answers(50);
  std::vector<std::thread> callers;
  for (HttpAnswer& answer : answers) {
    callers.emplace_back([&acme, &answer] { answer = acme.submit("key"); });
  }
  for (std::thread& caller : callers) caller.join();
  const auto executed = [](const HttpAnswer& answer) { return answer.header("Idempotent-Replayed").empty(); };
  EXPECT_EQ(std::count_if(answers.begin(), answers.end(), executed), 1);
  for (const HttpAnswer& answer : answers) {
    EXPECT_EQ(answer.status, 201);
    EXPECT_EQ(answer.text, answers.front().text);
  }
  EXPECT_EQ(acme.spv_requests(), 1);
  EXPECT_EQ(acme.events(), 1);
}

TEST(Rules, ConcurrentCallsWithOneKeyAndOtherBodiesHaveOneWinner) {
  RawWorld world;
  const KeyedPartner acme(world, world.acme());
  std::vector<HttpAnswer> answers(16);
  std::vector<std::thread> callers;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    callers.emplace_back([&acme, &answers, i] {
      Json body = RawWorld::submission();
      body["attributes"]["underlyingCompanySlug"] = "co_" + std::to_string(i);
      answers[i] = acme.submit("key", body);
    });
  }
  for (std::thread& caller : callers) caller.join();
  const auto won = [](const HttpAnswer& answer) { return answer.status == 201; };
  EXPECT_EQ(std::count_if(answers.begin(), answers.end(), won), 1);
  for (const HttpAnswer& answer : answers) {
    if (!won(answer)) expect_conflict(answer);
  }
  EXPECT_EQ(acme.spv_requests(), 1);
}

TEST(Rules, ReplaySurvivesARestart) {
  const test::TemporaryFolder folder;
  app::ServeOptions options = RawWorld::plain_options();
  options.database = folder.path() / "sandbox.db";
  RawWorld world(options);
  const HttpAnswer first = KeyedPartner(world, world.acme()).submit("key");
  world.restart();
  const KeyedPartner acme(world, world.acme());
  expect_replay(acme.submit("key"), first);
  expect_conflict(acme.submit("key", string(R"({"templateId":"t","templateVersion":"v","attributes":{}})")));
  EXPECT_EQ(acme.events(), 1);
}

TEST(Rules, KeysOfTwoPartnersDoNotMeet) {
  RawWorld world;
  const KeyedPartner acme(world, world.acme());
  const KeyedPartner other(world, world.register_partner("client_other"));
  const HttpAnswer mine = acme.submit("key");
  const HttpAnswer theirs = other.submit("key");
  EXPECT_EQ(theirs.status, 201);
  EXPECT_EQ(theirs.header("Idempotent-Replayed"), "");
  EXPECT_NE(theirs.member("spvRequestSlug"), mine.member("spvRequestSlug"));
  expect_replay(acme.submit("key"), mine);
  expect_replay(other.submit("key"), theirs);
  EXPECT_EQ(other.submit("other-key", dump_json(RawWorld::submission())).status, 201);
}

TEST(Rules, IdempotencyKeyIs1To255VisibleCharacters) {
  RawWorld world;
  const KeyedPartner acme(world, world.acme());
  EXPECT_EQ(acme.submit(string(255, 'k')).status, 201);
  EXPECT_EQ(acme.submit("!\"#$%&'()*+,-./:;<=>?@[]^_`{|}~").status, 201);
  for (const string& key : {string(256, 'k'), string("two words"), string("tab\tbed"), string("schlüssel")}) {
    expect_error(acme.submit(key), 400, "invalid_request");
    expect_error(acme.invest(key, R"({"investors":[]})"), 400, "invalid_request");
  }
  Fields twice = acme.bearer();
  for (const char* key : {"one", "two"}) twice.emplace_back("Idempotency-Key", key);
  expect_error(world.post("/v1/spv-requests", RawWorld::submission(), twice), 400, "invalid_request");
}

#ifndef ZEST_STOCK_LISTENER  // the portable listener decodes percent signs and drops headers without a value
TEST(Rules, IdempotencyKeysAreTakenAsTheyAreSent) {
  RawWorld world;
  const KeyedPartner acme(world, world.acme());
  EXPECT_EQ(acme.submit("%41").status, 201);
  EXPECT_EQ(acme.submit("A").header("Idempotent-Replayed"), "");
  expect_error(acme.submit(""), 400, "invalid_request");
  expect_error(acme.invest("", R"({"investors":[]})"), 400, "invalid_request");
}
#endif

TEST(Rules, IdempotencyKeyIsRequiredForSpvRequestsOnly) {
  RawWorld world;
  const Fields bearer = world.bearer(world.acme());
  const string detail =
      expect_error(world.post("/v1/spv-requests", RawWorld::submission(), bearer), 400, "invalid_request");
  EXPECT_NE(detail.find("Idempotency-Key"), string::npos);
  EXPECT_EQ(world.post("/v1/investors", RawWorld::investors("inv-1"), bearer).json["results"][0]["status"],
            "created");
  // Without a key every call is executed.
  const HttpAnswer again = world.post("/v1/investors", RawWorld::investors("inv-1"), bearer);
  EXPECT_EQ(again.json["results"][0]["status"], "already_exists");
  EXPECT_EQ(again.header("Idempotent-Replayed"), "");
}

TEST(Rules, IdempotencyKeyIsIgnoredOnGetDeleteAndUploads) {
  RawWorld world;
  const KeyedPartner acme(world, world.acme());
  const HttpAnswer made = acme.submit("key");
  const string target = "/v1/spv-requests/" + made.member("spvRequestSlug");
  Fields fields = acme.bearer();
  fields.emplace_back("Idempotency-Key", "key");
  EXPECT_EQ(world.get(target, fields).status, 200);
  EXPECT_EQ(world.call("DELETE", target, fields).status, 200);
  expect_error(world.call("DELETE", target, fields), 409, "conflict");
  Fields unusable = acme.bearer();
  unusable.emplace_back("Idempotency-Key", string(300, 'k'));
  EXPECT_EQ(world.get(target, unusable).status, 200);
  unusable.emplace_back("Content-Type", "multipart/form-data; boundary=b");
  const string part =
      "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n"
      "Content-Type: application/pdf\r\n\r\nx\r\n--b--\r\n";
  expect_error(world.call("POST", "/v1/spvs/veh_1/subscription/psn_1/forms", unusable, part), 404,
               "not_found");
}

}  // namespace
}  // namespace zest::api
