// What a partner's tests can meet of Zest, as one table: dimensions, and the items of each. The items are
// those of the tables beside this one, so that a new operation, event type or code is one here by itself. The
// recorder counts by it; reports, the control plane and the console read it. Thread-safety: immutable.
#pragma once

#include <array>
#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/enum_table.h"
#include "protocol/error_codes.h"
#include "protocol/event_type.h"
#include "protocol/operations.h"
#include "protocol/statuses.h"

namespace zest {

enum class CoverageDimension {
  Operations,
  Events,
  Errors,
  Validation,
  Transitions,
  Idempotency,
  Retries,
  Duplicates,
  Order,
  Clocks,
};
struct CoverageDimensionRow {
  CoverageDimension dimension;
  std::string_view id;  // which its items' ids begin with
  std::string_view title;
  std::string_view counts;  // when an item counts as met
};
inline constexpr CoverageDimensionRow kCoverageDimensionTable[] = {
    {CoverageDimension::Operations, "operations", "Operations", "A call that was answered with success."},
    {CoverageDimension::Events, "events", "Events", "A genuine webhook that the receiver answered."},
    {CoverageDimension::Errors, "errors", "Error codes", "A call that was answered so, by a fault too."},
    {CoverageDimension::Validation, "validation", "Validation codes",
     "A row of validationErrors, or of an investor that failed."},
    {CoverageDimension::Transitions, "transitions", "Transitions",
     "A change of state whose event was emitted; of investors also the other outcomes of a row."},
    {CoverageDimension::Idempotency, "idempotency", "Idempotency", "What became of a call with a key."},
    {CoverageDimension::Retries, "retries", "Retries",
     "The attempt that succeeded, the dead letter, and the replay of a delivery that succeeded."},
    {CoverageDimension::Duplicates, "duplicates", "Duplicates", "An event that the receiver had before."},
    {CoverageDimension::Order, "order", "Order", "An event that came after a later one was acknowledged."},
    {CoverageDimension::Clocks, "clocks", "Clocks", "Something that was used after its time."},
};
static_assert(is_complete(kCoverageDimensionTable, &CoverageDimensionRow::dimension));
inline constexpr std::size_t kCoverageDimensions = std::size(kCoverageDimensionTable);

// Of Zest's own document: a signed URL is no operation of it.
constexpr bool is_covered(const OperationRow& row) {
  return surface_of(row.path) == Surface::Partner && row.operation != Operation::DownloadFile;
}

enum class Transition {
  SpvPendingReview,
  SpvApproved,
  SpvRejected,
  SpvCancelled,
  InvestorCreated,
  InvestorAlreadyExists,
  InvestorFailed,
  SubscriptionPending,
  SubscriptionForm,
  SubscriptionFunded,
  SubscriptionCompleted,
};
struct TransitionRow {
  Transition transition;
  std::string_view name;
  std::optional<EventType> told_by = std::nullopt;
};
inline constexpr TransitionRow kTransitionTable[] = {
    {Transition::SpvPendingReview, "spv_request.pending-review", EventType::SpvRequestCreated},
    {Transition::SpvApproved, "spv_request.approved", EventType::SpvRequestCompleted},
    {Transition::SpvRejected, "spv_request.rejected", EventType::SpvRequestRejected},
    {Transition::SpvCancelled, "spv_request.cancelled", EventType::SpvRequestCancelled},
    {Transition::InvestorCreated, "investor.created", EventType::InvestorCreated},
    {Transition::InvestorAlreadyExists, "investor.already_exists"},
    {Transition::InvestorFailed, "investor.failed"},
    {Transition::SubscriptionPending, "subscription.pending", EventType::SubscriptionCreated},
    {Transition::SubscriptionForm, "subscription.form-on-record", EventType::SignedSubscriptionFormUploaded},
    {Transition::SubscriptionFunded, "subscription.funded", EventType::FundingReceiptUploaded},
    {Transition::SubscriptionCompleted, "subscription.completed", EventType::SubscriptionCompleted},
};
static_assert(is_complete(kTransitionTable, &TransitionRow::transition));

// The words of the dimensions that no other table has.
inline constexpr std::string_view kIdempotencyOutcomes[] = {"executed", "replayed", "conflict", "expired"};
inline constexpr std::string_view kRetryOutcomes[] = {"attempt-1", "attempt-2", "attempt-3", "attempt-4",
                                                      "attempt-5", "attempt-6", "dead",      "replayed"};
inline constexpr std::string_view kDuplicateKinds[] = {"copy", "lost-acknowledgement", "replay"};
inline constexpr std::string_view kOrderKinds[] = {"overtaken", "overtaken-same-resource"};
inline constexpr std::string_view kClockSituations[] = {"token-expired", "url-expired", "key-expired"};

// How many items a dimension has, counted.
constexpr std::size_t count_items(CoverageDimension dimension) {
  switch (dimension) {
    case CoverageDimension::Operations: {
      std::size_t count = 0;
      for (const OperationRow& row : kOperationTable) count += is_covered(row) ? 1 : 0;
      return count;
    }
    case CoverageDimension::Events:
      return std::size(kEventTypeTable);
    case CoverageDimension::Errors:
      return std::size(kErrorCodes);
    case CoverageDimension::Validation:
      return std::size(kValidationCodes);
    case CoverageDimension::Transitions:
      return std::size(kTransitionTable);
    case CoverageDimension::Idempotency:
      return std::size(kIdempotencyOutcomes);
    case CoverageDimension::Retries:
      return std::size(kRetryOutcomes);
    case CoverageDimension::Duplicates:
      return std::size(kDuplicateKinds);
    case CoverageDimension::Order:
      return std::size(kOrderKinds);
    case CoverageDimension::Clocks:
      return std::size(kClockSituations);
  }
  return 0;
}

// Items are numbered through, dimension by dimension: where each begins, and after the last how many there
// are. Counted while it is compiled: calls look here.
inline constexpr auto kCoverageBegins = [] {
  std::array<std::size_t, kCoverageDimensions + 1> begins{};
  for (std::size_t i = 0; i < kCoverageDimensions; ++i) {
    begins[i + 1] = begins[i] + count_items(static_cast<CoverageDimension>(i));
  }
  return begins;
}();
inline constexpr std::size_t kCoverageItems = kCoverageBegins.back();
constexpr std::size_t coverage_begin(CoverageDimension dimension) {
  return kCoverageBegins[static_cast<std::size_t>(dimension)];
}
constexpr std::size_t coverage_size(CoverageDimension dimension) {
  return kCoverageBegins[static_cast<std::size_t>(dimension) + 1] - coverage_begin(dimension);
}

struct CoverageItem {
  CoverageDimension dimension{};
  std::string_view name;  // "createSpvRequest"
  std::string id;         // "operations.createSpvRequest"
};
// All of them, in order.
inline const std::vector<CoverageItem>& coverage_items() {
  static const std::vector<CoverageItem> items = [] {
    std::vector<CoverageItem> all;
    const auto add = [&all](CoverageDimension dimension, std::string_view name) {
      const std::string_view of = row_of(kCoverageDimensionTable, dimension).id;
      all.push_back({dimension, name, std::string(of).append(".").append(name)});
    };
    for (const OperationRow& row : kOperationTable) {
      if (is_covered(row)) add(CoverageDimension::Operations, row.id);
    }
    for (const EventTypeRow& row : kEventTypeTable) add(CoverageDimension::Events, row.name);
    for (const std::string_view code : kErrorCodes) add(CoverageDimension::Errors, code);
    for (const std::string_view code : kValidationCodes) add(CoverageDimension::Validation, code);
    for (const TransitionRow& row : kTransitionTable) add(CoverageDimension::Transitions, row.name);
    for (const std::string_view word : kIdempotencyOutcomes) add(CoverageDimension::Idempotency, word);
    for (const std::string_view word : kRetryOutcomes) add(CoverageDimension::Retries, word);
    for (const std::string_view word : kDuplicateKinds) add(CoverageDimension::Duplicates, word);
    for (const std::string_view word : kOrderKinds) add(CoverageDimension::Order, word);
    for (const std::string_view word : kClockSituations) add(CoverageDimension::Clocks, word);
    return all;
  }();
  return items;
}

}  // namespace zest
