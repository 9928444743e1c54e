// Who of the listener's workers takes calls and who rests, by itself and behind a listener over real sockets.
#ifndef ZEST_STOCK_LISTENER
#include "http/crew.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "listener_fixture.h"

namespace zest::http {
namespace {

using testing::kGet;
using testing::RawClient;
using testing::text;

void until_taking(const Crew& crew, int workers) {
  while (crew.taking_calls() != workers) std::this_thread::yield();
}

TEST(Crew, OfMoreWorkersThanAreWantedTheOthersRestUntilTheEnd) {
  Crew crew(3, 1);
  auto first = std::async(std::launch::async, [&] { return crew.ready(0); });
  auto second = std::async(std::launch::async, [&] { return crew.ready(1); });
  until_taking(crew, 1);
  EXPECT_TRUE(crew.ready(2));
  crew.dismiss();
  EXPECT_FALSE(first.get());
  EXPECT_FALSE(second.get());
  EXPECT_FALSE(crew.ready(2));
}

TEST(Crew, AnotherOneTakesThePlaceOfWhoeverIsAway) {
  Crew crew(2, 1);
  auto other = std::async(std::launch::async, [&] { return crew.ready(1); });
  until_taking(crew, 1);
  {
    const Crew::Away away(&crew);
    EXPECT_TRUE(other.get());
    EXPECT_TRUE(crew.ready(1));
  }
  // Nobody goes home at once: the next call may well wait, too.
  EXPECT_TRUE(crew.ready(1));
  crew.look_around();
  EXPECT_TRUE(crew.ready(1));
  crew.look_around();
  auto home = std::async(std::launch::async, [&] { return crew.ready(1); });
  until_taking(crew, 1);
  crew.dismiss();
  EXPECT_FALSE(home.get());
}

TEST(Crew, WhoIsBusyWithOneCallFromLookToLookIsReplaced) {
  Crew crew(2, 1);
  auto other = std::async(std::launch::async, [&] { return crew.ready(1); });
  until_taking(crew, 1);
  EXPECT_TRUE(crew.ready(0));
  crew.taken(0);
  crew.look_around();
  EXPECT_EQ(crew.taking_calls(), 1);
  crew.look_around();
  EXPECT_TRUE(other.get());
}

TEST(Crew, NobodyIsReplacedWhoTakesOneCallAfterAnother) {
  Crew crew(2, 1);
  auto other = std::async(std::launch::async, [&] { return crew.ready(1); });
  until_taking(crew, 1);
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(crew.ready(0));
    crew.taken(0);
    crew.look_around();
  }
  EXPECT_EQ(crew.taking_calls(), 1);
  crew.dismiss();
  EXPECT_FALSE(other.get());
}

class Working : public testing::ListenerTest {
 protected:
  // Three of four workers, of which one takes calls at a time, are held; then somebody else calls.
  void hold_three_and_call(bool announced) {
    options_.workers = 4;
    options_.at_once = 1;
    options_.limits.linger_deadline = Duration(20);  // a short period of looking around
    std::promise<void> release;
    const std::shared_future<void> released = release.get_future().share();
    handler_.on_begin = [announced](const RequestHead&) {
      TakeBody take;
      take.may_wait = announced;
      return take;
    };
    handler_.on_finish = [released](Request request, Responder responder) {
      if (request.head.target == "/wait") released.wait();
      responder.send(text(200, request.head.target));
    };
    start();
    std::vector<RawClient> held;
    for (int i = 0; i < 3; ++i) {
      held.emplace_back(port());
      held.back().send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    EXPECT_EQ(exchange(kGet).body, "/x");
    release.set_value();
    for (RawClient& client : held) EXPECT_EQ(client.read_answer().body, "/wait");
  }
};

TEST_F(Working, CallsThatWaitHoldUpNobody) { hold_three_and_call(true); }

TEST_F(Working, CallsThatTakeLongHoldUpNobodyForGood) { hold_three_and_call(false); }

}  // namespace
}  // namespace zest::http
#endif
