// The hardened listener over real sockets: what it answers, refuses, keeps open and closes.
#ifndef ZEST_STOCK_LISTENER
#include "http/listener.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <ctime>
#include <fstream>
#include <future>
#include <regex>
#include <thread>

#include "base/crypto.h"
#include "listener_fixture.h"

namespace zest::http {
namespace {

using testing::kGet;
using testing::kPost;
using testing::RawAnswer;
using testing::RawClient;
using testing::text;

std::string post(const std::string& target, const std::string& body, const std::string& headers = "") {
  return "POST " + target + " HTTP/1.1\r\nHost: a\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

class Listening : public testing::ListenerTest {};

TEST_F(Listening, AnswersOneRequestAfterTheOtherOnAConnection) {
  start();
  EXPECT_TRUE(listener_->hardened());
  RawClient client(port());
  EXPECT_EQ(client.exchange("GET /a?b=%20 HTTP/1.1\r\nHost: a\r\n\r\n").body, "GET /a?b=%20 ");
  EXPECT_EQ(client.exchange(post("/b", "hello")).body, "POST /b hello");
  EXPECT_EQ(client.exchange("DELETE /c HTTP/1.1\r\nHost: a\r\n\r\n").body, "DELETE /c ");
  const RawAnswer last = client.exchange("GET /d HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(last.status, 200);
  EXPECT_EQ(*last.headers.find("Connection"), "close");
  EXPECT_TRUE(client.closed_in_order());
}

TEST_F(Listening, AnswersPipelinedRequestsInOrder) {
  start();
  RawClient client(port());
  client.send(post("/1", "one") + kGet +
              "POST /3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nthree\r\n0\r\n\r\n" +
              kGet);
  EXPECT_EQ(client.read_answer().body, "POST /1 one");
  EXPECT_EQ(client.read_answer().body, "GET /x ");
  EXPECT_EQ(client.read_answer().body, "POST /3 three");
  EXPECT_EQ(client.read_answer().body, "GET /x ");
}

TEST_F(Listening, AnswersARequestThatArrivesByteByByte) {
  start();
  RawClient client(port());
  for (const char c : post("/slow", "body")) ASSERT_TRUE(client.send(std::string(1, c)));
  EXPECT_EQ(client.read_answer().body, "POST /slow body");
}

TEST_F(Listening, HeadAnswersHaveTheLengthButNoBody) {
  start();
  RawClient client(port());
  client.send("HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n" + kGet);
  const RawAnswer head = client.read_answer(true);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(*head.headers.find("Content-Length"), "8");
  EXPECT_EQ(client.read_answer().body, "GET /x ");
}

TEST_F(Listening, KeepsHttp10ConnectionsOnlyWhenAsked) {
  start();
  RawClient closing(port());
  EXPECT_EQ(closing.exchange("GET /x HTTP/1.0\r\n\r\n").status, 200);
  EXPECT_TRUE(closing.closed_in_order());
  RawClient staying(port());
  const RawAnswer answer = staying.exchange("GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(*answer.headers.find("Connection"), "keep-alive");
  EXPECT_EQ(staying.exchange("GET /x HTTP/1.0\r\n\r\n").status, 200);
}

TEST_F(Listening, APostWithoutLengthHasAnEmptyBody) {
  start();
  EXPECT_EQ(exchange("POST /x HTTP/1.1\r\nHost: a\r\n\r\n").body, "POST /x ");
}

TEST_F(Listening, AnswersAClientThatEndedItsSide) {
  start();
  RawClient client(port());
  client.send(kGet);
  client.end_sending();
  EXPECT_EQ(client.read_answer().status, 200);
  EXPECT_TRUE(client.closed_in_order());
}

TEST_F(Listening, TellsTheRealPeer) {
  handler_.on_finish = [](Request request, Responder responder) {
    responder.send(text(200, request.head.peer + " " + std::to_string(request.head.local_port) + " " +
                                 std::to_string(request.head.headers.count("REMOTE_ADDR"))));
  };
  start();
  EXPECT_EQ(exchange("GET / HTTP/1.1\r\nHost: a\r\nREMOTE_ADDR: 6.6.6.6\r\n\r\n").body,
            "127.0.0.1 " + std::to_string(port()) + " 0");
}

TEST_F(Listening, EveryMethodMayHaveABody) {
  start();
  RawClient client(port());
  const std::string inner = "GET /evil HTTP/1.1\r\nHost: a\r\n\r\n";
  for (const std::string method : {"GET", "DELETE"}) {
    const std::string head = method + " /x HTTP/1.1\r\nHost: a\r\n";
    EXPECT_EQ(
        client.exchange(head + "Content-Length: " + std::to_string(inner.size()) + "\r\n\r\n" + inner).body,
        method + " /x " + inner);
    EXPECT_EQ(client.exchange(head + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n").body, method + " /x ");
  }
  client.send("HEAD /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx");
  EXPECT_EQ(client.read_answer(true).status, 200);
  EXPECT_EQ(client.exchange(kGet).body, "GET /x ");
}

// RFC 9110, 6.6.1: "Sun, 06 Nov 1994 08:49:37 GMT".
TEST_F(Listening, EveryAnswerHasADate) {
  start();
  RawClient client(port());
  const std::regex form(
      "(Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-3][0-9] (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) "
      "20[0-9]{2} [0-2][0-9]:[0-5][0-9]:[0-6][0-9] GMT");
  for (const std::string& request : {kGet, std::string("nonsense\r\n\r\n")}) {
    const std::time_t before = std::time(nullptr);
    const RawAnswer answer = client.exchange(request);
    ASSERT_EQ(answer.headers.count("Date"), 1U);
    const std::string& date = *answer.headers.find("Date");
    EXPECT_TRUE(std::regex_match(date, form)) << date;
    std::tm utc{};
    ASSERT_NE(::strptime(date.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &utc), nullptr);
    EXPECT_GE(::timegm(&utc), before);
    EXPECT_LE(::timegm(&utc), std::time(nullptr));
  }
}

TEST_F(Listening, NeverCompresses) {
  handler_.on_finish = [](Request, Responder responder) {
    Response response;
    response.headers.add("Content-Type", "application/json");
    response.body = std::string(1000, 'x');
    responder.send(std::move(response));
  };
  start();
  const RawAnswer answer =
      exchange("GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip, br\r\nRange: bytes=0-1\r\n\r\n");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, std::string(1000, 'x'));
  EXPECT_EQ(answer.headers.find("Content-Encoding"), nullptr);
}

TEST_F(Listening, WritesNoHeaderThatAValueBringsAlong) {
  handler_.on_finish = [](Request, Responder responder) {
    Response response = text(200, "ok");
    response.headers.add("X", "a\r\nSet-Cookie: b");
    response.headers.add("Content-Length", "100");
    responder.send(std::move(response));
  };
  start();
  const RawAnswer answer = exchange(kGet);
  EXPECT_EQ(*answer.headers.find("X"), "aSet-Cookie: b");
  EXPECT_EQ(answer.headers.count("Content-Length"), 1U);
  EXPECT_EQ(answer.body, "ok");
}

struct Refused {
  const char* name;
  std::string request;
  int status;
  Refusal refusal;
};

void PrintTo(const Refused& refused, std::ostream* out) { *out << refused.name; }

class ListeningRefuses : public testing::ListenerTest, public ::testing::WithParamInterface<Refused> {};

TEST_P(ListeningRefuses, AndCloses) {
  start();
  RawClient client(port());
  const RawAnswer answer = client.exchange(GetParam().request);
  EXPECT_TRUE(answer.complete);
  EXPECT_EQ(answer.status, GetParam().status);
  EXPECT_EQ(answer.body.substr(0, 9), "refused: ");
  EXPECT_TRUE(client.closed_in_order());
  EXPECT_EQ(handler_.refusals(), std::vector{GetParam().refusal});
}

INSTANTIATE_TEST_SUITE_P(
    Listening, ListeningRefuses,
    ::testing::Values(
        Refused{"BareLineFeed", "GET / HTTP/1.1\nHost: a\n\n", 400, Refusal::MalformedRequest},
        Refused{"DuplicateLength", kPost + "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx", 400,
                Refusal::MalformedRequest},
        Refused{"LengthNotANumber", kPost + "Content-Length: abc\r\n\r\n", 400, Refusal::MalformedRequest},
        Refused{"EmptyLength", kPost + "Content-Length:\r\n\r\n", 400, Refusal::MalformedRequest},
        Refused{"LengthAndChunks", kPost + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                400, Refusal::MalformedRequest},
        Refused{"GzipTransfer", kPost + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 415,
                Refusal::UnsupportedEncoding},
        Refused{"GzipContent", kPost + "Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", 415,
                Refusal::UnsupportedEncoding},
        Refused{"NegativeChunk", kPost + "Transfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n", 400,
                Refusal::MalformedRequest},
        Refused{"LargeHeaders", "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(64 * 1024, 'x') + "\r\n\r\n",
                431, Refusal::HeadersTooLarge},
        Refused{"LongTarget", "GET /" + std::string(100 * 1024, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n", 414,
                Refusal::UriTooLong},
        Refused{"Http2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, Refusal::VersionNotSupported},
        Refused{"LargeBody", kPost + "Content-Length: 1048577\r\n\r\n", 413, Refusal::BodyTooLarge},
        Refused{"LargeBodyBeforeContinue", kPost + "Expect: 100-continue\r\nContent-Length: 1048577\r\n\r\n",
                413, Refusal::BodyTooLarge},
        Refused{"LargeChunks",
                kPost + "Transfer-Encoding: chunked\r\n\r\n100001\r\n" + std::string(0x100001, 'x') +
                    "\r\n0\r\n\r\n",
                413, Refusal::BodyTooLarge}),
    [](const auto& refused) { return std::string(refused.param.name); });

TEST_F(Listening, TellsTheHandlerWhatItUnderstoodOfARefusedRequest) {
  start();
  exchange("POST /v1/x HTTP/1.1\r\nHost: a\r\nbroken\r\n\r\n");
  EXPECT_EQ(handler_.refused_targets(), std::vector<std::string>{"/v1/x"});
}

TEST_F(Listening, RefusesABodyThatEndsEarly) {
  start();
  RawClient client(port());
  client.send(kPost + "Content-Length: 10\r\n\r\nabc");
  client.end_sending();
  EXPECT_EQ(client.read_answer().status, 400);
}

TEST_F(Listening, RefusesAHeaderBlockThatEndsEarly) {
  start();
  RawClient client(port());
  client.send("GET /x HTTP/1.1\r\nHost");
  client.end_sending();
  EXPECT_EQ(client.read_answer().status, 400);
  EXPECT_EQ(handler_.refusals(), std::vector{Refusal::MalformedRequest});
  EXPECT_EQ(handler_.refused_targets(), std::vector<std::string>{"/x"});
}

TEST_F(Listening, AnEmptyLineBetweenRequestsIsNoRequest) {
  start();
  RawClient client(port());
  client.send(post("/x", "body") + "\r\n");
  EXPECT_EQ(client.read_answer().status, 200);
  client.end_sending();
  EXPECT_TRUE(client.closed_in_order());
  EXPECT_TRUE(handler_.refusals().empty());
}

TEST_F(Listening, TakesABodyOfExactlyTheLimit) {
  handler_.on_finish = [](Request request, Responder responder) {
    responder.send(text(200, std::to_string(request.body.size())));
  };
  start();
  EXPECT_EQ(exchange(post("/x", std::string(1024 * 1024, 'x'))).body, "1048576");
}

TEST_F(Listening, ARefusedClientThatIsStillSendingCanReadItsAnswer) {
  start();
  RawClient client(port());
  const std::string body(16 * 1024 * 1024, 'x');
  client.send(kPost + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n");
  EXPECT_TRUE(client.send(body));
  const RawAnswer answer = client.read_answer();
  EXPECT_TRUE(answer.complete);
  EXPECT_EQ(answer.status, 413);
}

TEST_F(Listening, SaysContinueOnlyToAnAcceptedRequest) {
  start();
  RawClient client(port());
  client.send(kPost + "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(client.read_answer(true).status, 100);
  client.send("hello");
  EXPECT_EQ(client.read_answer().body, "POST /x hello");
}

TEST_F(Listening, AnAnswerBeforeTheBodyClosesAfterIt) {
  handler_.on_begin = [](const RequestHead&) { return text(401, "who are you"); };
  start();
  RawClient client(port());
  EXPECT_EQ(client.exchange(kGet).status, 401);
  EXPECT_EQ(client.exchange(kGet).status, 401);  // there was no body: the connection stays
  const RawAnswer answer = client.exchange(post("/x", "a body that nobody reads"));
  EXPECT_EQ(answer.status, 401);
  EXPECT_EQ(*answer.headers.find("Connection"), "close");
  EXPECT_TRUE(client.closed_in_order());
}

TEST_F(Listening, SpoolsUploads) {
  const test::TemporaryFolder folder;
  handler_.on_begin = [&folder](const RequestHead&) {
    TakeBody take;
    take.multipart = true;
    take.limit = 20 * 1024 * 1024;
    take.file_limit = 10 * 1024 * 1024;
    take.spool_dir = folder.path();
    take.on_part = [](const Part& part) -> std::optional<Response> {
      if (part.content_type != "text/html") return std::nullopt;
      return text(415, "no html");
    };
    return take;
  };
  handler_.on_finish = [](Request request, Responder responder) {
    std::string found;
    for (const Part& part : request.parts) {
      found += part.name + "=" + (part.filename ? to_hex(part.sha256) : part.value) + ";";
    }
    responder.send(text(200, found));
  };
  start();
  const std::string content(10 * 1024 * 1024, 'p');
  const auto upload = [](const std::string& type, const std::string& bytes) {
    return post(
        "/up",
        "--b\r\nContent-Disposition: form-data; name=\"kind\"\r\n\r\npassport\r\n--b\r\nContent-Disposition: "
        "form-data; name=\"file\"; filename=\"a\"\r\nContent-Type: " +
            type + "\r\n\r\n" + bytes + "\r\n--b--\r\n",
        "Content-Type: multipart/form-data; boundary=b\r\n");
  };
  EXPECT_EQ(exchange(upload("application/pdf", content)).body,
            "kind=passport;file=" + to_hex(sha256(content)) + ";");
  EXPECT_EQ(exchange(upload("application/pdf", content + "p")).status, 413);
  EXPECT_EQ(exchange(upload("text/html", content)).status, 415);
  EXPECT_EQ(exchange(post("/up", "--b--", "Content-Type: multipart/form-data; boundary=\r\n")).status, 400);
  EXPECT_EQ(handler_.refusals(), (std::vector{Refusal::FileTooLarge, Refusal::MalformedMultipart}));
  EXPECT_EQ(folder.file_count(), 0U);
}

TEST_F(Listening, StreamsFiles) {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "file";
  std::string content;
  for (int i = 0; content.size() < 5 * 1024 * 1024; ++i) content += std::to_string(i) + ",";
  std::ofstream(path, std::ios::binary) << content;
  handler_.on_finish = [&](Request request, Responder responder) {
    Response response;
    const std::string name = request.head.path == "/missing" ? folder.path() / "missing" : path;
    response.file = std::make_shared<const FileDescriptor>(::open(name.c_str(), O_RDONLY | O_CLOEXEC));
    if (request.head.path == "/gone") std::filesystem::remove(path);
    responder.send(std::move(response));
  };
  start();
  RawClient client(port());
  EXPECT_TRUE(client.exchange(kGet).body == content);
  EXPECT_EQ(client.exchange("GET /missing HTTP/1.1\r\nHost: a\r\n\r\n").status, 500);
  EXPECT_TRUE(client.exchange(kGet).body == content);
  client.send("HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(*client.read_answer(true).headers.find("Content-Length"), std::to_string(content.size()));
  EXPECT_TRUE(client.exchange("GET /gone HTTP/1.1\r\nHost: a\r\n\r\n").body == content);
  EXPECT_EQ(client.exchange(kGet).status, 500);
}

TEST_F(Listening, CutsAConnectionOnRequest) {
  handler_.on_finish = [](Request, Responder responder) {
    Response response = text(200, "never seen");
    response.drop_connection = true;
    responder.send(std::move(response));
  };
  start();
  RawClient client(port());
  client.send(kGet);
  EXPECT_TRUE(client.was_reset());
  EXPECT_EQ(client.buffer(), "");
}

TEST_F(Listening, AHandlerThatThrowsIsAnswered500) {
  handler_.on_begin = [](const RequestHead& head) -> testing::ScriptedHandler::Begun {
    if (head.path == "/begin") throw std::runtime_error("begin");
    return TakeBody();
  };
  handler_.on_finish = [](Request request, Responder responder) {
    if (request.head.path == "/finish") throw std::runtime_error("finish");
    if (request.head.path == "/number") throw 7;
    if (request.head.path != "/silent") responder.send(text(200, "fine"));
  };
  start();
  RawClient client(port());
  for (const char* path : {"/begin", "/finish", "/number", "/silent"}) {
    EXPECT_EQ(client.exchange("GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n\r\n").status, 500)
        << path;
  }
  EXPECT_EQ(client.exchange(kGet).body, "fine");
  EXPECT_EQ(handler_.refusals(), std::vector<Refusal>(4, Refusal::HandlerFailed));
}

TEST_F(Listening, AWaitingAnswerHoldsNoWorker) {
  options_.workers = 1;
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<Responder> waiting;
  handler_.on_finish = [&](Request request, Responder responder) {
    if (request.head.path != "/wait") return static_cast<void>(responder.send(text(200, "at once")));
    const std::lock_guard lock(mutex);
    waiting = std::move(responder);
    changed.notify_all();
  };
  start();
  RawClient patient(port());
  patient.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n" + kGet);
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return waiting.has_value(); });
  EXPECT_EQ(exchange(kGet).body, "at once");
  EXPECT_TRUE(waiting->send(text(200, "in the end")));
  EXPECT_FALSE(waiting->send(text(200, "twice")));
  lock.unlock();
  EXPECT_EQ(patient.read_answer().body, "in the end");
  EXPECT_EQ(patient.read_answer().body, "at once");
}

TEST_F(Listening, AHeldAnswerHoldsUpNobodyAndLeavesWithTheListener) {
  options_.workers = 1;
  const auto held = [] {
    Response response = text(401, "held");
    response.hold = Duration(3'600'000);
    return response;
  };
  std::promise<void> early_came;
  std::promise<void> late_came;
  handler_.on_begin = [&](const RequestHead& head) -> testing::ScriptedHandler::Begun {
    if (head.path != "/early") return TakeBody();
    early_came.set_value();
    return held();
  };
  handler_.on_finish = [&](const Request& request, Responder responder) {
    const bool is_late = request.head.path == "/late";
    if (is_late) late_came.set_value();
    responder.send(is_late ? held() : text(200, "at once"));
  };
  start();
  RawClient early = client();
  RawClient late = client();
  early.send("GET /early HTTP/1.1\r\nHost: a\r\n\r\n");
  late.send("POST /late HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
  early_came.get_future().wait();
  late_came.get_future().wait();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").body, "at once");
  listener_->stop();
  EXPECT_EQ(early.read_answer().body, "held");
  EXPECT_EQ(late.read_answer().body, "held");
}

TEST_F(Listening, AHeldAnswerLeavesWhenItsTimeHasCome) {
  handler_.on_finish = [](Request, Responder responder) {
    Response response = text(401, "held");
    response.hold = Duration(1);
    responder.send(std::move(response));
  };
  start();
  RawClient twice = client();
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(twice.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").body, "held");
  }
}

// The first of many requests that came in one piece is answered only when somebody else has called: with
// one worker, that call must not come last.
TEST_F(Listening, AClientThatPipelinesLetsOthersIn) {
  options_.workers = 1;
  std::promise<void> flood_begun;
  std::promise<void> other_called;
  std::vector<std::string> served;
  handler_.on_finish = [&](Request request, Responder responder) {
    served.push_back(request.head.path);
    if (served.size() == 1) {
      flood_begun.set_value();
      other_called.get_future().wait();
    }
    responder.send(text(200, "ok"));
  };
  start();
  constexpr int kRequests = 200;
  std::string flood;
  for (int i = 0; i < kRequests; ++i) flood += "GET /flood HTTP/1.1\r\nHost: a\r\n\r\n";
  RawClient flooding(port());
  flooding.send(flood);
  flood_begun.get_future().wait();
  RawClient other(port());
  other.send(kGet);
  other_called.set_value();
  EXPECT_EQ(other.read_answer().status, 200);
  for (int i = 0; i < kRequests; ++i) EXPECT_EQ(flooding.read_answer().status, 200);
  const auto position = std::find(served.begin(), served.end(), "/x") - served.begin();
  EXPECT_LE(position, 20);
}

TEST_F(Listening, ATricklingBodyHoldsNoWorker) {
  options_.workers = 1;
  start();
  RawClient slow(port());
  slow.send(kPost + "Content-Length: 10\r\n\r\nhello");
  EXPECT_EQ(exchange(kGet).status, 200);
  slow.send("hello");
  EXPECT_EQ(slow.read_answer().body, "POST /x hellohello");
}

TEST_F(Listening, AnAnswerThatNobodyReadsHoldsNoWorker) {
  options_.workers = 1;
  const std::string large(8 * 1024 * 1024, 'x');
  handler_.on_finish = [&large](Request request, Responder responder) {
    responder.send(text(200, request.head.path == "/large" ? large : "small"));
  };
  start();
  RawClient lazy(port(), 4096);
  lazy.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(exchange(kGet).body, "small");
  EXPECT_TRUE(lazy.read_answer().body == large);
}

TEST_F(Listening, ListensOnIpv6) {
  options_.host = "::1";
  start();
  Call request;
  request.url = "http://[::1]:" + std::to_string(port()) + "/six";
  EXPECT_EQ(call(request).body, "GET /six ");
}

TEST_F(Listening, ServesBothLoopbackAddresses) {
  for (const char* host : {"127.0.0.1", "localhost", "LOCALHOST"}) {
    options_.host = host;
    start();
    for (const char* address : {"127.0.0.1", "[::1]"}) {
      Call request;
      request.url = "http://" + std::string(address) + ":" + std::to_string(port()) + "/x";
      EXPECT_EQ(call(request).body, "GET /x ") << host << " " << address;
    }
  }
}

TEST_F(Listening, SaysThatAPortIsInUseAtTheOtherLoopbackAddress) {
  options_.host = "::1";
  start();
  options_.host = "127.0.0.1";
  options_.port = port();
  const auto refused = start_listener();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().detail, "port " + std::to_string(port()) + " on ::1 is in use");
}

TEST_F(Listening, SaysThatAPortIsInUse) {
  start();
  ListenOptions second = options_;
  second.port = port();
  const auto refused = Listener::start(second, handler_, log_);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::InvalidRequest);
  EXPECT_EQ(refused.error().detail, "port " + std::to_string(port()) + " on 127.0.0.1 is in use");
}

TEST_F(Listening, SaysWhyAHostCannotBeBound) {
  options_.host = "host.invalid";
  const auto refused = start_listener();
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().detail.find("host.invalid"), std::string::npos);
}

}  // namespace
}  // namespace zest::http
#endif
