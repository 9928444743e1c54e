// How late retries are on a scaled clock, beside how late this machine wakes a thread that does nothing but
// sleep to the same instants. The promise: every offset is within one virtual second plus the measured
// scheduling delay, and none is early.
//
//   bench_lateness [scale=1000] [partners=20] [deliveries of each=10] [attempts=5]
//
// Prints figures; exits 1 only when an attempt was early, which no load excuses.
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <mutex>
#include <queue>
#include <string>
#include <thread>
#include <vector>

#include "base/crypto.h"
#include "delivery/sender.h"
#include "engine/engine.h"
#include "rules/context.h"
#include "rules/partners.h"
#include "store/sqlite/open.h"
#include "store/store.h"
#include "support/fake_sender.h"

namespace {

using namespace zest;
using Steady = std::chrono::steady_clock;

template <class T>
T checked(Result<T> result) {
  if (result.ok()) return std::move(result).value();
  std::fprintf(stderr, "%s\n", result.error().detail.c_str());
  std::exit(1);
}

// Sleeps to instants of the wall clock and notes how late it was woken for each, in milliseconds.
class Probe {
 public:
  explicit Probe(const WallClock& clock) : clock_(clock), thread_([this] { run(); }) {}
  ~Probe() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  void sleep_to(Instant wall, const std::string& name) {
    const auto at = Steady::now() + (wall - clock_.steady());
    const std::lock_guard<std::mutex> lock(mutex_);
    goals_.push({at, name});
    changed_.notify_all();
  }
  std::map<std::string, double> lateness() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return lateness_;
  }

 private:
  using Goal = std::pair<Steady::time_point, std::string>;
  void run() {
    std::unique_lock<std::mutex> lock(mutex_);
    while (!stopping_) {
      const auto now = Steady::now();
      while (!goals_.empty() && goals_.top().first <= now) {
        lateness_[goals_.top().second] =
            std::chrono::duration<double, std::milli>(now - goals_.top().first).count();
        goals_.pop();
      }
      if (goals_.empty()) {
        changed_.wait(lock);
      } else {
        changed_.wait_until(lock, goals_.top().first);
      }
    }
  }
  const WallClock& clock_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::priority_queue<Goal, std::vector<Goal>, std::greater<>> goals_;
  std::map<std::string, double> lateness_;
  bool stopping_ = false;
  std::thread thread_;
};

void print(const char* name, std::vector<double> values) {
  std::sort(values.begin(), values.end());
  std::printf("  %-34s p50 %8.2f  p99 %8.2f  max %8.2f\n", name, values[values.size() / 2],
              values[values.size() * 99 / 100], values.back());
}

struct Figures {
  std::vector<double> engine;  // milliseconds of wall time
  std::vector<double> probe;
  std::size_t within = 0;
  std::size_t early = 0;
};

// Pairs each retry with the probe's wake-up for the same instant. One virtual second is the grain of a wall
// clock of milliseconds at scale 1000.
Figures compare(const std::map<std::string, Instant>& due, const std::map<std::string, Instant>& made,
                const std::map<std::string, double>& probe, std::int64_t scale) {
  Figures figures;
  for (const auto& [name, at] : made) {
    const auto expected = due.find(name);
    const auto slept = probe.find(name);
    if (expected == due.end() || slept == probe.end()) continue;
    const double late = static_cast<double>((at - expected->second).count());  // virtual
    const double delay = slept->second * static_cast<double>(scale);
    if (late < 0) ++figures.early;
    if (late <= 1000 + delay) ++figures.within;
    figures.engine.push_back(late / static_cast<double>(scale));
    figures.probe.push_back(slept->second);
  }
  return figures;
}

}  // namespace

int main(int argc, char** argv) {
  const auto argument = [&](int index, long otherwise) {
    return argc > index ? std::strtol(argv[index], nullptr, 10) : otherwise;
  };
  const std::int64_t scale = argument(1, 1000);
  const long partners = argument(2, 20);
  const long each = argument(3, 10);
  const int last = static_cast<int>(argument(4, 5));

  Log log{LogFormat::Text, LogLevel::Warning};
  const SystemWallClock clock;
  test::FakeSender sender(500);  // at once: what is late is ours
  sender.forget_calls();
  const auto store = checked(store::open_sqlite(store::SqliteOptions{}, log));
  engine::Engine engine(engine::Services{*store, clock, sender, log}, engine::Options{});
  Probe probe(clock);
  const Instant start = instant_from_ms(1'767'225'600'000);
  const LaneClock lane{ClockMode::Scaled, scale, start, clock.steady()};

  std::mutex mutex;
  std::condition_variable finished;
  std::map<std::string, Instant> due;
  std::map<std::string, Instant> made;
  long open = partners * each;
  engine.on_attempt([&](const engine::AttemptReport& report) {
    const auto name = [&](int attempt) { return report.attempt.delivery_id + "/" + std::to_string(attempt); };
    const int next = report.attempt.number + 1;
    const std::lock_guard<std::mutex> lock(mutex);
    made[name(report.attempt.number)] = report.attempt.virtual_time;
    if (next <= last && report.next_attempt_at) {
      due[name(next)] = *report.next_attempt_at;
      probe.sleep_to(lane.wall_at(*report.next_attempt_at), name(next));
    } else if (report.attempt.number == last && --open == 0) {
      finished.notify_all();
    }
  });
  checked(engine.start().ok() ? Result<Done>(Done{})
                              : Result<Done>(make_error(ErrorKind::InternalError, "")));
  for (long i = 0; i < partners; ++i) {
    const std::string client_id = "client_" + std::to_string(i);
    rules::NewPartner partner;
    partner.client_id = client_id;
    partner.name = client_id;
    partner.public_key = sha256(client_id);
    partner.webhook_url = "http://127.0.0.1:1/hook";
    rules::LaneDefaults defaults;
    defaults.seed = 1;
    defaults.clock = lane;
    checked(store->write([&](store::Write& tx) -> Result<Done> {
      ASSIGN_OR_RETURN(const Partner registered,
                       rules::register_partner(tx, partner, defaults, clock.wall()));
      ASSIGN_OR_RETURN(rules::Context context, rules::begin(tx, registered.client_id, machine_time(clock)));
      for (long n = 0; n < each; ++n) {
        rules::emit(context, EventType::InvestorCreated, context.now,
                    Json{{"zestPersonId", rules::new_id(context, "psn")}});
      }
      tx.after_commit([&engine, id = registered.client_id] { engine.wake(id); });
      return Done{};
    }));
    std::this_thread::sleep_for(std::chrono::milliseconds(7));  // spreads the instants
  }
  {
    std::unique_lock<std::mutex> lock(mutex);
    finished.wait(lock, [&] { return open == 0; });
  }
  engine.stop();
  const Figures figures = compare(due, made, probe.lateness(), scale);
  std::printf("scale %lld, %ld partners, %zu retries; wall milliseconds late\n",
              static_cast<long long>(scale), partners, figures.engine.size());
  print("engine", figures.engine);
  print("a thread that only sleeps", figures.probe);
  std::printf(
      "  within one virtual second plus the delay measured for the same instant: %.2f %%, early: %zu\n",
      100.0 * static_cast<double>(figures.within) / static_cast<double>(figures.engine.size()),
      figures.early);
  store->close();
  return figures.early == 0 ? 0 : 1;
}
