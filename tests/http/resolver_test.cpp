#include "http/resolver.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <future>
#include <map>
#include <mutex>

#include "http/caller.h"
#include "listener_fixture.h"

namespace zest::http {
namespace {

using testing::text;

// A name server: names that begin with "slow" hang until it is let go, "none" does not exist, the rest is
// here.
class NameServer {
 public:
  // Safe to be called by threads that outlive a test.
  static ResolveName resolver(const std::shared_ptr<NameServer>& server) {
    return [server](const std::string& name) { return server->resolve(name); };
  }
  void let_go() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void wait_for_hanging(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return hanging_ >= count; });
  }
  std::size_t most_hanging() {
    const std::lock_guard lock(mutex_);
    return most_;
  }
  int asked(const std::string& name) {
    const std::lock_guard lock(mutex_);
    return asked_[name];
  }
  Addresses addresses{"127.0.0.1"};

 private:
  Addresses resolve(const std::string& name) {
    std::unique_lock lock(mutex_);
    ++asked_[name];
    if (name == "none.test") return {};
    if (name.compare(0, 4, "slow") == 0) {
      most_ = std::max(most_, ++hanging_);
      changed_.notify_all();
      changed_.wait(lock, [this] { return open_; });
      --hanging_;
    }
    return addresses;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  std::size_t hanging_ = 0;
  std::size_t most_ = 0;
  std::map<std::string, int> asked_;
};

std::string slow_name(int number) { return "slow" + std::to_string(number) + ".test"; }

class HangingNames : public testing::ListenerTest {
 protected:
  void SetUp() override {
    handler_.on_finish = [](Request request, Responder responder) {
      responder.send(text(200, *request.head.headers.find("Host")));
    };
    start();
  }
  void TearDown() override { names_->let_go(); }

  std::string at(const std::string& host) const { return host + ":" + std::to_string(port()); }
  std::future<Outcome> get(CallEngine& engine, const std::string& host, Duration timeout = Duration(60'000)) {
    const auto outcome = std::make_shared<std::promise<Outcome>>();
    Call call;
    call.url = "http://" + at(host) + "/";
    call.timeout = timeout;
    last_ = engine.start(call, [outcome](Outcome result) { outcome->set_value(std::move(result)); });
    return outcome->get_future();
  }

  const std::shared_ptr<NameServer> names_ = std::make_shared<NameServer>();
  CallEngine::Id last_ = 0;
};

TEST_F(HangingNames, HoldUpNeitherOtherNamesNorTheEnd) {
  std::vector<std::future<Outcome>> slow;
  {
    CallEngine engine(NameServer::resolver(names_));
    for (int i = 0; i < 24; ++i) slow.push_back(get(engine, slow_name(i)));
    names_->wait_for_hanging(24);
    // Their deadlines pass, and nobody waits for their lookups.
    EXPECT_EQ(get(engine, "slow.test", Duration(20)).get().failure, Failure::Timeout);
    for (const char* host : {"healthy.test", "other.test.", "127.0.0.1", "localhost"}) {
      const Outcome outcome = get(engine, host).get();
      EXPECT_EQ(outcome.status, 200) << host << ": " << outcome.failure_detail;
    }
  }
  for (auto& outcome : slow) EXPECT_EQ(outcome.get().failure, Failure::Cancelled);
}

TEST_F(HangingNames, CostABoundedNumberOfThreads) {
  std::vector<std::future<Outcome>> slow;
  CallEngine engine(NameServer::resolver(names_));
  EXPECT_EQ(get(engine, "healthy.test").get().status, 200);
  for (int i = 0; i < 500; ++i) slow.push_back(get(engine, slow_name(i), Duration(100)));
  for (auto& outcome : slow) EXPECT_EQ(outcome.get().failure, Failure::Timeout);
  EXPECT_EQ(get(engine, "healthy.test").get().status, 200);
  EXPECT_EQ(names_->asked("healthy.test"), 1);
  EXPECT_LE(names_->most_hanging(), Resolver::kThreads - Resolver::kReservedThreads);
}

TEST_F(HangingNames, AreAskedForOnceAtATime) {
  CallEngine engine(NameServer::resolver(names_));
  for (int i = 0; i < 3; ++i) {
    const Outcome outcome = get(engine, "slow.test", Duration(10)).get();
    EXPECT_EQ(outcome.failure, Failure::Timeout);
    EXPECT_EQ(outcome.failure_detail.substr(0, 25), "Resolving timed out after");
    EXPECT_EQ(outcome.status, 0);
  }
  std::future<Outcome> patient = get(engine, "slow.test");
  names_->wait_for_hanging(1);
  names_->let_go();
  EXPECT_EQ(patient.get().status, 200);
  EXPECT_EQ(names_->asked("slow.test"), 1);
}

TEST_F(HangingNames, AreLeftByACancel) {
  CallEngine engine(NameServer::resolver(names_));
  std::future<Outcome> outcome = get(engine, "slow.test");
  names_->wait_for_hanging(1);
  engine.cancel(last_);
  EXPECT_EQ(outcome.get().failure, Failure::Cancelled);
  // The handle of the cancelled one serves again.
  EXPECT_EQ(get(engine, "healthy.test").get().status, 200);
}

TEST_F(HangingNames, EndWithTheProcess) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        {
          CallEngine engine(NameServer::resolver(names_));
          get(engine, "slow.test");
          names_->wait_for_hanging(1);
        }
        std::exit(0);
      },
      ::testing::ExitedWithCode(0), "");
}

