// More connections to the hardened listener than it takes: who is turned away, and who gives way.
#ifndef ZEST_STOCK_LISTENER
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <vector>

#include "bounded_fixture.h"

namespace zest::http {
namespace {

using testing::Bounded;
using testing::kGet;
using testing::RawClient;
using testing::Signal;
using testing::text;

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

}  // namespace
}  // namespace zest::http
#endif
