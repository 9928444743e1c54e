// What a million stored deliveries cost, as ratios to a thousand: start-up, the claim, lists, counts, and a
// reset of one of two partners that share them.
//
//   bench_store [deliveries=1000000] [few=1000]
//
// Not a test: it prints figures, and a person compares. The plans behind them are tested in
// tests/store/plans_test.cpp.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/crypto.h"
#include "store/sqlite/open.h"
#include "store/store.h"

namespace {

using namespace zest;
using Steady = std::chrono::steady_clock;
using Figures = std::vector<std::pair<std::string, double>>;  // name, milliseconds

constexpr const char* kClients[] = {"client_a", "client_b"};
constexpr const char* kTypes[] = {"investor.created", "subscription.created", "spv_request.created"};
constexpr std::size_t kPortion = 5'000;
constexpr int kRepeats = 15;

double milliseconds(const std::function<void()>& work) {
  const auto start = Steady::now();
  work();
  return std::chrono::duration<double, std::milli>(Steady::now() - start).count();
}

// The median of several runs.
double median(const std::function<void()>& work) {
  std::vector<double> times;
  for (int i = 0; i < kRepeats; ++i) times.push_back(milliseconds(work));
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

template <class T>
T checked_store(Result<T> result) {
  if (result.ok()) return std::move(result).value();
  std::fprintf(stderr, "%s\n", result.error().detail.c_str());
  std::exit(1);
}

std::string number(std::size_t value) {
  const std::string digits = std::to_string(value);
  return std::string(8 - std::min<std::size_t>(8, digits.size()), '0') + digits;
}

// Every tenth is open, every tenth dead, the others are delivered; each has one attempt.
void add(store::Write& tx, std::size_t index) {
  const Instant when = instant_from_ms(1'767'225'600'000 + static_cast<std::int64_t>(index));
  Event event;
  event.id = "wde_" + number(index);
  event.client_id = kClients[index % 2];
  event.type = kTypes[index % 3];
  event.occurred_at = when;
  event.subjects = {"psn_" + number(index), "spv_" + number(index / 100), "sub_" + number(index)};
  event.body = R"({"eventId":")" + event.id + R"(","data":{"note":")" + std::string(200, 'x') + "\"}}";
  Delivery delivery;
  delivery.id = event.id;
  delivery.client_id = event.client_id;
  delivery.event_type = event.type;
  delivery.subject = event.subjects.front();
  delivery.sequence = index;
  delivery.created_at = when;
  const std::size_t kind = index / 2 % 10;
  delivery.status = kind == 0   ? DeliveryStatus::Retrying
                    : kind == 1 ? DeliveryStatus::Dead
                                : DeliveryStatus::Delivered;
  if (kind == 0) delivery.next_attempt_at = when;
  tx.add_event(event, delivery);
  Attempt attempt;
  attempt.delivery_id = event.id;
  attempt.virtual_time = when;
  attempt.wall_time = when;
  attempt.response_status = 200;
  attempt.request_headers = {{"Zest-Event-Id", event.id},
                             {"Zest-Signature", "t=1,v1=" + std::string(64, 'a')}};
  tx.add_attempt(attempt);
}

std::unique_ptr<store::Store> open(const std::filesystem::path& database, Log& log) {
  store::SqliteOptions options;
  options.database = database;
  options.durable = false;
  return checked_store(store::open_sqlite(options, log));
}

Figures measure(const std::filesystem::path& database, std::size_t count) {
  Log log{LogFormat::Text, LogLevel::Warning};
  Figures figures;
  auto store = open(database, log);
  const double filling = milliseconds([&] {
    for (std::size_t begin = 0; begin < count; begin += kPortion) {
      checked_store(store->write([&](store::Write& tx) -> Result<Done> {
        for (std::size_t i = begin; i < std::min(count, begin + kPortion); ++i) add(tx, i);
        return Done{};
      }));
    }
  });
  std::printf("%zu deliveries stored in %.1f s\n", count, filling / 1000);
  store->close();
  store.reset();
  figures.emplace_back("start-up", median([&] { open(database, log)->close(); }));
  store = open(database, log);
  const auto ask = [&](const std::string& name, const std::function<void(store::Read&)>& question) {
    figures.emplace_back(name, median([&] {
                           const auto answered = store->read([&](store::Read& tx) {
                             question(tx);
                             return Done{};
                           });
                           checked_store(answered);
                         }));
  };
  const auto list = [&](const std::string& name, const store::DeliveryFilter& filter, store::Page page) {
    ask(name, [filter, page](store::Read& tx) { tx.deliveries(filter, page); });
  };
  ask("claim (due work)", [](store::Read& tx) { tx.due_work("client_a", kLastInstant, true); });
  figures.emplace_back("claim and settle", median([&] {
                         checked_store(store->write([](store::Write& tx) -> Result<Done> {
                           const auto due = tx.due_work("client_a", kLastInstant, true);
                           Delivery delivery = std::get<store::DueDelivery>(*due).delivery;
                           delivery.status = DeliveryStatus::InFlight;
                           tx.put_delivery(delivery);
                           delivery.status = DeliveryStatus::Retrying;
                           tx.put_delivery(delivery);
                           return Done{};
                         }));
                       }));
  list("list, first page", {}, {0, 100});
  list("list, one partner", {"client_b", {}, {}, {}}, {0, 100});
  list("list, dead", {{}, DeliveryStatus::Dead, {}, {}}, {0, 100});
  list("list, partner, status, type", {"client_b", DeliveryStatus::Delivered, kTypes[1], {}}, {0, 100});
  list("list, one subject", {{}, {}, {}, "spv_" + number(3)}, {0, 100});
  ask("counts by state", [](store::Read& tx) { tx.delivery_counts(); });
  ask("open deliveries", [](store::Read& tx) { tx.open_delivery_ids("client_a", 100); });
  ask("one delivery, its attempts", [&](store::Read& tx) {
    tx.delivery("wde_" + number(count / 2));
    tx.attempts("wde_" + number(count / 2));
  });
  list("deep page, unfiltered", {}, {count - 100, 100});
  list("deep page, one partner", {"client_b", {}, {}, {}}, {count / 2 - 100, 100});
  const auto reset = [&](const char* client) {
    return milliseconds([&] {
      checked_store(store->write([&](store::Write& tx) -> Result<Done> {
        tx.clear_partner_data(client);
        return Done{};
      }));
    });
  };
  figures.emplace_back("reset of one of two partners", reset(kClients[0]));
  figures.emplace_back("reset of the last partner", reset(kClients[1]));
  return figures;
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t many = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 1'000'000;
  const std::size_t few = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 1'000;
  const auto folder = std::filesystem::temp_directory_path() / ("zest-bench-" + to_hex(random_bytes(8)));
  std::filesystem::create_directories(folder);
  const Figures small = measure(folder / "few.db", few);
  const Figures large = measure(folder / "many.db", many);
  std::filesystem::remove_all(folder);
  std::printf("%-32s %12s %12s %10s\n", "milliseconds with", std::to_string(few).c_str(),
              std::to_string(many).c_str(), "ratio");
  for (std::size_t i = 0; i < small.size(); ++i) {
    std::printf("%-32s %12.3f %12.3f %10.2f\n", small[i].first.c_str(), small[i].second, large[i].second,
                large[i].second / small[i].second);
  }
  return 0;
}
