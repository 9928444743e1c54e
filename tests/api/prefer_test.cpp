// Faults by header: asked for with one call, marked in answer and journal.
#include "api/pipeline/prefer.h"

#include <deque>

#include "api/control_fixture.h"
#include "api/pipeline/delays.h"
#include "http/raw_client.h"

namespace zest::api {
namespace {

http::RequestHead with_prefer(std::string value) {
  http::RequestHead head;
  head.headers.add("Prefer", std::move(value));
  return head;
}

TEST(Prefer, SeveralFaultsMayBeAskedForAtOnce) {
  const auto fault = read_preferred_fault(with_prefer("respond-async, code=503, delay=2s"));
  ASSERT_TRUE(fault.ok());
  ASSERT_TRUE(fault->has_value());
  EXPECT_EQ((*fault)->instead_of, 503);
  EXPECT_EQ((*fault)->delay, Duration(2'000));
  EXPECT_EQ((*fault)->name, "code=503, delay=2s");
}

// RFC 7240, 2.
TEST(Prefer, TheCaseOfNamesAndQuotesAroundValuesDoNotMatter) {
  const auto fault = read_preferred_fault(with_prefer("Code=\"503\", DELAY = \"2s\""));
  ASSERT_TRUE(fault.ok()) << fault.error().detail;
  ASSERT_TRUE(fault->has_value());
  EXPECT_EQ((*fault)->instead_of, 503);
  EXPECT_EQ((*fault)->delay, Duration(2'000));
}

TEST(Prefer, OtherPreferencesAreNotOurs) {
  const auto fault = read_preferred_fault(with_prefer("return=minimal"));
  ASSERT_TRUE(fault.ok());
  EXPECT_FALSE(fault->has_value());
}

TEST(Prefer, UnknownFaultsAreNamedWithWhatThereIs) {
  for (const char* value : {"code=418", "delay=soon", "delay=61s", "fault=explode"}) {
    const auto fault = read_preferred_fault(with_prefer(value));
    ASSERT_FALSE(fault.ok()) << value;
    EXPECT_EQ(fault.error().kind, ErrorKind::InvalidRequest);
  }
}

class PreferTest : public ControlTest {
 protected:
  client::Reply health(const std::string& preference) {
    return call("GET", "/public/hc", std::nullopt, {{"Prefer", preference}});
  }
};

TEST_F(PreferTest, CodeAnswersInTheEnvelopeAndIsMarked) {
  const client::Reply reply = health("code=503");
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.body.value("code", ""), "service_unavailable");
  const client::Reply journal = get("/_sandbox/requests");
  EXPECT_EQ(first_of(journal.body).value("fault", ""), "code=503");
}

TEST_F(PreferTest, Code422HasTheShapeOfTheWebFramework) {
  const client::Reply reply = health("code=422");
  EXPECT_EQ(reply.status, 422);
  EXPECT_TRUE(reply.body["detail"].is_array());
  EXPECT_TRUE(reply.body["detail"][0].contains("loc"));
}

TEST_F(PreferTest, DropAfterCommitHidesAnAnswerThatTheSameKeyReplays) {
  const auto token = partner().request_tokens();
  ASSERT_TRUE(token.ok());
  const auto submit = [&](std::string preference) {
    client::Request request;
    request.method = "POST";
    request.target = "/v1/spv-requests";
    request.headers = {{"Authorization", "Bearer " + token->access}, {"Idempotency-Key", "lost-answer"}};
    if (!preference.empty()) request.headers.emplace_back("Prefer", std::move(preference));
    request.body = dump_json(spv_submission());
    return client::Connection(sandbox().local_url()).exchange(request);
  };
  EXPECT_FALSE(submit("fault=drop-before-execute").ok());
  EXPECT_EQ(get("/_sandbox/spv-requests").body.value("count", -1), 0);
  EXPECT_FALSE(submit("fault=drop-after-commit").ok());
  EXPECT_EQ(get("/_sandbox/spv-requests").body.value("count", -1), 1);
  const auto replayed = submit("");
  ASSERT_TRUE(replayed.ok());
  EXPECT_EQ(replayed->status, 201);
  EXPECT_EQ(get("/_sandbox/spv-requests").body.value("count", -1), 1);
}

#ifndef ZEST_STOCK_LISTENER  // there a call that waits holds a worker, and who hung up is not noticed
TEST_F(PreferTest, DelaysOfSomeLeaveRoomForDelaysAndWaitsOfOthersAndEndWithTheSandbox) {
  const auto token = partner().request_tokens();
  ASSERT_TRUE(token.ok());
  const std::string request = "GET /public/hc HTTP/1.1\r\nHost: localhost\r\nPrefer: delay=60s\r\n\r\n";
  std::deque<http::testing::RawClient> clients;
  do {
    clients.emplace_back(sandbox().port());
    ASSERT_TRUE(clients.back().send(request));
  } while (health("delay=1ms").status != 503);
  EXPECT_GE(clients.size(), Delays::kCapacity / 2);
  const client::Reply other = call("GET", "/v1/oauth2/info", std::nullopt,
                                   {{"Authorization", "Bearer " + token->access}, {"Prefer", "delay=1ms"}});
  EXPECT_EQ(other.status, 200) << other.text;
  EXPECT_EQ(post("/_sandbox/wait").status, 200);
  // Who hangs up makes room for others of the same share.
  clients.pop_front();
  while (health("delay=1ms").status == 503) {
  }
  sandbox().stop();
  EXPECT_EQ(clients.front().read_answer().status, 503);
}
#endif

TEST_F(PreferTest, CanBeSwitchedOff) {
  app::ServeOptions options = plain_options();
  options.fault_headers = false;
  start(options);
  EXPECT_EQ(health("code=503").status, 200);
}

}  // namespace
}  // namespace zest::api
