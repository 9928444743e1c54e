
#include "api/control_fixture.h"
#include "api/pipeline/event_hub.h"
#include "api/stream_viewer.h"

namespace zest::api {
namespace {

struct ControlInsight : ControlTest {
  client::Reply verify(const Json& assertion) { return post("/_sandbox/requests/verify", assertion); }
};

TEST_F(ControlInsight, ListsPartnerCallsNewestFirst) {
  client::PartnerApi api = partner();
  ASSERT_TRUE(api.token_info().ok());
  EXPECT_FALSE(api.spv_request("svr_none").ok());
  const client::Reply list = get("/_sandbox/requests?clientId=client_acme");
  EXPECT_EQ(column(list, "path"),
            (std::vector<std::string>{"/v1/spv-requests/svr_none", "/v1/oauth2/info", "/v1/oauth2/tokens"}));
  EXPECT_EQ(list.body["count"], 3);
  const Json failed = get("/_sandbox/requests?status=404").body["documents"][0];
  EXPECT_EQ(failed["errorCode"], "not_found");
  EXPECT_EQ(get("/_sandbox/requests?errorId=" + failed.value("errorId", "")).body["count"], 1);
  EXPECT_EQ(get("/_sandbox/requests?path=/v1/oauth2/*&method=POST").body["count"], 1);
  EXPECT_EQ(get("/_sandbox/requests?perPage=1&page=2").body["documents"][0]["path"], "/v1/oauth2/info");
  refusal(get("/_sandbox/requests?status=abc"), 400, "invalid_request");
  refusal(get("/_sandbox/requests?code=404"), 400, "invalid_request");
}

TEST_F(ControlInsight, ControlCallsAreNotJournaled) {
  get("/_sandbox/status");
  EXPECT_EQ(get("/_sandbox/requests").body["count"], 0);
}

TEST_F(ControlInsight, VerifiesHowOftenACallWasMade) {
  submit_spv();
  submit_spv();
  const Json match{{"method", "POST"}, {"path", "/v1/spv-requests"}, {"status", 201}};
  const Json verified = verify(Json{{"match", match}, {"count", 2}}).body;
  EXPECT_EQ(verified, (Json{{"verified", true}, {"count", 2}, {"expected", {{"min", 2}, {"max", 2}}}}));
  EXPECT_EQ(verify(Json{{"match", match}}).body["verified"], true);
  EXPECT_EQ(verify(Json{{"match", match}, {"count", {{"min", 3}}}}).body["verified"], false);
  EXPECT_EQ(verify(Json{{"match", match}, {"count", {{"max", 2}}}}).body["verified"], true);
  const Json too_many = verify(Json{{"match", match}, {"count", 0}}).body;
  EXPECT_EQ(too_many["verified"], false);
  EXPECT_EQ(too_many["matching"].size(), 2U);
}

TEST_F(ControlInsight, AFailedVerificationShowsTheNearestMisses) {
  submit_spv();
  const Json failed =
      verify(
          Json{{"match", {{"method", "POST"}, {"path", "/v1/spv-requests"}, {"status", 409}}}, {"count", 1}})
          .body;
  EXPECT_EQ(failed["verified"], false);
  EXPECT_EQ(failed["count"], 0);
  const Json nearest = failed["nearestMisses"][0];
  EXPECT_EQ(nearest["request"]["path"], "/v1/spv-requests");
  EXPECT_EQ(nearest["differs"],
            Json::array({Json{{"member", "status"}, {"expected", 409}, {"actual", 201}}}));
  // The token call has the method in common, nothing else.
  EXPECT_EQ(failed["nearestMisses"][1]["differs"].size(), 2U);
}

TEST_F(ControlInsight, VerifiesAPartnersCallsByFaultAndOutcome) {
  client::PartnerApi api = partner();
  const Json rule{{"id", "busy"},
                  {"on", "api"},
                  {"match", {{"operation", "createSpvRequest"}, {"first", 1}}},
                  {"action", {{"type", "status"}, {"code", 503}}}};
  ASSERT_EQ(post("/_sandbox/chaos/rules", rule).status, 201);
  const Json body = spv_submission();
  EXPECT_FALSE(api.submit_spv_request(body, "one-key").ok());
  ASSERT_TRUE(api.submit_spv_request(body, "one-key").ok());
  // The key is there also where the fault came before the call was looked at.
  const Json listed = get("/_sandbox/requests?fault=busy").body;
  EXPECT_EQ(listed["count"], 1);
  EXPECT_EQ(listed["documents"][0]["idempotencyKey"], "one-key");
  EXPECT_EQ(get("/_sandbox/requests?idempotencyOutcome=executed").body["count"], 1);
  const auto verified = [this](const Json& assertion) { return verify(assertion).body["verified"]; };
  const Json same_key{{"operation", "createSpvRequest"}, {"idempotencyKey", "one-key"}};
  EXPECT_EQ(verified({{"clientId", "client_acme"}, {"match", same_key}, {"atLeast", 2}, {"atMost", 2}}),
            true);
  EXPECT_EQ(verified({{"match", same_key}, {"atMost", 1}}), false);
  EXPECT_EQ(verified({{"match", {{"fault", "none"}}}, {"atMost", 0}}), true);
  const Json missed =
      verify({{"clientId", "client_other"}, {"match", {{"operation", "createSpvRequest"}}}}).body;
  EXPECT_EQ(missed["nearestMisses"][0]["differs"][0]["expected"], "client_other");
  const client::Reply unknown = verify({{"match", {{"operation", "createSpvRequests"}}}, {"count", 0}});
  refusal(unknown, 400, "invalid_request");
  EXPECT_NE(unknown.body.value("detail", "").find("did you mean createSpvRequest?"), std::string::npos);
}

TEST_F(ControlInsight, VerifyIsReadStrictly) {
  for (const Json& assertion :
       {Json{{"match", {{"url", "/x"}}}}, Json{{"match", 7}}, Json{{"count", -1}}, Json{{"count", "2"}},
        Json{{"count", {{"min", 2}, {"max", 1}}}}, Json{{"count", {{"least", 2}}}},
        Json{{"matches", Json::object()}}, Json{{"atLeast", 2}, {"atMost", 1}},
        Json{{"atLeast", 1}, {"count", 1}}, Json{{"clientId", "a"}, {"match", {{"clientId", "a"}}}}}) {
    refusal(verify(assertion), 400, "invalid_request");
  }
}

// Of an item of /_sandbox/coverage.
std::uint64_t count_of(const client::Reply& coverage, const std::string& id) {
  for (const Json& dimension : coverage.body["dimensions"]) {
    for (const Json& item : dimension["items"]) {
      if (item["id"] == id) return item["count"].get<std::uint64_t>();
    }
  }
  ADD_FAILURE() << "there is no item " << id;
  return 0;
}

TEST_F(ControlInsight, CoverageIsOfOnePartnerOrTheSum) {
  submit_spv();
  settle();
  const Json other{{"clientId", "client_other"}, {"name", "Other"}};
  ASSERT_EQ(post("/_sandbox/partners", other).status, 201);
  call("GET", "/public/hc");
  const client::Reply sum = get("/_sandbox/coverage");
  const client::Reply acmes = get("/_sandbox/coverage?clientId=client_acme");
  const client::Reply others = get("/_sandbox/coverage?clientId=client_other");
  EXPECT_EQ(count_of(acmes, "operations.createSpvRequest"), 1U);
  EXPECT_EQ(count_of(acmes, "events.spv_request.created"), 1U);
  EXPECT_EQ(count_of(acmes, "transitions.spv_request.pending-review"), 1U);
  EXPECT_EQ(count_of(others, "operations.createSpvRequest"), 0U);
  // Of a call that names nobody.
  for (const client::Reply& each : {sum, acmes, others}) {
    EXPECT_EQ(count_of(each, "operations.health_check"), 1U);
  }
  EXPECT_EQ(acmes.body["clientId"], "client_acme");
  EXPECT_EQ(acmes.body["endpoint"], true);
  EXPECT_EQ(others.body["endpoint"], false);
  EXPECT_EQ(sum.body["partners"], Json::array({Json{{"clientId", "client_acme"},
                                                    {"covered", acmes.body["covered"]},
                                                    {"percent", acmes.body["percent"]}}}));
  EXPECT_NE(refusal(get("/_sandbox/coverage?clientId=client_nobody"), 404, "not_found").find("client_nobody"),
            std::string::npos);
}

TEST_F(ControlInsight, AResetForgetsCoverageUnlessItIsToBeKept) {
  submit_spv();
  post("/_sandbox/reset", Json{{"keepCoverage", true}});
  EXPECT_EQ(count_of(get("/_sandbox/coverage"), "operations.createSpvRequest"), 1U);
  EXPECT_EQ(get("/_sandbox/requests").body["count"], 0);
  post("/_sandbox/reset", Json{{"clientId", "client_acme"}, {"keepCoverage", true}});
  EXPECT_EQ(count_of(get("/_sandbox/coverage"), "operations.createSpvRequest"), 1U);
  call("GET", "/public/hc");
  post("/_sandbox/reset", Json{{"clientId", "client_acme"}});
  EXPECT_EQ(count_of(get("/_sandbox/coverage"), "operations.createSpvRequest"), 0U);
  EXPECT_EQ(count_of(get("/_sandbox/coverage"), "operations.health_check"), 1U);
  post("/_sandbox/reset");
  EXPECT_EQ(get("/_sandbox/coverage").body["covered"], 0);
}

TEST_F(ControlInsight, CoverageCountsRowsOfInvestorsOnceHoweverOftenTheirAnswerIsReplayed) {
  client::PartnerApi api = partner();
  Json invalid = test::investor_row("b");
  invalid["email"] = "nobody";
  const Json rows = Json::array({test::investor_row("a"), test::investor_row("a"), invalid});
  ASSERT_TRUE(api.create_investors(rows, "one-key").ok());
  ASSERT_TRUE(api.create_investors(rows, "one-key").ok());
  const client::Reply coverage = get("/_sandbox/coverage");
  EXPECT_EQ(count_of(coverage, "transitions.investor.created"), 1U);
  EXPECT_EQ(count_of(coverage, "transitions.investor.already_exists"), 1U);
  EXPECT_EQ(count_of(coverage, "transitions.investor.failed"), 1U);
  EXPECT_EQ(count_of(coverage, "validation.format"), 1U);
  EXPECT_EQ(count_of(coverage, "idempotency.replayed"), 1U);
}

TEST_F(ControlInsight, MetricsCountCallsAttemptsAndDeliveries) {
  submit_spv();
  settle();
  const client::Reply metrics = get("/_sandbox/metrics");
  EXPECT_EQ(*metrics.headers.find("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  for (const char* line :
       {"# TYPE zest_sandbox_requests_total counter\n",
        "zest_sandbox_requests_total{method=\"POST\",operation=\"createSpvRequest\",status=\"201\"} 1\n",
        "zest_sandbox_webhook_attempts_total{event_type=\"spv_request.created\",kind=\"scheduled\",outcome="
        "\"delivered\"} "
        "1\n",
        "zest_sandbox_deliveries{client_id=\"client_acme\",status=\"delivered\"} 1\n",
        "zest_sandbox_virtual_time_seconds{client_id=\"client_acme\"} 1767225600.000\n",
        "zest_sandbox_partners 1\n"}) {
    EXPECT_NE(metrics.text.find(line), std::string::npos) << line << metrics.text;
  }
}

TEST_F(ControlInsight, TheStreamReplaysGoesOnAndEndsWithTheSandbox) {
  submit_spv();
  settle();
  StreamViewer viewer(sandbox().port(), "Last-Event-ID: 0\r\n");
  const std::string& text = viewer.read_until("event: attempt\ndata: {\"deliveryId\":\"wde_");
  EXPECT_EQ(text.rfind("HTTP/1.1 200 ", 0), 0U);
  EXPECT_NE(text.find("text/event-stream; charset=utf-8"), std::string::npos);
  EXPECT_NE(text.find("event: request\ndata: {"), std::string::npos);
  post("/_sandbox/reset");
  EXPECT_NE(viewer.read_until("event: reset\n").find("event: reset\n"), std::string::npos);
  EXPECT_NE(get("/_sandbox/metrics").text.find("zest_sandbox_stream_viewers 1\n"), std::string::npos);
  sandbox().stop();
  viewer.read_to_end();
}

#ifndef ZEST_STOCK_LISTENER  // the portable listener cannot tell that a client is gone
TEST_F(ControlInsight, ViewersThatHungUpTakeNoPlace) {
  const auto viewers_are = [this](std::size_t count) {
    const std::string line = "zest_sandbox_stream_viewers " + std::to_string(count) + "\n";
    return get("/_sandbox/metrics").text.find(line) != std::string::npos;
  };
  {
    std::vector<std::unique_ptr<StreamViewer>> many;
    for (std::size_t i = 0; i < EventHub::kMaxViewers / 2; ++i) {
      many.push_back(std::make_unique<StreamViewer>(sandbox().port(), ""));
    }
    while (!viewers_are(many.size())) {
    }
    refusal(get("/_sandbox/stream"), 503, "service_unavailable");
    StreamViewer of_one(sandbox().port(), "", "?clientId=" + acme());
    of_one.read_until("retry: ");
  }
  // The system may take a moment to tell the server of the last ones.
  while (!viewers_are(0)) {
  }
  StreamViewer next(sandbox().port(), "");
  EXPECT_EQ(next.read_until("retry: ").rfind("HTTP/1.1 200 ", 0), 0U);
}
#endif

TEST_F(ControlInsight, AHeadRequestOnTheStreamIsNoViewer) {
  EXPECT_EQ(call("HEAD", "/_sandbox/stream").status, 200);
  EXPECT_NE(get("/_sandbox/metrics").text.find("zest_sandbox_stream_viewers 0\n"), std::string::npos);
}

TEST_F(ControlInsight, TheStreamRefusesAForeignEventId) {
  refusal(call("GET", "/_sandbox/stream", std::nullopt, {{"Last-Event-ID", "abc"}}), 400, "invalid_request");
  refusal(get("/_sandbox/stream?client=a"), 400, "invalid_request");
}

TEST_F(ControlInsight, TheFrontPagesLinkToWhatIsThere) {
  const client::Reply root = get("/");
  std::vector<std::string> links;
  for (const auto& [name, value] : root.body.items()) {
    const std::string text = value.get<std::string>();
    if (text.rfind(sandbox().url(), 0) == 0) links.push_back(text.substr(sandbox().url().size()));
  }
  EXPECT_EQ(links.size(), 3U);
  const std::string page = get("/docs").text;
  const std::string_view mark = "href=\"/";
  for (std::size_t at = page.find(mark); at != std::string::npos; at = page.find(mark, at + 1)) {
    const std::size_t begin = at + mark.size() - 1;
    links.push_back(page.substr(begin, page.find('"', begin) - begin));
  }
  EXPECT_GT(links.size(), 4U);
  for (const std::string& link : links) EXPECT_EQ(get(link).status, 200) << link;
}

}  // namespace
}  // namespace zest::api
