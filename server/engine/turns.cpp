// The engine's loop: turns, sending, and the timer thread of the automatic modes.
#include <algorithm>
#include <utility>

#include "base/memory.h"
#include "base/url.h"
#include "delivery/outgoing.h"
#include "delivery/schedule.h"
#include "engine/engine_impl.h"

namespace zest::engine {
namespace {

constexpr std::size_t kLanesPerTurn = 256;
// A turn is one transaction: what it takes up is bounded, so that the writes of others wait for little of it.
constexpr std::size_t kItemsPerLane = 100;
constexpr std::size_t kItemsPerTurn = 500;
constexpr std::chrono::seconds kClocksKeptEvery{60};  // wall
// Wall; how late it may be noticed that the machine was suspended, or its clock set.
constexpr Duration kMachineLookedAtEvery{1'000};
constexpr Duration kRetryTurnAfter{100};  // wall; the store could not commit
// Beyond the total capacity a lane keeps one exchange, so that hanging receivers never hold up a healthy one.
constexpr int kCrowdedCapacity = 1;
constexpr std::size_t kResponseKept = 4096;  // bytes of a receiver's answer, kept with the attempt

}  // namespace

void Engine::Impl::wake(const std::string& client_id) {
  MutexLock lock(mutex_);
  if (stopping_ || !started_) return;
  queue_lane(client_id, lanes_[client_id]);
  post_turn_if_needed();
}

void Engine::Impl::queue_lane(const std::string& client_id, Lane& lane) {
  if (lane.ready) return;
  lane.ready = true;
  ready_.push_back(client_id);
}

void Engine::Impl::post_turn_if_needed() {
  if (turn_posted_ || retry_at_ || (ready_.empty() && results_.empty())) return;
  turn_posted_ = true;
  const auto turn = std::make_shared<Turn>();  // empty until its turn has come
  services_.store.post(
      [this, turn](store::Write& tx) -> Result<void> {
        const AllocationScope scope(Allocations::ForAll);  // a turn is nobody's alone
        {
          MutexLock lock(mutex_);
          fill_turn(*turn);
        }
        run_turn(tx, *turn);
        return {};
      },
      [this, turn](const Result<void>& committed) { finish_turn(*turn, committed); });
}

void Engine::Impl::fill_turn(Turn& turn) {
  turn.results.swap(results_);
  for (const Finished& finished : turn.results) {
    queue_lane(finished.claimed.client_id, lanes_[finished.claimed.client_id]);
  }
  std::map<std::string, std::size_t> returned;
  for (const Finished& finished : turn.results) ++returned[finished.claimed.client_id];
  std::size_t crowd = total_in_flight_ - turn.results.size();
  for (std::size_t taken = 0; taken < kLanesPerTurn && !ready_.empty(); ++taken) {
    Turn::Visit visit;
    visit.client_id = ready_.front();
    ready_.pop_front();
    Lane& lane = lanes_[visit.client_id];
    lane.ready = false;
    lane.in_turn = true;
    visit.jump_to = std::exchange(lane.jump_to, std::nullopt);
    visit.in_flight = lane.in_flight.size() - returned[visit.client_id];
    const bool crowded = crowd >= static_cast<std::size_t>(options_.total_capacity);
    visit.capacity = is_quiet(lane) || stopping_ ? 0 : crowded ? kCrowdedCapacity : options_.lane_capacity;
    crowd += static_cast<std::size_t>(visit.capacity);
    turn.visits.push_back(std::move(visit));
  }
}

void Engine::Impl::run_turn(store::Write& tx, Turn& turn) const {
  for (const Finished& finished : turn.results) {
    if (std::optional<AttemptReport> report = settle(tx, finished, services_.clock, turn.notes)) {
      turn.reports.push_back(std::move(*report));
    }
  }
  std::size_t items = 0;
  for (Turn::Visit& visit : turn.visits) {
    if (visit.capacity == 0) {
      visit.work.state = look_at(tx, visit.client_id, services_.clock);
      continue;
    }
    if (visit.jump_to) move_clock(tx, visit.client_id, *visit.jump_to, services_.clock);
    const std::size_t allowed = std::min(kItemsPerLane, kItemsPerTurn - items);
    visit.work = run_due(tx, visit.client_id, ClaimLimits{visit.in_flight, visit.capacity, allowed},
                         services_.clock, options_.seed);
    items += visit.work.items;
    turn.notes.insert(turn.notes.end(), visit.work.notes.begin(), visit.work.notes.end());
  }
}

void Engine::Impl::finish_turn(Turn& turn, const Result<void>& committed) {
  // Before anybody can see that it is over: who waits for it finds it counted.
  if (committed.ok()) tell(turn);
  std::vector<Claimed> claims;
  {
    MutexLock lock(mutex_);
    turn_posted_ = false;
    finishing_turn_ = committed.ok();
    if (!committed.ok()) {
      // Nothing of it happened. What came back must not be lost, so it is tried again; an advance ends here.
      for (Finished& finished : turn.results) results_.push_back(std::move(finished));
      for (Turn::Visit& visit : turn.visits) {
        Lane& lane = lanes_[visit.client_id];
        lane.in_turn = false;
        queue_lane(visit.client_id, lane);
      }
      for (auto& [client_id, lane] : lanes_) {
        if (lane.run) lane.run->failure = committed.error();
        lane.jump_to = std::nullopt;
      }
      ++failed_turns_;
      if (!std::exchange(storage_fails_, true)) {
        services_.log.warning("deliveries wait: the store cannot commit (" + committed.error().detail + ")");
      }
      if (!stopping_) retry_at_ = std::chrono::steady_clock::now() + kRetryTurnAfter;
      timers_changed_.notify_all();
      changed_.notify_all();
      return;
    }
    if (std::exchange(storage_fails_, false)) services_.log.info("deliveries go on: the store commits again");
    publish(turn);
    for (Turn::Visit& visit : turn.visits) {
      for (Claimed& claimed : visit.work.claims) claims.push_back(std::move(claimed));
    }
  }
  for (Claimed& claimed : claims) send(std::move(claimed));
  MutexLock lock(mutex_);
  ++publications_;
  post_turn_if_needed();
  finishing_turn_ = false;
  changed_.notify_all();
  if (ends_waits(turn)) waited_for_.notify_all();
}

bool Engine::Impl::ends_waits(const Turn& turn) const {
  const auto now = std::chrono::steady_clock::now();
  const bool all_wait_for_idle =
      std::all_of(waits_.begin(), waits_.end(), [this, now](const WaitRun* run) REQUIRES(mutex_) {
        return run->until_idle && run->looked_at && publications_ > *run->looked_at && now < run->deadline;
      });
  return !all_wait_for_idle ||
         std::any_of(turn.visits.begin(), turn.visits.end(), [this](const auto& visit) REQUIRES(mutex_) {
           const auto lane = lanes_.find(visit.client_id);
           return lane == lanes_.end() || settled(lane->second);
         });
}

void Engine::Impl::tell(const Turn& turn) const {
  std::map<std::string_view, const std::string*> urls;
  for (const Finished& finished : turn.results)
    urls[finished.claimed.event.id] = &finished.claimed.webhook_url;
  for (const AttemptReport& report : turn.reports) {
    log_outcome(report, *urls[report.attempt.delivery_id]);
    if (observer_) observer_(report);
  }
  for (const ChaosNote& note : turn.notes) tell(note);
}

void Engine::Impl::publish(Turn& turn) {
  for (const Finished& finished : turn.results) {
    total_in_flight_ -= lanes_[finished.claimed.client_id].in_flight.erase(finished.claimed.exchange);
  }
  for (const AttemptReport& report : turn.reports) {
    if (AdvanceRun* run = lanes_[report.client_id].run.get()) {
      run->add(report, options_.listed_attempts);
    }
  }
  for (Turn::Visit& visit : turn.visits) {
    Lane& lane = lanes_[visit.client_id];
    lane.in_turn = false;
    lane.state = visit.work.state;
    for (Claimed& claimed : visit.work.claims) {
      claimed.exchange = ++last_exchange_;
      lane.in_flight[claimed.exchange].key = claimed.key;
      ++total_in_flight_;
    }
    if (lane.run) {
      lane.run->timers += visit.work.timers;
      lane.run->steps += visit.work.timers;
    }
    if (visit.work.more) queue_lane(visit.client_id, lane);
    set_timer(visit.client_id, lane);
    forget_if_gone(visit.client_id);
  }
}

// The partner is gone, and so is all that was going on for it.
void Engine::Impl::forget_if_gone(const std::string& client_id) {
  const auto found = lanes_.find(client_id);
  if (found == lanes_.end()) return;
  const Lane& lane = found->second;
  const bool idle = lane.in_flight.empty() && !lane.ready && !lane.in_turn && !lane.run && lane.quiet == 0;
  if (!lane.state.exists && idle) lanes_.erase(found);
}

void Engine::Impl::send(Claimed next) {
  Finished finished;
  finished.claimed = std::move(next);
  const Claimed& claimed = finished.claimed;
  finished.wall_time = services_.clock.wall();
  log_sent(claimed);
  if (claimed.shape.drop) {
    finished.outcome.failure = http::Failure::Connect;
    finished.outcome.failure_detail = "dropped on the way by a chaos rule; nothing was sent";
    return came_back(std::move(finished));
  }
  const Instant signed_at = options_.virtual_signatures ? claimed.started_at : finished.wall_time;
  delivery::Outgoing message = delivery::outgoing(claimed.event, claimed.webhook_secret, signed_at,
                                                  claimed.tampering, claimed.shape.extra_signature_version);
  finished.request_headers = std::move(message.headers);

  http::Call call;
  call.method = "POST";
  call.url = claimed.webhook_url;
  for (const auto& [name, value] : finished.request_headers) call.headers.add(name, value);
  call.body = std::make_shared<const std::string>(std::move(message.body));
  call.timeout = claimed.timeout;
  call.keep_response = kResponseKept;
  call.ca_file = options_.ca_file;
  call.verify_tls = options_.verify_tls;
  if (claimed.shape.bytes_per_second) call.body_bytes_per_second = *claimed.shape.bytes_per_second;
  if (claimed.shape.disconnect) {
    call.disconnect_after_body_bytes = claimed.shape.disconnect->mid_body ? call.body->size() / 2 : 0;
  }

  const std::string client_id = claimed.client_id;
  const std::uint64_t exchange = claimed.exchange;
  const auto shared = std::make_shared<Finished>(std::move(finished));
  const delivery::Sender::Id id =
      services_.sender.send(std::move(call), [this, shared](http::Outcome outcome) {
        shared->outcome = std::move(outcome);
        came_back(std::move(*shared));
      });
  if (must_cancel(client_id, exchange, id)) services_.sender.cancel(id);
}

// Remembers the exchange of a claim; true when the lane was quiesced, or the engine stopped, meanwhile.
bool Engine::Impl::must_cancel(const std::string& client_id, std::uint64_t exchange,
                               delivery::Sender::Id id) {
  MutexLock lock(mutex_);
  const auto lane = lanes_.find(client_id);
  if (lane == lanes_.end()) return false;
  const auto entry = lane->second.in_flight.find(exchange);
  if (entry == lane->second.in_flight.end()) return false;  // came back already
  entry->second.id = id;
  return is_quiet(lane->second) || stopping_;
}

void Engine::Impl::came_back(Finished finished) {
  MutexLock lock(mutex_);
  if (!started_) return;  // the stop has given it up; its row stays due
  results_.push_back(std::move(finished));
  post_turn_if_needed();
}

void Engine::Impl::set_timer(const std::string& client_id, Lane& lane) {
  if (lane.wake_at) timers_[lane.wake_at->first].erase({lane.wake_at->second, client_id});
  lane.wake_at = std::nullopt;
  const LaneState& state = lane.state;
  const bool automatic = state.exists && state.clock.mode != ClockMode::Manual;
  if (!automatic) return;
  // What is due already waits for capacity; the answer that frees it brings the lane up again. Timers need no
  // capacity.
  const bool waits = state.next_due && *state.next_due <= state.now;
  const std::optional<Instant>& next = waits ? state.next_timer : state.next_due;
  if (!next || *next > kLastInstant) return;
  const ClockMode mode = state.clock.mode;
  lane.wake_at = {mode, state.clock.wall_at(*next)};
  timers_[mode].insert({lane.wake_at->second, client_id});
  if (timers_[mode].begin()->second == client_id) timers_changed_.notify_all();
}

// Queues the lanes whose instant has come; false when there is none.
bool Engine::Impl::take_due_timers() {
  bool found = false;
  for (auto& [mode, timers] : timers_) {
    if (timers.empty()) continue;
    const Instant now = machine_time(mode, services_.clock);
    while (!timers.empty() && timers.begin()->first <= now) {
      const std::string client_id = timers.begin()->second;
      timers.erase(timers.begin());
      Lane& lane = lanes_[client_id];
      lane.wake_at = std::nullopt;
      queue_lane(client_id, lane);
      found = true;
    }
  }
  return found;
}

// When to look again. The machine's time may jump ahead without this thread being woken.
std::optional<std::chrono::steady_clock::time_point> Engine::Impl::next_timer() const {
  std::optional<Duration> soonest;
  for (const auto& [mode, timers] : timers_) {
    if (timers.empty()) continue;
    const Duration left = timers.begin()->first - machine_time(mode, services_.clock);
    soonest = std::min(left, soonest.value_or(kMachineLookedAtEvery));
  }
  if (!soonest) return std::nullopt;
  return std::chrono::steady_clock::now() + *soonest;
}

void Engine::Impl::run_timers() {
  const AllocationScope scope(Allocations::ForAll);
  MutexLock lock(mutex_);
  auto keep_clocks_at = std::chrono::steady_clock::now() + kClocksKeptEvery;
  while (!stopping_) {
    const auto now = std::chrono::steady_clock::now();
    if (keep_clocks_at <= now) {
      keep_clocks_at = now + kClocksKeptEvery;
      services_.store.post([this](store::Write& tx) { return keep_clocks(tx); }, [](const Result<void>&) {});
    }
    bool due = take_due_timers();
    if (retry_at_ && *retry_at_ <= now) {
      retry_at_ = std::nullopt;
      due = true;
    }
    if (due) {
      post_turn_if_needed();
      continue;
    }
    const auto next = std::min(keep_clocks_at, retry_at_.value_or(keep_clocks_at));
    timers_changed_.wait_until(mutex_, std::min(next, next_timer().value_or(next)));
  }
}

void Engine::Impl::log_sent(const Claimed& claimed) const {
  if (!services_.log.enabled(LogLevel::Info)) return;
  const bool scheduled = claimed.kind == AttemptKind::Scheduled;
  const std::string number = std::to_string(claimed.number);
  const std::string attempt = scheduled ? "attempt " + number + "/" + std::to_string(delivery::kMaxAttempts)
                                        : std::string(to_string(claimed.kind)) + " of attempt " + number;
  std::string rules;
  for (const std::string& id : claimed.shape.rule_ids) rules += (rules.empty() ? " chaos " : ",") + id;
  services_.log.info("--> " + claimed.event.type + " [" + claimed.event.id + "] " + attempt + rules,
                     {{"eventId", claimed.event.id},
                      {"eventType", claimed.event.type},
                      {"clientId", claimed.client_id},
                      {"attempt", std::int64_t{claimed.number}},
                      {"kind", std::string(to_string(claimed.kind))}});
}

void Engine::Impl::tell(const ChaosNote& note) const {
  if (services_.log.enabled(LogLevel::Info)) {
    services_.log.info("~~~ " + note.event_type + " [" + note.delivery_id + "] " +
                           std::string(to_string(note.what)) + " by chaos " + note.rule_id,
                       {{"eventId", note.delivery_id}, {"clientId", note.client_id}});
  }
  if (chaos_observer_) chaos_observer_(note);
}

void Engine::Impl::log_outcome(const AttemptReport& report, const std::string& url) const {
  const Attempt& attempt = report.attempt;
  // A spoilt copy is meant to be refused.
  const bool failed = !attempt.delivered && attempt.kind == AttemptKind::Scheduled;
  const LogLevel level = failed ? LogLevel::Warning : LogLevel::Info;
  if (!services_.log.enabled(level)) return;
  std::string result = attempt.response_status != 0 ? std::to_string(attempt.response_status) : "";
  // A status that came before the exchange failed says nothing about it.
  if (!attempt.failure.empty() && attempt.failure != "status")
    result += (result.empty() ? "" : " ") + attempt.failure;
  if (attempt.failure == http::failure_name(http::Failure::Tls)) {
    result += " (" + attempt.failure_detail + "; --ca-file names further authorities to trust)";
  }
  std::string next;
  if (attempt.kind != AttemptKind::Scheduled) {
    next = " " + std::string(to_string(attempt.kind));
  } else if (report.status_after == DeliveryStatus::Dead) {
    next = " dead letter";
  } else if (report.next_attempt_at) {
    next = " next +" + format_duration(*report.next_attempt_at - attempt.virtual_time);
  }
  next += " [" + attempt.delivery_id + "]";
  Log::Fields fields{{"eventId", attempt.delivery_id},
                     {"clientId", report.client_id},
                     {"attempt", std::int64_t{attempt.number}},
                     {"status", std::int64_t{attempt.response_status}},
                     {"latencyMs", std::int64_t{attempt.latency.count()}},
                     {"outcome", attempt.delivered ? "delivered" : attempt.failure}};
  if (failed && !options_.console_url.empty())
    fields.emplace_back("console", options_.console_url + "#/deliveries/" + attempt.delivery_id);
  services_.log.write(level,
                      "<-- " + result + " POST " + bare_url(url) + " " +
                          std::to_string(attempt.latency.count()) + "ms" + next,
                      fields);
  if (failed) say_where_to_look(report.status_after);
}

// Once for each kind of trouble: a log that is read by people has no room for an address per attempt.
void Engine::Impl::say_where_to_look(DeliveryStatus status) const {
  const bool dead = status == DeliveryStatus::Dead;
  if (options_.console_url.empty() || (dead ? told_of_dead_ : told_of_retries_).exchange(true)) return;
  services_.log.warning(std::string(dead ? "dead letters: " : "webhooks that failed: ") +
                        options_.console_url + "#/deliveries?status=" + std::string(to_string(status)));
}

}  // namespace zest::engine
