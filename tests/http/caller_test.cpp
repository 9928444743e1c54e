#include "http/caller.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <condition_variable>
#include <cstdlib>
#include <future>
#include <thread>

#include "http/socket.h"
#include "listener_fixture.h"

namespace zest::http {
namespace {

using testing::text;

std::shared_ptr<const std::string> bytes(std::string body) {
  return std::make_shared<const std::string>(std::move(body));
}

class Calling : public testing::ListenerTest {
 protected:
  Call to(const std::string& target) const {
    Call request;
    request.url = url(target);
    return request;
  }
};

// Answers with what it saw: method, target, the headers of interest, body.
void describe(Request request, Responder responder) {
  std::string seen = request.head.method + " " + request.head.target;
  for (const char* name : {"Content-Type", "Content-Length", "Expect", "X-One", "Accept-Encoding"}) {
    if (const std::string* value = request.head.headers.find(name))
      seen += " " + std::string(name) + "=" + *value;
  }
  responder.send(text(201, seen + " " + request.body));
}

TEST_F(Calling, SendsWhatItIsGivenAndNothingElse) {
  handler_.on_finish = describe;
  start();
  EXPECT_EQ(call(to("/a?b=c")).body, "GET /a?b=c ");
  Call request = to("/a/../b");
  request.method = "POST";
  EXPECT_EQ(call(request).body, "POST /a/../b Content-Length=0 ");
  request.body = bytes(std::string(3000, 'x'));
  request.headers.add("X-One", "1");
  EXPECT_EQ(call(request).body, "POST /a/../b Content-Length=3000 X-One=1 " + std::string(3000, 'x'));
  request.method = "PATCH";
  request.headers.add("Content-Type", "application/json");
  request.body = bytes("{}");
  const Outcome patched = call(request);
  EXPECT_EQ(patched.body, "PATCH /a/../b Content-Type=application/json Content-Length=2 X-One=1 {}");
  EXPECT_EQ(patched.failure, Failure::None);
  EXPECT_EQ(patched.status, 201);
  EXPECT_EQ(*patched.headers.find("content-type"), "text/plain");
  EXPECT_EQ(call([&] {
              Call deletion = to("/x");
              deletion.method = "DELETE";
              return deletion;
            }())
                .body,
            "DELETE /x ");
}

TEST_F(Calling, NeverSendsAHeaderThatAValueBringsAlong) {
  handler_.on_finish = describe;
  start();
  Call request = to("/x");
  request.headers.add("X-One", "1\r\nContent-Type: evil");
  EXPECT_EQ(call(request).body, "GET /x X-One=1Content-Type: evil ");
}

TEST_F(Calling, ReadsHeadAnswers) {
  start();
  Call request = to("/x");
  request.method = "HEAD";
  const Outcome outcome = call(request);
  EXPECT_EQ(outcome.status, 200);
  EXPECT_EQ(*outcome.headers.find("Content-Length"), "8");
  EXPECT_EQ(outcome.body, "");
}

TEST_F(Calling, FollowsNoRedirects) {
  handler_.on_finish = [](Request, Responder responder) {
    Response response = text(302, "elsewhere");
    response.headers.add("Location", "/other");
    responder.send(std::move(response));
  };
  start();
  const Outcome outcome = call(to("/x"));
  EXPECT_EQ(outcome.status, 302);
  EXPECT_EQ(*outcome.headers.find("Location"), "/other");
}

TEST_F(Calling, IgnoresTheProxyOfTheEnvironment) {
  start();
  ::setenv("http_proxy", "http://127.0.0.1:9", 1);
  EXPECT_EQ(call(to("/x")).status, 200);
  ::unsetenv("http_proxy");
}

TEST_F(Calling, KeepsAndBoundsAnswers) {
  handler_.on_finish = [](Request, Responder responder) {
    responder.send(text(200, std::string(1000, 'x')));
  };
  start();
  Call request = to("/x");
  request.keep_response = 10;
  request.response_limit = 1000;
  const Outcome cut = call(request);
  EXPECT_EQ(cut.failure, Failure::None);
  EXPECT_EQ(cut.body, std::string(10, 'x'));
  request.response_limit = 999;
  const Outcome refused = call(request);
  EXPECT_EQ(refused.failure, Failure::TooLarge);
  EXPECT_EQ(refused.status, 200);
}

TEST_F(Calling, NamesItsFailures) {
  handler_.on_finish = [](Request, Responder responder) {
    Response response;
    response.drop_connection = true;
    responder.send(std::move(response));
  };
  start();
  const auto failure_of = [](const std::string& address) {
    Call request;
    request.url = address;
    const Outcome outcome = call(request);
    EXPECT_EQ(outcome.status, 0);
    EXPECT_FALSE(outcome.failure_detail.empty());
    return std::string(failure_name(outcome.failure));
  };
  EXPECT_EQ(failure_of(url("/dropped")), "reset");
  EXPECT_EQ(failure_of("https://127.0.0.1:" + std::to_string(port())), "tls");
  EXPECT_EQ(failure_of("http://host.invalid/"), "resolve");
  EXPECT_EQ(failure_of("ftp://127.0.0.1/"), "bad_url");
  EXPECT_EQ(failure_of("http://"), "bad_url");
  EXPECT_EQ(failure_of(""), "bad_url");
  const std::string address = url("/");
  listener_.reset();
  EXPECT_EQ(failure_of(address), "connect");
}

TEST_F(Calling, TheDeadlineIsForTheWholeExchange) {
  std::optional<Responder> silent;
  std::shared_ptr<Responder::StreamWriter> dribble;
  handler_.on_finish = [&](Request request, Responder responder) {
    if (request.head.path == "/silent") {
      silent = std::move(responder);
    } else {
      dribble = responder.stream(Response());
      dribble->write("a little");
    }
  };
  options_.limits.linger_deadline = Duration(10);
  start();
  Call request = to("/silent");
  request.timeout = Duration(30);
  EXPECT_EQ(call(request).failure, Failure::Timeout);
  request.url = url("/dribble");
  EXPECT_EQ(call(request).failure, Failure::Timeout);
  listener_->stop();
}

// --- The engine ---

// Collects what an engine finishes. Declared before the engine, which still reports when it ends.
class Outcomes {
 public:
  std::function<void(Outcome)> taker() {
    return [this](Outcome outcome) {
      const std::lock_guard lock(mutex_);
      outcomes_.push_back(std::move(outcome));
      changed_.notify_all();
    };
  }
  std::vector<Outcome> wait(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return outcomes_.size() >= count; });
    return outcomes_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Outcome> outcomes_;
};

TEST_F(Calling, TheEngineKeepsManyExchangesInFlight) {
  start();
  Outcomes outcomes;
  CallEngine engine;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10; ++i) engine.start(to("/x"), outcomes.taker());
    });
  }
  for (auto& thread : threads) thread.join();
  for (const Outcome& outcome : outcomes.wait(40)) EXPECT_EQ(outcome.status, 200) << outcome.failure_detail;
}

