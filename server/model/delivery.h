// The delivery of one event to the partner's endpoint: its state, and the record of every attempt. Zest docs:
// webhooks/retries.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "protocol/statuses.h"

namespace zest {

struct Delivery {
  std::string id;  // the event's id
  std::string client_id;
  std::string event_type;
  std::string subject;  // the resource that the event is about
  DeliveryStatus status = DeliveryStatus::Pending;
  int attempt_count = 0;       // scheduled attempts made, over all schedules
  int schedule = 1;            // 1 for the first schedule, one more for each retry
  int schedule_attempts = 0;   // attempts made in the present schedule, 0 to 6
  std::uint64_t sequence = 0;  // order among the lane's work of one instant
  // Virtual. next_attempt_at is absent when nothing is scheduled (delivered, dead, held).
  std::optional<Instant> next_attempt_at;
  std::optional<Instant> schedule_started_at;  // start of the present schedule's first attempt
  Instant created_at{};
};

struct Attempt {
  std::string delivery_id;
  AttemptKind kind = AttemptKind::Scheduled;
  int schedule = 1;
  int number = 1;              // 1 to 6 within its schedule
  Instant virtual_time{};      // start
  Instant wall_time{};         // start
  Duration offset{0};          // virtual, from the schedule's first attempt
  Duration latency{0};         // wall
  bool delivered = false;      // outcome
  std::string failure;         // "", or connect, resolve, tls, timeout, reset, status, …
  std::string failure_detail;  // one phrase for people
  std::vector<std::pair<std::string, std::string>> request_headers;
  int response_status = 0;    // 0: no answer
  std::string response_body;  // first 4 KiB
  std::string chaos_rule;     // id of the rule that shaped it, or ""
};

}  // namespace zest
