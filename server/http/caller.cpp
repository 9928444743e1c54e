#include "http/caller.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/memory.h"
#include "base/mutex.h"
#include "base/thread_name.h"
#include "http/transfer.h"

namespace zest::http {
namespace {

constexpr Duration kLongestWait{60'000};
constexpr std::size_t kKeptHandles = 256;
constexpr long kKeptConnections = 512;

struct CurlMultiDeleter {
  void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
};

// The transfers in flight on one multi handle. Thread-safety: one thread, except wake().
class TransferSet {
 public:
  using Key = std::uint64_t;
  using Finished = std::function<void(Key, Outcome)>;

  TransferSet(ResolveName resolve, ConnectionReuse reuse)
      : kept_connections_(reuse),
        multi_(make_multi()),
        resolver_(std::move(resolve), [multi = multi_.get()] { curl_multi_wakeup(multi); }) {
    curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, kKeptConnections);
  }
  ~TransferSet() {
    for (auto& [key, transfer] : transfers_) curl_multi_remove_handle(multi_.get(), transfer->handle());
  }
  TransferSet(const TransferSet&) = delete;
  TransferSet& operator=(const TransferSet&) = delete;

  void add(Key key, Call call) {
    CurlEasy handle;
    if (kept_handles_.empty()) {
      handle = make_easy();
    } else {
      handle = std::move(kept_handles_.back());
      kept_handles_.pop_back();
    }
    auto transfer = std::make_unique<Transfer>(std::move(call), std::move(handle), kept_connections_);
    keys_.emplace(transfer->handle(), key);
    const std::string name = transfer->name_to_look_up();
    if (!name.empty()) lookups_.emplace(key, resolver_.start(name));
    CURL* const begun = transfer->handle();
    transfers_.emplace(key, std::move(transfer));
    if (name.empty()) begin(begun);
  }

  // Ends one transfer; nothing when it is not in flight.
  std::optional<Outcome> cancel(Key key) {
    const auto found = transfers_.find(key);
    if (found == transfers_.end()) return std::nullopt;
    return end(found->second->handle(), [](Transfer& transfer) { return transfer.cancelled(); }).second;
  }

  // Moves everything on as far as it goes without waiting; `finished` gets what is over.
  void step(const Finished& finished) {
    run_timers(finished);
    take_addresses(finished);
    int running = 0;
    curl_multi_perform(multi_.get(), &running);
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const CURLcode code = message->data.result;
      if (run_again(message->easy_handle)) continue;
      auto over = end(message->easy_handle, [code](Transfer& transfer) { return transfer.finish(code); });
      finished(over.first, std::move(over.second));
    }
  }

  // Waits for traffic, a timer or wake().
  void wait() {
    auto longest = kLongestWait;
    const auto now = Transfer::Steady::now();
    for (const auto& [key, transfer] : transfers_) {
      if (const auto at = transfer->wake_at()) {
        const auto left = std::chrono::ceil<Duration>(*at - now);
        longest = std::clamp(left, Duration(0), longest);
      }
    }
    for (const auto& [key, lookup] : lookups_) {
      const auto left = std::chrono::ceil<Duration>(transfers_.at(key)->deadline() - now);
      longest = std::clamp(left, Duration(0), longest);
    }
    curl_multi_poll(multi_.get(), nullptr, 0, static_cast<int>(longest.count()), nullptr);
  }

  void wake() { curl_multi_wakeup(multi_.get()); }
  bool empty() const { return transfers_.empty(); }
  std::vector<Key> keys() const {
    std::vector<Key> keys;
    for (const auto& [key, transfer] : transfers_) keys.push_back(key);
    return keys;
  }

 private:
  static CURLM* make_multi() {
    initialise_curl();
    while (true) {
      if (CURLM* const multi = curl_multi_init()) return multi;
      make_room();
    }
  }

  static CurlEasy make_easy() {
    while (true) {
      if (CurlEasy easy{curl_easy_init()}) return easy;
      make_room();
    }
  }