constexpr Duration kForEver{3'600'000};
// A receiver that kept its first connection for a look is trusted to keep them.
constexpr ConnectionReuse kReusesAtOnce{kForEver, Duration(0)};

TEST_F(Calling, TheEngineCancels) {
  std::vector<Responder> waiting;
  handler_.on_finish = [&](Request, Responder responder) { waiting.push_back(std::move(responder)); };
  options_.workers = 1;
  options_.limits.linger_deadline = Duration(10);
  start();
  Outcomes outcomes;
  {
    CallEngine engine;
    engine.cancel(engine.start(to("/cancelled"), outcomes.taker()));
    EXPECT_EQ(outcomes.wait(1).at(0).failure, Failure::Cancelled);
    engine.cancel(12345);
    engine.start(to("/abandoned"), outcomes.taker());
  }
  EXPECT_EQ(outcomes.wait(2).at(1).failure, Failure::Cancelled);
  listener_->stop();
}

TEST_F(Calling, AFinishedCallMayStartTheNext) {
  start();
  Outcomes outcomes;
  CallEngine engine;
  engine.start(to("/first"), [&](const Outcome&) { engine.start(to("/second"), outcomes.taker()); });
  EXPECT_EQ(outcomes.wait(1).at(0).body, "GET /second ");
}

