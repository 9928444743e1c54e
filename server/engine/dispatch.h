// The typed stages of a delivery, as far as the store is concerned: what is due is claimed, what came back is
// settled. Every function runs in a transaction of the store's writer.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "delivery/sender.h"
#include "engine/engine.h"
#include "model/event.h"
#include "model/partner.h"
#include "store/store.h"

namespace zest::engine {

// An attempt that the writer handed out: its delivery is in flight, and nobody else sends it.
struct Claimed {
  std::string client_id;
  Event event;
  std::string webhook_url;
  std::string webhook_secret;
  Duration timeout{0};  // wall
  int schedule = 1;
  int number = 1;        // 1 to 6
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
  bool paused = false;
};

struct ClaimLimits {
  std::size_t in_flight = 0;  // of this lane at present
  int capacity = 8;           // of this lane in the automatic modes; manual lanes have 1
};

struct LaneWork {
  std::vector<Claimed> claims;
  std::size_t timers = 0;  // fired
  LaneState state;
};

// Moves a lane's clock forward to `target` (virtual); nothing when it is there already.
void move_clock(store::Write& tx, const std::string& client_id, Instant target, const WallClock& clock);

// Fires the timers that are due, claims the deliveries that are due, as far as the limits allow.
LaneWork run_due(store::Write& tx, const std::string& client_id, const ClaimLimits& limits,
                 const WallClock& clock);

// Records the attempt and moves the delivery on: delivered, due again, or dead. A cancelled attempt leaves no
// record; its delivery is due as before. Nothing when the delivery is gone.
std::optional<AttemptReport> settle(store::Write& tx, const Finished& finished, const WallClock& clock);

// The lane as it is now.
LaneState look_at(store::Read& tx, const std::string& client_id, const WallClock& clock);

}  // namespace zest::engine
