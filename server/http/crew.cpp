#include "http/crew.h"

#include <algorithm>
#include <thread>
#include <utility>

namespace zest::http {
namespace {

// Where others want the few processors that there are, four get more of them than two.
int processors() { return static_cast<int>(std::max(std::thread::hardware_concurrency(), 4U)); }

}  // namespace

Crew::Crew(int workers, int at_once)
    : at_once_(std::clamp(at_once > 0 ? at_once : processors(), 1, workers)),
      places_(static_cast<std::size_t>(workers)),
      active_(workers),
      wanted_(at_once_) {}

bool Crew::ready(int worker) {
  Place& place = places_[static_cast<std::size_t>(worker)];
  if (place.steps.load(std::memory_order_relaxed) % 2 == 1) ++place.steps;
  if (active_.load(std::memory_order_relaxed) > wanted_.load(std::memory_order_relaxed)) rest();
  return !over_;
}

void Crew::taken(int worker) { ++places_[static_cast<std::size_t>(worker)].steps; }

void Crew::rest() {
  const MutexLock lock(mutex_);
  if (over_ || active_ <= wanted_) return;
  --active_;
  while (!over_ && active_ >= wanted_) changed_.wait(mutex_);
  ++active_;
}

void Crew::leave() {
  const int away = ++away_;
  int most = most_away_;
  while (away > most && !most_away_.compare_exchange_weak(most, away)) continue;
  if (at_once_ + away > wanted_) want(at_once_ + away);
}

void Crew::want(int workers) {
  const int all = static_cast<int>(places_.size());
  const MutexLock lock(mutex_);
  while (wanted_ < std::min(workers, all)) {
    ++wanted_;
    changed_.notify_one();
  }
}

void Crew::look_around() {
  int busy = 0;
  for (Place& place : places_) {
    const std::uint64_t steps = place.steps;
    if (steps % 2 == 1 && std::exchange(place.seen, steps) == steps) ++busy;
  }
  const int needed = at_once_ + std::max(busy, most_away_.exchange(away_));
  {
    const MutexLock lock(mutex_);
    if (needed < wanted_) wanted_ = needed;
  }
  // Also for those who left meanwhile and found that enough were wanted.
  want(std::max(needed, at_once_ + away_));
}

void Crew::dismiss() {
  const MutexLock lock(mutex_);
  over_ = true;
  changed_.notify_all();
}

Crew::Away::Away(Crew* crew) : crew_(crew) {
  if (crew_ != nullptr) crew_->leave();
}

Crew::Away::~Away() {
  if (crew_ != nullptr) --crew_->away_;
}

}  // namespace zest::http
