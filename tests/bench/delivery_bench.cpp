// How fast the delivery engine is, as a ratio to the bare HTTP client that it sends with: both post the same
// bodies to the same receiver in the same run. And how long an event takes from its commit to the receiver.
//
//   bench_delivery [deliveries=20000] [partners=8]
//
// Not a test: it prints figures, and a person compares. Build with optimisation.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/crypto.h"
#include "delivery/sender.h"
#include "delivery/signer.h"
#include "engine/engine.h"
#include "http/caller.h"
#include "rules/context.h"
#include "rules/partners.h"
#include "store/sqlite/open.h"
#include "store/store.h"

namespace {

using namespace zest;
using Steady = std::chrono::steady_clock;

double seconds_since(Steady::time_point start) {
  return std::chrono::duration<double>(Steady::now() - start).count();
}

// Answers 200 to every request, one thread per connection.
class Receiver {
 public:
  Receiver() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(socket_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(socket_, 1024) != 0 ||
        ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      std::perror("receiver");
      std::exit(1);
    }
    url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/hook";
    std::thread([this] {
      for (;;) {
        const int connection = ::accept(socket_, nullptr, nullptr);
        if (connection < 0) return;
        std::thread([this, connection] { serve(connection); }).detach();
      }
    }).detach();
  }
  const std::string& url() const { return url_; }

  void expect(std::size_t count) {
    const std::lock_guard<std::mutex> lock(mutex_);
    left_ = count;
  }
  // Until as many requests came as were expected; answers when the last one came.
  Steady::time_point wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    done_.wait(lock, [this] { return left_ == 0; });
    return last_;
  }

 private:
  void serve(int connection) {
    const int on = 1;
    ::setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    std::string input;
    char buffer[16 * 1024];
    for (;;) {
      const std::size_t head = input.find("\r\n\r\n");
      if (head != std::string::npos) {
        const std::size_t field = input.find("Content-Length: ");
        const std::size_t body = field < head ? std::strtoul(input.c_str() + field + 16, nullptr, 10) : 0;
        if (input.size() >= head + 4 + body) {
          input.erase(0, head + 4 + body);
          came();
          static constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
          if (::send(connection, kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL) < 0) break;
          continue;
        }
      }
      const ssize_t got = ::recv(connection, buffer, sizeof buffer, 0);
      if (got <= 0) break;
      input.append(buffer, static_cast<std::size_t>(got));
    }
    ::close(connection);
  }
  void came() {
    const std::lock_guard<std::mutex> lock(mutex_);
    last_ = Steady::now();
    if (left_ > 0 && --left_ == 0) done_.notify_all();
  }

  const int socket_;
  std::string url_;
  std::mutex mutex_;
  std::condition_variable done_;
  std::size_t left_ = 0;
  Steady::time_point last_;
};

// A sandbox's store and engine, without an API around them.
class World {
 public:
  World(const std::optional<std::filesystem::path>& database, const std::string& url, std::size_t partners) {
    store::SqliteOptions options;
    options.database = database;
    auto opened = store::open_sqlite(options, log_);
    if (!opened.ok()) fail(opened.error());
    store_ = std::move(*opened);
    engine_ =
        std::make_unique<engine::Engine>(engine::Services{*store_, clock_, sender_, log_}, engine::Options{});
    check(engine_->start());
    for (std::size_t i = 0; i < partners; ++i) {
      clients_.push_back("client_" + std::to_string(i));
      rules::NewPartner partner;
      partner.client_id = clients_.back();
      partner.name = clients_.back();
      partner.public_key = sha256(clients_.back());
      partner.webhook_url = url;
      rules::LaneDefaults defaults;
      defaults.seed = 1;
      defaults.clock = LaneClock{ClockMode::Real, 1, clock_.wall(), clock_.steady()};
      check(store_->write([&](store::Write& tx) -> Result<void> {
        ASSIGN_OR_RETURN(const Partner made, rules::register_partner(tx, partner, defaults, clock_.wall()));
        static_cast<void>(made);
        return {};
      }));
    }
  }
  ~World() {
    engine_->stop();
    store_->close();
  }

  void pause(bool paused) { check(engine_->set_paused(std::nullopt, paused)); }

  // Answers the instant of the commit.
  Steady::time_point emit(std::size_t count) {
    Steady::time_point committed;
    const std::string client_id = clients_[next_++ % clients_.size()];
    check(store_->write([&](store::Write& tx) -> Result<void> {
      ASSIGN_OR_RETURN(rules::Context context, rules::begin(tx, client_id, machine_time(clock_)));
      for (std::size_t i = 0; i < count; ++i) {
        const std::string person = rules::new_id(context, "psn");
        rules::emit(context, EventType::InvestorCreated, context.now,
                    Json{{"partnerInvestorId", "investor-" + person},
                         {"zestPersonId", person},
                         {"email", person + "@example.com"},
                         {"firstName", "Ada"},
                         {"lastName", "Lovelace"},
                         {"kycManagedBy", "partner"}});
      }
      tx.after_commit([this, &committed, client_id] {
        committed = Steady::now();
        engine_->wake(client_id);
      });
      return {};
    }));
    return committed;
  }
  std::size_t partners() const { return clients_.size(); }