  void begin(CURL* handle) {
    while (curl_multi_add_handle(multi_.get(), handle) == CURLM_OUT_OF_MEMORY) make_room();
  }

  // True when the transfer had to give its connection up before it could begin.
  bool run_again(CURL* handle) {
    Transfer& transfer = *transfers_.at(keys_.at(handle));
    if (!transfer.wants_new_connection()) return false;
    curl_multi_remove_handle(multi_.get(), handle);
    transfer.use_new_connection();
    begin(handle);
    return true;
  }

  template <class Verdict>
  std::pair<Key, Outcome> end(CURL* handle, Verdict verdict) {
    const Key key = keys_.at(handle);
    keys_.erase(handle);
    const auto found = transfers_.find(key);
    const std::unique_ptr<Transfer> transfer = std::move(found->second);
    transfers_.erase(found);
    lookups_.erase(key);
    curl_multi_remove_handle(multi_.get(), handle);
    Outcome outcome = verdict(*transfer);
    if (kept_handles_.size() < kKeptHandles) {
      CurlEasy released = transfer->release();
      curl_easy_reset(released.get());
      kept_handles_.push_back(std::move(released));
    }
    return {key, std::move(outcome)};
  }

  void run_timers(const Finished& finished) {
    const auto now = Transfer::Steady::now();
    std::vector<CURL*> disconnects;
    for (const auto& [key, transfer] : transfers_) {
      if (!transfer->on_time(now)) disconnects.push_back(transfer->handle());
    }
    for (CURL* handle : disconnects) {
      auto over = end(handle, [](Transfer& transfer) { return transfer.disconnected(); });
      finished(over.first, std::move(over.second));
    }
  }

  // Lets go on what has its addresses now, and ends what will have none in time.
  void take_addresses(const Finished& finished) {
    const auto now = Transfer::Steady::now();
    std::vector<Key> resolved;
    std::vector<CURL*> unresolved;
    std::vector<CURL*> late;
    for (const auto& [key, lookup] : lookups_) {
      Transfer& transfer = *transfers_.at(key);
      const std::optional<Addresses> addresses = resolver_.result(*lookup);
      if (addresses && addresses->empty()) {
        unresolved.push_back(transfer.handle());
      } else if (addresses) {
        transfer.use_addresses(*addresses);
        resolved.push_back(key);
      } else if (now >= transfer.deadline()) {
        late.push_back(transfer.handle());
      }
    }
    for (const Key key : resolved) {
      lookups_.erase(key);
      begin(transfers_.at(key)->handle());
    }
    for (CURL* handle : unresolved) {
      auto over = end(handle, [](Transfer& transfer) { return transfer.unresolved(); });
      finished(over.first, std::move(over.second));
    }
    for (CURL* handle : late) {
      auto over = end(handle, [](Transfer& transfer) { return transfer.late_lookup(); });
      finished(over.first, std::move(over.second));
    }
  }

  KeptConnections kept_connections_;  // before the multi handle, which closes what it keeps
  std::unique_ptr<CURLM, CurlMultiDeleter> multi_;
  Resolver resolver_;  // after the multi handle that it rings
  std::unordered_map<Key, std::shared_ptr<Resolver::Lookup>> lookups_;  // of transfers that wait for one
  std::unordered_map<Key, std::unique_ptr<Transfer>> transfers_;
  std::unordered_map<CURL*, Key> keys_;
  std::vector<CurlEasy> kept_handles_;
};

}  // namespace

const char* failure_name(Failure failure) {
  switch (failure) {
    case Failure::None:
      return "none";
    case Failure::Resolve:
      return "resolve";
    case Failure::Connect:
      return "connect";
    case Failure::Tls:
      return "tls";
    case Failure::Timeout:
      return "timeout";
    case Failure::Reset:
      return "reset";
    case Failure::TooLarge:
      return "too_large";
    case Failure::Cancelled:
      return "cancelled";
    case Failure::BadUrl:
      return "bad_url";
  }
  return "unknown";
}

