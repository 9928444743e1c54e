#include "client/receiver.h"

#include <gtest/gtest.h>

#include "client/webhook_signature.h"
#include "http/caller.h"

namespace zest::client {
namespace {

class ReceiverTest : public testing::Test {
 protected:
  void start(ReceiverOptions options = {}) {
    options.secret = "whsec_00";
    Result<std::unique_ptr<Receiver>> receiver = Receiver::start(options, log_);
    ASSERT_TRUE(receiver.ok());
    receiver_ = std::move(*receiver);
  }
  http::Outcome send(const std::string& event_id, const std::string& secret = "whsec_00",
                     Duration timeout = Duration{10'000}) {
    http::Call call;
    call.method = "POST";
    call.url = receiver_->url();
    call.timeout = timeout;
    const std::string body =
        "{\"eventId\":\"" + event_id +
        "\",\"eventType\":\"investor.created\",\"occurredAt\":\"2026-01-01T00:00:00.000Z\"}";
    const Instant now = std::chrono::floor<Duration>(std::chrono::system_clock::now());
    call.headers.add("Zest-Signature", sign_webhook(secret, body, now));
    call.body = std::make_shared<const std::string>(body);
    return http::call(call);
  }

  Log log_{LogFormat::Text, LogLevel::Off};
  std::unique_ptr<Receiver> receiver_;
};

TEST_F(ReceiverTest, RecordsAndAnswersVerifiedWebhooks) {
  start();
  EXPECT_EQ(send("wde_1").status, 200);
  const std::vector<Received> received = receiver_->received();
  ASSERT_EQ(received.size(), 1u);
  EXPECT_EQ(received[0].event_id, "wde_1");
  EXPECT_EQ(received[0].event_type, "investor.created");
  EXPECT_EQ(received[0].refusal, "");
  EXPECT_EQ(format_instant(received[0].occurred_at.value()), "2026-01-01T00:00:00.000Z");
  EXPECT_TRUE(received[0].accepted());
}

TEST_F(ReceiverTest, RefusesOtherSecrets) {
  start();
  EXPECT_EQ(send("wde_1", "whsec_01").status, 401);
  EXPECT_NE(receiver_->received()[0].refusal, "");
  EXPECT_FALSE(receiver_->received()[0].accepted());
}

TEST_F(ReceiverTest, OnlyAcceptedEventsMakeDuplicates) {
  start();
  Behaviour failing;
  failing.status = 500;
  receiver_->script({failing});
  EXPECT_EQ(send("wde_1").status, 500);
  EXPECT_EQ(send("wde_1").status, 200);
  EXPECT_EQ(send("wde_1").status, 200);
  const std::vector<Received> received = receiver_->received();
  EXPECT_FALSE(received[0].duplicate);
  EXPECT_FALSE(received[1].duplicate);
  EXPECT_TRUE(received[2].duplicate);
}

TEST_F(ReceiverTest, FailsTheFirstRequests) {
  ReceiverOptions options;
  options.fail_first = 2;
  start(options);
  EXPECT_EQ(send("wde_1").status, 500);
  EXPECT_EQ(send("wde_1").status, 500);
  EXPECT_EQ(send("wde_1").status, 200);
}

TEST_F(ReceiverTest, CutsConnections) {
  ReceiverOptions options;
  options.behaviour.close = true;
  start(options);
  EXPECT_EQ(send("wde_1").failure, http::Failure::Reset);
}

TEST_F(ReceiverTest, HangsUntilTheSenderGivesUp) {
  ReceiverOptions options;
  options.behaviour.hang = true;
  start(options);
  EXPECT_EQ(send("wde_1", "whsec_00", Duration{50}).failure, http::Failure::Timeout);
  EXPECT_TRUE(receiver_->wait_until([](const std::vector<Received>& all) { return all.size() == 1; },
                                    Duration{10'000}));
}

TEST_F(ReceiverTest, AnswersLate) {
  ReceiverOptions options;
  options.behaviour.delay = Duration{20};
  start(options);
  EXPECT_EQ(send("wde_1").status, 200);
  EXPECT_EQ(receiver_->received()[0].answer.delay, Duration{20});
}

}  // namespace
}  // namespace zest::client
