#include "engine/dispatch.h"

#include "base/text.h"
#include "delivery/schedule.h"
#include "engine/chaos_stage.h"
#include "rules/context.h"
#include "rules/spv_requests.h"
#include "rules/subscriptions.h"

namespace zest::engine {
namespace {

// Of an answer that is too long, the part that nobody reads is cut off; its status counts as any other.
bool was_answered(const http::Outcome& outcome) {
  return outcome.failure == http::Failure::None || outcome.failure == http::Failure::TooLarge;
}

bool is_success(const http::Outcome& outcome) {
  return was_answered(outcome) && outcome.status >= 200 && outcome.status < 300;
}

// An address that cannot be found is a connection that cannot be made.
const char* failure_kind(http::Failure failure) {
  const bool no_connection = failure == http::Failure::Resolve || failure == http::Failure::BadUrl;
  return http::failure_name(no_connection ? http::Failure::Connect : failure);
}

// What a timer does; the resource may have moved on meanwhile, then it does nothing.
void fire(rules::Context& context, const Timer& timer) {
  switch (timer.kind) {
    case TimerKind::AutoApprove:
      static_cast<void>(rules::approve_spv_request(context, timer.subject));
      break;
    case TimerKind::AutoComplete:
      static_cast<void>(rules::complete_subscription(context, timer.subject, rules::Completion{}));
      break;
    case TimerKind::Reconcile:
      rules::reconcile(context, timer.due_at);
      break;
    case TimerKind::ExtraAttempt:  // an exchange, not a change: run_due() claims it
    case TimerKind::Release:       // chaos: run_due() does it
      break;
  }
}

Attempt attempt_of(const Finished& finished) {
  const Claimed& claimed = finished.claimed;
  const http::Outcome& outcome = finished.outcome;
  Attempt attempt;
  attempt.delivery_id = claimed.event.id;
  attempt.kind = claimed.kind;
  attempt.schedule = claimed.schedule;
  attempt.number = claimed.number;
  attempt.virtual_time = claimed.started_at;
  attempt.wall_time = finished.wall_time;
  attempt.offset = claimed.offset;
  attempt.latency = outcome.latency;
  attempt.delivered = is_success(outcome);
  if (!was_answered(outcome)) {
    attempt.failure = failure_kind(outcome.failure);
    attempt.failure_detail = outcome.failure_detail;
  } else if (!attempt.delivered) {
    attempt.failure = "status";
    attempt.failure_detail = "the receiver answered " + std::to_string(outcome.status);
  }
  if (claimed.shape.lost_ack && attempt.delivered) {
    attempt.delivered = false;
    attempt.failure = failure_kind(http::Failure::Reset);
    attempt.failure_detail =
        "the receiver answered " + std::to_string(outcome.status) + "; the answer was lost";
  }
  attempt.chaos_rule = join(claimed.shape.rule_ids, ",");
  attempt.request_headers = finished.request_headers;
  attempt.response_status = outcome.status;
  attempt.response_body = outcome.body;
  return attempt;
}

}  // namespace

void move_clock(store::Write& tx, const std::string& client_id, Instant target, const WallClock& clock) {
  std::optional<Lane> lane = tx.lane(client_id);
  if (!lane || target <= lane_now(*lane, clock)) return;
  anchor_now(*lane, target, clock);
  lane->high_water = target;
  tx.put_lane(*lane);
}

Claimed claim_for(const Partner& partner, const Delivery& delivery, Event event, Instant now) {
  Claimed claimed;
  claimed.client_id = partner.client_id;
  claimed.key = delivery.id;
  claimed.event = std::move(event);
  claimed.webhook_url = partner.webhook_url.value_or("");
  claimed.webhook_secret = partner.webhook_secret;
  claimed.timeout = partner.delivery_timeout;
  claimed.schedule = delivery.schedule;
  claimed.number = delivery.schedule_attempts + 1;
  claimed.started_at = now;
  claimed.offset = now - delivery.schedule_started_at.value_or(now);
  return claimed;
}

namespace {

// One run over what is due in a lane.
class DueRun {
 public:
  DueRun(store::Write& tx, const Partner& partner, Instant now, std::uint64_t seed, LaneWork& work)
      : tx_(tx), partner_(partner), now_(now), seed_(seed), work_(work) {}
  ~DueRun() = default;
  DueRun(const DueRun&) = delete;
  DueRun& operator=(const DueRun&) = delete;

