// Virtual time as a discrete-event step, and what it does to deliveries.
#include <atomic>
#include <thread>

#include "engine/dispatch.h"
#include "engine/engine_fixture.h"

namespace zest::engine {
namespace {

using AdvanceTest = EngineTest;

TEST_F(AdvanceTest, FailingDeliveryClimbsTheExactLadderToTheDeadLetter) {
  start([](const http::Call&) { return answer(500); });
  add_partner("client_a");
  const std::string id = emit("client_a").front();
  const auto report = advance_until_idle();
  ASSERT_TRUE(report.ok()) << report.error().detail;
  EXPECT_EQ(offsets(id), kLadder);
  EXPECT_EQ(delivery(id).status, DeliveryStatus::Dead);
  EXPECT_EQ(delivery(id).attempt_count, 6);
  EXPECT_EQ(*engine_->now("client_a"), kStart + Duration(52'530'000));
}

TEST_F(AdvanceTest, ByStopsBetweenTimersAtTheExactInstant) {
  start([](const http::Call&) { return answer(500); });
  add_partner("client_a");
  const std::string id = emit("client_a").front();
  ASSERT_TRUE(advance_by(Duration(29'999)).ok());
  EXPECT_EQ(offsets(id), (std::vector<std::int64_t>{0}));
  EXPECT_EQ(*engine_->now("client_a"), kStart + Duration(29'999));
  ASSERT_TRUE(advance_by(Duration(1)).ok());
  EXPECT_EQ(offsets(id), (std::vector<std::int64_t>{0, 30'000}));
}

TEST_F(AdvanceTest, NextFiresTheEarliestTimerOfAllLanesOnly) {
  start([](const http::Call&) { return answer(500); });
  add_partner("client_a");
  add_partner("client_b");
  const std::string a = emit("client_a").front();
  ASSERT_TRUE(wait_idle());
  ASSERT_TRUE(advance_by(Duration(10'000), "client_b").ok());
  const std::string b = emit("client_b").front();
  const auto report = engine_->advance(AdvanceRequest{std::nullopt, AdvanceRequest::Next{}});
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(offsets(a).size(), 2U);
  EXPECT_EQ(offsets(b).size(), 1U);
  EXPECT_EQ(*engine_->now("client_a"), kStart + Duration(30'000));
  EXPECT_EQ(*engine_->now("client_b"), kStart + Duration(10'000));
}

TEST_F(AdvanceTest, InstantBehindOneNamedLaneIsRefusedAndLeavesOthersAlone) {
  start([](const http::Call&) { return answer(200); });
  add_partner("client_a");
  add_partner("client_b");
  ASSERT_TRUE(advance_by(Duration(60'000), "client_a").ok());
  const AdvanceRequest::To to{kStart + Duration(30'000)};
  const auto refused = engine_->advance(AdvanceRequest{"client_a", to});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::InvalidRequest);
  ASSERT_TRUE(engine_->advance(AdvanceRequest{std::nullopt, to}).ok());
  EXPECT_EQ(*engine_->now("client_a"), kStart + Duration(60'000));
  EXPECT_EQ(*engine_->now("client_b"), kStart + Duration(30'000));
}

TEST_F(AdvanceTest, ManyFailingDeliveriesKeepExactOffsets) {
  start([](const http::Call&) { return answer(503); });
  add_partner("client_a");
  const std::vector<std::string> ids = emit("client_a", 200);
  const auto report = advance_until_idle();
  ASSERT_TRUE(report.ok()) << report.error().detail;
  EXPECT_EQ(sender_->calls().size(), 1200U);
  for (const std::string& id : ids) EXPECT_EQ(offsets(id), kLadder);
}

TEST_F(AdvanceTest, DeliveriesWithoutEndpointArePendingParkedAndDueOnceThereIsOne) {
  start([](const http::Call&) { return answer(200); });
  add_partner("client_a", false);
  const std::string id = emit("client_a").front();
  const auto report = advance_by(Duration(3'600'000));
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->parked, (std::vector<std::string>{id}));
  EXPECT_EQ(delivery(id).status, DeliveryStatus::Pending);
  EXPECT_EQ(delivery(id).attempt_count, 0);
  rules::PartnerChange change;
  change.webhook_url.emplace("http://127.0.0.1:1/late");
  ASSERT_TRUE(
      store_->write([&](store::Write& tx) { return rules::change_partner(tx, "client_a", change); }).ok());
  engine_->refresh("client_a");
  ASSERT_TRUE(wait_idle());
  EXPECT_EQ(delivery(id).status, DeliveryStatus::Delivered);
  EXPECT_EQ(offsets(id), (std::vector<std::int64_t>{0}));
}

TEST_F(AdvanceTest, PausedLaneSendsNothingUntilItIsResumed) {
  start([](const http::Call&) { return answer(200); });
  add_partner("client_a");
  ASSERT_TRUE(engine_->set_paused("client_a", true).ok());
  const std::string id = emit("client_a").front();
  const auto report = advance_by(Duration(60'000));
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->parked, (std::vector<std::string>{id}));
  ASSERT_TRUE(engine_->set_paused("client_a", false).ok());
  ASSERT_TRUE(wait_idle());
  EXPECT_EQ(delivery(id).status, DeliveryStatus::Delivered);
}

TEST_F(AdvanceTest, ManualLaneSendsOneDeliveryAtATimeInOrder) {
  start([](const http::Call&) -> std::optional<http::Outcome> { return std::nullopt; });
  add_partner("client_a");
  const std::vector<std::string> ids = emit("client_a", 3);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    ASSERT_TRUE(sender_->await_open(1));
    EXPECT_EQ(delivery(ids[i]).status, DeliveryStatus::InFlight);
    EXPECT_EQ(sender_->open(), 1U);
    sender_->finish_all(answer(200));
  }
  ASSERT_TRUE(wait_idle());
  EXPECT_EQ(delivery(ids.back()).status, DeliveryStatus::Delivered);
}

TEST_F(AdvanceTest, QuiesceCancelsWhatIsInFlightAndInterruptsAnAdvance) {
  start([](const http::Call&) -> std::optional<http::Outcome> { return std::nullopt; });
  add_partner("client_a");
  const std::string id = emit("client_a").front();
  Result<AdvanceReport> advanced = make_error(ErrorKind::InternalError, "");
  std::thread caller([&] { advanced = advance_until_idle("client_a"); });
  WaitRequest in_flight;
  in_flight.until = WaitRequest::DeliveryIn{id, DeliveryStatus::InFlight};
  in_flight.timeout = Duration(60'000);
  ASSERT_TRUE(engine_->wait(in_flight)->reached);
  bool quiet = false;
  // The advance may not have begun yet; it is refused by nothing, and cut short once it has.
  while (!quiet) {
    ASSERT_TRUE(engine_
                    ->quiesce("client_a",
                              [this] {
                                return store_->write([](store::Write& tx) -> Result<void> {
                                  tx.clear_partner_data("client_a");
                                  return {};
                                });
                              })
                    .ok());
    quiet = sender_->open() == 0;
  }
  caller.join();
  if (!advanced.ok()) {
    EXPECT_EQ(advanced.error().kind, ErrorKind::Conflict);
    EXPECT_EQ(advanced.error().extra.front().first, "interrupted");
  }
  EXPECT_EQ(sender_->open(), 0U);
}

TEST_F(AdvanceTest, RetryOfADeadLetterStartsAFreshScheduleOfTheSameEvent) {
  bool healthy = false;
  start([&healthy](const http::Call&) { return answer(healthy ? 200 : 500); });
  add_partner("client_a");
  const std::string id = emit("client_a").front();
  ASSERT_TRUE(advance_until_idle().ok());
  ASSERT_EQ(delivery(id).status, DeliveryStatus::Dead);
  healthy = true;
  ASSERT_TRUE(engine_->retry(id).ok());
  ASSERT_TRUE(wait_idle());
  EXPECT_EQ(delivery(id).status, DeliveryStatus::Delivered);
  const std::vector<Attempt> history = attempts(id);
  ASSERT_EQ(history.size(), 7U);
  EXPECT_EQ(history.back().number, 1);
  EXPECT_EQ(history.back().schedule, 2);
  EXPECT_EQ(history.back().offset, Duration(0));
  const std::vector<http::Call> calls = sender_->calls();
  EXPECT_EQ(*calls.front().body, *calls.back().body);
}

TEST_F(AdvanceTest, RetryOfManyOffersAllThatAreThere) {
  start([](const http::Call&) { return answer(200); });
  add_partner("client_a");
  const std::vector<std::string> ids = emit("client_a", 1200);
  ASSERT_TRUE(wait_idle());
  std::vector<std::string> asked = ids;
  asked.insert(asked.begin(), "wde_unknown");
  const Result<std::vector<std::string>> retried = engine_->retry(asked);
  ASSERT_TRUE(retried.ok());
  EXPECT_EQ(*retried, ids);
  ASSERT_TRUE(wait_idle());
  for (const std::string& id : ids) EXPECT_EQ(delivery(id).attempt_count, 2);
}

TEST_F(AdvanceTest, ListsAttemptsWithoutWhatIsHeavyAndCountsAll) {
  options_.listed_attempts = 4;
  start([](const http::Call&) {
    http::Outcome outcome = answer(500);
    outcome.body = "out of order";
    return outcome;
  });
  add_partner("client_a");
  const std::string id = emit("client_a").front();
  ASSERT_TRUE(wait_idle());
  const auto report = advance_until_idle();
  ASSERT_TRUE(report.ok()) << report.error().detail;
  EXPECT_EQ(report->attempt_count, 5U);
  ASSERT_EQ(report->attempts.size(), 4U);
  EXPECT_EQ(report->attempts.front().attempt.number, 2);
  EXPECT_EQ(report->attempts.back().attempt.number, 5);
  for (const AttemptReport& listed : report->attempts) {
    EXPECT_EQ(listed.attempt.response_status, 500);
    EXPECT_TRUE(listed.attempt.request_headers.empty());
    EXPECT_TRUE(listed.attempt.response_body.empty());
  }
  EXPECT_EQ(attempts(id).back().response_body, "out of order");
}

// It finds the partner there and then not any more, at any point of its way.
TEST_F(AdvanceTest, EndsWhenItsPartnerIsRemoved) {
  start([](const http::Call&) { return answer(200); });
  for (int i = 0; i < 100; ++i) {
    const std::string id = "client_" + std::to_string(i);
    add_partner(id);
    std::vector<std::thread> threads;
    threads.reserve(3);
    for (int n = 0; n < 3; ++n) {
      threads.emplace_back([this, &id] {
        const auto report = advance_by(Duration(600'000), id);
        EXPECT_TRUE(report.ok() || report.error().kind == ErrorKind::Conflict ||
                    report.error().kind == ErrorKind::NotFound)
            << report.error().detail;
      });
    }
    remove_partner(id);
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(advance_by(Duration(1), id).error().kind, ErrorKind::NotFound);
  }
}

TEST_F(AdvanceTest, OfAllLanesGoesOnWhilePartnersComeAndGo) {
  start([](const http::Call&) { return answer(200); });
  add_partner("client_a");
  std::atomic<bool> over = false;
  std::thread guests([this, &over] {
    for (int i = 0; i < 100; ++i) {
      const std::string id = "guest_" + std::to_string(i);
      add_partner(id);
      emit(id);
      remove_partner(id);
    }
    over = true;
  });
  Instant expected = kStart;
  while (!over) {
    const auto report = advance_by(Duration(1'000));
    EXPECT_TRUE(report.ok()) << report.error().detail;
    expected += Duration(1'000);
    EXPECT_EQ(*engine_->now("client_a"), expected);
  }
  guests.join();
}

TEST_F(AdvanceTest, OfAllLanesGoesOnWithoutAPartnerThatIsRemovedAndEndsWithAReset) {
  for (const bool removed : {true, false}) {
    start([](const http::Call&) -> std::optional<http::Outcome> { return std::nullopt; });
    add_partner("client_a");
    add_partner("client_b");
    const std::string id = emit("client_a").front();
    emit("client_b");
    ASSERT_TRUE(sender_->await_open(2));
    Result<AdvanceReport> advanced = make_error(ErrorKind::InternalError, "");
    std::thread caller([&] { advanced = advance_by(Duration(60'000)); });
    while (engine_->set_clock("client_a", ClockChange{}).ok()) std::this_thread::yield();  // until it runs
    if (removed) {
      remove_partner("client_b");
      sender_->finish_all(answer(200));
    } else {
      ASSERT_TRUE(engine_->quiesce("client_b", []() -> Result<void> { return {}; }).ok());
    }
    caller.join();
    if (removed) {
      ASSERT_TRUE(advanced.ok()) << advanced.error().detail;
      ASSERT_EQ(advanced->lanes.size(), 1U);
      EXPECT_EQ(advanced->lanes.front().now, kStart + Duration(60'000));
      EXPECT_EQ(delivery(id).status, DeliveryStatus::Delivered);
    } else {
      ASSERT_FALSE(advanced.ok());
      EXPECT_EQ(advanced.error().extra.front().first, "interrupted");
    }
    stop();
  }
}

TEST_F(AdvanceTest, TimersThatAreDueTogetherAreTakenUpInPortions) {
  constexpr std::size_t kTimers = 1'250;
  start([](const http::Call&) { return answer(200); });
  add_partner("client_a");
  const auto added = store_->write([&](store::Write& tx) -> Result<Done> {
    for (std::size_t i = 0; i < kTimers; ++i) {
      Timer timer;
      timer.client_id = "client_a";
      timer.kind = TimerKind::AutoApprove;
      timer.due_at = kStart + Duration(1'000);
      timer.sequence = i;
      timer.subject = "svr_gone";
      tx.add_timer(timer);
    }
    return Done{};
  });
  ASSERT_TRUE(added.ok());
  const auto tried = store_->write([&](store::Write& tx) -> Result<Done> {
    move_clock(tx, "client_a", kStart + Duration(1'000), *machine_);
    const LaneWork work = run_due(tx, "client_a", ClaimLimits{0, 1, 40}, *machine_, 1);
    EXPECT_EQ(work.timers, 40U);
    EXPECT_TRUE(work.more);
    return make_error(ErrorKind::Conflict, "only tried");
  });
  EXPECT_FALSE(tried.ok());
  engine_->refresh("client_a");
  const auto report = advance_by(Duration(3'600'000));
  ASSERT_TRUE(report.ok()) << report.error().detail;
  EXPECT_EQ(report->timers, kTimers);
  EXPECT_EQ(*engine_->now("client_a"), kStart + Duration(3'600'000));
}

TEST_F(AdvanceTest, VirtualTimeEndsWithTheYear9999) {
  start([](const http::Call&) { return answer(200); });
  add_partner("client_a");
  const Instant last = parse_instant("9999-12-31T23:59:59.999Z").value();
  ASSERT_TRUE(engine_->advance(AdvanceRequest{"client_a", AdvanceRequest::To{last}}).ok());
  const auto beyond = advance_by(Duration(1), "client_a");
  ASSERT_FALSE(beyond.ok());
  EXPECT_EQ(beyond.error().kind, ErrorKind::InvalidRequest);
  EXPECT_EQ(*engine_->now("client_a"), last);
}

TEST_F(AdvanceTest, NeverPassesTheEndOfTimeAndSaysSo) {
  start([](const http::Call&) { return answer(500); });
  add_partner("client_a");
  // Time for three attempts.
  const Instant begin = kLastInstant - Duration(1'000'000);
  ASSERT_TRUE(engine_->advance(AdvanceRequest{"client_a", AdvanceRequest::To{begin}}).ok());
  const std::string id = emit("client_a").front();
  const auto idle = advance_until_idle("client_a");
  ASSERT_FALSE(idle.ok());
  EXPECT_EQ(idle.error().kind, ErrorKind::InvalidRequest);
  EXPECT_NE(idle.error().detail.find("virtual time ends at 9999-12-31T23:59:59.999Z"), std::string::npos);
  EXPECT_EQ(offsets(id), (std::vector<std::int64_t>{0, 30'000, 330'000}));
  EXPECT_EQ(*engine_->now("client_a"), begin + Duration(330'000));
  const auto next = engine_->advance(AdvanceRequest{std::nullopt, AdvanceRequest::Next{}});
  ASSERT_FALSE(next.ok());
  EXPECT_EQ(next.error().kind, ErrorKind::InvalidRequest);
  const auto to_the_end = engine_->advance(AdvanceRequest{"client_a", AdvanceRequest::To{kLastInstant}});
  ASSERT_TRUE(to_the_end.ok()) << to_the_end.error().detail;
  EXPECT_EQ(offsets(id).size(), 3U);
  EXPECT_EQ(*engine_->now("client_a"), kLastInstant);
  EXPECT_FALSE(advance_until_idle().ok());
  EXPECT_EQ(format_instant(*delivery(id).next_attempt_at), "9999-12-31T23:59:59.999Z");
}

TEST_F(AdvanceTest, StepBudgetEndsAnAdvanceThatIsTooLong) {
  options_.advance_steps = 20;
  start([](const http::Call&) { return answer(500); });
  add_partner("client_a");
  emit("client_a", 10);
  const auto report = advance_until_idle();
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().kind, ErrorKind::Conflict);
  EXPECT_NE(report.error().detail.find("without an end"), std::string::npos) << report.error().detail;
  EXPECT_TRUE(report.error().extra.empty());
  // The clock stands where the advance was stopped; the next one goes on from there.
  EXPECT_GT(*engine_->now("client_a"), kStart);
}

TEST_F(AdvanceTest, AnswerThatIsTooLongCountsByItsStatus) {
  http::Outcome endless = answer(200);
  endless.failure = http::Failure::TooLarge;
  endless.body = std::string(8192, 'x');
  start([&](const http::Call& call) {
    http::Outcome outcome = endless;
    if (call.url.find("client_b") != std::string::npos) outcome.status = 500;
    return outcome;
  });
  add_partner("client_a");
  add_partner("client_b");
  const std::string accepted = emit("client_a").front();
  const std::string refused = emit("client_b").front();
  ASSERT_TRUE(wait_idle());
  EXPECT_EQ(delivery(accepted).status, DeliveryStatus::Delivered);
  EXPECT_EQ(attempts(accepted).front().response_body.size(), 4096U);
  EXPECT_EQ(delivery(refused).status, DeliveryStatus::Retrying);
  EXPECT_EQ(attempts(refused).front().failure, "status");
}

class FullDiskTest : public EngineTest {
 protected:
  // Full long before the deliveries have had all their attempts.
  void start_on_a_small_disk() {
    max_pages_ = 120;
    start([](const http::Call&) {
      http::Outcome outcome = answer(500);
      outcome.body = std::string(4096, 'x');
      return outcome;
    });
    add_partner("client_a");
    emit("client_a", 100);
  }
};

TEST_F(FullDiskTest, EndsAdvanceAndResetWithAClearErrorInsteadOfWaiting) {
  start_on_a_small_disk();
  const auto report = advance_until_idle();
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().kind, ErrorKind::ServiceUnavailable);
  const Result<void> quiet = engine_->quiesce("client_a", []() -> Result<void> { return {}; });
  ASSERT_FALSE(quiet.ok());
  EXPECT_EQ(quiet.error().kind, ErrorKind::ServiceUnavailable);
}

// What came back cannot be stored any more: the last turn may have failed before stop() begins to wait for
// it.
TEST_F(FullDiskTest, DoesNotHoldUpTheStop) {
  start_on_a_small_disk();
  ASSERT_FALSE(advance_until_idle().ok());
  ASSERT_GT(engine_->lanes("client_a")->front().in_flight, 0U);
  sender_->before_cancel([this] {  // until the writer has done all that is queued
    static_cast<void>(store_->write([](store::Write&) -> Result<Done> { return Done{}; }));
  });
  engine_->stop();
}

}  // namespace
}  // namespace zest::engine