  // Until nothing is under way.
  void settle() {
    engine::WaitRequest request;
    request.until = engine::WaitRequest::Idle{};
    request.timeout = Duration(600'000);
    if (const auto report = engine_->wait(request); !report.ok() || !report->reached) std::exit(1);
  }
  std::vector<Event> events(std::size_t count) {
    auto found = store_->read([&](store::Read& tx) {
      std::vector<Event> events;
      for (const Delivery& delivery : tx.deliveries({}, store::Page{0, count}).documents) {
        events.push_back(*tx.event(delivery.id));
      }
      return events;
    });
    return *found;
  }

 private:
  static void fail(const Error& error) {
    std::fprintf(stderr, "%s\n", error.detail.c_str());
    std::exit(1);
  }
  template <class T>
  static void check(const Result<T>& result) {
    if (!result.ok()) fail(result.error());
  }

  Log log_{LogFormat::Text, LogLevel::Warning};
  SystemWallClock clock_;
  delivery::HttpSender sender_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<engine::Engine> engine_;
  std::vector<std::string> clients_;
  std::size_t next_ = 0;
};

// Deliveries per second of the bare client with `in_flight` exchanges at a time, each signed afresh.
double bare_rate(Receiver& receiver, const std::vector<Event>& events, std::size_t in_flight) {
  std::atomic<std::size_t> next{0};
  const std::string secret = "whsec_0123456789abcdef0123456789abcdef";
  std::optional<http::CallEngine> client;
  const std::function<void()> send_next = [&] {
    const std::size_t index = next++;
    if (index >= events.size()) return;
    http::Call call;
    call.method = "POST";
    call.url = receiver.url();
    const std::string signature =
        delivery::zest_signature(secret, instant_from_ms(1'800'000'000'000), events[index].body);
    for (const auto& [name, value] : delivery::webhook_headers(events[index], signature)) {
      call.headers.add(name, value);
    }
    call.body = std::make_shared<const std::string>(events[index].body);
    client->start(std::move(call), [&](const http::Outcome&) { send_next(); });
  };
  receiver.expect(events.size());
  const auto start = Steady::now();
  client.emplace();
  for (std::size_t i = 0; i < in_flight; ++i) send_next();
  receiver.wait();
  const double seconds = seconds_since(start);
  client.reset();  // its thread calls what is above
  return static_cast<double>(events.size()) / seconds;
}

double engine_rate(World& world, Receiver& receiver, std::size_t deliveries) {
  world.pause(true);
  for (std::size_t i = 0; i < world.partners(); ++i) world.emit(deliveries / world.partners());
  receiver.expect(deliveries / world.partners() * world.partners());
  const auto start = Steady::now();
  world.pause(false);
  receiver.wait();
  world.settle();
  return static_cast<double>(deliveries) / seconds_since(start);
}

void print_latency(World& world, Receiver& receiver) {
  std::vector<double> microseconds;
  for (int i = 0; i < 500; ++i) {
    receiver.expect(1);
    const auto committed = world.emit(1);
    microseconds.push_back(std::chrono::duration<double, std::micro>(receiver.wait() - committed).count());
    world.settle();
  }
  std::sort(microseconds.begin(), microseconds.end());
  std::printf("  commit to receiver  p50 %.0f us, p99 %.0f us\n", microseconds[microseconds.size() / 2],
              microseconds[microseconds.size() * 99 / 100]);
}

void run(const char* name, const std::optional<std::filesystem::path>& database, std::size_t deliveries,
         std::size_t partners) {
  Receiver receiver;
  World world(database, receiver.url(), partners);
  const double engine = engine_rate(world, receiver, deliveries);
  const std::vector<Event> events = world.events(deliveries);
  const double bare = bare_rate(receiver, events, 8 * partners);
  const double again = engine_rate(world, receiver, deliveries);
  std::printf(
      "%s, %zu partners\n  engine              %.0f /s, then %.0f /s\n  bare client         %.0f /s\n"
      "  ratio               %.2f\n",
      name, partners, engine, again, bare, std::max(engine, again) / bare);
  print_latency(world, receiver);
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t deliveries = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 20'000;
  const std::size_t partners = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 8;
  const auto folder = std::filesystem::temp_directory_path() / ("zest-bench-" + to_hex(random_bytes(8)));
  std::filesystem::create_directories(folder);
  run("temporary database", std::nullopt, deliveries, partners);
  run("file database, durable", folder / "sandbox.db", deliveries, partners);
  run("temporary database", std::nullopt, deliveries, 1);
  std::filesystem::remove_all(folder);
  return 0;
}