  // Both may add a claim.
  void run_timer(const Timer& timer) {
    tx_.remove_timer(timer.id);
    ++work_.timers;
    if (timer.kind == TimerKind::ExtraAttempt) {
      std::optional<Claimed> extra = claim_extra(tx_, partner_, timer, now_);
      if (extra) work_.claims.push_back(std::move(*extra));
    } else if (timer.kind == TimerKind::Release) {
      release_by_timer(tx_, partner_, timer, now_, seed_, work_.notes);
    } else {
      Result<rules::Context> context = rules::begin_at(tx_, partner_.client_id, now_);
      if (context.ok()) fire(*context, timer);
    }
  }

  void run_delivery(store::DueDelivery due) {
    Delivery& delivery = due.delivery;
    if (!chaos_) chaos_.emplace(tx_, partner_, now_, seed_);
    std::optional<LaneChaos::Planned> planned = chaos_->plan(delivery, due.event, work_.notes);
    if (!planned) return;
    if (planned->tampered) {
      Claimed tampered = claim_for(partner_, delivery, std::move(due.event), now_);
      tampered.key = planned->key;
      tampered.kind = AttemptKind::Tampered;
      tampered.tampering = planned->tampered->tamper.what;
      tampered.shape.rule_ids = {planned->tampered->rule_id};
      work_.claims.push_back(std::move(tampered));
      return;
    }
    if (delivery.schedule_attempts == 0) delivery.schedule_started_at = now_;
    delivery.status = DeliveryStatus::InFlight;
    tx_.put_delivery(delivery);
    Claimed claimed = claim_for(partner_, delivery, std::move(due.event), now_);
    claimed.shape = std::move(planned->shape);
    work_.claims.push_back(std::move(claimed));
  }

  void save() {
    if (chaos_) chaos_->save();
  }

