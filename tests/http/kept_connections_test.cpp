#include "http/kept_connections.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <thread>

#include "http/socket.h"

namespace zest::http {
namespace {

using Use = KeptConnections::Use;
using Answer = KeptConnections::Answer;

constexpr Duration kLong{3'600'000};
const std::string kEndpoint = "http://127.0.0.1:80";

// One connection of those that `kept` looks after, with both of its ends.
struct Pair {
  explicit Pair(KeptConnections& kept) {
    const auto listening = listen_on("127.0.0.1", 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(local_port(listening->get())));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ours = kept.open(kEndpoint, AF_INET, SOCK_STREAM, 0);
    EXPECT_EQ(::connect(ours, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    while (!theirs.valid())
      theirs = FileDescriptor(::accept4(listening->get(), nullptr, nullptr, SOCK_CLOEXEC));
    ends = std::to_string(local_port(ours)) + " of " + std::to_string(ours);
    EXPECT_TRUE(kept.take(ends, local_port(ours), {ours}));
  }
  void carries(KeptConnections& kept, Answer answer) const {
    kept.answered(ends, answer);
    kept.leave(ends, answer);
  }
  void close_theirs() {
    theirs.reset();
    pollfd look{ours, POLLRDHUP, 0};
    EXPECT_EQ(::poll(&look, 1, -1), 1);
  }
  int ours = -1;
  FileDescriptor theirs;
  std::string ends;
};

TEST(KeptConnections, OneProbeIsWatchedAtATime) {
  KeptConnections kept({kLong, kLong});
  EXPECT_EQ(kept.plan(kEndpoint), Use::Probe);
  EXPECT_EQ(kept.plan(kEndpoint), Use::Once);
  EXPECT_EQ(kept.plan("http://127.0.0.1:81"), Use::Probe);
  const Pair probe(kept);
  EXPECT_EQ(kept.plan(kEndpoint), Use::Once);
  probe.carries(kept, Answer::Success);
  EXPECT_EQ(kept.plan(kEndpoint), Use::Once);
  kept.close(probe.ours);
  EXPECT_EQ(kept.plan(kEndpoint), Use::Probe);
  kept.give_up_probe(kEndpoint);
  EXPECT_EQ(kept.plan(kEndpoint), Use::Probe);
}

TEST(KeptConnections, AreReusedOnceTheProbeWasKept) {
  KeptConnections kept({kLong, Duration(0)});
  EXPECT_EQ(kept.plan(kEndpoint), Use::Probe);
  const Pair probe(kept);
  probe.carries(kept, Answer::Success);
  EXPECT_EQ(kept.plan(kEndpoint), Use::Any);
  EXPECT_TRUE(kept.take(probe.ends, local_port(probe.ours), {}));
  // It carries a request: not for a second one.
  EXPECT_FALSE(kept.take(probe.ends, local_port(probe.ours), {}));
  kept.close(probe.ours);
  // Its number may come back, as another connection.
  EXPECT_FALSE(kept.take(probe.ends, local_port(probe.ours), {}));
}

TEST(KeptConnections, MayBeTakenBetweenTheAnswerAndItsEnd) {
  KeptConnections kept({kLong, Duration(0)});
  EXPECT_EQ(kept.plan(kEndpoint), Use::Probe);
  Pair pair(kept);
  pair.carries(kept, Answer::Success);
  EXPECT_EQ(kept.plan(kEndpoint), Use::Any);
  EXPECT_TRUE(kept.take(pair.ends, local_port(pair.ours), {}));
  kept.answered(pair.ends, Answer::Success);
  EXPECT_TRUE(kept.take(pair.ends, local_port(pair.ours), {}));
  // The end of the exchange before says nothing about the one that it carries now.
  kept.leave(pair.ends, Answer::Success);
  EXPECT_FALSE(kept.take(pair.ends, local_port(pair.ours), {}));
  // Nor is it a fault to close it after its answer: it did not idle.
  kept.answered(pair.ends, Answer::Success);
  pair.close_theirs();
  kept.close(pair.ours);
  EXPECT_EQ(kept.plan(kEndpoint), Use::Any);
}

TEST(KeptConnections, AProbeThatWasClosedProvesNothing) {
  KeptConnections kept({kLong, Duration(0)});
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(kept.plan(kEndpoint), Use::Probe);
    Pair probe(kept);
    probe.carries(kept, Answer::Success);
    probe.close_theirs();
    if (i == 1) kept.close(probe.ours);  // libcurl may find out first
  }
  EXPECT_EQ(kept.plan(kEndpoint), Use::Probe);
}

TEST(KeptConnections, AReceiverThatClosesAllTheSameIsRemembered) {
  for (const bool while_idle : {false, true}) {
    KeptConnections kept({kLong, Duration(0)});
    EXPECT_EQ(kept.plan(kEndpoint), Use::Probe);
    Pair probe(kept);
    probe.carries(kept, Answer::Success);
    EXPECT_EQ(kept.plan(kEndpoint), Use::Any);
    probe.close_theirs();
    if (while_idle) {
      kept.close(probe.ours);
    } else {
      kept.lost(kEndpoint);
    }
    EXPECT_EQ(kept.plan(kEndpoint), Use::Once);
    EXPECT_EQ(kept.plan(kEndpoint), Use::Once);
  }
}

// Success and failure are proven apart: over a failure a receiver may close what it keeps otherwise.
TEST(KeptConnections, AreReusedAfterAnswersLikeThatOfTheProbe) {
  for (const Answer proven : {Answer::Success, Answer::Failure}) {
    const Answer other = proven == Answer::Success ? Answer::Failure : Answer::Success;
    KeptConnections kept({kLong, Duration(0)});
    EXPECT_EQ(kept.plan(kEndpoint), Use::Probe);
    const Pair probe(kept);
    probe.carries(kept, proven);
    EXPECT_EQ(kept.plan(kEndpoint), Use::Any);
    EXPECT_TRUE(kept.take(probe.ends, local_port(probe.ours), {}));
    probe.carries(kept, other);
    EXPECT_FALSE(kept.take(probe.ends, local_port(probe.ours), {}));
    // It was the probe for the others, and goes.
    kept.close(probe.ours);
    const Pair second(kept);
    second.carries(kept, other);
    EXPECT_EQ(kept.plan(kEndpoint), Use::Any);  // this one was seen to be kept
    EXPECT_TRUE(kept.take(second.ends, local_port(second.ours), {}));
    kept.lost(kEndpoint);
    EXPECT_EQ(kept.plan(kEndpoint), Use::Once);  // after whatever answer
  }
}

TEST(KeptConnections, IdleForTooLongIsTooLong) {
  KeptConnections kept({Duration(-1), Duration(0)});
  EXPECT_EQ(kept.plan(kEndpoint), Use::Probe);
  const Pair probe(kept);
  probe.carries(kept, Answer::Success);
  EXPECT_FALSE(kept.take(probe.ends, local_port(probe.ours), {}));
}

}  // namespace
}  // namespace zest::http
