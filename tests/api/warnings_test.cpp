// What succeeds here and is fragile in production: each warning once by what provokes it, and what is near to
// it and must not be warned of. Over real sockets; the wall clock moves when a test says.
#include <gtest/gtest.h>

#include <algorithm>

#include "api/raw_world.h"
#include "client/webhook_signature.h"

namespace zest::api {
namespace {

using std::string;

struct WarnedWorld : RawWorld {
  explicit WarnedWorld(app::ServeOptions options = with_endpoint()) : RawWorld(std::move(options)) {
    token = sign_in(acme()).member("accessToken");
  }

  Json warnings(const string& query = "") const {
    return get("/_sandbox/warnings" + query).json["documents"];
  }
  // How often that was seen.
  int seen(const string& rule) const {
    for (const Json& warning : warnings()) {
      if (warning["id"] == rule) return warning["count"].get<int>();
    }
    return 0;
  }
  HttpAnswer submit(const string& key, const Json& body, Fields more = {}) const {
    return post("/v1/spv-requests", body, authorization(token) + Fields{{"Idempotency-Key", key}} + more);
  }
  HttpAnswer invest(const string& id, Fields more = {}) const {
    return post("/v1/investors", investors(id), authorization(token) + more);
  }
  static Json other_submission() {
    Json body = submission();
    body["attributes"]["underlyingCompanySlug"] = "co_other";
    return body;
  }
  static Fields fault(const string& what) { return {{"Prefer", what}}; }
  // An event, and its attempt, which ends so.
  void make_event(const http::Outcome& outcome) {
    receiver_answers(outcome);
    EXPECT_EQ(submit("event-" + std::to_string(++events_), submission()).status, 201);
    settle();
  }

  void receiver_answers(const http::Outcome& outcome) {
    sender().receive([outcome](const http::Call&) { return std::optional(outcome); });
  }

  string token;

