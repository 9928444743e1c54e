// A sandbox whose database turns read-only under it: a clear answer, nothing half done, and on it goes after.
#include <gtest/gtest.h>

#include <thread>

#include "support/process.h"
#include "support/read_only_medium.h"
#include "support/recording_receiver.h"
#include "support/world.h"

namespace zest::test {
namespace {

client::Reply create_investor(World& sandbox, const std::string& id) {
  client::Request request;
  request.method = "POST";
  request.target = "/v1/investors";
  request.body = dump_json(Json{{"investors", Json::array({investor_row(id)})}});
  return sandbox.partner().exchange(request).value();
}

app::ServeOptions kept_in(const TemporaryFolder& folder,
                          const std::optional<std::string>& webhook_url = std::nullopt) {
  app::ServeOptions options = World::plain_options();
  options.database = folder / "state.db";
  options.webhook_url = webhook_url;
  return options;
}

TEST(Medium, AReadOnlyDatabaseIsAClear503AndOverOnceItIsWritable) {
  const TemporaryFolder folder;
  RecordingReceiver receiver;
  World sandbox(kept_in(folder, receiver.url()), World::Network::Real);
  ASSERT_EQ(create_investor(sandbox, "before").status, 200);
  ASSERT_TRUE(receiver.wait_for(1));
  ASSERT_TRUE(sandbox.control().wait({{"until", "idle"}}).ok());
  {
    const ReadOnlyMedium medium;
    const client::Reply refused = create_investor(sandbox, "refused");
    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(refused.body.value("code", ""), "service_unavailable");
    EXPECT_NE(refused.body.value("detail", "").find("storage"), std::string::npos) << refused.text;
    EXPECT_EQ(refused.body.value("errorId", "").size(), 36U);
    // What changes state says so; what only looks goes on.
    const Result<Json> advanced = sandbox.control().advance({{"by", "1h"}});
    ASSERT_FALSE(advanced.ok());
    EXPECT_EQ(advanced.error().kind, ErrorKind::ServiceUnavailable);
    EXPECT_FALSE(sandbox.control().reset({}).ok());
    EXPECT_TRUE(sandbox.control().clock().ok());
    EXPECT_TRUE(sandbox.partner().spv_requests().ok());
  }
  ASSERT_EQ(create_investor(sandbox, "refused").body["results"][0]["status"], "created");
  ASSERT_TRUE(sandbox.control().wait({{"until", "idle"}, {"timeout", "1m"}}).ok());
  ASSERT_EQ(receiver.count(), 2U);
  EXPECT_TRUE(receiver.all_verified());
}

// A cleaner of temporary files, say.
TEST(Medium, ADatabaseThatWasMovedAwayIsA503AndNotReadyUntilItIsBack) {
  const TemporaryFolder folder;
  World sandbox(kept_in(folder));
  ASSERT_EQ(create_investor(sandbox, "before").status, 200);
  ASSERT_TRUE(sandbox.control().ready().ok());
  std::filesystem::rename(folder / "state.db", folder / "elsewhere.db");
  const client::Reply refused = create_investor(sandbox, "refused");
  EXPECT_EQ(refused.status, 503);
  EXPECT_NE(refused.body.value("detail", "").find("removed, replaced or moved"), std::string::npos)
      << refused.text;
  const Result<Json> ready = sandbox.control().ready();
  ASSERT_FALSE(ready.ok());
  EXPECT_EQ(ready.error().kind, ErrorKind::ServiceUnavailable);
  EXPECT_EQ(sandbox.control().status()->at("status"), "failing");
  EXPECT_TRUE(sandbox.partner().spv_requests().ok());
  std::filesystem::rename(folder / "elsewhere.db", folder / "state.db");
  EXPECT_TRUE(sandbox.control().ready().ok());
  EXPECT_EQ(create_investor(sandbox, "refused").body["results"][0]["status"], "created");
}

// The receiver's answer comes while it cannot be recorded: it is recorded later, and the webhook is not sent
// again meanwhile.
TEST(Medium, AnAnswerThatCannotBeRecordedIsRecordedOnceItCan) {
  const TemporaryFolder folder;
  World sandbox(kept_in(folder, "http://127.0.0.1:1/hook"));
  FakeSender& sender = sandbox.sender();
  sender.answer(FakeSender::kHang);
  ASSERT_EQ(create_investor(sandbox, "one").status, 200);
  ASSERT_TRUE(sender.await_open(1));
  {
    const ReadOnlyMedium medium;
    sender.answer(500);
    while (ReadOnlyMedium::refused() == 0) std::this_thread::yield();
  }
  ASSERT_TRUE(sandbox.control().wait({{"until", "idle"}, {"timeout", "1m"}}).ok());
  const std::string id =
      sandbox.control().deliveries().value().at("documents")[0].at("deliveryId").get<std::string>();
  const Json delivery = sandbox.control().delivery(id).value();
  EXPECT_EQ(delivery.at("status"), "retrying");
  ASSERT_EQ(delivery.at("attempts").size(), 1U) << delivery;
  EXPECT_EQ(delivery.at("attempts")[0].at("responseStatus"), 500);
  EXPECT_EQ(sender.calls().size(), 1U);
}

}  // namespace
}  // namespace zest::test
