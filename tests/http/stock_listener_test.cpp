// The portable listener: the same door, as far as cpp-httplib's own server carries it.
#include <fcntl.h>
#include <gtest/gtest.h>

#include <fstream>
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

class StockListening : public testing::ListenerTest {
 protected:
  Result<std::unique_ptr<Listener>> start_listener() override {
    return start_stock_listener(options_, handler_, log_);
  }
};

TEST_F(StockListening, AnswersOneRequestAfterTheOtherOnAConnection) {
  start();
  EXPECT_FALSE(listener_->hardened());
  RawClient client(port());
  EXPECT_EQ(client.exchange(kGet).body, "GET /x ");
  EXPECT_EQ(client.exchange(kPost + "Content-Length: 5\r\n\r\nhello").body, "POST /x hello");
  for (int i = 0; i < 10; ++i) EXPECT_EQ(client.exchange(kGet).status, 200);
  EXPECT_EQ(client.exchange(kPost + "Connection: close\r\n\r\n").body, "POST /x ");
  EXPECT_TRUE(client.closed_in_order());
}

TEST_F(StockListening, ReadsChunksAndAnswersHead) {
  start();
  EXPECT_EQ(exchange(kPost + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n").body,
            "POST /x hello");
  RawClient client(port());
  client.send("HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(*client.read_answer(true).headers.find("Content-Length"), "8");
  EXPECT_EQ(client.exchange(kGet).body, "GET /x ");
}

TEST_F(StockListening, NeverCompressesNorCutsRanges) {
  handler_.on_finish = [](Request, Responder responder) {
    Response response;
    response.headers.add("Content-Type", "application/json");
    response.body = std::string(1000, 'x');
    responder.send(std::move(response));
  };
  start();
  const RawAnswer answer =
      exchange("GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip, br\r\nRange: bytes=0-1\r\n\r\n");
  EXPECT_EQ(answer.body, std::string(1000, 'x'));
  EXPECT_EQ(answer.headers.find("Content-Encoding"), nullptr);
}

TEST_F(StockListening, RefusesThroughTheHandler) {
  start();
  EXPECT_EQ(exchange("NONSENSE\r\n\r\n").status, 400);
  EXPECT_EQ(exchange("GET / HTTP/1.1\r\n\r\n").status, 400);
  EXPECT_EQ(exchange("GET /" + std::string(5000, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n").status, 414);
  EXPECT_EQ(exchange(kPost + "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx").status, 400);
  EXPECT_EQ(exchange(kPost + "Content-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx").status, 415);
  EXPECT_EQ(handler_.refusals(),
            (std::vector{Refusal::MalformedRequest, Refusal::MalformedRequest, Refusal::UriTooLong,
                         Refusal::MalformedRequest, Refusal::UnsupportedEncoding}));
}

TEST_F(StockListening, SaysWhyAHeadIsNotServed) {
  start();
  EXPECT_EQ(exchange("GET / HTTP/2.0\r\nHost: a\r\n\r\n").status, 505);
  EXPECT_EQ(exchange("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(9000, 'x') + "\r\n\r\n").status, 431);
  EXPECT_EQ(exchange("GET / HTTP/1.1\r\nHost: a\r\nX: a" + std::string(1, '\x01') + "b\r\n\r\n").status, 400);
  EXPECT_EQ(exchange("GET / HTTP/1.1\r\nHost: a\r\nX: a%0D%0AY: b\r\n\r\n").status, 400);
  EXPECT_EQ(exchange("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n").status, 400);
  EXPECT_EQ(handler_.refusals(),
            (std::vector{Refusal::VersionNotSupported, Refusal::HeadersTooLarge, Refusal::MalformedRequest,
                         Refusal::MalformedRequest, Refusal::MalformedRequest}));
}

TEST_F(StockListening, AMethodThatTheLibraryDoesNotKnowIsTheHandlersAffair) {
  handler_.on_begin = [](const RequestHead& head) { return text(405, head.method + " " + head.path); };
  start();
  RawClient client(port());
  const RawAnswer answer = client.exchange("BREW /pot?size=1 HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(answer.status, 405);
  EXPECT_EQ(answer.body, "BREW /pot");
  EXPECT_TRUE(client.closed_in_order());
}

TEST_F(StockListening, WhoAsksLeaveToSendIsRefusedBeforeTheBody) {
  start();
  RawClient large(port());
  const RawAnswer refused =
      large.exchange(kPost + "Expect: 100-continue\r\nContent-Length: 100000000000\r\n\r\n");
  EXPECT_EQ(refused.status, 413);
  EXPECT_TRUE(refused.complete);
  EXPECT_TRUE(large.closed_in_order());
  RawClient small(port());
  small.send(kPost + "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(small.read_answer(true).status, 100);
  EXPECT_EQ(small.exchange("hello").body, "POST /x hello");
}

TEST_F(StockListening, ARefusalIgnoresRanges) {
  handler_.on_begin = [](const RequestHead&) { return text(401, "who are you?"); };
  start();
  for (const std::string expect : {"", "Expect: 100-continue\r\n"}) {
    const RawAnswer answer = exchange(kPost + expect + "Range: bytes=0-1\r\nContent-Length: 5\r\n\r\nhello");
    EXPECT_EQ(answer.status, 401);
    EXPECT_EQ(answer.body, "who are you?");
    EXPECT_EQ(answer.headers.find("Content-Range"), nullptr);
  }
}

TEST_F(StockListening, WhatAGetLeavesUnreadIsNoRequest) {
  start();
  for (const char* method : {"GET", "HEAD"}) {
    RawClient client(port());
    client.send(std::string(method) + " /x HTTP/1.1\r\nHost: a\r\nContent-Length: 40\r\n\r\n" +
                "DELETE /y HTTP/1.1\r\nHost: a\r\n\r\n");
    const std::string answers = client.read_to_end();
    EXPECT_EQ(answers.rfind("HTTP/1.1 200 ", 0), 0U) << method;
    EXPECT_EQ(answers.find("HTTP/1.1 ", 1), std::string::npos) << answers;
  }
  EXPECT_TRUE(handler_.refusals().empty());
}

TEST_F(StockListening, EveryAnswerHasADate) {
  start();
  EXPECT_EQ(exchange(kGet).headers.count("Date"), 1U);
  EXPECT_EQ(exchange("NONSENSE\r\n\r\n").headers.count("Date"), 1U);
}

TEST_F(StockListening, ARefusedClientThatIsStillSendingCanReadItsAnswer) {
  start();
  RawClient client(port());
  const std::string body(4 * 1024 * 1024, 'x');
  client.send(kPost + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n");
  EXPECT_TRUE(client.send(body));
  EXPECT_EQ(client.read_answer().status, 413);
  EXPECT_EQ(handler_.refusals(), std::vector{Refusal::BodyTooLarge});
}

TEST_F(StockListening, SpoolsUploads) {
  const test::TemporaryFolder folder;
  handler_.on_begin = [&folder](const RequestHead&) {
    TakeBody take;
    take.multipart = true;
    take.file_limit = 100;
    take.spool_dir = folder.path();
    return take;
  };
  handler_.on_finish = [](Request request, Responder responder) {
    responder.send(text(200, to_hex(request.parts.at(0).sha256)));
  };
  start();
  const auto upload = [](const std::string& content) {
    const std::string body = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n" +
                             content + "\r\n--b--\r\n";
    return kPost +
           "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
  };
  EXPECT_EQ(exchange(upload(std::string(100, 'x'))).body, to_hex(sha256(std::string(100, 'x'))));
  EXPECT_EQ(exchange(upload(std::string(101, 'x'))).status, 413);
  EXPECT_EQ(handler_.refusals(), std::vector{Refusal::FileTooLarge});
  EXPECT_EQ(folder.file_count(), 0U);
}

TEST_F(StockListening, AHandlerThatFailsIsAnswered500) {
  handler_.on_finish = [](Request request, Responder responder) {
    if (request.head.path == "/throw") throw std::runtime_error("secret");
    if (request.head.path != "/silent") responder.send(text(404, "own words"));
  };
  start();
  const RawAnswer thrown = exchange("GET /throw HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(thrown.status, 500);
  EXPECT_EQ(thrown.body.find("secret"), std::string::npos);
  EXPECT_EQ(exchange("GET /silent HTTP/1.1\r\nHost: a\r\n\r\n").status, 500);
  EXPECT_EQ(exchange(kGet).body, "own words");
}

TEST_F(StockListening, StreamsFilesAndEvents) {
  const test::TemporaryFolder folder;
  const std::string content(300'000, 'f');
  std::ofstream(folder.path() / "file") << content;
  handler_.on_finish = [&folder](Request request, Responder responder) {
    Response response;
    if (request.head.path == "/events") {
      response.headers.add("Content-Type", "text/event-stream");
      const auto stream = responder.stream(std::move(response));
      stream->write("one,");
      stream->write("two");
      stream->close();
      return;
    }
    const std::string path = folder.path() / "file";
    response.file = std::make_shared<const FileDescriptor>(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    responder.send(std::move(response));
  };
  start();
  EXPECT_TRUE(exchange(kGet).body == content);
  RawClient viewer(port());
  viewer.send("GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(*viewer.read_answer().headers.find("Content-Type"), "text/event-stream");
  EXPECT_EQ(viewer.read_to_end(), "one,two");
}

TEST_F(StockListening, CutsAConnectionOnRequest) {
  handler_.on_finish = [](Request, Responder responder) {
    Response response;
    response.drop_connection = true;
    responder.send(std::move(response));
  };
  start();
  RawClient client(port());
  client.send(kGet);
  EXPECT_EQ(client.read_to_end(), "");
}

TEST_F(StockListening, SaysThatAPortIsInUse) {
  start();
  options_.port = port();
  const auto refused = start_listener();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().detail, "port " + std::to_string(port()) + " on 127.0.0.1 is in use");
}

}  // namespace
}  // namespace zest::http