TEST_F(HangingNames, NamesThatDoNotExistAndAddressesThatDoNotAnswer) {
  names_->addresses = {"::1", "127.0.0.1"};  // nothing listens at the first
  CallEngine engine(NameServer::resolver(names_));
  const Outcome outcome = get(engine, "Both.test").get();
  EXPECT_EQ(outcome.status, 200) << outcome.failure_detail;
  EXPECT_EQ(outcome.body, at("Both.test"));
  const Outcome none = get(engine, "none.test").get();
  EXPECT_EQ(none.failure, Failure::Resolve);
  EXPECT_EQ(none.failure_detail, "Could not resolve host: none.test");
}

TEST(Resolver, KeepsThreadsForNamesThatCouldBeResolvedBefore) {
  const auto names = std::make_shared<NameServer>();
  std::mutex mutex;
  std::condition_variable rung;
  const auto ring = [&] {
    const std::lock_guard lock(mutex);
    rung.notify_all();
  };
  {
    Resolver resolver(NameServer::resolver(names), ring, Duration(0));
    const auto look_up = [&](const std::string& name) {
      const auto lookup = resolver.start(name);
      std::unique_lock lock(mutex);
      // Not under the lock that ring() takes: the resolver holds its own while it rings.
      while (true) {
        lock.unlock();
        const std::optional<Addresses> found = resolver.result(*lookup);
        lock.lock();
        if (found) return *found;
        rung.wait_for(lock, std::chrono::milliseconds(20));
      }
    };
    EXPECT_EQ(look_up("healthy.test"), Addresses{"127.0.0.1"});
    std::vector<std::shared_ptr<Resolver::Lookup>> slow;
    for (int i = 0; i < 100; ++i) slow.push_back(resolver.start(slow_name(i)));
    names->wait_for_hanging(Resolver::kThreads - Resolver::kReservedThreads);
    EXPECT_EQ(look_up("healthy.test"), Addresses{"127.0.0.1"});
    EXPECT_EQ(names->asked("healthy.test"), 2);
  }
  names->let_go();
}

TEST(Resolver, LooksUpNamesOnly) {
  for (const char* host : {"", "127.0.0.1", "[::1]", "localhost", "LOCALHOST", "a.localhost"})
    EXPECT_FALSE(needs_lookup(host)) << host;
  for (const char* host : {"example.test", "localhost.test", "mylocalhost"}) EXPECT_TRUE(needs_lookup(host));
}

}  // namespace
}  // namespace zest::http
