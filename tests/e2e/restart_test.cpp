// A sandbox on a file database loses nothing that it answered for, however it ends.
#include <gtest/gtest.h>

#include "e2e/served_sandbox.h"
#include "support/recording_receiver.h"

namespace zest::test {
namespace {

class Restart : public testing::Test {
 protected:
  std::vector<std::string> options(std::vector<std::string> more = {}) const {
    more.insert(more.end(), {"--db", (folder_ / "state.db").string()});
    return more;
  }
  // The delivery's attempts as their offsets in seconds.
  static std::vector<int> offsets(const ServedSandbox& sandbox, const std::string& delivery_id) {
    std::vector<int> offsets;
    const Json delivery = sandbox.control().delivery(delivery_id).value();
    for (const Json& attempt : delivery.at("attempts"))
      offsets.push_back(attempt.at("offsetSeconds").get<int>());
    return offsets;
  }

  TemporaryFolder folder_;
  RecordingReceiver receiver_;
};

TEST_F(Restart, LadderGoesOnAfterAKill) {
  receiver_.answer(500);
  std::string delivery;
  {
    ServedSandbox sandbox(options({"--clock", "manual", "--webhook-url", receiver_.url()}));
    client::PartnerApi partner = sandbox.partner();
    ASSERT_TRUE(partner.submit_spv_request(spv_submission(), "key").ok());
    ASSERT_TRUE(sandbox.control().advance({{"by", "31s"}}).ok());
    ASSERT_EQ(receiver_.count(), 2u);
    delivery = receiver_.received()[0].event_id;
    EXPECT_EQ(sandbox.stop(SIGKILL).exit_code, 128 + SIGKILL);
  }
  receiver_.answer(200);
  ServedSandbox sandbox(options());
  const Json clock = sandbox.control().clock().value();
  EXPECT_EQ(clock.at("mode"), "manual");
  EXPECT_EQ(clock.at("now"), "2026-01-01T00:00:31.000Z");
  ASSERT_TRUE(sandbox.control().advance({{"until", "idle"}}).ok());
  EXPECT_EQ(offsets(sandbox, delivery), (std::vector<int>{0, 30, 330}));
  EXPECT_EQ(sandbox.control().delivery(delivery).value().at("status"), "delivered");
  const std::vector<client::Received> received = receiver_.received();
  ASSERT_EQ(received.size(), 3u);
  EXPECT_EQ(received[2].event_id, received[0].event_id);
  EXPECT_EQ(received[2].body, received[0].body);
  EXPECT_TRUE(receiver_.all_verified());
}

TEST_F(Restart, WhatWasOnItsWayIsSentAgain) {
  receiver_.hang();
  {
    ServedSandbox sandbox(options({"--clock", "manual", "--webhook-url", receiver_.url()}));
    client::PartnerApi partner = sandbox.partner();
    ASSERT_TRUE(partner.submit_spv_request(spv_submission(), "key").ok());
    ASSERT_TRUE(receiver_.wait_for(1));
    sandbox.stop(SIGKILL);
  }
  receiver_.answer(200);
  ServedSandbox sandbox(options());
  ASSERT_TRUE(receiver_.wait_for(2));
  ASSERT_TRUE(sandbox.control().wait({{"until", "idle"}}).ok());
  const std::vector<client::Received> received = receiver_.received();
  ASSERT_EQ(received.size(), 2u);
  EXPECT_EQ(received[1].event_id, received[0].event_id);
  EXPECT_EQ(received[1].body, received[0].body);
}

TEST_F(Restart, TokensPartnersAndSeedStay) {
  std::string token;
  {
    ServedSandbox sandbox(
        options({"--seed", "99", "--webhook-url", receiver_.url(), "--webhook-secret", "whsec_77"}));
    client::PartnerApi partner = sandbox.partner();
    token = partner.request_tokens().value().access;
    const Finished registered = sandbox.command({"register-partner", "--name", "Second"});
    EXPECT_EQ(registered.exit_code, 0) << registered.err;
    EXPECT_EQ(sandbox.stop().exit_code, 0);
  }
  ServedSandbox sandbox(options());
  EXPECT_EQ(sandbox.member("webhookSecret"), "whsec_77");
  EXPECT_EQ(sandbox.control().partners().value().at("count"), 2);
  const client::Connection connection(sandbox.url(), token);
  client::Request info;
  info.target = "/v1/oauth2/info";
  EXPECT_TRUE(connection.call(info).ok());
  const std::string shown = sandbox.process().output();
  EXPECT_NE(shown.find(" 99\n"), std::string::npos) << shown;
  EXPECT_NE(shown.find(receiver_.url()), std::string::npos) << shown;
}

TEST_F(Restart, APublicUrlOfRunTimeHoldsUntilAStartNamesAnother) {
  {
    ServedSandbox sandbox(options());
    const client::Connection connection(sandbox.url());
    const Json body = {{"publicUrl", "http://mapped.example:32771"}};
    ASSERT_TRUE(connection.call(client::json_request("PUT", "/_sandbox/settings", body)).ok());
    EXPECT_EQ(sandbox.stop(SIGKILL).exit_code, 128 + SIGKILL);
  }
  EXPECT_EQ(ServedSandbox(options()).url(), "http://mapped.example:32771");
  EXPECT_EQ(ServedSandbox(options({"--public-url", "https://named.example"})).url(), "https://named.example");
  EXPECT_EQ(ServedSandbox(options()).url().rfind("http://127.0.0.1:", 0), 0U);
}

TEST_F(Restart, AClockAskedForByNameIsSet) {
  { ServedSandbox sandbox(options({"--clock", "manual", "--start-time", "2030-01-01T00:00:00Z"})); }
  ServedSandbox sandbox(options({"--time-scale", "60"}));
  const Json clock = sandbox.control().clock().value();
  EXPECT_EQ(clock.at("mode"), "scaled");
  EXPECT_EQ(clock.at("scale"), 60);
  EXPECT_GE(clock.at("now").get<std::string>(), "2030-01-01T00:00:00.000Z");
}

}  // namespace
}  // namespace zest::test