Outcome call(const Call& call) {
  TransferSet transfers(resolve_by_system, ConnectionReuse());
  transfers.add(1, call);
  std::optional<Outcome> outcome;
  while (true) {
    transfers.step([&outcome](TransferSet::Key, Outcome result) { outcome = std::move(result); });
    if (outcome) return std::move(*outcome);
    transfers.wait();
  }
}

class CallEngine::Impl {
 public:
  using Done = std::function<void(Outcome)>;

  Impl(ResolveName resolve, ConnectionReuse reuse)
      : transfers_(std::move(resolve), reuse), thread_([this] {
          name_thread("curl");
          run();
        }) {}
  ~Impl() {
    stopping_ = true;
    transfers_.wake();
    thread_.join();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Id start(Call call, Done done) EXCLUDES(mutex_) {
    Id id = 0;
    bool first = false;
    {
      const MutexLock lock(mutex_);
      id = ++last_id_;
      first = orders_.empty();
      orders_.push_back(Order{id, std::move(call), std::move(done)});
    }
    if (first) transfers_.wake();
    return id;
  }

  void cancel(Id id) EXCLUDES(mutex_) {
    bool first = false;
    {
      const MutexLock lock(mutex_);
      first = orders_.empty();
      orders_.push_back(Order{id, std::nullopt, nullptr});
    }
    if (first) transfers_.wake();
  }

 private:
  // A call to start, or (without one) the wish to cancel.
  struct Order {
    Id id = 0;
    std::optional<Call> call;
    Done done;
  };

  void run() {
    const AllocationScope scope(Allocations::ForAll);  // no call may go without its outcome
    while (!stopping_) {
      take_orders();
      transfers_.step([this](Id id, Outcome outcome) { finish(id, std::move(outcome)); });
      if (!stopping_) transfers_.wait();
    }
    // What a `done` starts from here on is cancelled as well.
    while (take_orders() || !transfers_.empty()) {
      for (const Id id : transfers_.keys()) {
        if (auto outcome = transfers_.cancel(id)) finish(id, std::move(*outcome));
      }
    }
  }

  // In the order given, so that a cancel never overtakes its start. False: there were none. All of them at
  // once: only who gives the first has to wake the thread.
  bool take_orders() EXCLUDES(mutex_) {
    std::vector<Order> orders;
    {
      const MutexLock lock(mutex_);
      orders.swap(orders_);
    }
    for (auto& order : orders) {
      if (order.call) {
        done_.emplace(order.id, std::move(order.done));
        transfers_.add(order.id, std::move(*order.call));
      } else if (auto outcome = transfers_.cancel(order.id)) {
        finish(order.id, std::move(*outcome));
      }
    }
    return !orders.empty();
  }

  void finish(Id id, Outcome outcome) {
    const auto found = done_.find(id);
    const Done done = std::move(found->second);
    done_.erase(found);
    done(std::move(outcome));
  }

  TransferSet transfers_;
  std::unordered_map<Id, Done> done_;  // the engine's thread only
  std::atomic<bool> stopping_{false};
  Mutex mutex_;
  std::vector<Order> orders_ GUARDED_BY(mutex_);
  Id last_id_ GUARDED_BY(mutex_) = 0;
  std::thread thread_;  // last: it uses everything above
};

CallEngine::CallEngine(ResolveName resolve, ConnectionReuse reuse)
    : impl_(std::make_unique<Impl>(std::move(resolve), reuse)) {}
CallEngine::~CallEngine() = default;
CallEngine::Id CallEngine::start(Call call, std::function<void(Outcome)> done) {
  return impl_->start(std::move(call), std::move(done));
}
void CallEngine::cancel(Id id) { impl_->cancel(id); }

std::vector<LibraryVersion> caller_libraries() {
  return {{"libcurl", curl_version_info(CURLVERSION_NOW)->version}};
}

}  // namespace zest::http
