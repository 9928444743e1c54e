// What the partner API does not list, tokens without a key, and the check of a signature.
#include <algorithm>
#include <chrono>

#include "api/control_fixture.h"
#include "api/pipeline/journal.h"
#include "delivery/signer.h"

namespace zest::api {
namespace {

using ControlLists = ControlTest;

TEST_F(ControlLists, InvestorsNewestFirstInPagesAndByPartner) {
  client::PartnerApi api = partner();
  for (const char* name : {"one", "two", "three"}) {
    const Json row{{"partnerInvestorId", name}, {"email", "a@example.com"},    {"firstName", "Ada"},
                   {"lastName", "L"},           {"dateOfBirth", "1990-12-10"}, {"countryOfResidence", "AE"}};
    ASSERT_TRUE(api.create_investors(Json::array({row})).ok());
  }
  const client::Reply list = get("/_sandbox/investors?perPage=2");
  EXPECT_EQ(list.body["count"], 3);
  EXPECT_EQ(column(list, "partnerInvestorId"), (std::vector<std::string>{"three", "two"}));
  EXPECT_EQ(column(get("/_sandbox/investors?perPage=2&page=2"), "partnerInvestorId"),
            std::vector<std::string>{"one"});
  const Json newest = list.body["documents"][0];
  EXPECT_EQ(newest["clientId"], acme());
  EXPECT_EQ(newest["countryOfResidence"], "AE");
  EXPECT_EQ(get("/_sandbox/investors/" + newest.value("zestPersonId", "")).body, newest);
  EXPECT_EQ(get("/_sandbox/investors?clientId=" + acme()).body["count"], 3);
  EXPECT_EQ(get("/_sandbox/investors?clientId=client_other").body["count"], 0);
  refusal(get("/_sandbox/investors/psn_none"), 404, "not_found");
  refusal(get("/_sandbox/investors?status=x"), 400, "invalid_request");
}

TEST_F(ControlLists, UploadsWithAUrlThatWorks) {
  const std::string slug = subscribe(true);
  const client::Reply list = get("/_sandbox/uploads");
  EXPECT_EQ(list.body["count"], 2);
  EXPECT_EQ(column(list, "kind"), (std::vector<std::string>{"fundingReceipt", "form"}));
  EXPECT_EQ(column(list, "subscriptionSlug"), (std::vector<std::string>{slug, slug}));
  const Json receipt = list.body["documents"][0];
  EXPECT_EQ(receipt["amount"], "1000.00");
  EXPECT_EQ(receipt["wireReference"], "wire-1");
  EXPECT_EQ(receipt["contentType"], "application/pdf");
  EXPECT_EQ(receipt["size"], 16);
  const std::string url = receipt.value("url", "");
  ASSERT_EQ(url.rfind(sandbox().url(), 0), 0U) << url;
  EXPECT_EQ(get(url.substr(sandbox().url().size())).text, "%PDF-1.7 receipt");
  // Signed at the moment of the question, so that it works however old the document is.
  ASSERT_EQ(post("/_sandbox/clock/advance", Json{{"by", "72h"}}).status, 200);
  const std::string later = get("/_sandbox/uploads").body["documents"][0].value("url", "");
  EXPECT_EQ(get(later.substr(sandbox().url().size())).status, 200);
  EXPECT_EQ(get(url.substr(sandbox().url().size())).status, 403);
  EXPECT_EQ(column(get("/_sandbox/uploads?perPage=1&page=2"), "kind"), std::vector<std::string>{"form"});
  EXPECT_EQ(get("/_sandbox/uploads?clientId=client_other").body["count"], 0);
}

TEST_F(ControlLists, ATokenWithoutAKeyWorksLikeAnyOther) {
  const client::Reply made = post("/_sandbox/partners/" + acme() + "/token");
  ASSERT_EQ(made.status, 201) << made.text;
  EXPECT_EQ(made.body["tokenType"], "Bearer");
  EXPECT_EQ(made.body["expiresIn"], 3600);
  const std::string token = made.body.value("accessToken", "");
  const auto as_partner = [&](const std::string& with) {
    return call("GET", "/v1/oauth2/info", std::nullopt, {{"Authorization", "Bearer " + with}});
  };
  EXPECT_EQ(as_partner(token).body["clientId"], acme());
  // And is revoked like any other.
  ASSERT_EQ(post("/_sandbox/reset", Json{{"tokens", true}}).status, 200);
  EXPECT_EQ(as_partner(token).status, 401);
  refusal(post("/_sandbox/partners/client_none/token"), 404, "not_found");
  refusal(post("/_sandbox/partners/" + acme() + "/token", Json{{"scope", "all"}}), 400, "invalid_request");
}

struct ControlVerify : ControlTest {
  const std::string secret = "whsec_0123456789abcdef";
  const std::string body = R"({"eventId":"wde_1"})";
  client::Reply verify(const Json& headers, const std::string& with, Json more = Json::object()) {
    Json question{{"headers", headers}, {"body", body}, {"secret", with}};
    question.update(more);
    return post("/_sandbox/verify", question);
  }
  Json signed_at(Instant at) const {
    return Json{{"zest-signature", delivery::zest_signature(secret, at, body)}};
  }
  static Instant now() { return std::chrono::floor<Duration>(std::chrono::system_clock::now()); }
};

TEST_F(ControlVerify, AFreshSignatureOfTheSecretIsValid) {
  const client::Reply reply = verify(signed_at(now()), secret);
  ASSERT_EQ(reply.status, 200) << reply.text;
  EXPECT_EQ(reply.body["verified"], true);
  EXPECT_EQ(reply.body["signatureMatches"], true);
}

TEST_F(ControlVerify, AnotherSecretIsNamedAndTheExpectedSignatureShown) {
  const client::Reply reply = verify(signed_at(now()), "whsec_other");
  EXPECT_EQ(reply.body["verified"], false);
  EXPECT_EQ(reply.body["signatureMatches"], false);
  EXPECT_EQ(reply.body["detail"], "the signature does not match the body and the secret");
  const std::string expected = reply.body.value("expected", "");
  EXPECT_EQ(expected.size(), 64U);
  EXPECT_EQ(verify(signed_at(now()), secret, Json{{"computed", expected}}).body["computedMatches"], false);
}

TEST_F(ControlVerify, AnOldSignatureMatchesButIsNotVerified) {
  const Instant then = now() - Duration(3'600'000);
  const client::Reply reply = verify(signed_at(then), secret);
  EXPECT_EQ(reply.body["verified"], false);
  EXPECT_EQ(reply.body["signatureMatches"], true);
  EXPECT_EQ(reply.body["detail"], "the signature's timestamp is more than 300 s old");
  const std::string expected = reply.body.value("expected", "");
  EXPECT_EQ(verify(signed_at(then), secret, Json{{"computed", expected}}).body["computedMatches"], true);
}

TEST_F(ControlVerify, OddHeadersAreToldApart) {
  EXPECT_EQ(verify(Json::object(), secret).body["detail"], "the Zest-Signature header is missing");
  for (const char* header : {"", "t=", "t=x,v1=00", "v1=00", "t=-9223372036854775808,v1=00",
                             "t=9223372036854775807,v1=00", "t=99999999999999999999,v1=00", "nonsense"}) {
    const client::Reply reply = verify(Json{{"Zest-Signature", header}}, secret);
    EXPECT_EQ(reply.status, 200) << header;
    EXPECT_EQ(reply.body["verified"], false) << header;
    EXPECT_EQ(reply.body["signatureMatches"], false) << header;
  }
  EXPECT_EQ(verify(Json{{"Zest-Signature", 7}}, secret).status, 200);
  refusal(post("/_sandbox/verify", Json{{"body", "x"}, {"secret", "y"}}), 400, "invalid_request");
  refusal(verify(Json::array(), secret), 400, "invalid_request");
}

struct ControlForConsole : ControlTest {};

TEST_F(ControlForConsole, DeliveriesCanBeListedWithTheirAttempts) {
  sender().answer(500);
  submit_spv();
  settle();
  const client::Reply list = get("/_sandbox/webhook-deliveries?include=attempts");
  const Json delivery = list.body["documents"][0];
  ASSERT_EQ(delivery["attempts"].size(), 1U);
  EXPECT_EQ(delivery["attempts"][0]["responseStatus"], 500);
  EXPECT_FALSE(delivery["attempts"][0].contains("requestHeaders"));
  EXPECT_FALSE(delivery["attempts"][0].contains("responseBody"));
  EXPECT_FALSE(get("/_sandbox/webhook-deliveries").body["documents"][0].contains("attempts"));
  refusal(get("/_sandbox/webhook-deliveries?include=bodies"), 400, "invalid_request");
}

TEST_F(ControlForConsole, ADeliveryShowsTheVeryBytesThatAreSigned) {
  submit_spv();
  settle();
  const std::string id = get("/_sandbox/webhook-deliveries").body["documents"][0].value("deliveryId", "");
  const Json delivery = get("/_sandbox/webhook-deliveries/" + id).body;
  EXPECT_EQ(delivery["body"], *sender().calls().front().body);
  EXPECT_EQ(parse_json(delivery.value("body", "")).value(), delivery["envelope"]);
}

TEST_F(ControlForConsole, StatusCountsOnePartnerOnly) {
  submit_spv();
  settle();
  ASSERT_EQ(post("/_sandbox/partners", Json{{"name", "Beta"}}).status, 201);
  const Json all = get("/_sandbox/status").body;
  EXPECT_EQ(all["clocks"].size(), 2U);
  EXPECT_EQ(all["spvRequests"]["pending-review"], 1);
  const Json beta = get("/_sandbox/status?clientId=client_beta").body;
  EXPECT_EQ(beta["clocks"].size(), 1U);
  EXPECT_EQ(beta["spvRequests"]["pending-review"], 0);
  EXPECT_EQ(beta["deliveries"]["delivered"], 0);
  EXPECT_EQ(beta["requests"], 0);
  EXPECT_EQ(get("/_sandbox/status?clientId=" + acme()).body["deliveries"]["delivered"], 1);
  refusal(get("/_sandbox/status?clientId=client_none"), 404, "not_found");
}

TEST_F(ControlForConsole, StatusCountsHeldDeliveriesAndFailedCalls) {
  ASSERT_EQ(post("/_sandbox/chaos/rules",
                 Json{{"on", "webhook"}, {"action", {{"type", "hold"}, {"untilReleased", true}}}})
                .status,
            201);
  submit_spv();
  settle();
  EXPECT_EQ(get("/v1/nothing").status, 404);
  const Json status = get("/_sandbox/status").body;
  EXPECT_EQ(status["held"], 1);
  EXPECT_EQ(status["requestErrors"], 1);
  EXPECT_EQ(column(get("/_sandbox/requests?failed=true"), "path"), std::vector<std::string>{"/v1/nothing"});
  const auto fine = column(get("/_sandbox/requests?failed=false"), "path");
  EXPECT_EQ(std::count(fine.begin(), fine.end(), "/v1/nothing"), 0);
  EXPECT_FALSE(fine.empty());
}

TEST_F(ControlForConsole, TheJournalKeepsTheRulesThatAPayloadBroke) {
  Json submission = spv_submission();
  submission["attributes"]["currency"] = "dollars";
  submission["attributes"]["surprise"] = 1;
  ASSERT_FALSE(partner().submit_spv_request(submission, "k").ok());
  const Json entry = get("/_sandbox/requests?failed=true").body["documents"][0];
  ASSERT_EQ(entry["validationErrors"].size(), 2U) << entry;
  EXPECT_EQ(entry["validationErrors"][0]["field"], "attributes.currency");
  EXPECT_EQ(entry["validationErrors"][1]["code"], "unknown_attribute");
  EXPECT_EQ(entry["validationErrors"][0]["value"], "dollars");
}

TEST(JournalViolations, AreBoundedInNumber) {
  EXPECT_EQ(journal_violations(std::vector<Violation>(60)).size(), kMaxJournalViolations);
  EXPECT_EQ(journal_violations(std::vector<Violation>(3)).size(), 3U);
}

}  // namespace
}  // namespace zest::api
