#include "api/pipeline/event_hub.h"
#include "support/fake_clock.h"

#include <gtest/gtest.h>

namespace zest::api {
namespace {

constexpr std::uint64_t kFirstId = 5000;  // 5 ms times 1000

// A viewer that remembers what it was given; read() waits until a text has come.
class RecordingStream final : public http::Responder::StreamWriter {
 public:
  explicit RecordingStream(bool gone = false) : gone_(gone) {}
  bool write(std::string_view bytes) override {
    const MutexLock lock(mutex_);
    text_.append(bytes);
    writes_ += 1;
    changed_.notify_all();
    return !gone_;
  }
  void close() override {
    const MutexLock lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }
  std::string read_until(std::string_view part) {
    const MutexLock lock(mutex_);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (text_.find(part) == std::string::npos && changed_.wait_until(mutex_, deadline)) {
    }
    return text_;
  }
  bool closed() const {
    const MutexLock lock(mutex_);
    return closed_;
  }
  bool client_gone() override {
    const MutexLock lock(mutex_);
    return hung_up_;
  }
  void hang_up() {
    const MutexLock lock(mutex_);
    hung_up_ = true;
  }

 private:
  const bool gone_;
  mutable Mutex mutex_;
  CondVar changed_;
  std::string text_ GUARDED_BY(mutex_);
  std::size_t writes_ GUARDED_BY(mutex_) = 0;
  bool closed_ GUARDED_BY(mutex_) = false;
  bool hung_up_ GUARDED_BY(mutex_) = false;
};

JournalEntry call_of(std::string client_id, int status) {
  JournalEntry entry;
  entry.client_id = std::move(client_id);
  entry.method = "GET";
  entry.path = "/v1/spv-requests";
  entry.operation = "listSpvRequests";
  entry.status = status;
  entry.duration = Duration(3);
  return entry;
}

engine::AttemptReport attempt_of(std::string client_id) {
  engine::AttemptReport report;
  report.client_id = std::move(client_id);
  report.event_type = "investor.created";
  report.attempt.delivery_id = "wde_1";
  report.attempt.delivered = true;
  report.attempt.latency = Duration(7);
  report.attempt.request_headers = {{"Zest-Signature", "t=1,v1=ab"}};
  report.attempt.response_status = 200;
  report.attempt.response_body = "thanks";
  report.status_after = DeliveryStatus::Delivered;
  return report;
}

std::string id_line(std::uint64_t id) { return "id: " + std::to_string(id) + "\n"; }

struct HubTest : testing::Test {
  const test::FakeClock clock{test::FakeClock::Pace::Stands, instant_from_ms(5)};
  EventHub hub{clock};
  std::shared_ptr<RecordingStream> stream = std::make_shared<RecordingStream>();
};

TEST_F(HubTest, ShowsWhatHappensFromNowOn) {
  hub.note("clock", std::nullopt, Json{{"before", true}});
  hub.add_viewer(stream, std::nullopt, std::nullopt);
  EXPECT_EQ(hub.viewers(), 1U);
  hub.request(call_of("client_a", 200));
  hub.attempt(attempt_of("client_a"));
  const std::string text = stream->read_until(id_line(kFirstId + 2));
  EXPECT_EQ(text.find("before"), std::string::npos);
  EXPECT_NE(text.find(id_line(kFirstId + 1) + "event: request\ndata: {"), std::string::npos);
  EXPECT_NE(text.find(id_line(kFirstId + 2) + "event: attempt\ndata: {\"deliveryId\":\"wde_1\""),
            std::string::npos);
  // Headers and bodies are left to the delivery's own page.
  EXPECT_EQ(text.find("Zest-Signature"), std::string::npos);
  EXPECT_EQ(text.find("thanks"), std::string::npos);
}

TEST_F(HubTest, ResumesAfterTheLastEventSeen) {
  for (int i = 0; i < 4; ++i) hub.note("clock", std::nullopt, Json{{"n", i}});
  hub.add_viewer(stream, kFirstId + 1, std::nullopt);
  const std::string text = stream->read_until(id_line(kFirstId + 3));
  EXPECT_EQ(text, id_line(kFirstId + 2) + "event: clock\ndata: {\"n\":2}\n\n" + id_line(kFirstId + 3) +
                      "event: clock\ndata: {\"n\":3}\n\n");
}

TEST_F(HubTest, ZeroAsksForAllThereIs) {
  hub.note("clock", std::nullopt, Json{{"n", 1}});
  hub.add_viewer(stream, 0, std::nullopt);
  EXPECT_EQ(stream->read_until(id_line(kFirstId)), id_line(kFirstId) + "event: clock\ndata: {\"n\":1}\n\n");
}

TEST_F(HubTest, TellsOfAGapWhenEventsAreGone) {
  for (std::size_t i = 0; i < EventHub::kKeptEvents + 10; ++i)
    hub.note("clock", std::nullopt, Json{{"n", i}});
  hub.add_viewer(stream, kFirstId, std::nullopt);
  const std::string text = stream->read_until(id_line(kFirstId + EventHub::kKeptEvents + 9));
  EXPECT_EQ(text.rfind("event: gap\ndata: {\"missedBefore\":\"" + std::to_string(kFirstId + 10) + "\"}\n\n" +
                           id_line(kFirstId + 10),
                       0),
            0U);
}

TEST_F(HubTest, TellsOfAGapForAnIdentifierOfAnotherProcess) {
  hub.note("clock", std::nullopt, Json{{"n", 1}});
  hub.add_viewer(stream, kFirstId + 1'000'000, std::nullopt);
  EXPECT_EQ(stream->read_until(id_line(kFirstId)).rfind("event: gap\n", 0), 0U);
}

TEST_F(HubTest, ShowsOnePartnerOnly) {
  hub.add_viewer(stream, std::nullopt, "client_a");
  hub.request(call_of("client_b", 200));
  hub.request(call_of("client_a", 200));
  hub.note("reset", std::nullopt, Json{{"all", true}});
  const std::string text = stream->read_until("event: reset");
  EXPECT_EQ(text.find("client_b"), std::string::npos);
  EXPECT_NE(text.find("client_a"), std::string::npos);
}

TEST_F(HubTest, ForgetsViewersThatAreGone) {
  hub.add_viewer(std::make_shared<RecordingStream>(true), std::nullopt, std::nullopt);
  hub.add_viewer(stream, std::nullopt, std::nullopt);
  hub.note("clock", std::nullopt, Json{{"n", 1}});
  stream->read_until("event: clock");
  hub.note("clock", std::nullopt, Json{{"n", 2}});  // the pass before this one has dropped it
  stream->read_until("\"n\":2");
  EXPECT_EQ(hub.viewers(), 1U);
}

TEST_F(HubTest, ClosesOneViewerTooManyOfAPartner) {
  const std::optional<std::string> partner = "client_a";
  for (std::size_t i = 0; i < EventHub::kMaxViewers / 2; ++i) hub.add_viewer(stream, std::nullopt, partner);
  EXPECT_FALSE(hub.has_room(partner));
  const auto late = std::make_shared<RecordingStream>();
  hub.add_viewer(late, std::nullopt, partner);
  EXPECT_TRUE(late->closed());
  EXPECT_FALSE(stream->closed());
  // The others' places are not theirs to take.
  EXPECT_TRUE(hub.has_room("client_b"));
  EXPECT_TRUE(hub.has_room(std::nullopt));
}

// Though nothing happens that it could be written.
TEST_F(HubTest, WhoHungUpMakesRoomAtOnce) {
  for (std::size_t i = 0; i < EventHub::kMaxViewers / 2; ++i)
    hub.add_viewer(stream, std::nullopt, std::nullopt);
  EXPECT_FALSE(hub.has_room(std::nullopt));
  stream->hang_up();
  EXPECT_TRUE(hub.has_room(std::nullopt));
  EXPECT_EQ(hub.viewers(), 0U);
  const auto next = std::make_shared<RecordingStream>();
  hub.add_viewer(next, std::nullopt, std::nullopt);
  EXPECT_FALSE(next->closed());
}

TEST(EventHub, PingsAndClosesAtItsEnd) {
  const test::FakeClock clock{test::FakeClock::Pace::Stands, instant_from_ms(5)};
  const auto stream = std::make_shared<RecordingStream>();
  {
    EventHub hub(clock, Duration(1));
    hub.add_viewer(stream, std::nullopt, std::nullopt);
    EXPECT_EQ(stream->read_until(": ping\n\n").rfind(": ping\n\n", 0), 0U);
  }
  EXPECT_TRUE(stream->closed());
}

TEST_F(HubTest, CountsCallsAndAttempts) {
  hub.request(call_of("client_a", 200));
  hub.request(call_of("client_b", 200));
  hub.request(call_of("client_a", 404));
  hub.attempt(attempt_of("client_a"));
  const EventHub::Counters counters = hub.counters();
  const auto calls = counters.requests.at({"GET", "listSpvRequests", 200});
  EXPECT_EQ(calls.count, 2U);
  EXPECT_EQ(calls.total, Duration(6));
  EXPECT_EQ(counters.requests.size(), 2U);
  EXPECT_EQ(counters.attempts.at({"investor.created", "scheduled", "delivered"}).total, Duration(7));
}

}  // namespace
}  // namespace zest::api
