// Faults as gateways between the partner and Zest make them.
#include "api/control_fixture.h"
#include "http/raw_client.h"

namespace zest::api {
namespace {

class GatewayFaults : public ControlTest {
 protected:
  void add_rule(Json action, const std::string& operation = "createSpvRequest") {
    const Json rule{{"on", "api"}, {"match", {{"operation", operation}}}, {"action", std::move(action)}};
    const client::Reply reply = post("/_sandbox/chaos/rules", rule);
    ASSERT_EQ(reply.status, 201) << reply.text;
  }
  client::Reply submit() {
    if (token_.empty()) token_ = partner().request_tokens()->access;
    return call("POST", "/v1/spv-requests", spv_submission(),
                {{"Authorization", "Bearer " + token_}, {"Idempotency-Key", "key"}});
  }
  // The same as bytes.
  std::string raw_submission() {
    if (token_.empty()) token_ = partner().request_tokens()->access;
    const std::string body = dump_json(spv_submission());
    return "POST /v1/spv-requests HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
           "Authorization: Bearer " +
           token_ + "\r\nIdempotency-Key: key\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
  }
  std::int64_t requests() { return get("/_sandbox/spv-requests").body.value("count", -1); }

 private:
  std::string token_;
};

TEST_F(GatewayFaults, TooManyRequestsSaysWhenToTryAgain) {
  add_rule({{"type", "status"}, {"code", 429}, {"retryAfter", "1500ms"}});
  const client::Reply reply = submit();
  EXPECT_EQ(reply.status, 429);
  EXPECT_EQ(*reply.headers.find("Retry-After"), "2");
  EXPECT_EQ(reply.body.value("code", ""), "service_unavailable");
  EXPECT_FALSE(reply.body.value("errorId", "").empty());
  EXPECT_EQ(requests(), 0);
}

TEST_F(GatewayFaults, RetryAfterMayBeANumberOfSeconds) {
  add_rule({{"type", "status"}, {"code", 503}, {"retryAfter", 7}});
  EXPECT_EQ(*submit().headers.find("Retry-After"), "7");
  EXPECT_EQ(get("/_sandbox/chaos/rules").body["documents"][0]["action"]["retryAfter"], "7s");
  for (const Json& wrong : {Json(-1), Json(1.5), Json("soon"), Json(3601), Json("2h")}) {
    const Json rule{{"on", "api"}, {"action", {{"type", "status"}, {"code", 429}, {"retryAfter", wrong}}}};
    refusal(post("/_sandbox/chaos/rules", rule), 400, "invalid_request");
  }
}

TEST_F(GatewayFaults, ABadGatewayAnswersWithAPage) {
  add_rule({{"type", "status"}, {"code", 502}});
  const client::Reply reply = submit();
  EXPECT_EQ(reply.status, 502);
  EXPECT_EQ(*reply.headers.find("Content-Type"), "text/html");
  EXPECT_NE(reply.text.find("<h1>502 Bad Gateway</h1>"), std::string::npos);
}

TEST_F(GatewayFaults, AGatewayTimeoutMayBeEmpty) {
  add_rule({{"type", "status"}, {"code", 504}, {"body", "empty"}});
  const client::Reply reply = submit();
  EXPECT_EQ(reply.status, 504);
  EXPECT_EQ(reply.text, "");
}

TEST_F(GatewayFaults, AnEmptyAnswerHidesWhatWasDone) {
  add_rule({{"type", "emptyBody"}});
  const client::Reply reply = submit();
  EXPECT_EQ(reply.status, 201);
  EXPECT_EQ(reply.text, "");
  EXPECT_EQ(requests(), 1);
}

TEST_F(GatewayFaults, ATruncatedAnswerEndsBeforeItsLength) {
  add_rule({{"type", "truncateBody"}, {"after", 10}});
  http::testing::RawClient client(sandbox().port());
  ASSERT_TRUE(client.send(raw_submission()));
  const http::testing::RawAnswer answer = client.read_answer();
  EXPECT_EQ(answer.status, 201);
  EXPECT_FALSE(answer.complete);
  EXPECT_EQ(client.buffer().size(), 10U);
  EXPECT_EQ(requests(), 1);
}

TEST_F(GatewayFaults, HalfOfAnAnswerIsCutOffWithoutANumber) {
  add_rule({{"type", "truncateBody"}});
  http::testing::RawClient client(sandbox().port());
  ASSERT_TRUE(client.send(raw_submission()));
  const http::testing::RawAnswer answer = client.read_answer();
  EXPECT_FALSE(answer.complete);
  const std::string* length = answer.headers.find("Content-Length");
  ASSERT_NE(length, nullptr);
  EXPECT_EQ(client.buffer().size(), std::stoul(*length) / 2);
}

TEST_F(GatewayFaults, ASlowAnswerArrivesWhole) {
  add_rule({{"type", "slowBody"}, {"bytesPerSecond", 4000}});
  const client::Reply reply = submit();
  EXPECT_EQ(reply.status, 201);
  EXPECT_EQ(reply.body.value("status", ""), "pending-review");
}

TEST_F(GatewayFaults, AStopDoesNotWaitForASlowAnswer) {
  add_rule({{"type", "slowBody"}, {"bytesPerSecond", 1}});
  http::testing::RawClient client(sandbox().port());
  ASSERT_TRUE(client.send(raw_submission()));
  while (get("/_sandbox/requests?operation=createSpvRequest").body.value("count", 0) == 0) {
  }
  stop();
  const http::testing::RawAnswer answer = client.read_answer();
  EXPECT_EQ(answer.status, 201);
  EXPECT_TRUE(answer.complete);
}

TEST_F(GatewayFaults, TheWebhookOvertakesAnAnswerThatIsDelayedAfterTheCommit) {
  add_rule({{"type", "delayAfterCommit"}, {"by", "30s"}});
  http::testing::RawClient client(sandbox().port());
  ASSERT_TRUE(client.send(raw_submission()));
  ASSERT_TRUE(sender().await_calls(1));  // the webhook is there
  EXPECT_EQ(requests(), 1);
  stop();  // which sends what is held back
  EXPECT_EQ(client.read_answer().status, 201);
}

TEST_F(GatewayFaults, UnknownMembersStandBesideTheKnownOnes) {
  add_rule({{"type", "extraMembers"}});
  const client::Reply reply = submit();
  EXPECT_EQ(reply.status, 201);
  EXPECT_TRUE(reply.body.contains("futureMember"));
  EXPECT_EQ(reply.body.value("status", ""), "pending-review");
}

TEST_F(GatewayFaults, TokensThatLiveShortlySaySoAndEnd) {
  add_rule({{"type", "shortTokens"}, {"lifetime", 1}}, "exchangeJwtAssertion");
  EXPECT_EQ(get("/_sandbox/chaos/rules").body["documents"][0]["action"]["lifetime"], "1s");
  const std::string form = "grant_type=refresh_token&refresh_token=" + partner().request_tokens()->refresh;
  http::testing::RawClient client(sandbox().port());
  ASSERT_TRUE(
      client.send("POST /v1/oauth2/tokens HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                  "application/x-www-form-urlencoded\r\nContent-Length: " +
                  std::to_string(form.size()) + "\r\n\r\n" + form));
  const http::testing::RawAnswer answer = client.read_answer();
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(parse_json(answer.body)->value("expiresIn", 0), 1);
}

TEST_F(GatewayFaults, CallsThatAreRefusedForTheirTokenAreThePartnersAndKeepTheirKey) {
  add_rule({{"type", "expireTokens"}});
  EXPECT_EQ(submit().status, 401);
  EXPECT_EQ(submit().status, 401);  // before any rule was asked
  const client::Reply journal = get("/_sandbox/requests?clientId=client_acme&operation=createSpvRequest");
  ASSERT_EQ(journal.body["documents"].size(), 2U);
  for (const Json& row : journal.body["documents"]) EXPECT_EQ(row.value("idempotencyKey", ""), "key");
}

TEST_F(GatewayFaults, ASingleCallMayAskForAGatewaysAnswer) {
  const client::Reply reply = call("GET", "/public/hc", std::nullopt, {{"Prefer", "code=502"}});
  EXPECT_EQ(reply.status, 502);
  EXPECT_EQ(*reply.headers.find("Preference-Applied"), "code=502");
}

}  // namespace
}  // namespace zest::api