 private:
  store::Write& tx_;
  const Partner& partner_;
  const Instant now_;  // virtual
  const std::uint64_t seed_;
  LaneWork& work_;
  std::optional<LaneChaos> chaos_;  // read when the first delivery is due
};

}  // namespace

LaneWork run_due(store::Write& tx, const std::string& client_id, const ClaimLimits& limits,
                 const WallClock& clock, std::uint64_t seed) {
  LaneWork work;
  const std::optional<Partner> partner = tx.partner(client_id);
  const std::optional<Lane> lane = tx.lane(client_id);
  if (!partner || !lane) return work;
  const bool manual = lane->clock.mode == ClockMode::Manual;
  const std::size_t capacity = manual ? 1 : static_cast<std::size_t>(limits.capacity);
  const bool deliverable = !lane->paused && partner->webhook_url.has_value();
  const Instant now = lane_now(*lane, clock);
  DueRun run(tx, *partner, now, seed, work);
  const auto busy = [&limits, &work] { return limits.in_flight + work.claims.size(); };
  // A manual lane does one thing after the other: what follows waits for the answer of what is in flight.
  while (!(manual && busy() > 0)) {
    std::optional<store::DueWork> due = tx.due_work(client_id, now, deliverable && busy() < capacity);
    if (!due) break;
    work.more = work.items >= limits.items;
    if (work.more) break;
    ++work.items;
    if (const auto* timer = std::get_if<Timer>(&*due)) {
      run.run_timer(*timer);
    } else {
      run.run_delivery(std::get<store::DueDelivery>(std::move(*due)));
    }
  }
  run.save();
  work.state = look_at(tx, client_id, clock);
  // As of the instant up to which work was done: what became due since then is still to come.
  work.state.now = now;
  if (work.state.next_due && *work.state.next_due <= now) {
    const std::optional<Instant> timer = tx.next_due(client_id, false);
    if (timer && *timer > now) work.state.next_timer = timer;
  }
  return work;
}

namespace {

AttemptReport report_of(const Finished& finished) {
  AttemptReport report;
  report.client_id = finished.claimed.client_id;
  report.event_type = finished.claimed.event.type;
  if (!finished.claimed.event.subjects.empty()) report.subject = finished.claimed.event.subjects.front();
  report.attempt = attempt_of(finished);
  report.answered_early = finished.outcome.before_body;
  return report;
}

// An extra attempt leaves its record, and lets go on what waited for it.
std::optional<AttemptReport> settle_extra(store::Write& tx, const Finished& finished, Instant now,
                                          std::vector<ChaosNote>& notes) {
  const std::optional<Delivery> delivery = tx.delivery(finished.claimed.event.id);
  if (!delivery) return std::nullopt;
  release_followers(tx, finished.claimed.key, now, notes);
  if (finished.outcome.failure == http::Failure::Cancelled) return std::nullopt;
  AttemptReport report = report_of(finished);
  tx.add_attempt(report.attempt);
  report.status_after = delivery->status;
  report.next_attempt_at = delivery->next_attempt_at;
  return report;
}

}  // namespace

std::optional<AttemptReport> settle(store::Write& tx, const Finished& finished, const WallClock& clock,
                                    std::vector<ChaosNote>& notes) {
  const std::optional<Lane> lane = tx.lane(finished.claimed.client_id);
  const Instant now = lane ? lane_now(*lane, clock) : finished.claimed.started_at;
  if (finished.claimed.kind != AttemptKind::Scheduled) return settle_extra(tx, finished, now, notes);
  std::optional<Delivery> delivery = tx.delivery(finished.claimed.event.id);
  if (!delivery || delivery->status != DeliveryStatus::InFlight) return std::nullopt;
  if (finished.outcome.failure == http::Failure::Cancelled) {
    delivery->status = delivery->schedule_attempts == 0 ? DeliveryStatus::Pending : DeliveryStatus::Retrying;
    tx.put_delivery(*delivery);
    return std::nullopt;
  }
  AttemptReport report = report_of(finished);
  ++delivery->attempt_count;
  delivery->schedule_attempts = finished.claimed.number;
  delivery->next_attempt_at = std::nullopt;
  if (report.attempt.delivered) {
    delivery->status = DeliveryStatus::Delivered;
  } else {
    delivery->next_attempt_at =
        delivery::next_attempt_at(finished.claimed.number, finished.claimed.started_at, now);
    delivery->status = delivery->next_attempt_at ? DeliveryStatus::Retrying : DeliveryStatus::Dead;
  }
  tx.put_delivery(*delivery);
  tx.add_attempt(report.attempt);
  if (!finished.claimed.shape.rule_ids.empty()) forget_postponement(tx, delivery->id);
  after_settlement(tx, *delivery, now, notes);
  report.status_after = delivery->status;
  report.next_attempt_at = delivery->next_attempt_at;
  return report;
}

LaneState look_at(store::Read& tx, const std::string& client_id, const WallClock& clock) {
  LaneState state;
  const std::optional<Lane> lane = tx.lane(client_id);
  const std::optional<Partner> partner = tx.partner(client_id);
  if (!lane || !partner) return state;
  state.exists = true;
  state.clock = lane->clock;
  state.now = lane_now(*lane, clock);
  state.paused = lane->paused;
  state.next_due = tx.next_due(client_id, !lane->paused && partner->webhook_url.has_value());
  return state;
}

}  // namespace zest::engine