TEST_F(Calling, APacedBodyArrivesWholeAndHoldsUpNobody) {
  start();
  Outcomes paced;
  Outcomes quick;
  CallEngine engine;
  Call slow = to("/slow");
  slow.method = "POST";
  slow.body = bytes(std::string(50, 's'));
  slow.body_bytes_per_second = 1;
  const auto never = engine.start(slow, paced.taker());
  engine.start(to("/quick"), quick.taker());
  EXPECT_EQ(quick.wait(1).at(0).status, 200);
  engine.cancel(never);
  EXPECT_EQ(paced.wait(1).at(0).failure, Failure::Cancelled);
  slow.body_bytes_per_second = 1000;
  const Outcome outcome = call(slow);
  EXPECT_EQ(outcome.body, "POST /slow " + std::string(50, 's'));
  // The last of 50 bytes is due after 49 ms; being early would be a fault, being late is not.
  EXPECT_GE(outcome.latency, Duration(48));
}

// --- What only a bare socket can see ---

class BareServer {
 public:
  BareServer() {
    auto listening = listen_on("127.0.0.1", 0);
    EXPECT_TRUE(listening.ok());
    listening_ = std::move(listening).value();
  }
  std::string url() const {
    return "http://127.0.0.1:" + std::to_string(local_port(listening_.get())) + "/x";
  }
  // The next connection. Blocks until there is one.
  FileDescriptor accept() const {
    while (true) {
      FileDescriptor socket(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (socket.valid()) return socket;
      std::this_thread::yield();
    }
  }
  bool has_waiting_connection() const {
    return FileDescriptor(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC)).valid();
  }

 private:
  FileDescriptor listening_;
};

Call post_to(const BareServer& server, std::string body) {
  Call request;
  request.url = server.url();
  request.method = "POST";
  request.body = bytes(std::move(body));
  return request;
}

// Reads until `mark` has come, or (with "") until the other side ends.
std::string read(const FileDescriptor& socket, const std::string& mark) {
  std::string text;
  char piece[4096];
  while (mark.empty() || text.find(mark) == std::string::npos) {
    const ssize_t length = ::recv(socket.get(), piece, sizeof piece, 0);
    if (length <= 0) break;
    text.append(piece, static_cast<std::size_t>(length));
  }
  return text;
}

TEST(CallEngine, SendsHeadersWithoutAValue) {
  const BareServer server;
  Outcomes outcomes;
  CallEngine engine;
  Call request;
  request.url = server.url();
  request.headers.add("X-Empty", "");
  engine.start(request, outcomes.taker());
  const FileDescriptor socket = server.accept();
  EXPECT_NE(read(socket, "\r\n\r\n").find("\r\nX-Empty:\r\n"), std::string::npos);
}

