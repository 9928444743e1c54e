// Streams of the hardened listener: what their viewers and writers can count on, and cannot keep.
#ifndef ZEST_STOCK_LISTENER
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "bounded_fixture.h"

namespace zest::http {
namespace {

using testing::Bounded;
using testing::kGet;
using testing::RawAnswer;
using testing::RawClient;
using testing::text;

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
