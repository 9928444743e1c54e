#include "api/pipeline/observed.h"

namespace zest::api {

insight::ObservedCall observed(const JournalEntry& entry) {
  insight::ObservedCall call;
  if (entry.client_id) call.client_id = *entry.client_id;
  call.operation = entry.operation;
  call.path = entry.path;
  call.status = entry.status;
  call.at = entry.wall_time;
  call.error_code = entry.error_code;
  call.rule = entry.rule;
  call.violations = &entry.violations;
  if (entry.idempotency_key) call.idempotency_key = *entry.idempotency_key;
  call.idempotency_outcome = entry.idempotency_outcome;
  call.virtual_time = entry.virtual_time;
  call.token_id = entry.request.token_id;
  call.grant = &entry.request.grant;
  return call;
}

insight::ObservedAttempt observed(const engine::AttemptReport& report) {
  const Attempt& attempt = report.attempt;
  insight::ObservedAttempt seen;
  seen.client_id = report.client_id;
  seen.event_id = attempt.delivery_id;
  seen.event_type = report.event_type;
  seen.subject = report.subject;
  seen.kind = attempt.kind;
  seen.schedule = attempt.schedule;
  seen.number = attempt.number;
  seen.delivered = attempt.delivered;
  seen.dead = attempt.kind == AttemptKind::Scheduled && report.status_after == DeliveryStatus::Dead;
  seen.shaped = !attempt.chaos_rule.empty();
  seen.answered_early = report.answered_early;
  seen.response_status = attempt.response_status;
  seen.sent_at = attempt.wall_time;
  seen.latency = attempt.latency;
  return seen;
}

}  // namespace zest::api
