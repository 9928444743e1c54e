// The delivery engine: runs what is due in every lane, at the virtual instant it is due. One lane per
// partner; a lane with a hanging receiver holds up itself only. Deliveries pass through claimed -> planned ->
// signed -> sent -> settled; no transaction is open while one is sent. Claims and settlements are bodies on
// the store's writer.
//
// Automatic modes (real, scaled): a timer thread wakes the lane whose next work is due. Manual mode: work
// that is due now is done at once; time moves only by advance(), a discrete-event step over the same code.
//
// Thread-safety: all public methods from any thread; advance() and wait() block their caller and must not be
// called on the store's writer.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "delivery/sender.h"
#include "model/delivery.h"
#include "model/lane.h"
#include "rules/file_urls.h"
#include "store/store.h"

namespace zest::engine {

struct Options {
  bool virtual_signatures = false;  // --signature-time virtual
  std::string ca_file;              // --ca-file
  bool verify_tls = true;           // --insecure-webhook-tls turns it off
  int lane_capacity = 8;            // exchanges in flight per lane in the automatic modes; 1 in manual mode
  int total_capacity = 1024;        // over all lanes
  std::size_t advance_steps = 1'000'000;  // steps of time, timers and attempts before one advance gives up
  std::size_t listed_attempts = 100'000;  // that one advance lists; it counts all
  std::uint64_t seed = 1;                 // of what chaos draws
  std::string console_url;                // where people look at deliveries, for the log; "": nowhere
  // Wall; how long a stop waits for what it cancelled. The process has 5 s for all of its parts.
  Duration stop_within{3'000};
};

struct Services {
  store::Store& store;
  const WallClock& clock;
  delivery::Sender& sender;
  Log& log;
};

// One finished attempt, as advance() lists it and the stream shows it.
struct AttemptReport {
  std::string client_id;
  std::string event_type;
  std::string subject;  // the resource that the event is about
  Attempt attempt;
  DeliveryStatus status_after = DeliveryStatus::Pending;
  std::optional<Instant> next_attempt_at;  // virtual
  bool answered_early = false;             // before the whole body had left
};
// Without the request's headers and the answer's body: what may be held in memory by the thousand.
AttemptReport without_exchange(AttemptReport report);

// A chaos rule postponed a delivery, or let it go on.
struct ChaosNote {
  enum class What { Delayed, Held, Collected, Released };
  std::string client_id;
  std::string delivery_id;
  std::string event_type;
  std::string rule_id;
  What what = What::Held;
  std::optional<Instant> until;  // virtual; of a delay
};
std::string_view to_string(ChaosNote::What what);

struct LaneView {
  std::string client_id;
  LaneClock clock;
  Instant now{};  // virtual
  std::optional<Instant> next_due;
  bool paused = false;
  std::size_t in_flight = 0;
};

struct ClockChange {
  std::optional<ClockMode> mode;
  std::optional<std::int64_t> scale;
  std::optional<Instant> time;  // forward only
};

struct AdvanceRequest {
  std::optional<std::string> client_id;  // absent: every lane
  struct By {
    Duration duration;
  };
  struct To {
    Instant instant;
  };
  struct Next {};
  struct Idle {};
  std::variant<By, To, Next, Idle> target;
};

struct AdvanceReport {
  std::vector<LaneView> lanes;  // after it
  // The first Options::listed_attempts in the order of their outcome, without_exchange().
  std::deque<AttemptReport> attempts;
  std::size_t attempt_count = 0;  // all that were made
  std::size_t timers = 0;         // others that fired
  std::vector<std::string>
      parked;  // ids of open deliveries that time does not move (paused, held, no endpoint)
};

struct WaitRequest {
  std::optional<std::string> client_id;
  struct Idle {};  // nothing due is left undelivered
  struct EventSeen {
    std::optional<std::string> event_type;
    std::optional<std::string> subject;
    std::size_t count = 1;
    WaitOutcome outcome = WaitOutcome::Delivered;
  };
  struct DeliveryIn {
    std::string delivery_id;
    std::optional<DeliveryStatus> status = {};  // instead of the outcome: the delivery is in this state
    WaitOutcome outcome = WaitOutcome::Delivered;
  };
  std::variant<Idle, EventSeen, DeliveryIn> until;
  Duration timeout{10'000};        // wall
  std::function<bool()> given_up;  // asked now and then; true ends the call. Nothing: never
};

struct WaitReport {
  bool reached = false;
  bool given_up = false;
  bool hopeless = false;          // what was waited for cannot come any more: it has come to another outcome
  std::vector<std::string> open;  // ids of deliveries that are still due, when it was not reached
};

// Why lanes fall silent, and what that means for an advance of every lane. One of a single lane ends in both.
enum class Quiescence {
  Reset,    // it ends, too
  Removal,  // it goes on without the lane
};

class Engine {
 public:
  Engine(Services services, Options options);
  ~Engine();  // stops

