// The typed stages of a delivery, as far as the store is concerned: what is due is claimed, what came back is
// settled. Every function runs in a transaction of the store's writer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "chaos/plan.h"
#include "delivery/sender.h"
#include "engine/engine.h"
#include "model/event.h"
#include "model/partner.h"
#include "store/store.h"

namespace zest::engine {

// An attempt that the writer handed out, and that nobody else sends. A scheduled one has its delivery in
// flight.
struct Claimed {
  std::string client_id;
  std::string key;             // of its exchange: the delivery's id, or an extra attempt's own
  std::uint64_t exchange = 0;  // the engine's number of it; set when the claim is committed
  AttemptKind kind = AttemptKind::Scheduled;
  chaos::Shape shape;                  // what chaos makes of it on its way
  std::optional<Tampering> tampering;  // of a tampered one
  Event event;
  std::string webhook_url;
  std::string webhook_secret;
  Duration timeout{0};  // wall
  int schedule = 1;
  int number = 1;        // 1 to 6; of an extra attempt: of the one that it accompanies
  Instant started_at{};  // virtual
  Duration offset{0};    // virtual, from the schedule's first attempt
};

// An attempt that was signed, sent and answered (or not).
struct Finished {
  Claimed claimed;
  Instant wall_time{};  // start
  std::vector<std::pair<std::string, std::string>> request_headers;
  http::Outcome outcome;
};

// What a lane looks like after a turn.
struct LaneState {
  bool exists = false;
  LaneClock clock;
  Instant now{};
  std::optional<Instant> next_due;
  std::optional<Instant> next_timer;  // earliest timer after now, when a delivery that is due hides it
  bool paused = false;
};

struct ClaimLimits {
  std::size_t in_flight = 0;  // of this lane at present
  int capacity = 8;           // of this lane in the automatic modes; manual lanes have 1
  std::size_t items = 100;    // timers and deliveries taken up in one go
};

struct LaneWork {
  std::vector<Claimed> claims;
  std::size_t timers = 0;  // fired
  std::size_t items = 0;   // timers and deliveries taken up
  bool more = false;       // the limit of items ended it: the rest is for the next turn
  std::vector<ChaosNote> notes;
  LaneState state;
};

// Moves a lane's clock forward to `target` (virtual); nothing when it is there already.
void move_clock(store::Write& tx, const std::string& client_id, Instant target, const WallClock& clock);

// An attempt at a delivery as the present state has it; changes nothing.
Claimed claim_for(const Partner& partner, const Delivery& delivery, Event event, Instant now);

// Fires the timers that are due, claims the deliveries that are due, as far as the limits allow. `seed`: of
// what chaos draws.
LaneWork run_due(store::Write& tx, const std::string& client_id, const ClaimLimits& limits,
                 const WallClock& clock, std::uint64_t seed);

// Records the attempt and moves the delivery on: delivered, due again, or dead. Extra attempts move nothing.
// A cancelled attempt leaves no record; its delivery is due as before. Nothing when the delivery is gone.
std::optional<AttemptReport> settle(store::Write& tx, const Finished& finished, const WallClock& clock,
                                    std::vector<ChaosNote>& notes);

// The lane as it is now.
LaneState look_at(store::Read& tx, const std::string& client_id, const WallClock& clock);

}  // namespace zest::engine
