// Documents behind signed URLs live until the URLs expire, whatever happens meanwhile.
#include "api/control_fixture.h"
#include "support/temporary_folder.h"

namespace zest::api {
namespace {

class ReplacedFiles : public ControlTest {
 protected:
  void SetUp() override {
    options_ = plain_options();
    options_.database = folder_ / "sandbox.db";
    start(options_);
  }
  void restart() {
    stop();
    start(options_);
  }

  // The path of the signed URL that an upload answered; its event has another token for the same document.
  std::string upload_form(const std::string& content) {
    const Json subscription = get("/_sandbox/subscriptions").body["documents"][0];
    Result<Json> uploaded =
        partner().upload_form(subscription.value("spvSlug", ""), subscription.value("personId", ""),
                              {"form.pdf", "application/pdf", content});
    EXPECT_TRUE(uploaded.ok()) << (uploaded.ok() ? "" : uploaded.error().detail);
    return path_of(uploaded->value("subscriptionFormUrl", ""));
  }
  std::string upload_funding(const std::string& content) {
    const Json subscription = get("/_sandbox/subscriptions").body["documents"][0];
    Result<Json> uploaded =
        partner().upload_funding(subscription.value("spvSlug", ""), subscription.value("personId", ""),
                                 {"receipt.pdf", "application/pdf", content}, {"1000.00", "USD", "wire-1"});
    EXPECT_TRUE(uploaded.ok()) << (uploaded.ok() ? "" : uploaded.error().detail);
    return path_of(uploaded->value("fundingReceiptUrl", ""));
  }
  static std::string path_of(const std::string& url) { return url.substr(url.find("/files/")); }
  std::string content(const std::string& path) {
    const client::Reply reply = get(path);
    return reply.status == 200 ? reply.text : std::to_string(reply.status);
  }
  void advance(const char* by) {
    EXPECT_EQ(post("/_sandbox/clock/advance", Json{{"clientId", acme()}, {"by", by}}).status, 200);
  }
  std::size_t stored() {
    std::size_t count = 0;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(folder_ / "sandbox.db.files/content"))
      count += entry.is_regular_file() ? 1 : 0;
    return count;
  }

  test::TemporaryFolder folder_;
  app::ServeOptions options_;
};

TEST_F(ReplacedFiles, AreServedUntilTheirUrlExpires) {
  subscribe(false);
  settle();
  const std::string first = upload_form("%PDF first");
  advance("1h");
  const std::string second = upload_form("%PDF second");
  advance("22h59m");
  EXPECT_EQ(content(first), "%PDF first");
  advance("1m");
  EXPECT_EQ(content(first), "403");
  EXPECT_EQ(content(second), "%PDF second");
}

TEST_F(ReplacedFiles, OutliveRestartsAndTheResetsOfOthers) {
  post("/_sandbox/partners", Json{{"name", "Beta"}});
  subscribe(false);
  settle();
  const std::string first = upload_form("%PDF first");
  upload_form("%PDF second");
  const std::string receipt = upload_funding("%PDF receipt");
  upload_funding("%PDF another receipt");
  advance("1h");
  restart();
  EXPECT_EQ(content(first), "%PDF first");
  EXPECT_EQ(content(receipt), "%PDF receipt");
  EXPECT_EQ(post("/_sandbox/reset", Json{{"clientId", "client_beta"}}).status, 200);
  EXPECT_EQ(content(first), "%PDF first");
  EXPECT_EQ(call("DELETE", "/_sandbox/partners/client_beta").status, 200);
  restart();
  EXPECT_EQ(content(first), "%PDF first");
  EXPECT_EQ(content(receipt), "%PDF receipt");
  // Their partner's own reset is the end of them.
  EXPECT_EQ(post("/_sandbox/reset", Json{{"clientId", acme()}}).status, 200);
  EXPECT_EQ(content(first), "404");
  EXPECT_EQ(stored(), 0U);
}

// Whoever waits for the last attempt still finds the document that its event speaks of.
TEST_F(ReplacedFiles, AreThereForTheLastAttemptOfTheirEvent) {
  subscribe(false);
  settle();
  sender().answer(500);
  upload_form("%PDF first");
  settle();
  upload_form("%PDF second");
  settle();
  restart();
  advance("14h36m");
  sender().answer(200);
  const Json dead =
      get("/_sandbox/webhook-deliveries?eventType=signed_subscription_form.uploaded&status=dead").body;
  ASSERT_EQ(dead["count"], 2);
  const Json delivery =
      get("/_sandbox/webhook-deliveries/" + dead["documents"][1].value("deliveryId", "")).body;
  EXPECT_EQ(delivery["attemptCount"], 6);
  EXPECT_EQ(content(path_of(delivery["envelope"]["data"].value("subscriptionFormUrl", ""))), "%PDF first");
}

TEST_F(ReplacedFiles, TakeNoRoomOnceTheirUrlsHaveExpired) {
  post("/_sandbox/partners", Json{{"name", "Beta"}});
  subscribe(false);
  settle();
  upload_form("%PDF first");
  upload_form("%PDF second");
  restart();
  EXPECT_EQ(stored(), 3U);  // with the first of all, by the subscription
  advance("24h");
  EXPECT_EQ(post("/_sandbox/reset", Json{{"clientId", "client_beta"}}).status, 200);
  EXPECT_EQ(stored(), 1U);
  advance("1h");
  upload_form("%PDF third");
  advance("24h");
  restart();
  EXPECT_EQ(stored(), 1U);
}

// Another partner's clock is no measure.
TEST_F(ReplacedFiles, GoByTheClockOfTheirOwnPartner) {
  post("/_sandbox/partners", Json{{"name", "Beta"}});
  subscribe(false);
  settle();
  const std::string first = upload_form("%PDF first");
  upload_form("%PDF second");
  EXPECT_EQ(post("/_sandbox/clock/advance", Json{{"clientId", "client_beta"}, {"by", "30d"}}).status, 200);
  EXPECT_EQ(post("/_sandbox/reset", Json{{"clientId", "client_beta"}}).status, 200);
  restart();
  EXPECT_EQ(content(first), "%PDF first");
}

TEST_F(ReplacedFiles, GoWithASnapshot) {
  subscribe(false);
  settle();
  const std::string first = upload_form("%PDF first");
  upload_form("%PDF second");
  const Json snapshot = get("/_sandbox/snapshot").body;
  EXPECT_EQ(snapshot["replacedUploads"].size(), 2U);
  EXPECT_EQ(post("/_sandbox/reset").status, 200);
  EXPECT_EQ(content(first), "404");
  ASSERT_EQ(call("PUT", "/_sandbox/snapshot", snapshot).status, 200);
  EXPECT_EQ(content(first), "%PDF first");
  restart();
  EXPECT_EQ(content(first), "%PDF first");
}

// What comes back is not what is replaced.
TEST_F(ReplacedFiles, ComingBackTheyAreThePresentOnesAgain) {
  subscribe(false);
  settle();
  upload_form("%PDF first");
  upload_form("%PDF second");
  const std::string again = upload_form("%PDF first");
  advance("12h");
  const std::string renewed = upload_form("%PDF first");
  advance("13h");
  restart();
  EXPECT_EQ(content(again), "403");
  EXPECT_EQ(content(renewed), "%PDF first");
}

}  // namespace
}  // namespace zest::api
