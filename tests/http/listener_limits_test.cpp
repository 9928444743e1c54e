// What clients can cost the hardened listener, and how it stops: deadlines, many connections, streams,
// stop().
#ifndef ZEST_STOCK_LISTENER
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <condition_variable>
#include <optional>
#include <thread>
#include <vector>

#include "listener_fixture.h"

namespace zest::http {
namespace {

using testing::kGet;
using testing::kPost;
using testing::RawAnswer;
using testing::RawClient;
using testing::text;

// A one-shot signal between threads.
class Signal {
 public:
  void raise() {
    const std::lock_guard lock(mutex_);
    raised_ = true;
    changed_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return raised_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool raised_ = false;
};

class Bounded : public testing::ListenerTest {
 protected:
  // Only the deadline under test is short.
  Bounded() {
    options_.limits.header_deadline = options_.limits.body_idle = options_.limits.idle_deadline =
        options_.limits.linger_deadline = options_.limits.stall = Duration(60'000);
  }
  static constexpr Duration kShort{40};
};

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

const std::string kHalf = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel";

TEST_F(Bounded, TurnsAwayConnectionsBeyondTheLimit) {
  options_.limits.connections = 2;
  Signal begun[2];
  std::atomic<int> number{0};
  handler_.on_begin = [&](const RequestHead&) {
    begun[number++].raise();
    return TakeBody();
  };
  start();
  RawClient first(port());
  first.send(kHalf);
  begun[0].wait();
  RawClient second(port());
  second.send(kHalf);
  begun[1].wait();
  RawClient third(port());
  EXPECT_EQ(third.read_answer().status, 503);
  EXPECT_TRUE(third.closed_in_order());
  EXPECT_EQ(handler_.refusals(), std::vector{Refusal::TooManyConnections});
  EXPECT_EQ(first.exchange("lo").status, 200);
}

// Who leaves connections lying about takes no place from anybody. With one worker a connection idles before
// the next one is looked at.
TEST_F(Bounded, BeyondTheLimitTheOneThatHasIdledLongestGivesWay) {
  options_.limits.connections = 3;
  options_.workers = 1;
  Signal begun;
  handler_.on_begin = [&](const RequestHead& head) {
    if (head.method == "POST") begun.raise();
    return TakeBody();
  };
  start();
  RawClient at_work(port());
  at_work.send(kHalf);
  begun.wait();
  RawClient never_used(port());
  RawClient used(port());
  EXPECT_EQ(used.exchange(kGet).status, 200);
  RawClient fresh(port());
  EXPECT_EQ(fresh.exchange(kGet).status, 200);
  EXPECT_TRUE(never_used.closed_in_order());
  RawClient fresher(port());
  EXPECT_EQ(fresher.exchange(kGet).status, 200);
  EXPECT_TRUE(used.closed_in_order());
  EXPECT_EQ(at_work.exchange("lo").status, 200);
  EXPECT_EQ(fresh.exchange(kGet).status, 200);
  EXPECT_EQ(handler_.refusals(), std::vector<Refusal>());
}

TEST_F(Bounded, ManyMoreIdleConnectionsThanTheLimitKeepNobodyOut) {
  options_.limits.connections = 50;
  options_.workers = 1;
  start();
  std::vector<RawClient> idle;
  for (int i = 0; i < 500; ++i) {
    idle.emplace_back(port());
    if (i % 50 == 0) {
      EXPECT_EQ(exchange(kGet).status, 200);
    }
  }
  EXPECT_EQ(exchange(kGet).status, 200);
}

// Of requests and answers that their clients do not go on with none keeps others out, long before its own
// deadline, and none is told less than then.
class Stalled : public Bounded {
 protected:
  Stalled() {
    options_.limits.stall = kShort;
    options_.limits.connections = 1;
  }
  // A client whose request does not go on; read by the listener, since it came with a whole one.
  RawClient stalled_with(const std::string& begun) {
    RawClient client(port());
    EXPECT_EQ(client.exchange(kGet + begun).status, 200);
    return client;
  }
  void expect_that_another_gets_its_place() {
    for (int status = 503; status != 200;) {
      status = exchange("GET /another HTTP/1.1\r\nHost: a\r\n\r\n").status;
      ASSERT_TRUE(status == 503 || status == 200 || status == 0) << status;
    }
  }
};

TEST_F(Stalled, AHeadGivesWay) {
  start();
  RawClient client = stalled_with("GET /head HTTP/1.1\r\nX");
  expect_that_another_gets_its_place();
  EXPECT_EQ(client.read_answer().status, 408);
}

TEST_F(Stalled, ABodyGivesWay) {
  start();
  RawClient client = stalled_with(kHalf);
  expect_that_another_gets_its_place();
  EXPECT_EQ(client.read_answer().status, 408);
}

TEST_F(Stalled, AnAnswerThatIsNotReadGivesWay) {
  const std::string large(32 * 1024 * 1024, 'x');
  handler_.on_finish = [&](Request request, Responder responder) {
    responder.send(text(200, request.head.target == "/another" ? "" : large));
  };
  start();
  RawClient client(port(), 4096);
  client.send(kGet);
  EXPECT_NE(client.read_until("\r\n\r\n"), std::string::npos);
  expect_that_another_gets_its_place();
  EXPECT_FALSE(client.read_answer().complete);
}

TEST_F(Stalled, WhatWaitsForUsStays) {
  options_.limits.stall = Duration(0);
  Signal at_work;
  Signal done;
  handler_.on_finish = [&](Request, Responder responder) {
    at_work.raise();
    done.wait();
    responder.send(text(200, ""));
  };
  start();
  RawClient client(port());
  client.send(kGet);
  at_work.wait();
  EXPECT_EQ(exchange(kGet).status, 503);
  done.raise();
  EXPECT_EQ(client.read_answer().status, 200);
}

// Other things of the process want files, too.
TEST_F(Bounded, TakesHalfOfTheFilesThatTheProcessMayOpen) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit few{200, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  options_.workers = 1;
  start();
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  std::vector<RawClient> idle;
  for (int i = 0; i < 101; ++i) {
    idle.emplace_back(port());
    EXPECT_EQ(idle.back().exchange(kGet).status, 200);
  }
  EXPECT_TRUE(idle.front().closed_in_order());
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

class Streaming : public Bounded {
 protected:
  Streaming() {
    handler_.on_finish = [this](Request request, Responder responder) {
      if (request.head.path != "/stream") return static_cast<void>(responder.send(text(200, "plain")));
      Response head;
      head.headers.add("Content-Type", "text/event-stream");
      const std::lock_guard lock(mutex_);
      streams_.push_back(responder.stream(std::move(head)));
      changed_.notify_all();
    };
  }
  RawClient viewer(const std::string& method = "GET") {
    RawClient client(port());
    client.send(method + " /stream HTTP/1.1\r\nHost: a\r\n\r\n");
    return client;
  }
  std::vector<std::shared_ptr<Responder::StreamWriter>> streams(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return streams_.size() >= count; });
    return streams_;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::shared_ptr<Responder::StreamWriter>> streams_;
};

TEST_F(Streaming, BringsWhatIsWrittenUntilItIsClosed) {
  start();
  RawClient client = viewer();
  const auto stream = streams(1).at(0);
  EXPECT_TRUE(stream->write("data: 1\n\n"));
  const RawAnswer head = client.read_answer();
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(*head.headers.find("Content-Type"), "text/event-stream");
  EXPECT_EQ(head.headers.find("Content-Length"), nullptr);
  EXPECT_NE(client.read_until("data: 1\n\n"), std::string::npos);
  EXPECT_TRUE(stream->write("data: 2\n\n"));
  stream->close();
  EXPECT_FALSE(stream->write("data: 3\n\n"));
  EXPECT_EQ(client.read_to_end(), "data: 1\n\ndata: 2\n\n");
}

TEST_F(Streaming, HoldsNoWorker) {
  options_.workers = 1;
  start();
  std::vector<RawClient> viewers;
  for (int i = 0; i < 100; ++i) viewers.push_back(viewer());
  const auto writers = streams(100);
  EXPECT_EQ(exchange(kGet).body, "plain");
  for (const auto& writer : writers) EXPECT_TRUE(writer->write("event\n"));
  for (auto& client : viewers) EXPECT_NE(client.read_until("event\n"), std::string::npos);
}

TEST_F(Streaming, NoticesThatTheViewerIsGone) {
  start();
  std::shared_ptr<Responder::StreamWriter> stream;
  {
    RawClient client = viewer();
    stream = streams(1).at(0);
    EXPECT_TRUE(stream->write("x"));
    EXPECT_TRUE(client.read_answer().complete);
  }
  while (stream->write("x")) std::this_thread::yield();
}

TEST_F(Streaming, DropsAViewerThatIsTooSlow) {
  start();
  RawClient client = viewer();
  const auto stream = streams(1).at(0);
  const std::string event(1024, 'e');
  std::size_t written = 0;
  while (stream->write(event)) ++written;
  EXPECT_GE(written, 64U);
  EXPECT_FALSE(stream->write("x"));
  EXPECT_LE(client.read_to_end().size(), written * event.size() + 1024);
}

TEST_F(Streaming, RefusesMoreThanTheQueueHoldsAtOnce) {
  start();
  RawClient client = viewer();
  EXPECT_FALSE(streams(1).at(0)->write(std::string(64 * 1024 + 1, 'x')));
}

TEST_F(Streaming, AWriterThatGoesAwayEndsTheStream) {
  start();
  RawClient client = viewer();
  streams(1).at(0)->write("last words");
  {
    const std::lock_guard lock(mutex_);
    streams_.clear();
  }
  const RawAnswer head = client.read_answer();
  EXPECT_EQ(client.read_to_end(), "last words");
}

TEST_F(Streaming, AnswersHeadWithoutABody) {
  start();
  RawClient client = viewer("HEAD");
  EXPECT_EQ(client.read_answer(true).status, 200);
  EXPECT_TRUE(client.closed_in_order());
}

TEST_F(Streaming, EndsWithTheListener) {
  start();
  RawClient client = viewer();
  const auto stream = streams(1).at(0);
  EXPECT_TRUE(stream->write("x"));
  EXPECT_NE(client.read_until("x"), std::string::npos);
  listener_->stop();
  EXPECT_FALSE(stream->write("y"));
  listener_.reset();
  EXPECT_FALSE(stream->write("z"));
}

TEST_F(Streaming, ManyThreadsMayWriteAndAnswer) {
  start();
  std::atomic<int> answered{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, this] {
      RawClient client(port());
      for (int i = 0; i < 50; ++i) {
        if (client.exchange(kGet).body == "plain") ++answered;
      }
    });
  }
  RawClient client = viewer();
  const auto stream = streams(1).at(0);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) EXPECT_TRUE(stream->write("0123456789"));
    });
  }
  for (auto& thread : threads) thread.join();
  stream->close();
  EXPECT_TRUE(client.read_answer().complete);
  EXPECT_EQ(client.read_to_end().size(), 4U * 50U * 10U);
  EXPECT_EQ(answered, 200);
}

}  // namespace
}  // namespace zest::http
#endif
