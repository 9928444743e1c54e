#include "insight/coverage_recorder.h"

#include <algorithm>

#include "base/memory.h"
#include "rules/idempotency.h"

namespace zest::insight {
namespace {

void count(CoverageCounts& counts, CoverageDimension dimension, std::size_t position) {
  ++counts[coverage_begin(dimension) + position];
}

// Nothing for a word that is no item of the dimension.
void count(CoverageCounts& counts, CoverageDimension dimension, std::string_view name) {
  const std::vector<CoverageItem>& items = coverage_items();
  const std::size_t begin = coverage_begin(dimension);
  for (std::size_t i = begin; i < begin + coverage_size(dimension); ++i) {
    if (items[i].name != name) continue;
    ++counts[i];
    return;
  }
}

void add(CoverageCounts& to, const CoverageCounts& counts) {
  std::transform(to.begin(), to.end(), counts.begin(), to.begin(), std::plus<>());
}

}  // namespace

CoverageRecorder::OfPartner& CoverageRecorder::of_partner(std::string_view client_id) {
  if (client_id.empty()) return nobodys_;
  const auto known = partners_.find(client_id);
  if (known != partners_.end()) return known->second;
  return partners_.size() < kMaxPartners ? partners_[std::string(client_id)] : others_;
}

void CoverageRecorder::call(const ObservedCall& fact) {
  const AllocationScope scope(Allocations::ForAll);
  const MutexLock lock(mutex_);
  OfPartner& of = of_partner(fact.client_id);
  CoverageCounts& counts = of.counts;
  if (fact.error_code.empty()) {
    if (fact.status >= 200 && fact.status < 400) count(counts, CoverageDimension::Operations, fact.operation);
  } else {
    count(counts, CoverageDimension::Errors, fact.error_code);
    if (fact.violations != nullptr) {
      for (const Violation& violation : *fact.violations) {
        count(counts, CoverageDimension::Validation, violation.code);
      }
    }
    if (fact.rule == Rule::AuthAccessExpired) count(counts, CoverageDimension::Clocks, "token-expired");
    if (fact.rule == Rule::FileUrlExpired) count(counts, CoverageDimension::Clocks, "url-expired");
  }
  if (!fact.idempotency_outcome.empty()) note_key(of, fact);
}

void CoverageRecorder::note_key(OfPartner& of, const ObservedCall& fact) {
  count(of.counts, CoverageDimension::Idempotency, fact.idempotency_outcome);
  if (fact.idempotency_outcome != "executed" || !fact.virtual_time || !of.remembers) return;
  const Instant now = *fact.virtual_time;
  if (of.memory.keys.put(fact.idempotency_key, now) == nullptr) return;
  Instant& executed = *of.memory.keys.find(fact.idempotency_key);
  // Within its time a key is replayed or in conflict, unless the store had to forget it.
  if (now - executed >= rules::kIdempotencyWindow) {
    count(of.counts, CoverageDimension::Idempotency, "expired");
    count(of.counts, CoverageDimension::Clocks, "key-expired");
  }
  executed = now;
}

void CoverageRecorder::attempt(const ObservedAttempt& fact) {
  const AllocationScope scope(Allocations::ForAll);
  const MutexLock lock(mutex_);
  OfPartner& of = of_partner(fact.client_id);
  CoverageCounts& counts = of.counts;
  if (fact.kind == AttemptKind::Scheduled) {
    const auto number = static_cast<std::size_t>(fact.number);
    if (fact.delivered && number >= 1 && number <= 6) count(counts, CoverageDimension::Retries, number - 1);
    if (fact.dead) count(counts, CoverageDimension::Retries, "dead");
    if (fact.delivered && fact.schedule > 1) count(counts, CoverageDimension::Retries, "replayed");
  }
  // A tampered one is nobody's event.
  if (fact.response_status != 0 && fact.kind != AttemptKind::Tampered) note_arrival(of, fact);
}

void CoverageRecorder::note_arrival(OfPartner& of, const ObservedAttempt& fact) {
  CoverageCounts& counts = of.counts;
  count(counts, CoverageDimension::Events, fact.event_type);
  const bool again = of.remembers && of.memory.events.find(fact.event_id) != nullptr;
  if (fact.kind == AttemptKind::Copy) {
    count(counts, CoverageDimension::Duplicates, "copy");
  } else if (fact.kind == AttemptKind::Replay || (again && fact.schedule > 1)) {
    count(counts, CoverageDimension::Duplicates, "replay");
  } else if (again) {
    count(counts, CoverageDimension::Duplicates, "lost-acknowledgement");
  }
  const bool acknowledged = fact.response_status >= 200 && fact.response_status < 300;
  const bool first = fact.kind == AttemptKind::Scheduled && acknowledged && !again;
  if (!first || !of.remembers) return;
  of.memory.events.put(fact.event_id, true);
  note_order(of, fact);
}

void CoverageRecorder::note_order(OfPartner& of, const ObservedAttempt& fact) {
  // Two that were on their way at the same time came in no order.
  const auto overtaken = [&fact](const Acknowledged& other) {
    return other.event_id > fact.event_id && other.until <= fact.sent_at;
  };
  const auto is_later = [&fact](const Acknowledged& other) { return other.event_id < fact.event_id; };
  const Acknowledged own{std::string(fact.event_id), fact.sent_at + fact.latency};
  std::optional<Acknowledged>& any = of.memory.any;
  if (any && overtaken(*any)) count(of.counts, CoverageDimension::Order, "overtaken");
  if (!any || is_later(*any)) any = own;
  if (fact.subject.empty() || of.memory.resources.put(fact.subject, own) == nullptr) return;
  Acknowledged& same = *of.memory.resources.find(fact.subject);
  if (overtaken(same)) count(of.counts, CoverageDimension::Order, "overtaken-same-resource");
  if (is_later(same)) same = own;
}

void CoverageRecorder::emitted(std::string_view client_id, std::string_view event_type) {
  const std::optional<EventType> type = parse_event_type(event_type);
  const AllocationScope scope(Allocations::ForAll);
  const MutexLock lock(mutex_);
  for (const TransitionRow& row : kTransitionTable) {
    if (!type || row.told_by != type) continue;
    count(of_partner(client_id).counts, CoverageDimension::Transitions,
          static_cast<std::size_t>(row.transition));
  }
}

void CoverageRecorder::investor_row(std::string_view client_id, RowStatus status, std::string_view code) {
  if (status == RowStatus::Created) return;  // its event tells
  const AllocationScope scope(Allocations::ForAll);
  const MutexLock lock(mutex_);
  CoverageCounts& counts = of_partner(client_id).counts;
  const Transition transition =
      status == RowStatus::Failed ? Transition::InvestorFailed : Transition::InvestorAlreadyExists;
  count(counts, CoverageDimension::Transitions, static_cast<std::size_t>(transition));
  if (!code.empty()) count(counts, CoverageDimension::Validation, code);
}

std::optional<CoverageCounts> CoverageRecorder::of(std::string_view client_id) const {
  const MutexLock lock(mutex_);
  const auto known = partners_.find(client_id);
  if (known == partners_.end()) return std::nullopt;
  CoverageCounts counts = known->second.counts;
  add(counts, nobodys_.counts);
  return counts;
}

CoverageCounts CoverageRecorder::of_nobody() const {
  const MutexLock lock(mutex_);
  return nobodys_.counts;
}

CoverageCounts CoverageRecorder::sum() const {
  const MutexLock lock(mutex_);
  CoverageCounts counts = nobodys_.counts;
  add(counts, others_.counts);
  for (const auto& [client_id, of] : partners_) add(counts, of.counts);
  return counts;
}

std::vector<std::pair<std::string, CoverageCounts>> CoverageRecorder::partners() const {
  const MutexLock lock(mutex_);
  std::vector<std::pair<std::string, CoverageCounts>> all;
  for (const auto& [client_id, of] : partners_) {
    all.emplace_back(client_id, of.counts);
    add(all.back().second, nobodys_.counts);
  }
  return all;
}

void CoverageRecorder::clear(const std::optional<std::string>& client_id) {
  const MutexLock lock(mutex_);
  if (client_id) {
    const auto known = partners_.find(*client_id);
    if (known != partners_.end()) partners_.erase(known);
    return;
  }
  partners_.clear();
  nobodys_.counts = others_.counts = CoverageCounts();
}

void CoverageRecorder::begin_anew(const std::optional<std::string>& client_id) {
  const MutexLock lock(mutex_);
  for (auto& [name, of] : partners_) {
    if (!client_id || *client_id == name) of.memory = Memory();
  }
}

}  // namespace zest::insight