 private:
  int events_ = 0;
};

TEST(Warnings, AWriteWithoutItsOptionalKeyIsFragile) {
  WarnedWorld stage;
  EXPECT_EQ(stage.invest("a", {{"Idempotency-Key", "k-1"}}).status, 200);
  EXPECT_EQ(stage.invest("", {{"Prefer", "code=503"}}).status, 503);
  EXPECT_EQ(stage.seen("warn.missing-key"), 0);
  EXPECT_EQ(stage.invest("b").status, 200);
  EXPECT_EQ(stage.seen("warn.missing-key"), 1);
}

TEST(Warnings, ARetryUnderAFreshKeyIsFragile) {
  WarnedWorld stage;
  // The same body again is another intended change when the first was answered.
  EXPECT_EQ(stage.submit("k-1", WarnedWorld::submission()).status, 201);
  EXPECT_EQ(stage.submit("k-2", WarnedWorld::submission()).status, 201);
  // The same key is what a retry is for.
  EXPECT_EQ(stage.submit("k-3", WarnedWorld::submission(), WarnedWorld::fault("code=503")).status, 503);
  EXPECT_EQ(stage.submit("k-3", WarnedWorld::submission()).status, 201);
  EXPECT_EQ(stage.submit("k-4", WarnedWorld::submission()).status, 201);
  // Another body is no retry; after a quarter of an hour nothing is.
  EXPECT_EQ(stage.submit("k-5", WarnedWorld::submission(), WarnedWorld::fault("code=500")).status, 500);
  EXPECT_EQ(stage.submit("k-6", WarnedWorld::other_submission()).status, 201);
  stage.clock().move(Duration(16 * 60'000));
  EXPECT_EQ(stage.submit("k-7", WarnedWorld::submission()).status, 201);
  EXPECT_EQ(stage.seen("warn.fresh-key-on-retry"), 0);

  EXPECT_EQ(stage.submit("k-8", WarnedWorld::submission(), WarnedWorld::fault("code=503")).status, 503);
  EXPECT_EQ(stage.submit("k-9", WarnedWorld::submission()).status, 201);
  EXPECT_EQ(stage.seen("warn.fresh-key-on-retry"), 1);
  // An answer that was lost after the change was made.
  for (const char* what : {"fault=drop-after-commit", "fault=drop-before-execute"}) {
    http::testing::RawClient client = stage.connect();
    client.send(WarnedWorld::request("POST", "/v1/spv-requests",
                                     WarnedWorld::authorization(stage.token) + kJsonType +
                                         WarnedWorld::fault(what) +
                                         Fields{{"Idempotency-Key", string("lost-") + what}},
                                     dump_json(WarnedWorld::submission())));
    EXPECT_EQ(client.read_to_end(), "");
    EXPECT_EQ(stage.submit(string("again-") + what, WarnedWorld::submission()).status, 201);
  }
  EXPECT_EQ(stage.seen("warn.fresh-key-on-retry"), 3);
  EXPECT_EQ(stage.seen("warn.key-reused"), 0);
}

TEST(Warnings, OneKeyForDifferentBodiesIsFragile) {
  WarnedWorld stage;
  EXPECT_EQ(stage.submit("k-1", WarnedWorld::submission()).status, 201);
  EXPECT_EQ(stage.submit("k-1", WarnedWorld::submission()).status, 201);
  // A refusal keeps no answer: its corrected body may have the key.
  Json wrong = WarnedWorld::submission();
  wrong["attributes"].erase("currency");
  EXPECT_EQ(stage.submit("k-2", wrong).status, 400);
  EXPECT_EQ(stage.submit("k-2", WarnedWorld::submission()).status, 201);
  EXPECT_EQ(stage.seen("warn.key-reused"), 0);

  EXPECT_EQ(stage.submit("k-1", WarnedWorld::other_submission()).status, 409);
  EXPECT_EQ(stage.seen("warn.key-reused"), 1);
  EXPECT_EQ(stage.submit("k-3", WarnedWorld::submission(), WarnedWorld::fault("code=503")).status, 503);
  EXPECT_EQ(stage.submit("k-3", WarnedWorld::other_submission()).status, 201);
  EXPECT_EQ(stage.seen("warn.key-reused"), 2);
}

TEST(Warnings, PersonalDataInAKeyIsWarnedOf) {
  WarnedWorld stage;
  int id = 0;
  const auto with_key = [&](const string& key) {
    EXPECT_EQ(stage.invest("inv-" + std::to_string(++id), {{"Idempotency-Key", key}}).status, 200) << key;
    return stage.seen("warn.personal-data-in-key");
  };
  for (const char* key : {"7f3c2a10-8d5a-4f6e-9a51-3f0c2f5c7f10", "A1234567-8d5a-4f6e-9a51-3f0c2f5c7f10",
                          "01ARZ3NDEKTSV4RRFFQ69G5FAV", "investor-17", "2026-01-01-batch-3", "1767225600000",
                          "PO0001234", "a@b", "retry+1"}) {
    EXPECT_EQ(with_key(key), 0) << key;
  }
  int expected = 0;
  for (const char* key :
       {"ada@example.com", "signup-ada%40example.com-1", "+31612345678", "call:+1-212-555-0100", "X1234567",
        "nl-AB1234567", "ada-lovelace", "create_LOVELACE_1", "adalovelace", "born-1990-12-10"}) {
    EXPECT_EQ(with_key(key), ++expected) << key;
  }
  const string shown = dump_json(stage.warnings());
  for (const char* secret : {"@example", "lovelace", "LOVELACE", "1234567", "31612345678", "1990-12-10"})
    EXPECT_EQ(shown.find(secret), string::npos) << secret;
}

TEST(Warnings, AnAssertionOfMoreThan60SecondsIsFragile) {
  WarnedWorld stage;
  Json claims = stage.claims(stage.seeded().client_id);
  EXPECT_EQ(stage.present(stage.acme(), claims).status, 201);
  EXPECT_EQ(stage.seen("warn.assertion-lifetime"), 0);
  claims["exp"] = stage.clock().seconds() + 61;
  EXPECT_EQ(stage.present(stage.acme(), claims).status, 201);
  EXPECT_EQ(stage.seen("warn.assertion-lifetime"), 1);
  claims["exp"] = stage.clock().seconds() + 3601;  // refused, which says it all
  EXPECT_EQ(stage.present(stage.acme(), claims).status, 401);
  EXPECT_EQ(stage.seen("warn.assertion-lifetime"), 1);
}

TEST(Warnings, AnAssertionClockMoreThan2SecondsOffIsFragile) {
  WarnedWorld stage;
  const auto shifted = [&](std::int64_t seconds) {
    Json claims = stage.claims(stage.seeded().client_id);
    claims["iat"] = stage.clock().seconds() + seconds;
    claims["exp"] = stage.clock().seconds() + seconds + 60;
    EXPECT_EQ(stage.present(stage.acme(), claims).status, 201);
    return stage.seen("warn.clock-off");
  };
  for (const std::int64_t near : {-2, -1, 0, 1, 2}) EXPECT_EQ(shifted(near), 0) << near;
  // An assertion that is used again grows old by itself.
  const string jwt = client::sign_jwt(stage.acme().key, WarnedWorld::header(), [&] {
    Json claims = stage.claims(stage.seeded().client_id);
    claims["iss"] = "https://again.example";
    claims["exp"] = stage.clock().seconds() + 59;
    return claims;
  }());
  EXPECT_EQ(stage.present(jwt).status, 201);
  stage.clock().move(Duration(30'000));
  EXPECT_EQ(stage.present(jwt).status, 201);
  EXPECT_EQ(stage.seen("warn.clock-off"), 0);
  EXPECT_EQ(shifted(4), 1);
  EXPECT_EQ(shifted(-4), 2);
}

TEST(Warnings, ATokenForEveryCallIsFragile) {
  WarnedWorld stage;
  const auto fresh = [&] { return stage.sign_in(stage.acme()).member("accessToken"); };
  // One token for all, and tokens for a few calls each.
  for (int i = 0; i < 6; ++i) EXPECT_EQ(stage.info(stage.token).status, 200);
  for (int i = 0; i < 6; ++i) {
    const string token = fresh();
    for (int call = 0; call < 2; ++call) EXPECT_EQ(stage.info(token).status, 200);
  }
  // Programs that start one after another, hours apart.
  for (int i = 0; i < 6; ++i) {
    stage.clock().move(Duration(11 * 60'000));
    EXPECT_EQ(stage.info(fresh()).status, 200);
  }
  // Several that start at once.
  std::vector<string> tokens;
  for (int i = 0; i < 6; ++i) tokens.push_back(fresh());
  for (const string& token : tokens) EXPECT_EQ(stage.info(token).status, 200);
  EXPECT_EQ(stage.seen("warn.token-per-call"), 0);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(stage.info(fresh()).status, 200);
  EXPECT_EQ(stage.seen("warn.token-per-call"), 1);
}

TEST(Warnings, ATokenUsedToWithinSecondsOfItsEndIsFragile) {
  WarnedWorld stage;
  stage.clock().move(Duration(3'590'000));
  EXPECT_EQ(stage.info(stage.token).status, 200);
  EXPECT_EQ(stage.seen("warn.token-near-end"), 0);
  stage.clock().move(Duration(6'000));
  EXPECT_EQ(stage.info(stage.token).status, 200);
  EXPECT_EQ(stage.seen("warn.token-near-end"), 1);
  stage.clock().move(Duration(6'000));
  EXPECT_EQ(stage.info(stage.token).status, 401);
  EXPECT_EQ(stage.seen("warn.token-near-end"), 1);
}

TEST(Warnings, TokensThatAChaosRuleShortensAreNotLookedAt) {
  WarnedWorld stage;
  const Json rule{{"on", "api"}, {"action", {{"type", "shortTokens"}, {"lifetime", "4s"}}}};
  EXPECT_EQ(stage.post("/_sandbox/chaos/rules", rule).status, 201);
  for (int i = 0; i < 8; ++i)
    EXPECT_EQ(stage.info(stage.sign_in(stage.acme()).member("accessToken")).status, 200);
  EXPECT_EQ(stage.warnings(), Json::array());
}

TEST(Warnings, PollingAnSpvRequestIsFragile) {
  WarnedWorld stage;
  const string slug = stage.submit("k-1", WarnedWorld::submission()).member("spvRequestSlug");
  const string other = stage.submit("k-2", WarnedWorld::other_submission()).member("spvRequestSlug");
  const auto read = [&](const string& what) {
    EXPECT_EQ(stage.get("/v1/spv-requests/" + what, WarnedWorld::authorization(stage.token)).status, 200);
  };
  for (int i = 0; i < 4; ++i) read(slug);
  for (int i = 0; i < 8; ++i) {  // now and then
    stage.clock().move(Duration(61'000));
    read(other);
  }
  EXPECT_EQ(stage.post("/_sandbox/spv-requests/" + slug + "/approve", Json::object()).status, 200);
  for (int i = 0; i < 8; ++i) read(slug);  // it is no question any more
  EXPECT_EQ(stage.seen("warn.polling"), 0);
  for (int i = 0; i < 4; ++i) read(other);
  EXPECT_EQ(stage.seen("warn.polling"), 1);
}

TEST(Warnings, AFileThatBeginsLikeAnotherTypeIsWarnedOf) {
  WarnedWorld stage;
  const HttpAnswer made = stage.submit("k-1", WarnedWorld::submission());
  const Json approved =
      stage.post("/_sandbox/spv-requests/" + made.member("spvRequestSlug") + "/approve", Json::object()).json;
  const string spv = approved["materialisedRefs"].value("vehicleSlug", "");
  const string person = stage.invest("a").json["results"][0].value("zestPersonId", "");
  const Json rows{{"subscriptions", Json::array({test::subscription_row(person)})}};
  EXPECT_EQ(
      stage.post("/v1/spvs/" + spv + "/subscriptions", rows, WarnedWorld::authorization(stage.token)).status,
      201);
  const auto upload = [&](const string& type, const string& bytes) {
    const client::MultipartBody body = client::multipart_body({}, {"form", type, bytes});
    EXPECT_EQ(stage
                  .call("POST", "/v1/spvs/" + spv + "/subscription/" + person + "/forms",
                        WarnedWorld::authorization(stage.token) + Fields{{"Content-Type", body.content_type}},
                        body.bytes)
                  .status,
              201);
    return stage.seen("warn.upload-type");
  };
  EXPECT_EQ(upload("application/pdf", "%PDF-1.7 form"), 0);
  EXPECT_EQ(upload("application/pdf; charset=binary", "\xef\xbb\xbf\n%PDF-1.7 form"), 0);
  EXPECT_EQ(upload("IMAGE/PNG", "\x89PNG\r\n\x1a\n...."), 0);
  EXPECT_EQ(upload("image/jpeg", "\xff\xd8\xff\xe0...."), 0);
  EXPECT_EQ(upload("image/webp", "RIFF1234WEBPVP8 "), 0);
  EXPECT_EQ(upload("application/pdf", "\x89PNG\r\n\x1a\n...."), 1);
  EXPECT_EQ(upload("image/png", "a form in words"), 2);
  EXPECT_EQ(stage.warnings()[0]["id"], "warn.missing-key");
  EXPECT_TRUE(has(dump_json(stage.warnings()), "it looks like text")) << stage.warnings();
}

TEST(Warnings, AnUnknownQueryParameterIsWarnedOf) {
  WarnedWorld stage;
  const auto list = [&](const string& query, int status = 200) {
    const HttpAnswer answer = stage.get("/v1/spv-requests" + query, WarnedWorld::authorization(stage.token));
    EXPECT_EQ(answer.status, status) << query;
    return stage.seen("warn.unknown-parameter");
  };
  for (const char* query :
       {"", "?", "?page=1", "?perPage=5&page=1&status=approved", "?per%50age=5", "?_=1767225600", "?&"})
    EXPECT_EQ(list(query), 0) << query;
  EXPECT_EQ(list("?per_page=5&page=0", 400), 0);             // refused, which says it all
  EXPECT_EQ(stage.get("/v1/contracts?page=2").status, 200);  // nobody's
  EXPECT_EQ(stage.get("/openapi.json?v=3").status, 200);
  EXPECT_EQ(stage.get("/_sandbox/requests?perPage=5").status, 200);
  EXPECT_EQ(stage.seen("warn.unknown-parameter"), 0);
  EXPECT_EQ(list("?per_page=5"), 1);
  EXPECT_EQ(list("?limit=5&offset=10"), 2);
  const HttpAnswer made =
      stage.post("/v1/spv-requests?dryRun=true", WarnedWorld::submission(),
                 WarnedWorld::authorization(stage.token) + Fields{{"Idempotency-Key", "k"}});
  EXPECT_EQ(made.status, 201);
  EXPECT_EQ(list("?ada@example.com=5"), 4);
  const string shown = dump_json(stage.warnings());
  EXPECT_TRUE(has(shown, "per_page is no query parameter of it; did you mean perPage?")) << shown;
  EXPECT_FALSE(has(shown, "ada@")) << shown;
}

TEST(Warnings, AReceiverSlowerThan2SecondsIsFragile) {
  WarnedWorld stage;
  http::Outcome outcome = test::answer(200);
  outcome.latency = Duration(2'000);
  stage.make_event(outcome);
  EXPECT_EQ(stage.seen("warn.receiver-slow"), 0);
  outcome.latency = Duration(2'001);
  stage.make_event(outcome);
  EXPECT_EQ(stage.seen("warn.receiver-slow"), 1);
  outcome.status = 500;  // a failed attempt says it all
  stage.make_event(outcome);
  EXPECT_EQ(stage.seen("warn.receiver-slow"), 1);
}

TEST(Warnings, AReceiverThatRedirectsIsWarnedOf) {
  WarnedWorld stage;
  for (const int status : {200, 204, 500, 503}) stage.make_event(test::answer(status));
  EXPECT_EQ(stage.warnings(), Json::array());
  stage.make_event(test::answer(308));
  EXPECT_EQ(stage.seen("warn.receiver-redirects"), 1);
}

TEST(Warnings, AnAnswerBeforeTheBodyWasReadIsFragile) {
  WarnedWorld stage;
  stage.make_event(test::answer(200));
  http::Outcome early = test::answer(503);  // it could not take anything: that may be said early
  early.before_body = true;
  stage.make_event(early);
  EXPECT_EQ(stage.warnings(), Json::array());
  early.status = 200;
  stage.make_event(early);
  EXPECT_EQ(stage.seen("warn.answer-before-body"), 1);
}

TEST(Warnings, AnswersThatDifferForCopiesOfAnEventAreFragile) {
  WarnedWorld stage;
  stage.make_event(test::answer(500));
  const string event = stage.get("/_sandbox/webhook-deliveries").json["documents"][0].value("deliveryId", "");
  const auto copy_answered = [&](int status) {
    stage.receiver_answers(test::answer(status));
    EXPECT_EQ(stage.post("/_sandbox/webhook-deliveries/" + event + "/retry", Json::object()).status, 200);
    stage.settle();
    return stage.seen("warn.answers-differ");
  };
  EXPECT_EQ(copy_answered(200), 0);  // a retry that succeeds
  EXPECT_EQ(copy_answered(204), 0);
  EXPECT_EQ(copy_answered(503), 0);  // a receiver that is down
  EXPECT_EQ(stage.warnings(), Json::array());
  EXPECT_EQ(copy_answered(409), 1);
  EXPECT_EQ(copy_answered(500), 2);
  EXPECT_EQ(stage.seen("warn.event-refused"), 0);
  EXPECT_EQ(stage.warnings()[0]["last"]["deliveryId"], event);
}

TEST(Warnings, A4xxToAGenuineEventIsWarnedOf) {
  WarnedWorld stage;
  for (const int status : {408, 425, 429}) stage.make_event(test::answer(status));
  // A forged one is to be refused.
  const Json tamper{
      {"id", "forged"}, {"on", "webhook"}, {"action", {{"type", "tamper"}, {"what", "signature"}}}};
  EXPECT_EQ(stage.post("/_sandbox/chaos/rules", tamper).status, 201);
  const string secret = stage.seeded().webhook_secret;
  const Instant now = stage.clock().wall();
  stage.sender().receive([secret, now](const http::Call& call) {
    const bool genuine =
        client::verify_webhook(secret, call.headers.find("Zest-Signature"), *call.body, now).ok();
    return std::optional(test::answer(genuine ? 200 : 401));
  });
  EXPECT_EQ(stage.submit("k-1", WarnedWorld::submission()).status, 201);
  stage.settle();
  EXPECT_EQ(stage.sender().calls().size(), 5U);  // three, the forged one and its genuine one
  EXPECT_EQ(stage.warnings(), Json::array());
  EXPECT_EQ(stage.call("DELETE", "/_sandbox/chaos/rules").status, 200);
  stage.make_event(test::answer(422));
  EXPECT_EQ(stage.seen("warn.event-refused"), 1);
}

TEST(Warnings, APlainHttpUrlOutsideOfTheOwnNetworkIsWarnedOf) {
  WarnedWorld stage(WarnedWorld::plain_options());
  const auto with_url = [&](const string& url) {
    EXPECT_EQ(
        stage.call("PATCH", "/_sandbox/partners/client_acme", kJsonType, dump_json(Json{{"webhookUrl", url}}))
            .status,
        200)
        << url;
    return stage.seen("warn.plain-http");
  };
  for (const char* url : {"http://127.0.0.1:9/h", "http://localhost:9/h", "http://[::1]:9/h",
                          "http://192.168.1.7/h", "http://10.0.0.2/h", "http://172.20.0.3/h",
                          "http://receiver:3000/h", "http://host.docker.internal:3000/h",
                          "http://portal.test/h", "http://mac.local/h", "https://portal.example.com/h"}) {
    EXPECT_EQ(with_url(url), 0) << url;
  }
  EXPECT_EQ(with_url("http://user:s3cret@portal.example.com/hooks?key=s3cret"), 1);
  const string shown = dump_json(stage.warnings());
  EXPECT_TRUE(has(shown, "http://portal.example.com")) << shown;
  EXPECT_FALSE(has(shown, "s3cret")) << shown;
  EXPECT_EQ(with_url("http://203.0.113.7/h"), 1);
}

TEST(Warnings, AreToldOncePerKindWithFirstAndLast) {
  WarnedWorld stage;
  for (const char* id : {"a", "b", "c"}) EXPECT_EQ(stage.invest(id).status, 200);
  const Json page = stage.get("/_sandbox/warnings?clientId=client_acme").json;
  EXPECT_EQ(page["count"], 1);
  const Json warning = page["documents"][0];
  EXPECT_EQ(warning["count"], 3);
  for (const char* name : {"sentence", "documentation", "fix"}) EXPECT_FALSE(warning.value(name, "").empty());
  const Json rows = stage.get("/_sandbox/requests?warning=warn.missing-key").json;
  EXPECT_EQ(rows["count"], 3);
  EXPECT_EQ(rows["documents"][0]["warnings"], Json::array({"warn.missing-key"}));
  EXPECT_EQ(warning["first"]["request"], rows["documents"][2]["sequence"]);
  EXPECT_EQ(warning["last"]["request"], rows["documents"][0]["sequence"]);
  EXPECT_EQ(warning["last"]["clientId"], "client_acme");
  EXPECT_EQ(stage.get("/_sandbox/status").json["warnings"], 1);
}

TEST(Warnings, AreThePartnersOwnAndGoWithItsReset) {
  WarnedWorld stage;
  const Identity other = stage.register_partner("client_other");
  EXPECT_EQ(stage.invest("a").status, 200);
  EXPECT_EQ(stage.post("/v1/investors", WarnedWorld::investors("b"), stage.bearer(other)).status, 200);
  EXPECT_EQ(stage.seen("warn.missing-key"), 2);
  EXPECT_EQ(stage.warnings("?clientId=client_other")[0]["count"], 1);
  EXPECT_EQ(stage.post("/_sandbox/reset", Json{{"clientId", "client_acme"}}).status, 200);
  EXPECT_EQ(stage.warnings("?clientId=client_acme"), Json::array());
  EXPECT_EQ(stage.warnings("?clientId=client_other")[0]["count"], 1);
  EXPECT_EQ(stage.call("DELETE", "/_sandbox/partners/client_other").status, 200);
  EXPECT_EQ(stage.seen("warn.missing-key"), 1);  // what a partner that left has shown is told still
  EXPECT_EQ(stage.post("/_sandbox/reset", Json::object()).status, 200);
  EXPECT_EQ(stage.warnings(), Json::array());
  expect_error(stage.get("/_sandbox/warnings?clientId=client_other"), 404, "not_found");
}

}  // namespace
}  // namespace zest::api
