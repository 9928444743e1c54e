// What the journal keeps of a call, and how it is asked for it.
#include <thread>

#include "api/control_fixture.h"
#include "api/pipeline/journal.h"

namespace zest::api {
namespace {

http::Request json_request(std::string body) {
  http::Request request;
  request.head.headers.add("Content-Type", "application/json");
  request.body = std::move(body);
  return request;
}

std::string kept_body(const http::Request& request) {
  RequestDetail detail;
  add_body_detail(detail, request);
  return detail.body;
}

TEST(RequestDetail, SecretsAreReplacedWhereverTheyStand) {
  const Json body{{"clientSecret", "s"},
                  {"list", Json::array({Json{{"webhook_secret", 7}, {"name", "whsec_ab"}}, "eyJhbGciOi"})},
                  {"note", "kept"}};
  const Json kept = *parse_json(kept_body(json_request(dump_json(body))));
  EXPECT_EQ(kept["clientSecret"], "[redacted]");
  EXPECT_EQ(kept["list"][0]["webhook_secret"], "[redacted]");
  EXPECT_EQ(kept["list"][0]["name"], "[redacted]");
  EXPECT_EQ(kept["list"][1], "[redacted]");
  EXPECT_EQ(kept["note"], "kept");
}

TEST(RequestDetail, HeadersKeepTheirSchemeAndLoseTheirSecrets) {
  http::RequestHead head;
  head.headers.add("Authorization", "Bearer eyJhbGciOi.x.y");
  head.headers.add("Cookie", "session=1");
  head.headers.add("X-Api-Key", "k");
  head.headers.add("Accept", "a");
  head.headers.add("Accept", "b");
  const Json kept = *parse_json(headers_detail(head).headers);
  EXPECT_EQ(kept, (Json{{"Authorization", "Bearer [redacted]"},
                        {"Cookie", "[redacted]"},
                        {"X-Api-Key", "[redacted]"},
                        {"Accept", "a, b"}}));
}

TEST(RequestDetail, BodiesAreKeptUpToTheirBound) {
  const std::string frame = dump_json(Json{{"text", ""}});
  const auto body_of = [&frame](std::size_t size) {
    return json_request(dump_json(Json{{"text", std::string(size - frame.size(), 'a')}}));
  };
  EXPECT_EQ(kept_body(body_of(kMaxKeptBody)).size(), kMaxKeptBody);
  RequestDetail detail;
  add_body_detail(detail, body_of(kMaxKeptBody + 1));
  EXPECT_EQ(detail.body, "");
  EXPECT_EQ(detail.omitted, "larger than 16384 bytes");
}

TEST(RequestDetail, WhatIsNoDocumentIsNotKept) {
  RequestDetail detail;
  add_body_detail(detail, json_request("{\"token\": \"abc"));
  EXPECT_EQ(detail.body, "");
  EXPECT_EQ(detail.omitted, "no JSON document");
}

JournalEntry entry_with_body(std::size_t size) {
  JournalEntry entry;
  auto detail = std::make_shared<RequestDetail>();
  detail->body = dump_json(std::string(size - 2, 'a'));
  entry.detail = std::move(detail);
  return entry;
}

TEST(Journal, BodiesAreBoundedAndTheOldestGoFirst) {
  Journal journal(10'000);
  constexpr std::size_t kSize = 16 * 1024;
  constexpr std::size_t kFit = kMaxDetailBytes / kSize;
  for (std::size_t i = 0; i < kFit + 3; ++i) journal.add(entry_with_body(kSize));
  const std::vector<JournalEntry> entries = journal.find({}, 0, 10'000, nullptr);
  ASSERT_EQ(entries.size(), kFit + 3);  // newest first
  EXPECT_TRUE(entries[kFit - 1].detail);
  for (std::size_t i = kFit; i < entries.size(); ++i) EXPECT_FALSE(entries[i].detail) << i;
  // What is forgotten makes room again.
  journal.clear(std::nullopt);
  for (std::size_t i = 0; i < kFit; ++i) journal.add(entry_with_body(kSize));
  EXPECT_TRUE(journal.find({}, kFit - 1, 1, nullptr).front().detail);
}

TEST(Journal, RowsThatFailedAreBoundedLikeBodies) {
  Journal journal(10'000);
  constexpr std::size_t kSize = 200;
  constexpr std::size_t kTooMany = kMaxDetailBytes / (kMaxJournalViolations * kSize);
  JournalEntry entry;
  for (std::size_t i = 0; i < kMaxJournalViolations; ++i) {
    entry.violations.push_back({"email", "email", "format", "no address", std::nullopt});
    entry.failed_row_ids.emplace_back(kSize, 'a');
  }
  for (std::size_t i = 0; i < kTooMany; ++i) journal.add(entry);
  const std::vector<JournalEntry> entries = journal.find({}, 0, 10'000, nullptr);
  ASSERT_EQ(entries.size(), kTooMany);
  EXPECT_EQ(entries.front().failed_row_ids.size(), kMaxJournalViolations);
  EXPECT_EQ(entries.back().failed_row_ids.size(), 0U);
  EXPECT_EQ(entries.back().violations.size(), 0U);
}

TEST(Journal, FindsByPlacesOfTheBody) {
  Journal journal(10);
  JournalEntry entry;
  entry.detail = std::make_shared<const RequestDetail>(
      RequestDetail{"", R"({"rows":[{"email":"a@b.example","amount":5}]})", ""});
  journal.add(entry);
  journal.add(JournalEntry{});
  const auto count_of = [&journal](BodyCriterion criterion) {
    JournalFilter filter;
    filter.body.push_back(std::move(criterion));
    std::size_t count = 0;
    const std::vector<JournalEntry> found = journal.find(filter, 0, 10, &count);
    EXPECT_EQ(found.size(), count);
    return count;
  };
  EXPECT_EQ(count_of({"rows[0].email", "a@b.example"}), 1U);
  EXPECT_EQ(count_of({"rows[0].email", "other"}), 0U);
  EXPECT_EQ(count_of({"rows[1].email", "a@b.example"}), 0U);
  EXPECT_EQ(count_of({"rows[0].amount", 5}), 1U);
  EXPECT_EQ(count_of({"rows[0].amount", "5"}), 0U);
  EXPECT_EQ(count_of({"rows[0].amount", "5", true}), 1U);
}

struct JournalRows : ControlTest {
  Json last_row() { return first_of(get("/_sandbox/requests?perPage=1").body); }
  std::string bearer() {
    const auto tokens = partner().request_tokens();
    EXPECT_TRUE(tokens.ok());
    return tokens.ok() ? "Bearer " + tokens->access : "";
  }
  client::Reply verify(const Json& assertion) { return post("/_sandbox/requests/verify", assertion); }
};

TEST_F(JournalRows, TellQueryTypeSizeDigestIdsAndToken) {
  const std::string token = bearer();
  const Json body = spv_submission();
  ASSERT_EQ(call("POST", "/v1/spv-requests?page=1", body,
                 {{"Authorization", token}, {"Idempotency-Key", "k-1"}, {"X-Request-Id", "r-7"}})
                .status,
            201);
  const Json row = last_row();
  EXPECT_EQ(row["query"], "page=1");
  EXPECT_EQ(row["contentType"], "application/json");
  EXPECT_EQ(row["bodySize"], dump_json(body).size());
  EXPECT_EQ(row["bodySha256"].get<std::string>().size(), 64U);
  EXPECT_EQ(row["requestIds"], (Json{{"X-Request-Id", "r-7"}}));
  EXPECT_FALSE(row["jti"].get<std::string>().empty());
  // Of an accepted call neither headers nor body.
  EXPECT_FALSE(row.contains("headers"));
  EXPECT_FALSE(row.contains("body"));
  for (const std::string& query :
       {std::string("requestId=r-7"), "jti=" + row.value("jti", ""),
        "bodySha256=" + row.value("bodySha256", ""), std::string("contentType=application/json")}) {
    EXPECT_EQ(get("/_sandbox/requests?" + query).body["documents"][0]["sequence"], row["sequence"]) << query;
  }
}

TEST_F(JournalRows, OfARefusedCallHeadersAndBodyWithoutSecrets) {
  const std::string token = bearer();
  Json body = spv_submission();
  body["attributes"]["currency"] = "XXL";
  body["attributes"]["apiSecret"] = "hidden";
  ASSERT_EQ(
      call("POST", "/v1/spv-requests", body, {{"Authorization", token}, {"Idempotency-Key", "k-1"}}).status,
      400);
  const Json row = last_row();
  EXPECT_FALSE(row["validationErrors"].empty());
  EXPECT_EQ(row["headers"]["Authorization"], "Bearer [redacted]");
  EXPECT_EQ(row["headers"]["Idempotency-Key"], "k-1");
  EXPECT_EQ(row["body"]["attributes"]["currency"], "XXL");
  EXPECT_EQ(row["body"]["attributes"]["apiSecret"], "[redacted]");
  EXPECT_EQ(row.dump().find(token.substr(7)), std::string::npos);
  EXPECT_EQ(get("/_sandbox/requests?body=attributes.currency%3DXXL").body["count"], 1);
  EXPECT_EQ(verify({{"match", {{"body", {{"attributes.currency", "XXL"}}}}}}).body["verified"], true);
  refusal(get("/_sandbox/requests?body=XXL"), 400, "invalid_request");
}

TEST_F(JournalRows, OfACallRefusedByItsHeadTheHeadersAndTheTokensId) {
  const std::string token = bearer();
  sandbox();
  ASSERT_EQ(call("GET", "/v1/oauth2/info", std::nullopt, {{"Authorization", token + "x"}}).status, 401);
  const Json row = last_row();
  EXPECT_FALSE(row["jti"].get<std::string>().empty());
  EXPECT_EQ(row["headers"]["Authorization"], "Bearer [redacted]");
}

TEST_F(JournalRows, OfATokenRequestWhatTheAssertionClaims) {
  bearer();
  const Json row = last_row();
  EXPECT_EQ(row["grant"]["type"], "jwt-bearer");
  EXPECT_GT(row["grant"]["assertion"]["exp"].get<std::int64_t>(),
            row["grant"]["assertion"]["iat"].get<std::int64_t>());
  EXPECT_EQ(row["grant"]["assertion"]["aud"], sandbox().local_url());
  EXPECT_FALSE(row.contains("bodySha256"));
}

TEST_F(JournalRows, OfAFaultedCallAsOfARefusedOne) {
  ASSERT_EQ(call("POST", "/v1/investors", Json{{"investors", Json::array()}},
                 {{"Authorization", bearer()}, {"Idempotency-Key", "k-9"}, {"Prefer", "code=503"}})
                .status,
            503);
  const Json row = last_row();
  EXPECT_EQ(row["fault"], "code=503");
  EXPECT_EQ(row["idempotencyKey"], "k-9");
  EXPECT_EQ(row["body"], (Json{{"investors", Json::array()}}));
}

TEST_F(JournalRows, OfUploadsTypeSizeAndDigestOfTheFile) {
  subscribe(false);
  const Json row = first_of(get("/_sandbox/requests?contentType=multipart/form-data").body);
  EXPECT_EQ(row["contentType"], "multipart/form-data");
  EXPECT_EQ(row["file"]["contentType"], "application/pdf");
  EXPECT_EQ(row["file"]["size"], 13);
  EXPECT_EQ(row["file"]["sha256"].get<std::string>().size(), 64U);
}

TEST_F(JournalRows, OfAcceptedCallsBodiesWhereAskedFor) {
  EXPECT_EQ(verify({{"match", {{"operation", "createSpvRequest"}, {"body", {{"templateVersion", "1.0.0"}}}}}})
                .body.contains("note"),
            false);
  submit_spv();
  const Json failed =
      verify({{"match", {{"operation", "createSpvRequest"}, {"body", {{"templateVersion", "1.0.0"}}}}}}).body;
  EXPECT_EQ(failed["verified"], false);
  EXPECT_NE(failed.value("note", "").find("--journal-bodies"), std::string::npos);
  app::ServeOptions options = plain_options();
  options.journal_bodies = true;
  start(options);
  submit_spv();
  const Json verified =
      verify({{"match", {{"operation", "createSpvRequest"}, {"body", {{"templateVersion", "1.0.0"}}}}}}).body;
  EXPECT_EQ(verified["verified"], true);
  const Json missed = verify({{"match", {{"body", {{"templateVersion", "2.0.0"}}}}}}).body;
  EXPECT_EQ(
      missed["nearestMisses"][0]["differs"],
      Json::array({Json{{"member", "body.templateVersion"}, {"expected", "2.0.0"}, {"actual", "1.0.0"}}}));
}

TEST_F(JournalRows, VerifyLooksForCallsInOrder) {
  submit_spv();
  const Json token{{"operation", "exchangeJwtAssertion"}};
  const Json create{{"operation", "createSpvRequest"}};
  EXPECT_EQ(verify({{"order", {token, create}}}).body,
            (Json{{"verified", true}, {"count", 2}, {"expected", {{"min", 2}, {"max", 2}}}}));
  const Json failed = verify({{"order", {create, token}}}).body;
  EXPECT_EQ(failed["verified"], false);
  EXPECT_EQ(failed["count"], 1);
  EXPECT_EQ(failed["matching"][0]["operation"], "createSpvRequest");
  for (const Json& assertion :
       {Json{{"order", Json::array()}}, Json{{"order", create}}, Json{{"order", {create}}, {"count", 1}},
        Json{{"order", {Json{{"url", "/x"}}}}}, Json{{"within", "2h"}}, Json{{"match", {{"body", 7}}}},
        Json{{"match", {{"body", {{"a..b", 1}}}}}}}) {
    refusal(verify(assertion), 400, "invalid_request");
  }
}

TEST_F(JournalRows, VerifyWaitsWithinTheTimeGiven) {
  const Json create{{"operation", "createSpvRequest"}};
  Json later;
  std::thread waiting([&] { later = verify({{"match", create}, {"within", "60s"}}).body; });
  submit_spv();
  waiting.join();
  EXPECT_EQ(later["verified"], true);
  // What came too often already is not waited for.
  EXPECT_EQ(verify({{"match", create}, {"count", 0}, {"within", "1h"}}).body["verified"], false);
  EXPECT_EQ(verify({{"match", {{"operation", "listSpvRequests"}}}, {"within", "1ms"}}).body["verified"],
            false);
}

TEST_F(JournalRows, AStopEndsTheWaitOfAVerification) {
  Result<client::Reply> reply = make_error(ErrorKind::Timeout, "");
  const std::string url = sandbox().local_url();
  std::thread waiting([&] {
    client::Request request;
    request.method = "POST";
    request.target = "/_sandbox/requests/verify";
    request.body = R"({"match": {"operation": "createSpvRequest"}, "within": "1h"})";
    reply = client::Connection(url).exchange(request);
  });
  stop();
  waiting.join();  // with an answer or without one, but at once
}

}  // namespace
}  // namespace zest::api
