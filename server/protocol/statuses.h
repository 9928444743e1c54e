// The words for states and kinds that answers, filters and webhooks use. Zest docs: spv-requests, investors,
// subscriptions, webhooks/retries; the clock's modes are the sandbox's own. Thread-safety: immutable.
#pragma once

#include <optional>
#include <string_view>

#include "base/enum_table.h"

namespace zest {

enum class SpvStatus { PendingReview, Approved, Rejected, Cancelled };
inline constexpr Word<SpvStatus> kSpvStatusWords[] = {{SpvStatus::PendingReview, "pending-review"},
                                                      {SpvStatus::Approved, "approved"},
                                                      {SpvStatus::Rejected, "rejected"},
                                                      {SpvStatus::Cancelled, "cancelled"}};
static_assert(is_complete(kSpvStatusWords));
inline constexpr auto kSpvStatuses = values_of(kSpvStatusWords);
constexpr std::string_view to_string(SpvStatus status) { return row_of(kSpvStatusWords, status).text; }
constexpr std::optional<SpvStatus> parse_spv_status(std::string_view text) {
  return parse_word(kSpvStatuses, text);
}

// What became of one row of a batch of investors.
enum class RowStatus { Created, AlreadyExists, Failed };
inline constexpr Word<RowStatus> kRowStatusWords[] = {{RowStatus::Created, "created"},
                                                      {RowStatus::AlreadyExists, "already_exists"},
                                                      {RowStatus::Failed, "failed"}};
static_assert(is_complete(kRowStatusWords));
inline constexpr auto kRowStatuses = values_of(kRowStatusWords);
constexpr std::string_view to_string(RowStatus status) { return row_of(kRowStatusWords, status).text; }

enum class SubscriptionStatus { Pending, Completed };
inline constexpr Word<SubscriptionStatus> kSubscriptionStatusWords[] = {
    {SubscriptionStatus::Pending, "pending"}, {SubscriptionStatus::Completed, "completed"}};
static_assert(is_complete(kSubscriptionStatusWords));
inline constexpr auto kSubscriptionStatuses = values_of(kSubscriptionStatusWords);
constexpr std::string_view to_string(SubscriptionStatus status) {
  return row_of(kSubscriptionStatusWords, status).text;
}
constexpr std::optional<SubscriptionStatus> parse_subscription_status(std::string_view text) {
  return parse_word(kSubscriptionStatuses, text);
}

enum class DeliveryStatus { Pending, InFlight, Retrying, Delivered, Dead };
inline constexpr Word<DeliveryStatus> kDeliveryStatusWords[] = {{DeliveryStatus::Pending, "pending"},
                                                                {DeliveryStatus::InFlight, "in_flight"},
                                                                {DeliveryStatus::Retrying, "retrying"},
                                                                {DeliveryStatus::Delivered, "delivered"},
                                                                {DeliveryStatus::Dead, "dead"}};
static_assert(is_complete(kDeliveryStatusWords));
inline constexpr auto kDeliveryStatuses = values_of(kDeliveryStatusWords);
constexpr std::string_view to_string(DeliveryStatus status) {
  return row_of(kDeliveryStatusWords, status).text;
}
constexpr std::optional<DeliveryStatus> parse_delivery_status(std::string_view text) {
  return parse_word(kDeliveryStatuses, text);
}

// What a wait waits for to become of an event or a delivery.
enum class WaitOutcome { Delivered, Dead, Attempted, Emitted };
inline constexpr Word<WaitOutcome> kWaitOutcomeWords[] = {{WaitOutcome::Delivered, "delivered"},
                                                          {WaitOutcome::Dead, "dead"},
                                                          {WaitOutcome::Attempted, "attempted"},
                                                          {WaitOutcome::Emitted, "emitted"}};
static_assert(is_complete(kWaitOutcomeWords));
inline constexpr auto kWaitOutcomes = values_of(kWaitOutcomeWords);
constexpr std::string_view to_string(WaitOutcome outcome) { return row_of(kWaitOutcomeWords, outcome).text; }

// Why an attempt is made. Only scheduled ones take a number and change the delivery's state.
enum class AttemptKind { Scheduled, Copy, Tampered, Replay };
inline constexpr Word<AttemptKind> kAttemptKindWords[] = {{AttemptKind::Scheduled, "scheduled"},
                                                          {AttemptKind::Copy, "copy"},
                                                          {AttemptKind::Tampered, "tampered"},
                                                          {AttemptKind::Replay, "replay"}};
static_assert(is_complete(kAttemptKindWords));
inline constexpr auto kAttemptKinds = values_of(kAttemptKindWords);
constexpr std::string_view to_string(AttemptKind kind) { return row_of(kAttemptKindWords, kind).text; }
constexpr std::optional<AttemptKind> parse_attempt_kind(std::string_view text) {
  return parse_word(kAttemptKinds, text);
}

// How a virtual clock moves: like the wall clock, `scale` times as fast, or only when it is told to.
enum class ClockMode { Real, Scaled, Manual };
inline constexpr Word<ClockMode> kClockModeWords[] = {
    {ClockMode::Real, "real"}, {ClockMode::Scaled, "scaled"}, {ClockMode::Manual, "manual"}};
static_assert(is_complete(kClockModeWords));
inline constexpr auto kClockModes = values_of(kClockModeWords);
constexpr std::string_view to_string(ClockMode mode) { return row_of(kClockModeWords, mode).text; }

}  // namespace zest
