// Changes of the whole state against everything else, and the stop.
#include <atomic>
#include <thread>

#include "chaos/rule.h"
#include "engine/engine_fixture.h"
#include "rules/chaos_rules.h"

namespace zest::engine {
namespace {

class QuiesceTest : public EngineTest {
 protected:
  // Everything that the writer has queued, and the turns that follow from it, are done.
  void let_turns_run() {
    for (int i = 0; i < 4; ++i) {
      ASSERT_TRUE(store_->write([](store::Write&) -> Result<Done> { return Done{}; }).ok());
    }
  }
};

// A snapshot is loaded while another one brings a partner back: what that partner has due would be claimed,
// go out once for each of the two, and be counted twice.
TEST_F(QuiesceTest, NothingIsClaimedAnywhereDuringAChangeOfTheWholeState) {
  start([](const http::Call&) -> std::optional<http::Outcome> { return std::nullopt; });
  add_partner("client_a");
  emit("client_a");
  ASSERT_TRUE(sender_->await_open(1));
  let_turns_run();  // the one that sent it has ended: the cancel comes from here, not from the writer
  std::string brought;
  std::once_flag once;
  sender_->before_cancel([&] {  // the change has begun, and waits for client_a's exchange
    std::call_once(once, [&] {
      add_partner("client_b");
      brought = emit("client_b").front();
      let_turns_run();
    });
  });
  const auto changed = engine_->quiesce(std::nullopt, [&] {
    return store_->write([&](store::Write& tx) -> Result<void> {
      tx.clear_partner_data("client_a");
      std::optional<Delivery> again = tx.delivery(brought);
      again->status = DeliveryStatus::Pending;
      tx.put_delivery(*again);
      return {};
    });
  });
  ASSERT_TRUE(changed.ok()) << changed.error().detail;
  ASSERT_TRUE(sender_->await_open(1));
  EXPECT_EQ(sender_->calls().size(), 2U);
  sender_->finish_all(answer(200));
  ASSERT_TRUE(wait_idle());
  EXPECT_EQ(attempts(brought).size(), 1U);
  EXPECT_EQ(sender_->calls().size(), 2U);
}

TEST_F(QuiesceTest, ChangesOfTheWholeStateTakeTurns) {
  start([](const http::Call&) -> std::optional<http::Outcome> { return answer(200); });
  for (int i = 0; i < 4; ++i) add_partner("client_" + std::to_string(i));
  std::atomic<bool> over{false};
  std::vector<std::thread> threads;
  for (int n = 0; n < 3; ++n) {
    threads.emplace_back([this] {
      for (int i = 0; i < 50; ++i) {
        EXPECT_TRUE(engine_->quiesce(std::nullopt, []() -> Result<void> { return {}; }).ok());
      }
    });
  }
  std::thread events([this, &over] {
    for (int i = 0; !over; ++i) emit("client_" + std::to_string(i % 4));
  });
  for (std::thread& thread : threads) thread.join();
  over = true;
  events.join();
  ASSERT_TRUE(wait_idle());
  const auto lanes = engine_->lanes(std::nullopt);
  ASSERT_TRUE(lanes.ok());
  for (const LaneView& lane : *lanes) EXPECT_EQ(lane.in_flight, 0U);
}

TEST_F(QuiesceTest, AfterTheStopIsRefused) {
  start([](const http::Call&) -> std::optional<http::Outcome> { return answer(200); });
  add_partner("client_a");
  engine_->stop();
  for (const std::optional<std::string>& whom :
       {std::optional<std::string>("client_a"), std::optional<std::string>()}) {
    const auto refused = engine_->quiesce(whom, []() -> Result<void> { return {}; });
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().kind, ErrorKind::ServiceUnavailable);
  }
}

TEST_F(QuiesceTest, AStopGivesUpWhatDoesNotEndAndSaysWhat) {
  Log loud(LogFormat::Text, LogLevel::Warning);
  engine_log_ = &loud;
  options_.stop_within = Duration(50);
  ::testing::internal::CaptureStderr();
  start([](const http::Call&) -> std::optional<http::Outcome> { return std::nullopt; });
  add_partner("client_a");
  const std::string id = emit("client_a").front();
  EXPECT_TRUE(sender_->await_open(1));
  sender_->be_deaf();
  engine_->stop();
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("stopping without 1 webhook on its way"), std::string::npos) << log;
  // It comes back all the same, and finds nobody.
  sender_->finish_all(answer(200));
  EXPECT_EQ(delivery(id).status, DeliveryStatus::InFlight);  // due again at the next start
  EXPECT_TRUE(attempts(id).empty());
}

TEST_F(QuiesceTest, AnAttemptThatIsMadeAgainKeepsTheMarkOfTheRuleThatPostponedIt) {
  std::atomic<bool> answers{false};
  start([&answers](const http::Call&) -> std::optional<http::Outcome> {
    return answers ? std::optional(answer(500)) : std::nullopt;
  });
  add_partner("client_a");
  const Result<chaos::Rule> rule = chaos::read_rule(
      parse_json(R"({"id":"late","on":"webhook","match":{"first":1},"action":{"type":"delay","by":"1m"}})")
          .value());
  ASSERT_TRUE(rule.ok()) << rule.error().detail;
  ASSERT_TRUE(engine_
                  ->change_rules([&](store::Write& tx, std::vector<ChaosNote>&) -> Result<void> {
                    RETURN_IF_ERROR(rules::set_chaos_rule(tx, *rule, true, clock_.wall(),
                                                          machine_time(clock_), [](const std::string&) {}));
                    return {};
                  })
                  .ok());
  const std::string id = emit("client_a").front();
  ASSERT_TRUE(wait_idle());
  std::thread caller([this] { static_cast<void>(advance_by(Duration(60'000))); });
  ASSERT_TRUE(sender_->await_open(1));
  answers = true;
  // As a kill does, this leaves no record of the attempt.
  ASSERT_TRUE(engine_->quiesce("client_a", []() -> Result<void> { return {}; }).ok());
  caller.join();
  ASSERT_TRUE(wait_idle());
  ASSERT_TRUE(advance_by(Duration(30'000)).ok());
  const std::vector<Attempt> made = attempts(id);
  ASSERT_EQ(made.size(), 2U);
  EXPECT_EQ(made[0].chaos_rule, "late");
  EXPECT_EQ(made[1].chaos_rule, "");  // the next one is not due to the rule any more
}

}  // namespace
}  // namespace zest::engine
