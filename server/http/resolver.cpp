#include "http/resolver.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <utility>

#include "base/memory.h"
#include "base/mutex.h"
#include "base/thread_name.h"
#include "http/message.h"

namespace zest::http {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::size_t kKeptNames = 4096;

}  // namespace

Addresses resolve_by_system(const std::string& name) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (::getaddrinfo(name.c_str(), nullptr, &hints, &list) != 0) return {};
  Addresses addresses;
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    char text[INET6_ADDRSTRLEN] = {};
    const void* bytes = nullptr;
    if (entry->ai_family == AF_INET) {
      bytes = &reinterpret_cast<const sockaddr_in*>(entry->ai_addr)->sin_addr;
    } else if (entry->ai_family == AF_INET6) {
      bytes = &reinterpret_cast<const sockaddr_in6*>(entry->ai_addr)->sin6_addr;
    }
    if (bytes != nullptr && ::inet_ntop(entry->ai_family, bytes, text, sizeof text) != nullptr)
      addresses.emplace_back(text);
  }
  ::freeaddrinfo(list);
  return addresses;
}

bool needs_lookup(const std::string& host) {
  constexpr std::string_view kLocal = ".localhost";
  in6_addr address{};
  if (host.empty() || host.front() == '[') return false;
  if (::inet_pton(AF_INET, host.c_str(), &address) == 1) return false;
  if (equal_ignoring_case(host, kLocal.substr(1))) return false;
  return host.size() < kLocal.size() ||
         !equal_ignoring_case(std::string_view(host).substr(host.size() - kLocal.size()), kLocal);
}

// Guarded by the state's mutex, but for what never changes.
class Resolver::Lookup {
 public:
  Lookup(std::string wanted, bool known) : name(std::move(wanted)), proven(known) {}
  const std::string name;
  const bool proven;  // could be resolved the last time
  std::optional<Addresses> result;
};

struct Resolver::State {
  State(ResolveName with, std::function<void()> bell, Duration keep)
      : resolve(std::move(with)), kept_for(keep), ring(std::move(bell)) {}

  struct Kept {
    std::shared_ptr<Lookup> lookup;
    Steady::time_point until;
  };

  // The next lookup to run that somebody still wants; nullptr: none that may run now.
  std::shared_ptr<Lookup> take() REQUIRES(mutex) {
    for (std::deque<std::weak_ptr<Lookup>>* queue : {&proven, &unproven}) {
      while (!queue->empty()) {
        if (queue == &unproven && running_unproven >= kThreads - kReservedThreads) return nullptr;
        std::shared_ptr<Lookup> next = queue->front().lock();
        queue->pop_front();
        if (!next) continue;
        if (!next->proven) ++running_unproven;
        return next;
      }
    }
    return nullptr;
  }

  void finish(const std::shared_ptr<Lookup>& lookup, Addresses addresses) REQUIRES(mutex) {
    if (!lookup->proven) --running_unproven;
    under_way.erase(lookup->name);
    if (!addresses.empty()) {
      if (kept.size() >= kKeptNames) kept.clear();
      kept[lookup->name] = Kept{lookup, Steady::now() + kept_for};
    }
    lookup->result = std::move(addresses);
    if (ring) ring();
  }

  // A thread's life: lookups for as long as there are any.
  void work() EXCLUDES(mutex) {
    const AllocationScope scope(Allocations::ForAll);
    std::shared_ptr<Lookup> lookup;
    while (true) {
      {
        const MutexLock lock(mutex);
        lookup = take();
        if (!lookup) {
          --threads;
          return;
        }
      }
      Addresses addresses = resolve(lookup->name);
      const MutexLock lock(mutex);
      finish(lookup, std::move(addresses));
      lookup.reset();
    }
  }

  void forget_unwanted() REQUIRES(mutex) {
    for (std::deque<std::weak_ptr<Lookup>>* queue : {&proven, &unproven}) {
      std::erase_if(*queue, [](const std::weak_ptr<Lookup>& lookup) { return lookup.expired(); });
    }
    std::erase_if(under_way, [](const auto& entry) { return entry.second.expired(); });
  }

  const ResolveName resolve;
  const Duration kept_for;
  Mutex mutex;
  std::function<void()> ring GUARDED_BY(mutex);  // none once the resolver is gone
  std::unordered_map<std::string, Kept> kept GUARDED_BY(mutex);
  std::unordered_map<std::string, std::weak_ptr<Lookup>> under_way GUARDED_BY(mutex);  // queued or running
  std::deque<std::weak_ptr<Lookup>> proven GUARDED_BY(mutex);
  std::deque<std::weak_ptr<Lookup>> unproven GUARDED_BY(mutex);
  std::size_t threads GUARDED_BY(mutex) = 0;
  std::size_t running_unproven GUARDED_BY(mutex) = 0;
};

Resolver::Resolver(ResolveName resolve, std::function<void()> ring, Duration kept_for)
    : state_(std::make_shared<State>(std::move(resolve), std::move(ring), kept_for)) {}

Resolver::~Resolver() {
  const MutexLock lock(state_->mutex);
  state_->ring = nullptr;
  state_->proven.clear();
  state_->unproven.clear();
}

std::shared_ptr<Resolver::Lookup> Resolver::start(const std::string& name) {
  const MutexLock lock(state_->mutex);
  const auto kept = state_->kept.find(name);
  const bool known = kept != state_->kept.end();
  if (known && Steady::now() < kept->second.until) return kept->second.lookup;
  const auto same = state_->under_way.find(name);
  if (same != state_->under_way.end()) {
    if (auto lookup = same->second.lock()) return lookup;
  }
  state_->forget_unwanted();
  // Once more it has to prove itself.
  if (known) state_->kept.erase(kept);
  auto lookup = std::make_shared<Lookup>(name, known);
  state_->under_way[name] = lookup;
  (known ? state_->proven : state_->unproven).push_back(lookup);
  if (state_->threads >= kThreads) return lookup;
  const bool may_run = known || state_->running_unproven < kThreads - kReservedThreads;
  if (!may_run) return lookup;
  try {
    ++state_->threads;
    // Detached: nobody may have to wait for a lookup, not even the end of the process.
    std::thread([state = state_] {
      name_thread("lookup");
      state->work();
    }).detach();
  } catch (const std::system_error&) {
    // The machine has no thread left; those that run take the lookup up, if there are any.
    --state_->threads;
    if (state_->threads == 0) lookup->result = Addresses();
  }
  return lookup;
}

std::optional<Addresses> Resolver::result(const Lookup& lookup) const {
  const MutexLock lock(state_->mutex);
  return lookup.result;
}

}  // namespace zest::http
