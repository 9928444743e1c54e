// Chaos rules on calls of the partner API.
#include "api/control_fixture.h"

namespace zest::api {
namespace {

struct ControlChaos : ControlTest {
  void rule(Json action, Json match = Json::object(), Json more = Json::object()) {
    Json body{{"id", "rule"}, {"on", "api"}, {"match", std::move(match)}, {"action", std::move(action)}};
    for (const auto& [name, value] : more.items()) body[name] = value;
    const client::Reply reply = post("/_sandbox/chaos/rules", body);
    ASSERT_EQ(reply.status, 201) << reply.text;
  }
  Json hits() { return get("/_sandbox/chaos/rules/rule").body["hits"]; }
  Json newest_call() { return get("/_sandbox/requests?perPage=1").body["documents"][0]; }

  static client::Request submission(const std::string& key) {
    client::Request request = client::json_request("POST", "/v1/spv-requests", spv_submission());
    request.headers.emplace_back("Idempotency-Key", key);
    return request;
  }
  std::size_t spv_requests() { return get("/_sandbox/spv-requests").body.value("count", std::size_t{0}); }
};

TEST_F(ControlChaos, StatusIsAnsweredInTheEnvelopeInsteadOfExecuting) {
  rule(Json{{"type", "status"}, {"code", 503}}, Json{{"operation", "createSpvRequest"}, {"first", 1}});
  client::PartnerApi api = partner();
  const Result<client::Reply> refused = api.exchange(submission("one"));
  ASSERT_TRUE(refused.ok());
  EXPECT_EQ(refusal(*refused, 503, "service_unavailable"), "injected by chaos rule rule");
  EXPECT_EQ(spv_requests(), 0U);
  EXPECT_EQ(newest_call()["fault"], "rule");
  EXPECT_EQ(api.exchange(submission("one"))->status, 201);
  EXPECT_EQ(hits(), 1);
}

TEST_F(ControlChaos, EveryDocumentedStatusCanBeInjected) {
  client::PartnerApi api = partner();
  ASSERT_TRUE(api.request_tokens().ok());
  for (const int code : {400, 401, 403, 404, 409, 413, 415, 422, 500, 503}) {
    rule(Json{{"type", "status"}, {"code", code}});
    const Result<client::Reply> reply = api.exchange({"GET", "/v1/spv-requests"});
    ASSERT_TRUE(reply.ok());
    EXPECT_EQ(reply->status, code);
    EXPECT_EQ(reply->body.contains("errorId"), code != 422) << reply->text;
    EXPECT_EQ(call("DELETE", "/_sandbox/chaos/rules/rule").status, 200);
  }
}

TEST_F(ControlChaos, AfterTheCommitTheAnswerIsLostAndTheKeyReplaysIt) {
  client::PartnerApi api = partner();
  ASSERT_TRUE(api.request_tokens().ok());
  rule(Json{{"type", "dropAfterCommit"}},
       Json{{"method", "POST"}, {"path", "/v1/spv-requests"}, {"first", 1}});
  EXPECT_FALSE(api.exchange(submission("lost")).ok()) << "the connection is closed without an answer";
  EXPECT_EQ(spv_requests(), 1U);
  EXPECT_EQ(newest_call()["fault"], "rule");
  EXPECT_EQ(newest_call()["idempotencyOutcome"], "executed");
  const Result<client::Reply> replayed = api.exchange(submission("lost"));
  ASSERT_TRUE(replayed.ok());
  EXPECT_EQ(replayed->status, 201);
  EXPECT_EQ(*replayed->headers.find("Idempotent-Replayed"), "true");
  EXPECT_EQ(spv_requests(), 1U);
}

TEST_F(ControlChaos, StatusAfterCommitHidesAnAnswerThatWasStored) {
  client::PartnerApi api = partner();
  rule(Json{{"type", "statusAfterCommit"}}, Json{{"operation", "createSpvRequest"}, {"first", 1}});
  const Result<client::Reply> hidden = api.exchange(submission("hidden"));
  ASSERT_TRUE(hidden.ok());
  EXPECT_EQ(hidden->status, 500);
  EXPECT_EQ(hidden->body["code"], "internal_error");
  EXPECT_EQ(spv_requests(), 1U);
  EXPECT_EQ(api.exchange(submission("hidden"))->status, 201);
  EXPECT_EQ(spv_requests(), 1U);
}

TEST_F(ControlChaos, BeforeExecutionNothingHappens) {
  client::PartnerApi api = partner();
  ASSERT_TRUE(api.request_tokens().ok());
  rule(Json{{"type", "dropBeforeExecute"}}, Json{{"path", "/v1/spv*"}, {"nth", 2}});
  EXPECT_EQ(api.exchange(submission("first"))->status, 201);
  EXPECT_FALSE(api.exchange(submission("second")).ok());
  EXPECT_EQ(spv_requests(), 1U);
}

TEST_F(ControlChaos, ExpiredTokensAre401UntilAFreshPair) {
  client::PartnerApi api = partner();
  ASSERT_TRUE(api.request_tokens().ok());
  EXPECT_TRUE(api.token_info().ok());
  rule(Json{{"type", "expireTokens"}}, Json{{"operation", "getOauth2Info"}, {"first", 1}});
  const Result<Json> expired = api.token_info();
  ASSERT_FALSE(expired.ok());
  EXPECT_EQ(expired.error().kind, ErrorKind::InvalidToken);
  EXPECT_FALSE(api.token_info().ok()) << "the token stays expired";
  EXPECT_TRUE(api.refresh_tokens().ok()) << "the chain lives on";
  EXPECT_TRUE(api.token_info().ok());
}

TEST_F(ControlChaos, RulesOfAPartnerAndItsTokenRequestsMeetOnlyThatPartner) {
  const client::Reply other = post("/_sandbox/partners", Json{{"name", "Beta"}});
  const std::string beta = other.body.value("clientId", "");
  rule(Json{{"type", "status"}, {"code", 503}}, Json::object(), Json{{"clientId", beta}});
  EXPECT_TRUE(partner().token_info().ok());
  Result<Ed25519PrivateKey> key = Ed25519PrivateKey::from_pem(other.body.value("privateKeyPem", ""));
  ASSERT_TRUE(key.ok());
  client::PartnerApi api(sandbox().local_url(), {beta, std::move(*key)});
  EXPECT_FALSE(api.request_tokens().ok());
  EXPECT_EQ(hits(), 1);
}

TEST_F(ControlChaos, ALatencyRuleOfNothingStillCounts) {
  rule(Json{{"type", "latency"}, {"by", "1ms"}}, Json{{"probability", 1}});
  EXPECT_TRUE(partner().token_info().ok());
  EXPECT_EQ(hits(), 2) << "the token and the info";
  EXPECT_EQ(newest_call()["fault"], "rule");
}

TEST_F(ControlChaos, ARuleEndsAfterItsTtlOfVirtualTime) {
  client::PartnerApi api = partner();
  ASSERT_TRUE(api.request_tokens().ok());
  rule(Json{{"type", "status"}, {"code", 500}}, Json::object(), Json{{"ttl", "1h"}, {"clientId", acme()}});
  EXPECT_EQ(get("/_sandbox/chaos/rules/rule").body["expiresAt"], "2026-01-01T01:00:00.000Z");
  EXPECT_FALSE(api.token_info().ok());
  post("/_sandbox/clock/advance", Json{{"by", "1h"}});
  EXPECT_TRUE(api.token_info().ok());
}

TEST_F(ControlChaos, ARuleAboutAnOperationThatDoesNotExistIsRefused) {
  Json rule{{"on", "api"}, {"match", {{"operation", "createInvestors"}}}, {"action", {{"type", "status"}}}};
  rule["action"]["code"] = 503;
  const client::Reply refused = post("/_sandbox/chaos/rules", rule);
  EXPECT_EQ(refused.status, 400);
  EXPECT_NE(refused.body.value("detail", "").find("match.operation must be "), std::string::npos);
  EXPECT_NE(refused.body.value("detail", "").find("bulkCreateInvestors"), std::string::npos);
  rule["match"]["operation"] = "registerPartner";
  EXPECT_EQ(post("/_sandbox/chaos/rules", rule).status, 400) << "the control plane has no faults";
  rule["match"]["operation"] = "bulkCreateInvestors";
  EXPECT_EQ(post("/_sandbox/chaos/rules", rule).status, 201);
}

TEST_F(ControlChaos, TheControlPlaneHasNoFaults) {
  rule(Json{{"type", "status"}, {"code", 503}});
  EXPECT_EQ(get("/_sandbox/status").status, 200);
  EXPECT_EQ(get("/_sandbox/spv-requests").status, 200);
}

}  // namespace
}  // namespace zest::api