TEST(CallEngine, SaysWhetherTheAnswerCameBeforeTheBody) {
  constexpr std::size_t kMoreThanSocketsHold = 32 * 1024 * 1024;
  for (const bool reads_first : {false, true}) {
    const BareServer server;
    Outcomes outcomes;
    CallEngine engine;
    Call request = post_to(server, std::string(kMoreThanSocketsHold, 'x'));
    engine.start(request, outcomes.taker());
    const FileDescriptor socket = server.accept();
    const std::string seen = read(socket, "\r\n\r\n");
    std::size_t left = kMoreThanSocketsHold - (seen.size() - seen.find("\r\n\r\n") - 4);
    const auto read_the_rest = [&] {
      std::vector<char> piece(256 * 1024);
      while (left > 0) {
        const ssize_t length = ::recv(socket.get(), piece.data(), piece.size(), 0);
        ASSERT_GT(length, 0);
        left -= static_cast<std::size_t>(length);
      }
    };
    if (reads_first) read_the_rest();
    const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    ASSERT_EQ(::send(socket.get(), answer.data(), answer.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(answer.size()));
    read_the_rest();
    const Outcome outcome = outcomes.wait(1).front();
    EXPECT_EQ(outcome.status, 200) << outcome.failure_detail;
    EXPECT_EQ(outcome.before_body, !reads_first);
  }
}

TEST(CallEngine, DisconnectsInTheMiddleOfABody) {
  for (const std::size_t after :
       {std::size_t{0}, std::size_t{100}, std::size_t{5000}, std::size_t{100'000}}) {
    const BareServer server;
    Outcomes outcomes;
    CallEngine engine;
    Call request = post_to(server, std::string(10'000, 'x'));
    request.disconnect_after_body_bytes = after;
    engine.start(request, outcomes.taker());
    const FileDescriptor socket = server.accept();
    const std::string received = read(socket, "");
    const std::size_t body = received.find("\r\n\r\n") + 4;
    EXPECT_EQ(received.size() - body, std::min<std::size_t>(after, 10'000));
    EXPECT_EQ(outcomes.wait(1).at(0).failure, Failure::Reset);
  }
}

const std::string kDone = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

void answer(const FileDescriptor& socket, const std::string& bytes) {
  ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

// Its receiver may be closing it: the request goes out on a new one, and not a byte of it on the old one.
TEST(CallEngine, AConnectionThatIdledIsReplaced) {
  const BareServer server;
  Outcomes outcomes;
  CallEngine engine(resolve_by_system, ConnectionReuse{Duration(-1), Duration(0)});
  const Call request = post_to(server, "the body");
  engine.start(request, outcomes.taker());
  const FileDescriptor idle = server.accept();
  read(idle, "the body");
  answer(idle, kDone);
  EXPECT_EQ(outcomes.wait(1).at(0).status, 200);
  engine.start(request, outcomes.taker());
  const FileDescriptor fresh = server.accept();
  EXPECT_NE(read(fresh, "the body").find("POST /x HTTP/1.1\r\n"), std::string::npos);
  answer(fresh, kDone);
  EXPECT_EQ(outcomes.wait(2).at(1).status, 200);
  EXPECT_EQ(read(idle, ""), "");
}

TEST(CallEngine, ReusesConnectionsWithinABurst) {
  const BareServer server;
  Outcomes outcomes;
  CallEngine engine(resolve_by_system, kReusesAtOnce);
  const Call request = post_to(server, "hello");
  FileDescriptor socket;
  for (std::size_t i = 0; i < 5; ++i) {
    engine.start(request, outcomes.taker());
    if (i == 0) socket = server.accept();
    EXPECT_NE(read(socket, "hello"), "");
    answer(socket, kDone);
    EXPECT_EQ(outcomes.wait(i + 1).at(i).status, 200);
  }
  EXPECT_FALSE(server.has_waiting_connection());
}

// Of what came while the engine was busy, libcurl takes up the answer and gives its connection to the next
// call before it tells of either.
TEST(CallEngine, ReusesAConnectionWhoseAnswerWasNotReportedYet) {
  const BareServer server;
  Outcomes outcomes;
  std::promise<void> busy;
  std::promise<void> go_on;
  CallEngine engine(resolve_by_system, kReusesAtOnce);
  const Call request = post_to(server, "hello");
  engine.start(request, outcomes.taker());
  const FileDescriptor socket = server.accept();
  read(socket, "hello");
  answer(socket, kDone);
  EXPECT_EQ(outcomes.wait(1).back().status, 200);
  engine.start(request, outcomes.taker());
  read(socket, "hello");
  engine.start(request, [&](const Outcome&) {
    busy.set_value();
    go_on.get_future().wait();
  });
  {
    const FileDescriptor other = server.accept();
    read(other, "hello");
    answer(other, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    busy.get_future().wait();
  }
  answer(socket, kDone);
  engine.start(request, outcomes.taker());
  go_on.set_value();
  for (std::size_t calls = 3; calls < 5; ++calls) {
    EXPECT_NE(read(socket, "hello"), "");
    answer(socket, kDone);
    EXPECT_EQ(outcomes.wait(calls).back().status, 200);
    engine.start(request, outcomes.taker());
  }
  EXPECT_FALSE(server.has_waiting_connection());
}

// Nobody knows of a connection whether its receiver is about to close it: until one was kept for a while each
// request has a connection of its own, and so the receiver that closes after each answer costs no attempt.
TEST(CallEngine, AConnectionIsUsedOnceUntilTheReceiverHasKeptOne) {
  const BareServer server;
  Outcomes outcomes;
  CallEngine engine(resolve_by_system, ConnectionReuse{kForEver, kForEver});
  const Call request = post_to(server, "the body");
  std::vector<FileDescriptor> sockets;
  for (std::size_t i = 0; i < 5; ++i) {
    engine.start(request, outcomes.taker());
    sockets.push_back(server.accept());
    EXPECT_NE(read(sockets.back(), "the body").find("POST /x HTTP/1.1\r\n"), std::string::npos);
    answer(sockets.back(), kDone);
    EXPECT_EQ(outcomes.wait(i + 1).at(i).status, 200);
  }
  // The first one idles to be watched, the others are closed.
  for (std::size_t i = 1; i < sockets.size(); ++i) EXPECT_EQ(read(sockets[i], ""), "");
  char byte = 0;
  EXPECT_EQ(::recv(sockets[0].get(), &byte, 1, MSG_DONTWAIT), -1);
}

// A receiver that fails may close its connection over that: this is proven apart from success.
TEST(CallEngine, AConnectionIsUsedAgainAfterAFailureOnlyWhereTheReceiverKeepsThem) {
  const std::string kOops = "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n";
  const BareServer server;
  Outcomes outcomes;
  CallEngine engine(resolve_by_system, kReusesAtOnce);
  Call request;
  request.url = server.url();
  std::size_t calls = 0;
  const auto arrives_on = [&](const FileDescriptor& socket, const std::string& answered) {
    EXPECT_NE(read(socket, "\r\n\r\n"), "");
    answer(socket, answered);
    ++calls;
    EXPECT_EQ(outcomes.wait(calls).at(calls - 1).failure, Failure::None);
  };
  engine.start(request, outcomes.taker());
  FileDescriptor socket = server.accept();
  arrives_on(socket, kDone);
  engine.start(request, outcomes.taker());
  arrives_on(socket, kDone);  // on the same connection, which was kept
  // Over failures it closes: each call has a connection of its own, and none is lost.
  engine.start(request, outcomes.taker());
  arrives_on(socket, kOops);
  for (int i = 0; i < 3; ++i) {
    socket.reset();
    engine.start(request, outcomes.taker());
    socket = server.accept();
    arrives_on(socket, kOops);
  }
  // Now it keeps one.
  engine.start(request, outcomes.taker());
  arrives_on(socket, kOops);
}

TEST(CallEngine, NeverSendsABodyTwice) {
  const BareServer server;
  Outcomes outcomes;
  CallEngine engine(resolve_by_system, kReusesAtOnce);
  const Call request = post_to(server, "the body");
  {
    engine.start(request, outcomes.taker());
    const FileDescriptor socket = server.accept();
    read(socket, "the body");
    answer(socket, kDone);
    EXPECT_EQ(outcomes.wait(1).at(0).status, 200);
    // The second request comes on the same connection and is not answered.
    engine.start(request, outcomes.taker());
    EXPECT_NE(read(socket, "the body").find("the body"), std::string::npos);
  }
  EXPECT_EQ(outcomes.wait(2).at(1).failure, Failure::Reset);
  EXPECT_FALSE(server.has_waiting_connection());
}

// What comes of a webhook whose receiver answers with these bytes and hangs up.
Outcome outcome_of(const std::string& said) {
  const BareServer server;
  Outcomes outcomes;
  CallEngine engine;
  const Call request = post_to(server, "the body");
  engine.start(request, outcomes.taker());
  {
    const FileDescriptor socket = server.accept();
    read(socket, "the body");
    answer(socket, said);
  }
  return outcomes.wait(1).at(0);
}

TEST(CallEngine, OnlyACompleteHeadIsAnAnswer) {
  for (const char* said :
       {"", "HTTP/1.1 200 OK", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r",
        "HTTP/1.1 204 No Content\r\nX: y", "HTTP/1.0 200 OK\r\n", "HTTP/1.1 200 OK\r\nConnection: close\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n"}) {
    const Outcome outcome = outcome_of(said);
    EXPECT_EQ(outcome.failure, Failure::Reset) << said;
    EXPECT_FALSE(outcome.failure_detail.empty()) << said;
    EXPECT_EQ(outcome.status, 0) << said;
    EXPECT_TRUE(outcome.headers.fields().empty()) << said;
  }
  for (const char* said : {"HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\n\n", "HTTP/1.0 200 OK\r\n\r\nfine",
                           "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: trailer\r\n\r\n"}) {
    const Outcome outcome = outcome_of(said);
    EXPECT_EQ(outcome.failure, Failure::None) << said << outcome.failure_detail;
    EXPECT_EQ(outcome.status, 200) << said;
  }
}

// libcurl takes these for answers, whatever was agreed on.
TEST(CallEngine, AnAnswerOfAnotherVersionIsNone) {
  for (const char* said : {"HTTP/2 200\r\n\r\n", "HTTP/2 200 OK\r\nContent-Length: 0\r\n\r\n",
                           "HTTP/3 204\r\n\r\n", "HTTP/2.0 200 OK\r\n\r\n", "HTTP/0.9 200 OK\r\n\r\n",
                           "HTTP/1.1 100 Continue\r\n\r\nHTTP/2 200\r\n\r\n", "ICY 200 OK\r\n\r\n"}) {
    const Outcome outcome = outcome_of(said);
    EXPECT_EQ(outcome.failure, Failure::Reset) << said;
    EXPECT_EQ(outcome.failure_detail, "the answer is not HTTP/1") << said;
    EXPECT_EQ(outcome.status, 0) << said;
  }
}

TEST(CallEngine, ReportsAnAnswerThatBreaksOff) {
  const Outcome outcome = outcome_of("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
  EXPECT_EQ(outcome.failure, Failure::Reset);
  EXPECT_EQ(outcome.body, "half");
}

// An answer whose head cannot be read is no answer, whatever its status line says.
TEST(CallEngine, BoundsTheHeadersOfAnAnswer) {
  std::string many = "HTTP/1.1 200 OK\r\n";
  while (many.size() < 300 * 1024) many += "X: " + std::string(1000, 'x') + "\r\n";
  const std::string one = "HTTP/1.1 200 OK\r\nX: " + std::string(300 * 1024, 'x') + "\r\n\r\n";
  for (const auto& [said, detail] :
       {std::pair{many, "the head of the answer is larger than 262144 bytes"},
        std::pair{one, "a header line of the answer is longer than 102400 bytes"}}) {
    const Outcome outcome = outcome_of(said);
    EXPECT_EQ(outcome.failure, Failure::Reset);
    EXPECT_EQ(outcome.failure_detail, detail);
    EXPECT_EQ(outcome.status, 0);
  }
}

}  // namespace
}  // namespace zest::http