  // Takes up every lane of the store. Errors: ServiceUnavailable.
  Result<void> start();
  // Cancels what is in flight (it stays due) and ends waiting calls. What has not ended in time is given up,
  // and the log says so: the sender must be gone before the engine then. Idempotent.
  void stop();

  // A hint that a lane has new work; call it after the commit. Never blocks.
  void wake(const std::string& client_id);
  // The lane is new or its partner, clock or pause changed: look at it afresh. Never blocks.
  void refresh(const std::string& client_id) { wake(client_id); }

  // Errors: NotFound for an unknown partner.
  Result<std::vector<LaneView>> lanes(const std::optional<std::string>& client_id);
  // Virtual now of one lane.
  Result<Instant> now(const std::string& client_id);
  // Errors: InvalidRequest (scale out of range, time backwards), NotFound. Answers the lanes after it.
  Result<std::vector<LaneView>> set_clock(const std::optional<std::string>& client_id,
                                          const ClockChange& change);
  // Errors: NotFound, InvalidRequest (an instant that lies behind the one lane named; something that it was
  // to reach lies after kLastInstant: what comes before has been done), Conflict (another advance of the same
  // clock runs; or "interrupted" by reset or stop; or the step budget was used up), ServiceUnavailable (the
  // store cannot commit; the clocks stand where they got to).
  Result<AdvanceReport> advance(const AdvanceRequest& request);
  // Errors: NotFound, Conflict ("interrupted" by quiesce() of all that it looks at), ServiceUnavailable
  // (stop).
  Result<WaitReport> wait(const WaitRequest& request);
  Result<void> set_paused(const std::optional<std::string>& client_id, bool paused);

  // Replays a delivery: a fresh schedule with the same event and body. Errors: NotFound, Conflict while in
  // flight.
  Result<Delivery> retry(const std::string& delivery_id);
  // The same for many, in the order given; answers those that were: the others are in flight or gone.
  Result<std::vector<std::string>> retry(const std::vector<std::string>& delivery_ids);

  // Lets a held delivery go on now. Errors: NotFound when it is not held.
  Result<Delivery> release(const std::string& delivery_id);
  // Changes chaos rules in one transaction, and lets every lane look at them. `change` may add to the notes.
  Result<void> change_rules(
      const std::function<Result<void>(store::Write&, std::vector<ChaosNote>& notes)>& change);

  // Cancels the lane's exchanges, waits until none is left, interrupts its advance and waits, and keeps the
  // lane quiet while `change` runs, on this thread; then takes it up again. For reset, removal and
  // snapshots. With no client id: all lanes, those that come meanwhile too; such changes take turns. Errors:
  // NotFound, those of `change`; ServiceUnavailable when the store cannot commit, or after stop().
  Result<void> quiesce(const std::optional<std::string>& client_id,
                       const std::function<Result<void>()>& change, Quiescence kind = Quiescence::Reset);

  // Called for every finished attempt, on the store's writer after the commit. Set before start().
  void on_attempt(std::function<void(const AttemptReport&)> observer);
  // The same for what chaos postponed or let go on.
  void on_chaos(std::function<void(const ChaosNote&)> observer);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace zest::engine
