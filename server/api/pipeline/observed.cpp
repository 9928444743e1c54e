#include "api/pipeline/coverage_facts.h"

namespace zest::api {

insight::CallFact call_fact(const JournalEntry& entry) {
  insight::CallFact fact;
  if (entry.client_id) fact.client_id = *entry.client_id;
  fact.operation = entry.operation;
  fact.status = entry.status;
  fact.error_code = entry.error_code;
  fact.rule = entry.rule;
  fact.violations = &entry.violations;
  if (entry.idempotency_key) fact.idempotency_key = *entry.idempotency_key;
  fact.idempotency_outcome = entry.idempotency_outcome;
  fact.virtual_time = entry.virtual_time;
  return fact;
}

insight::AttemptFact attempt_fact(const engine::AttemptReport& report) {
  const Attempt& attempt = report.attempt;
  insight::AttemptFact fact;
  fact.client_id = report.client_id;
  fact.event_id = attempt.delivery_id;
  fact.event_type = report.event_type;
  fact.subject = report.subject;
  fact.kind = attempt.kind;
  fact.schedule = attempt.schedule;
  fact.number = attempt.number;
  fact.delivered = attempt.delivered;
  fact.dead = attempt.kind == AttemptKind::Scheduled && report.status_after == DeliveryStatus::Dead;
  fact.response_status = attempt.response_status;
  fact.sent_at = attempt.wall_time;
  fact.latency = attempt.latency;
  return fact;
}

}  // namespace zest::api
