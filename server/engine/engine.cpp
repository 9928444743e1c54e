#include "engine/engine.h"

#include <algorithm>
#include <utility>

#include "base/memory.h"
#include "base/thread_name.h"
#include "engine/chaos_stage.h"
#include "engine/engine_impl.h"
#include "rules/context.h"
#include "rules/partners.h"

namespace zest::engine {
namespace {

constexpr std::size_t kRetriedAtOnce = 500;  // in one transaction

}  // namespace

Engine::Impl::Impl(Services services, Options options) : services_(services), options_(std::move(options)) {}

Engine::Impl::~Impl() { stop(); }

Result<void> Engine::Impl::start() {
  RETURN_IF_ERROR(take_up_clocks());
  ASSIGN_OR_RETURN(const std::vector<std::string> ids, lane_ids(std::nullopt));
  {
    MutexLock lock(mutex_);
    started_ = true;
  }
  timer_thread_ = std::thread([this] {
    name_thread("timer");
    run_timers();
  });
  for (const std::string& id : ids) wake(id);
  return {};
}

// The machine's clock may have been set back while nobody ran: virtual time goes on from where it was, it
// does not wait until the machine has caught up.
Result<void> Engine::Impl::take_up_clocks() {
  return services_.store.write([this](store::Write& tx) -> Result<void> {
    for (const Partner& partner : tx.partners()) {
      std::optional<zest::Lane> lane = tx.lane(partner.client_id);
      if (!lane || lane->clock.mode == ClockMode::Manual) continue;
      const Instant machine = machine_time(lane->clock.mode, services_.clock);
      if (machine >= lane->clock.anchor_wall && lane->clock.now(machine) >= lane->high_water) continue;
      anchor_now(*lane, std::max(lane->clock.anchor_virtual, lane->high_water), services_.clock);
      tx.put_lane(*lane);
    }
    return {};
  });
}

// The latest virtual time that anybody may have seen, for the next start: should the machine's clock be set
// back until then, virtual time goes on from here. A process that is killed has kept it a minute ago or less.
Result<void> Engine::Impl::keep_clocks(store::Write& tx) const {
  for (const Partner& partner : tx.partners()) {
    std::optional<zest::Lane> lane = tx.lane(partner.client_id);
    if (!lane || lane->clock.mode == ClockMode::Manual) continue;
    lane->high_water = lane_now(*lane, services_.clock);
    tx.put_lane(*lane);
  }
  return {};
}

void Engine::Impl::stop() {
  std::vector<delivery::Sender::Id> exchanges;
  {
    MutexLock lock(mutex_);
    if (!started_) return;
    stopping_ = true;
    retry_at_ = std::nullopt;
    for (auto& [client_id, lane] : lanes_) interrupt(lane, Quiescence::Reset, exchanges);
    changed_.notify_all();
    waited_for_.notify_all();
    timers_changed_.notify_all();
    post_turn_if_needed();
  }
  for (const delivery::Sender::Id id : exchanges) services_.sender.cancel(id);
  const bool ended = wait_for_the_end();
  if (timer_thread_.joinable()) timer_thread_.join();
  // A medium that takes no changes has the clocks of the last time that it did.
  if (ended) static_cast<void>(services_.store.write([this](store::Write& tx) { return keep_clocks(tx); }));
}

// What was in flight is returned to due by a last turn; a store that cannot commit does it at the next start.
// False: something did not end in time.
bool Engine::Impl::wait_for_the_end() {
  const auto deadline = std::chrono::steady_clock::now() + options_.stop_within;
  std::string given_up;
  {
    MutexLock lock(mutex_);
    const auto in_turn = [this]() REQUIRES(mutex_) { return turn_posted_ || finishing_turn_; };
    bool in_time = true;
    while (in_time && (in_turn() || results_.size() < total_in_flight_)) {
      in_time = changed_.wait_until(mutex_, deadline);
    }
    started_ = false;
    if (in_turn()) {
      given_up = "the storage, which does not answer";
    } else if (results_.size() < total_in_flight_) {
      const std::size_t open = total_in_flight_ - results_.size();
      given_up = open == 1 ? "1 webhook on its way, which does not end; it stays due"
                           : std::to_string(open) + " webhooks on their way, which do not end; they stay due";
    }
  }
  if (given_up.empty()) return true;
  services_.log.warning("stopping without " + given_up + " (after " + format_duration(options_.stop_within) +
                        ")");
  return false;
}

bool Engine::Impl::settled(const Lane& lane) const {
  return !lane.ready && !lane.in_turn && !is_quiet(lane) && lane.in_flight.empty() &&
         !(lane.state.next_due && *lane.state.next_due <= lane.state.now);
}

Error Engine::Impl::unknown(const std::string& client_id) const {
  const Result<std::string> detail = services_.store.read(
      [&client_id](store::Read& tx) { return rules::unknown_partner(tx, client_id).detail; });
  return detail.ok() ? make_error(ErrorKind::NotFound, *detail) : detail.error();
}

Result<std::vector<std::string>> Engine::Impl::lane_ids(const std::optional<std::string>& client_id) {
  ASSIGN_OR_RETURN(std::vector<std::string> ids,
                   services_.store.read([&client_id](store::Read& tx) -> std::vector<std::string> {
                     std::vector<std::string> found;
                     for (const Partner& partner : tx.partners()) {
                       if (!client_id || partner.client_id == *client_id) found.push_back(partner.client_id);
                     }
                     return found;
                   }));
  if (client_id && ids.empty()) return unknown(*client_id);
  return ids;
}

template <class Look>
auto Engine::Impl::between_clock_changes(Look look) {
  for (;;) {
    const std::uint64_t before = clock_changes_.load();
    auto seen = look();
    if (before % 2 == 0 && clock_changes_.load() == before) return seen;
    MutexLock until_committed(clock_gate_);
  }
}

Result<std::vector<LaneView>> Engine::Impl::lanes(const std::optional<std::string>& client_id) {
  ASSIGN_OR_RETURN(const std::vector<std::string> ids, lane_ids(client_id));
  ASSIGN_OR_RETURN(
      std::vector<LaneView> views, between_clock_changes([this, &ids] {
        return services_.store.read([this, &ids](store::Read& tx) {
          std::vector<LaneView> found;
          for (const std::string& id : ids) {
            const LaneState state = look_at(tx, id, services_.clock);
            if (state.exists)
              found.push_back(LaneView{id, state.clock, state.now, state.next_due, state.paused, 0});
          }
          return found;
        });
      }));
  MutexLock lock(mutex_);
  for (LaneView& view : views) {
    const auto lane = lanes_.find(view.client_id);
    if (lane != lanes_.end()) view.in_flight = lane->second.in_flight.size();
  }
  return views;
}

Result<Instant> Engine::Impl::now(const std::string& client_id) {
  ASSIGN_OR_RETURN(const std::optional<Instant> now,
                   between_clock_changes([this, &client_id]() -> Result<std::optional<Instant>> {
                     const std::optional<zest::Lane> lane = services_.store.committed_lane(client_id);
                     if (!lane) return std::optional<Instant>();
                     return std::optional<Instant>(lane_now(*lane, services_.clock));
                   }));
  if (!now) return unknown(client_id);
  return *now;
}

Result<std::vector<LaneView>> Engine::Impl::set_clock(const std::optional<std::string>& client_id,
                                                      const ClockChange& change) {
  if (change.scale && (*change.scale < 1 || *change.scale > kMaxTimeScale)) {
    return make_error(ErrorKind::InvalidRequest,
                      "the time scale must be 1 to " + std::to_string(kMaxTimeScale));
  }
  ASSIGN_OR_RETURN(const std::vector<std::string> ids, lane_ids(client_id));
  {
    MutexLock lock(mutex_);
    for (const std::string& id : ids) {
      if (lanes_[id].run)
        return make_error(ErrorKind::Conflict, "an advance of the clock of '" + id + "' is under way");
    }
  }
  RETURN_IF_ERROR(change_clocks(ids, change));
  for (const std::string& id : ids) wake(id);
  return lanes(client_id);
}

Result<void> Engine::Impl::change_clocks(const std::vector<std::string>& ids, const ClockChange& change) {
  MutexLock gate(clock_gate_);
  ++clock_changes_;
  Result<void> changed = services_.store.write([this, &ids, &change](store::Write& tx) -> Result<void> {
    for (const std::string& id : ids) {
      std::optional<zest::Lane> lane = tx.lane(id);
      if (!lane) continue;
      const Instant now = lane_now(*lane, services_.clock);
      if (change.time && *change.time < now) {
        return make_error(ErrorKind::InvalidRequest, "virtual time never runs backwards: the clock of '" +
                                                         id + "' shows " + format_instant(now));
      }
      if (change.mode) lane->clock.mode = *change.mode;
      if (change.scale) lane->clock.scale = *change.scale;
      if (lane->clock.mode != ClockMode::Scaled) lane->clock.scale = 1;
      anchor_now(*lane, change.time.value_or(now), services_.clock);
      lane->high_water = lane->clock.anchor_virtual;
      tx.put_lane(*lane);
    }
    return {};
  });
  ++clock_changes_;
  return changed;
}

Result<void> Engine::Impl::set_paused(const std::optional<std::string>& client_id, bool paused) {
  ASSIGN_OR_RETURN(const std::vector<std::string> ids, lane_ids(client_id));
  RETURN_IF_ERROR(services_.store.write([&ids, paused](store::Write& tx) -> Result<Done> {
    for (const std::string& id : ids) {
      std::optional<zest::Lane> lane = tx.lane(id);
      if (!lane) continue;
      lane->paused = paused;
      tx.put_lane(*lane);
    }
    return Done{};
  }));
  for (const std::string& id : ids) wake(id);
  return {};
}

Result<Delivery> Engine::Impl::offer_again(store::Write& tx, const std::string& delivery_id) const {
  std::optional<Delivery> delivery = tx.delivery(delivery_id);
  if (!delivery) return make_error(ErrorKind::NotFound, "delivery '" + delivery_id + "' was not found");
  if (delivery->status == DeliveryStatus::InFlight) {
    return make_error(ErrorKind::Conflict,
                      "delivery '" + delivery_id + "' is in flight; retry it after its outcome");
  }
  ASSIGN_OR_RETURN(rules::Context context,
                   rules::begin(tx, delivery->client_id, machine_time(services_.clock)));
  tx.remove_held(delivery_id);
  if (delivery->schedule_attempts > 0) ++delivery->schedule;
  delivery->schedule_attempts = 0;
  delivery->schedule_started_at = std::nullopt;
  delivery->status = DeliveryStatus::Pending;
  delivery->next_attempt_at = context.now;
  delivery->sequence = rules::next_sequence(context);
  tx.put_delivery(*delivery);
  return std::move(*delivery);
}

Result<Delivery> Engine::Impl::retry(const std::string& delivery_id) {
  ASSIGN_OR_RETURN(Delivery retried, services_.store.write([this, &delivery_id](store::Write& tx) {
    return offer_again(tx, delivery_id);
  }));
  wake(retried.client_id);
  return retried;
}

Result<void> Engine::Impl::change_rules(
    const std::function<Result<void>(store::Write&, std::vector<ChaosNote>& notes)>& change) {
  std::vector<ChaosNote> notes;
  RETURN_IF_ERROR(services_.store.write([&change, &notes](store::Write& tx) { return change(tx, notes); }));
  std::set<std::string> lanes;
  for (const ChaosNote& note : notes) {
    tell(note);
    lanes.insert(note.client_id);
  }
  for (const std::string& client_id : lanes) wake(client_id);
  return {};
}

Result<Delivery> Engine::Impl::release(const std::string& delivery_id) {
  Delivery released;
  RETURN_IF_ERROR(change_rules([&](store::Write& tx, std::vector<ChaosNote>& notes) -> Result<void> {
    store::HeldFilter filter;
    filter.delivery_id = delivery_id;
    if (release_held(tx, filter, services_.clock, notes) == 0) {
      return make_error(ErrorKind::NotFound, "delivery '" + delivery_id + "' is not held");
    }
    released = tx.delivery(delivery_id).value_or(Delivery{});
    return {};
  }));
  return released;
}

Result<std::vector<std::string>> Engine::Impl::retry(const std::vector<std::string>& delivery_ids) {
  std::vector<std::string> retried;
  for (std::size_t begin = 0; begin < delivery_ids.size(); begin += kRetriedAtOnce) {
    const std::size_t end = std::min(begin + kRetriedAtOnce, delivery_ids.size());
    ASSIGN_OR_RETURN(const auto portion, services_.store.write([&](store::Write& tx) {
      return offer_portion(tx, delivery_ids, begin, end);
    }));
    std::set<std::string> lanes;
    for (const Delivery& delivery : portion) {
      retried.push_back(delivery.id);
      lanes.insert(delivery.client_id);
    }
    for (const std::string& client_id : lanes) wake(client_id);
  }
  return retried;
}

Result<std::vector<Delivery>> Engine::Impl::offer_portion(store::Write& tx,
                                                          const std::vector<std::string>& ids,
                                                          std::size_t begin, std::size_t end) const {
  std::vector<Delivery> offered;
  for (std::size_t i = begin; i < end; ++i) {
    Result<Delivery> delivery = offer_again(tx, ids[i]);
    if (delivery.ok()) {
      offered.push_back(std::move(*delivery));
    } else if (delivery.error().kind != ErrorKind::Conflict && delivery.error().kind != ErrorKind::NotFound) {
      return std::move(delivery).error();
    }
  }
  return offered;
}

std::string_view to_string(ChaosNote::What what) {
  switch (what) {
    case ChaosNote::What::Delayed:
      return "delayed";
    case ChaosNote::What::Held:
      return "held";
    case ChaosNote::What::Collected:
      return "collected";
    case ChaosNote::What::Released:
      return "released";
  }
  return "";
}

Engine::Engine(Services services, Options options)
    : impl_(std::make_unique<Impl>(services, std::move(options))) {}
Engine::~Engine() = default;

// Whoever calls: what the engine keeps of lanes and exchanges must not be left half changed.
Result<void> Engine::start() {
  const AllocationScope scope(Allocations::ForAll);
  return impl_->start();
}
void Engine::stop() {
  const AllocationScope scope(Allocations::ForAll);
  impl_->stop();
}
void Engine::wake(const std::string& client_id) {
  const AllocationScope scope(Allocations::ForAll);
  impl_->wake(client_id);
}
Result<std::vector<LaneView>> Engine::lanes(const std::optional<std::string>& client_id) {
  return impl_->lanes(client_id);
}
Result<Instant> Engine::now(const std::string& client_id) { return impl_->now(client_id); }
Result<std::vector<LaneView>> Engine::set_clock(const std::optional<std::string>& client_id,
                                                const ClockChange& change) {
  const AllocationScope scope(Allocations::ForAll);
  return impl_->set_clock(client_id, change);
}
Result<AdvanceReport> Engine::advance(const AdvanceRequest& request) {
  const AllocationScope scope(Allocations::ForAll);
  return impl_->advance(request);
}
Result<WaitReport> Engine::wait(const WaitRequest& request) {
  const AllocationScope scope(Allocations::ForAll);
  return impl_->wait(request);
}
Result<void> Engine::set_paused(const std::optional<std::string>& client_id, bool paused) {
  const AllocationScope scope(Allocations::ForAll);
  return impl_->set_paused(client_id, paused);
}
Result<Delivery> Engine::retry(const std::string& delivery_id) {
  const AllocationScope scope(Allocations::ForAll);
  return impl_->retry(delivery_id);
}
Result<std::vector<std::string>> Engine::retry(const std::vector<std::string>& delivery_ids) {
  const AllocationScope scope(Allocations::ForAll);
  return impl_->retry(delivery_ids);
}
Result<Delivery> Engine::release(const std::string& delivery_id) {
  const AllocationScope scope(Allocations::ForAll);
  return impl_->release(delivery_id);
}
Result<void> Engine::change_rules(
    const std::function<Result<void>(store::Write&, std::vector<ChaosNote>& notes)>& change) {
  const AllocationScope scope(Allocations::ForAll);
  return impl_->change_rules(change);
}
void Engine::on_chaos(std::function<void(const ChaosNote&)> observer) {
  impl_->on_chaos(std::move(observer));
}
Result<void> Engine::quiesce(const std::optional<std::string>& client_id,
                             const std::function<Result<void>()>& change, Quiescence kind) {
  const AllocationScope scope(Allocations::ForAll);
  return impl_->quiesce(client_id, change, kind);
}
void Engine::on_attempt(std::function<void(const AttemptReport&)> observer) {
  impl_->on_attempt(std::move(observer));
}

}  // namespace zest::engine
