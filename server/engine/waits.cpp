// Calls that wait: advance, a discrete-event step over the lanes, and the barrier.
#include <algorithm>
#include <new>

#include "base/memory.h"
#include "engine/engine_impl.h"

namespace zest::engine {
namespace {

constexpr std::size_t kParkedListed = 1000;
constexpr std::size_t kOpenListed = 100;

// Wall; how often a waiting call is asked whether it was given up.
constexpr Duration kGivenUpAfter{500};

Error interrupted(
    std::string_view what = "the advance was interrupted by a reset or by the end of the sandbox") {
  Error error = make_error(ErrorKind::Conflict, std::string(what));
  error.extra.emplace_back("interrupted", "true");
  return error;
}

// Of what a wait waits for.
enum class Hope { Fulfilled, Alive, Lost };

Hope hope_for(const std::optional<Delivery>& delivery, const WaitRequest::DeliveryIn& wanted) {
  if (!delivery) return Hope::Alive;
  if (wanted.status) return delivery->status == *wanted.status ? Hope::Fulfilled : Hope::Alive;
  const bool delivered = delivery->status == DeliveryStatus::Delivered;
  const bool dead = delivery->status == DeliveryStatus::Dead;
  switch (wanted.outcome) {
    case WaitOutcome::Delivered:
      return delivered ? Hope::Fulfilled : dead ? Hope::Lost : Hope::Alive;
    case WaitOutcome::Dead:
      return dead ? Hope::Fulfilled : delivered ? Hope::Lost : Hope::Alive;
    case WaitOutcome::Attempted:
      return delivered || dead || delivery->status == DeliveryStatus::Retrying ? Hope::Fulfilled
                                                                               : Hope::Alive;
    case WaitOutcome::Emitted:
      return Hope::Fulfilled;
  }
  return Hope::Alive;
}

Hope hope_for(store::Read& tx, const std::optional<std::string>& client_id,
              const WaitRequest::EventSeen& wanted) {
  const auto count = [&](std::optional<DeliveryStatus> status) {
    const store::DeliveryFilter filter{client_id, status, wanted.event_type, wanted.subject};
    return tx.deliveries(filter, store::Page{0, 1}).count;
  };
  const std::size_t all = count(std::nullopt);
  if (wanted.outcome == WaitOutcome::Emitted) return all >= wanted.count ? Hope::Fulfilled : Hope::Alive;
  if (all < wanted.count) return Hope::Alive;
  const std::size_t delivered = count(DeliveryStatus::Delivered);
  const std::size_t dead = count(DeliveryStatus::Dead);
  const std::size_t retrying = count(DeliveryStatus::Retrying);
  const std::size_t come_to_it = wanted.outcome == WaitOutcome::Delivered ? delivered
                                 : wanted.outcome == WaitOutcome::Dead    ? dead
                                                                          : delivered + dead + retrying;
  if (come_to_it >= wanted.count) return Hope::Fulfilled;
  // Of one resource the events are those that there are; of all, another one may yet be emitted.
  const bool known = wanted.subject.has_value() && wanted.event_type.has_value();
  return known && delivered + dead == all ? Hope::Lost : Hope::Alive;
}

std::string end_of_time() { return "virtual time ends at " + format_instant(kLastInstant); }

}  // namespace

AttemptReport without_exchange(AttemptReport report) {
  // Swapped, for an assignment may keep the memory.
  decltype(report.attempt.request_headers)().swap(report.attempt.request_headers);
  std::string().swap(report.attempt.response_body);
  return report;
}

void AdvanceRun::add(const AttemptReport& report, std::size_t listed_at_most) {
  ++steps;
  ++attempt_count;
  if (attempts.size() >= std::min(listed_at_most, listed_until)) return;
  try {
    const AllocationScope scope(Allocations::ForOneCaller);
    attempts.push_back(without_exchange(report));
  } catch (const std::bad_alloc&) {
    listed_until = attempts.size();
  }
}

Result<AdvanceReport> Engine::Impl::advance(const AdvanceRequest& request) {
  ASSIGN_OR_RETURN(const std::vector<std::string> ids, lane_ids(request.client_id));
  const auto run = std::make_shared<AdvanceRun>();
  run->of_all = !request.client_id;
  Result<void> outcome;
  {
    MutexLock lock(mutex_);
    if (stopping_) return interrupted();
    for (const std::string& id : ids) {
      if (lanes_[id].run)
        return make_error(ErrorKind::Conflict, "an advance of the clock of '" + id + "' is under way");
    }
    for (const std::string& id : ids) {
      lanes_[id].run = run;
      queue_lane(id, lanes_[id]);
    }
    post_turn_if_needed();
    try {
      wait_until_settled(ids, *run);
      Result<Goals> goals = set_goals(request, ids);
      outcome = goals.ok() ? run_goals(*goals, *run) : Result<void>(goals.error());
    } catch (const std::bad_alloc&) {
      outcome = out_of_memory_error();
    }
    end_run(ids);
  }
  if (!outcome.ok()) return std::move(outcome).error();
  AdvanceReport report;
  report.attempts = std::move(run->attempts);
  report.attempt_count = run->attempt_count;
  report.timers = run->timers;
  report.parked = parked_deliveries(ids);
  ASSIGN_OR_RETURN(report.lanes, lanes(request.client_id));
  return report;
}

// What it asked for and was not begun is not done; what a turn is at is waited for: no clock moves after the
// answer.
void Engine::Impl::end_run(const std::vector<std::string>& ids) {
  for (const std::string& id : ids) lanes_[id].jump_to = std::nullopt;
  for (const std::string& id : ids) {
    while (lanes_[id].in_turn) changed_.wait(mutex_);
    lanes_[id].run.reset();
    forget_if_gone(id);
  }
  changed_.notify_all();
}

void Engine::Impl::wait_until_settled(const std::vector<std::string>& ids, const AdvanceRun& run) {
  const auto all_settled = [this, &ids]() REQUIRES(mutex_) {
    return std::all_of(ids.begin(), ids.end(),
                       [this](const std::string& id) REQUIRES(mutex_) { return settled(lanes_[id]); });
  };
  while (!run.ended() && !all_settled()) changed_.wait(mutex_);
}

Result<Engine::Impl::Goals> Engine::Impl::set_goals(const AdvanceRequest& request,
                                                    const std::vector<std::string>& ids) {
  Goals goals;
  for (const std::string& id : ids) {
    const LaneState& state = lanes_[id].state;
    if (!state.exists) {  // removed meanwhile
      if (request.client_id) return no_such("partner", id);
      continue;
    }
    const Instant now = std::max(state.now, state.clock.now(machine_time(state.clock.mode, services_.clock)));
    Goal goal;
    if (const auto* by = std::get_if<AdvanceRequest::By>(&request.target)) {
      goal = Goal{now + by->duration, true, false, false};
    } else if (const auto* to = std::get_if<AdvanceRequest::To>(&request.target)) {
      if (to->instant < now && request.client_id) {
        return make_error(ErrorKind::InvalidRequest, "virtual time never runs backwards: the clock of '" +
                                                         id + "' shows " + format_instant(now));
      }
      goal = Goal{to->instant, true, to->instant < now, false};
    }
    if (goal.until && *goal.until > kLastInstant) {
      return make_error(ErrorKind::InvalidRequest,
                        end_of_time() + "; the clock of '" + id + "' shows " + format_instant(now));
    }
    goals.emplace(id, goal);
  }
  if (std::holds_alternative<AdvanceRequest::Next>(request.target)) leave_next_only(goals);
  return goals;
}

// The earliest timer of all lanes becomes the one goal.
void Engine::Impl::leave_next_only(Goals& goals) {
  const std::string* earliest = nullptr;
  for (const auto& [id, goal] : goals) {
    const std::optional<Instant>& due = lanes_[id].state.next_due;
    if (due && (earliest == nullptr || *due < *lanes_[*earliest].state.next_due)) earliest = &id;
  }
  for (auto& [id, goal] : goals) {
    goal.reached = &id != earliest;
    if (!goal.reached) goal = Goal{lanes_[id].state.next_due, true, false, false};
  }
}

Result<void> Engine::Impl::run_goals(Goals& goals, AdvanceRun& run) {
  for (;;) {
    if (run.interrupted) return interrupted();
    if (run.failure) return *run.failure;
    if (run.steps > options_.advance_steps) {
      return make_error(ErrorKind::Conflict,
                        "the advance ran " + std::to_string(run.steps) +
                            " timers and attempts without an end and was stopped; advance by a "
                            "shorter time");
    }
    bool open = false;
    bool moved = false;
    for (auto& [id, goal] : goals) {
      if (goal.reached) continue;
      open = true;
      if (settled(lanes_[id])) moved = step(id, goal, run) || moved;
    }
    if (!open) return end_of_goals(goals);
    if (moved) {
      post_turn_if_needed();
    } else {
      changed_.wait(mutex_);
    }
  }
}

// All are reached, unless what was to be reached never comes.
Result<void> Engine::Impl::end_of_goals(const Goals& goals) {
  std::string beyond;
  for (const auto& [id, goal] : goals) {
    if (goal.beyond) beyond += (beyond.empty() ? "'" : ", '") + id + "'";
  }
  if (beyond.empty()) return {};
  return make_error(ErrorKind::InvalidRequest,
                    end_of_time() + ": what " + beyond +
                        " has scheduled after that never comes; all that comes before has been done");
}

// Lets the next turn move a settled lane on: to its next timer, or to its goal. False when the lane has no
// next step; its goal is reached then.
bool Engine::Impl::step(const std::string& client_id, Goal& goal, AdvanceRun& run) {
  Lane& lane = lanes_[client_id];
  const std::optional<Instant>& due = lane.state.next_due;
  const Instant end = std::min(goal.until.value_or(kLastInstant), kLastInstant);
  if (due && *due <= end) {
    lane.jump_to = *due;
  } else if (lane.state.exists && goal.until == end && goal.move_clock && lane.state.now < end) {
    lane.jump_to = end;
  } else {
    goal.reached = true;
    goal.beyond = lane.state.exists && due && goal.until != end;
    return true;
  }
  ++run.steps;
  queue_lane(client_id, lane);
  return true;
}

std::vector<std::string> Engine::Impl::parked_deliveries(const std::vector<std::string>& ids) {
  const Result<std::vector<std::string>> parked = services_.store.read([&ids](store::Read& tx) {
    std::vector<std::string> found;
    for (const std::string& id : ids) {
      const std::optional<zest::Lane> lane = tx.lane(id);
      const std::optional<Partner> partner = tx.partner(id);
      if (!lane || !partner) continue;
      const bool all = lane->paused || !partner->webhook_url;
      for (const std::string& delivery_id : tx.open_delivery_ids(id, kParkedListed)) {
        const std::optional<Delivery> delivery = all ? std::nullopt : tx.delivery(delivery_id);
        if (all || (delivery && !delivery->next_attempt_at)) found.push_back(delivery_id);
      }
    }
    return found;
  });
  return parked.ok() ? *parked : std::vector<std::string>{};
}

Engine::Impl::Progress Engine::Impl::progress(const WaitRequest& request,
                                              const std::vector<std::string>& ids) {
  if (std::holds_alternative<WaitRequest::Idle>(request.until)) {
    MutexLock lock(mutex_);
    const bool idle = std::all_of(ids.begin(), ids.end(), [this](const std::string& id) REQUIRES(mutex_) {
      const auto lane = lanes_.find(id);
      return lane == lanes_.end() || settled(lane->second);
    });
    return idle ? Progress::Reached : Progress::Open;
  }
  const Result<Hope> hope = services_.store.read([&request](store::Read& tx) -> Hope {
    if (const auto* wanted = std::get_if<WaitRequest::DeliveryIn>(&request.until)) {
      return hope_for(tx.delivery(wanted->delivery_id), *wanted);
    }
    return hope_for(tx, request.client_id, std::get<WaitRequest::EventSeen>(request.until));
  });
  if (!hope.ok()) return Progress::Open;
  return *hope == Hope::Fulfilled ? Progress::Reached
         : *hope == Hope::Lost    ? Progress::Hopeless
                                  : Progress::Open;
}

// The one lane whose reset ends the wait.
std::optional<std::string> Engine::Impl::lane_of(const WaitRequest& request) {
  const auto* wanted = std::get_if<WaitRequest::DeliveryIn>(&request.until);
  if (request.client_id || wanted == nullptr) return request.client_id;
  const Result<std::optional<std::string>> owner = services_.store.read([wanted](store::Read& tx) {
    const std::optional<Delivery> delivery = tx.delivery(wanted->delivery_id);
    return delivery ? std::optional(delivery->client_id) : std::nullopt;
  });
  return owner.ok() ? *owner : std::nullopt;
}

Result<WaitReport> Engine::Impl::wait(const WaitRequest& request) {
  ASSIGN_OR_RETURN(const std::vector<std::string> ids, lane_ids(request.client_id));
  WaitRun run{lane_of(request), std::holds_alternative<WaitRequest::Idle>(request.until),
              std::chrono::steady_clock::now() + request.timeout};
  {
    MutexLock lock(mutex_);
    waits_.insert(&run);
  }
  Result<WaitReport> report = out_of_memory_error();
  try {
    report = wait(request, ids, run);
  } catch (const std::bad_alloc&) {
    // It is what is said already.
  }
  MutexLock lock(mutex_);
  waits_.erase(&run);
  return report;
}

Result<WaitReport> Engine::Impl::wait(const WaitRequest& request, const std::vector<std::string>& ids,
                                      WaitRun& run) {
  const auto deadline = run.deadline;
  WaitReport report;
  for (const std::string& id : ids) wake(id);
  for (;;) {
    std::uint64_t seen = 0;
    bool late = false;
    {
      MutexLock lock(mutex_);
      if (stopping_) return make_error(ErrorKind::ServiceUnavailable, "the sandbox is stopping");
      seen = publications_;
      // The turn that was under way may have begun before the lanes were woken; the one after it has not.
      if (!run.looked_at) run.looked_at = seen + 2;
      const bool under_way = turn_posted_ || finishing_turn_;
      // Asked of the clock: turns may follow one another so quickly that nothing is waited for.
      late = std::chrono::steady_clock::now() >= deadline && (seen >= *run.looked_at || !under_way);
    }
    const Progress progress = this->progress(request, ids);
    report.reached = progress == Progress::Reached;
    report.hopeless = progress == Progress::Hopeless;
    if (report.reached) return report;
    if (report.hopeless) break;
    report.given_up = request.given_up && request.given_up();
    if (report.given_up || late) break;
    const auto now = std::chrono::steady_clock::now();
    const auto look = now < deadline ? std::min(deadline, now + kGivenUpAfter) : now + kGivenUpAfter;
    MutexLock lock(mutex_);
    bool in_time = true;
    while (seen == publications_ && !stopping_ && !run.interrupted && in_time) {
      in_time = waited_for_.wait_until(mutex_, look);
    }
    if (run.interrupted) return interrupted("the wait was interrupted by a reset");
  }
  const Result<std::vector<std::string>> open = services_.store.read([&ids](store::Read& tx) {
    std::vector<std::string> found;
    for (const std::string& id : ids) {
      for (std::string& delivery_id : tx.open_delivery_ids(id, kOpenListed))
        found.push_back(std::move(delivery_id));
    }
    return found;
  });
  if (open.ok()) report.open = *open;
  MutexLock lock(mutex_);
  for (const std::string& id : ids) {
    const auto lane = lanes_.find(id);
    if (lane == lanes_.end()) continue;
    for (const auto& [number, exchange] : lane->second.in_flight) {
      if (std::find(report.open.begin(), report.open.end(), exchange.key) == report.open.end()) {
        report.open.push_back(exchange.key);
      }
    }
  }
  return report;
}

}  // namespace zest::engine
