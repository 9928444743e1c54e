// What clients can cost the hardened listener, and how it stops: deadlines, memory, stop().
#ifndef ZEST_STOCK_LISTENER
#include <gtest/gtest.h>

#include <optional>
#include <thread>
#include <vector>

#include "bounded_fixture.h"

namespace zest::http {
namespace {

using testing::Bounded;
using testing::kGet;
using testing::kPost;
using testing::RawAnswer;
using testing::RawClient;
using testing::Signal;
using testing::text;

TEST_F(Bounded, AnswersHeadersThatDoNotArriveInTime) {
  options_.limits.header_deadline = kShort;
  start();
  RawClient client(port());
  EXPECT_EQ(client.exchange("GET /slow HTTP/1.1\r\nHo").status, 408);
  EXPECT_TRUE(client.closed_in_order());
  EXPECT_EQ(handler_.refusals(), std::vector{Refusal::RequestTimeout});
  EXPECT_EQ(handler_.refused_targets(), std::vector<std::string>{"/slow"});
}

TEST_F(Bounded, BytesThatTrickleInDoNotExtendTheHeaderDeadline) {
  options_.limits.header_deadline = kShort;
  options_.limits.header_bytes = std::size_t{1} << 30;
  options_.limits.linger_deadline = kShort;
  start();
  RawClient client(port());
  client.send("GET / HTTP/1.1\r\nX: ");
  while (client.send("x")) {
  }
  EXPECT_EQ(handler_.refusals(), std::vector{Refusal::RequestTimeout});
}

TEST_F(Bounded, ClosesAnIdleConnection) {
  options_.limits.idle_deadline = kShort;
  start();
  RawClient fresh(port());
  EXPECT_TRUE(fresh.closed_in_order());
  RawClient used(port());
  EXPECT_EQ(used.exchange(kGet).status, 200);
  EXPECT_TRUE(used.closed_in_order());
}

TEST_F(Bounded, AnswersABodyThatDoesNotArriveInTime) {
  options_.limits.body_idle = kShort;
  start();
  RawClient client(port());
  const RawAnswer answer = client.exchange("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello");
  EXPECT_EQ(answer.status, 408);
  EXPECT_TRUE(client.closed_in_order());
  EXPECT_EQ(handler_.refusals(), std::vector{Refusal::RequestTimeout});
}

TEST_F(Bounded, ABodyThatTricklesInIsRefused) {
  options_.limits.body_idle = kShort;
  options_.limits.body_rate = std::uint64_t{1} << 40;
  options_.limits.linger_deadline = kShort;
  start();
  RawClient client(port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
  while (client.send("x")) {
  }
  EXPECT_EQ(handler_.refusals(), std::vector{Refusal::RequestTimeout});
}

TEST_F(Bounded, GivesUpAnAnswerThatIsNotRead) {
  options_.limits.body_idle = kShort;
  options_.limits.connections = 1;
  const std::string large(32 * 1024 * 1024, 'x');
  handler_.on_finish = [&large](Request request, Responder responder) {
    responder.send(text(200, request.head.target == "/witness" ? "" : large));
  };
  start();
  RawClient client(port(), 4096);
  client.send(kGet);
  EXPECT_NE(client.read_until("\r\n\r\n"), std::string::npos);
  // From here on nothing is read until the only place is free, which tells that it was given up.
  for (int status = 503; status != 200;) {
    status = RawClient(port()).exchange("GET /witness HTTP/1.1\r\nHost: a\r\n\r\n").status;
    ASSERT_TRUE(status == 503 || status == 200 || status == 0) << status;
  }
  EXPECT_FALSE(client.read_answer().complete);
}

constexpr std::size_t kMiB = 1024 * 1024;

std::string post_of(std::size_t size) {
  return kPost + "Content-Length: " + std::to_string(size) + "\r\n\r\n" + std::string(size, 'x');
}

class BoundedMemory : public Bounded {
 protected:
  BoundedMemory() {
    options_.limits.memory = 3 * kMiB / 2;
    handler_.on_begin = [](const RequestHead&) {
      TakeBody take;
      take.limit = 2 * kMiB;
      return take;
    };
  }
  // Until there is room for it: what was answered is let go of once it has left.
  int when_there_is_room(const std::string& request) {
    int status = 0;
    while ((status = exchange(request).status) == 503) {
    }
    return status;
  }
};

TEST_F(BoundedMemory, OfBodiesHasALimitForAllCallsTogether) {
  Signal held;
  std::optional<Request> request;
  std::optional<Responder> responder;
  handler_.on_finish = [&](Request taken, Responder answer_to) {
    if (responder) {
      answer_to.send(text(200, ""));
      return;
    }
    request.emplace(std::move(taken));
    responder.emplace(std::move(answer_to));
    held.raise();
  };
  start();
  RawClient first(port());
  ASSERT_TRUE(first.send(post_of(kMiB)));
  held.wait();
  // The body is held as long as its call is: there is no room for another such, but for small ones.
  EXPECT_EQ(exchange(post_of(kMiB)).status, 503);
  EXPECT_EQ(handler_.refusals(), std::vector{Refusal::TooManyBytes});
  EXPECT_EQ(exchange(post_of(1000)).status, 200);
  EXPECT_EQ(exchange(kGet).status, 200);
  request.reset();
  responder->send(text(200, ""));
  EXPECT_EQ(first.read_answer().status, 200);
  EXPECT_EQ(when_there_is_room(post_of(kMiB)), 200);
}

// Sanitizers would see what is touched too late.
TEST_F(BoundedMemory, IsGivenBackByAResponderThatOutlivesItsListener) {
  Signal held;
  std::optional<Responder> responder;
  handler_.on_finish = [&](Request, Responder answer_to) {
    responder.emplace(std::move(answer_to));
    held.raise();
  };
  options_.limits.linger_deadline = kShort;
  start();
  RawClient client(port());
  ASSERT_TRUE(client.send(post_of(kMiB)));
  held.wait();
  listener_.reset();
  EXPECT_FALSE(responder->send(text(200, "")));
}

TEST_F(BoundedMemory, OfAnswersThatNobodyReadsHasTheSameLimit) {
  options_.limits.memory = 48 * kMiB;  // more than sockets take
  const std::string large(32 * kMiB, 'x');
  handler_.on_finish = [&large](Request request, Responder responder) {
    responder.send(text(200, request.head.target == "/x" ? large : ""));
  };
  start();
  {
    RawClient idle(port(), 4096);
    idle.send(kGet);
    EXPECT_NE(idle.read_until("\r\n\r\n"), std::string::npos);
    EXPECT_EQ(exchange(kGet).status, 503);
    EXPECT_EQ(handler_.refusals(), std::vector{Refusal::TooManyBytes});
    RawClient head(port());
    head.send("HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(head.read_answer(true).status, 200);
    EXPECT_EQ(exchange("GET /small HTTP/1.1\r\nHost: a\r\n\r\n").status, 200);
    // What was done is not answered as if it had not been.
    EXPECT_TRUE(exchange(kPost + "Content-Length: 0\r\n\r\n").complete);
  }
  EXPECT_EQ(when_there_is_room(kGet), 200);
}

TEST_F(Bounded, ARefusedClientThatNeverStopsSendingIsCut) {
  options_.limits.linger_deadline = kShort;
  start();
  RawClient client(port());
  const std::string piece(64 * 1024, 'x');
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000000\r\n\r\n");
  while (client.send(piece)) {
  }
  EXPECT_EQ(handler_.refusals(), std::vector{Refusal::BodyTooLarge});
}

TEST_F(Bounded, SlowClientsDoNotDelayOthers) {
  options_.workers = 2;
  start();
  std::vector<RawClient> slow;
  for (int i = 0; i < 500; ++i) {
    slow.emplace_back(port());
    ASSERT_TRUE(slow.back().send("GET / HTTP/1.1\r\nX"));
  }
  for (int round = 0; round < 3; ++round) {
    for (auto& client : slow) client.send("x");
    EXPECT_EQ(exchange(kGet).status, 200);
  }
}

TEST_F(Bounded, StopClosesIdleConnectionsAndIsIdempotent) {
  start();
  std::vector<RawClient> idle;
  for (int i = 0; i < 1000; ++i) idle.emplace_back(port());
  EXPECT_EQ(idle.back().exchange(kGet).status, 200);
  RawClient half(port());
  half.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello");
  EXPECT_EQ(exchange(kGet).status, 200);
  listener_->stop();
  for (auto& client : idle) EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(half.read_to_end(), "");
  EXPECT_FALSE(RawClient(port()).connected());
  listener_->stop();
}

TEST_F(Bounded, StopLetsARunningHandlerFinish) {
  Signal running;
  Signal go_on;
  handler_.on_finish = [&](Request, Responder responder) {
    running.raise();
    go_on.wait();
    responder.send(text(200, "finished"));
  };
  start();
  RawClient client(port());
  client.send(kGet);
  running.wait();
  std::thread stopper([this] { listener_->stop(); });
  while (RawClient(port()).connected()) std::this_thread::yield();
  go_on.raise();
  const RawAnswer answer = client.read_answer();
  EXPECT_EQ(answer.body, "finished");
  stopper.join();
}

TEST_F(Bounded, StopSendsAnAnswerThatIsGivenMeanwhile) {
  Signal taken;
  std::optional<Responder> waiting;
  handler_.on_finish = [&](Request, Responder responder) {
    waiting = std::move(responder);
    taken.raise();
  };
  start();
  RawClient client(port());
  client.send(kGet);
  taken.wait();
  std::thread stopper([this] { listener_->stop(); });
  while (RawClient(port()).connected()) std::this_thread::yield();
  EXPECT_TRUE(waiting->send(text(200, "just in time")));
  EXPECT_EQ(client.read_answer().body, "just in time");
  stopper.join();
}

TEST_F(Bounded, StopGivesUpAnswersThatDoNotCome) {
  options_.limits.linger_deadline = kShort;
  Signal taken;
  std::optional<Responder> waiting;
  handler_.on_finish = [&](Request, Responder responder) {
    waiting = std::move(responder);
    taken.raise();
  };
  start();
  RawClient client(port());
  client.send(kGet);
  taken.wait();
  listener_->stop();
  EXPECT_FALSE(client.read_answer().complete);
  EXPECT_FALSE(waiting->send(text(200, "too late")));
  listener_.reset();
}

}  // namespace
}  // namespace zest::http
#endif
