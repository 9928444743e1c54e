#include "model/delivery.h"

namespace zest {

std::string_view to_string(DeliveryStatus status) {
  switch (status) {
    case DeliveryStatus::Pending:
      return "pending";
    case DeliveryStatus::InFlight:
      return "in_flight";
    case DeliveryStatus::Retrying:
      return "retrying";
    case DeliveryStatus::Delivered:
      return "delivered";
    case DeliveryStatus::Dead:
      return "dead";
  }
  return "";
}

std::optional<DeliveryStatus> parse_delivery_status(std::string_view text) {
  for (DeliveryStatus status : kDeliveryStatuses) {
    if (to_string(status) == text) return status;
  }
  return std::nullopt;
}

std::string_view to_string(AttemptKind kind) {
  switch (kind) {
    case AttemptKind::Scheduled:
      return "scheduled";
    case AttemptKind::Copy:
      return "copy";
    case AttemptKind::Tampered:
      return "tampered";
    case AttemptKind::Replay:
      return "replay";
  }
  return "";
}

std::optional<AttemptKind> parse_attempt_kind(std::string_view text) {
  for (AttemptKind kind :
       {AttemptKind::Scheduled, AttemptKind::Copy, AttemptKind::Tampered, AttemptKind::Replay}) {
    if (to_string(kind) == text) return kind;
  }
  return std::nullopt;
}

}  // namespace zest
