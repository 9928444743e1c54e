#include "api/pipeline/journal.h"

#include <algorithm>

#include "api/pipeline/errors.h"

namespace zest::api {
namespace {

template <class T>
bool fits(const std::optional<T>& wanted, const T& value) {
  return !wanted || *wanted == value;
}

bool path_fits(const std::optional<std::string>& wanted, const std::string& path) {
  if (!wanted) return true;
  if (!wanted->empty() && wanted->back() == '*') {
    return path.compare(0, wanted->size() - 1, *wanted, 0, wanted->size() - 1) == 0;
  }
  // A pattern without a query means the path whatever its query.
  if (wanted->find('?') == std::string::npos) return path.substr(0, path.find('?')) == *wanted;
  return path == *wanted;
}

}  // namespace

std::vector<Violation> journal_violations(const std::vector<Violation>& violations) {
  const auto end = static_cast<std::ptrdiff_t>(std::min(violations.size(), kMaxJournalViolations));
  return {violations.begin(), violations.begin() + end};
}

Json to_json(const JournalEntry& entry) {
  Json json{{"sequence", entry.sequence}};
  if (entry.client_id) json["clientId"] = *entry.client_id;
  json["method"] = entry.method;
  json["path"] = entry.path;
  if (!entry.operation.empty()) json["operation"] = entry.operation;
  json["status"] = entry.status;
  if (!entry.error_id.empty()) {
    json["errorId"] = entry.error_id;
    json["errorCode"] = entry.error_code;
    json["errorDetail"] = entry.error_detail;
  }
  if (!entry.violations.empty()) json["validationErrors"] = violations_json(entry.violations);
  if (entry.idempotency_key) json["idempotencyKey"] = *entry.idempotency_key;
  if (!entry.idempotency_outcome.empty()) json["idempotencyOutcome"] = entry.idempotency_outcome;
  if (!entry.fault.empty()) json["fault"] = entry.fault;
  json["wallTime"] = format_instant(entry.wall_time);
  if (entry.virtual_time) json["virtualTime"] = format_instant(*entry.virtual_time);
  json["durationMs"] = entry.duration.count();
  return json;
}

bool JournalFilter::matches(const JournalEntry& entry) const {
  if (client_id && entry.client_id != client_id) return false;
  if (failed && *failed != (entry.status < 100 || entry.status >= 400)) return false;
  if (idempotency_key && entry.idempotency_key != idempotency_key) return false;
  return fits(method, entry.method) && path_fits(path, entry.path) && fits(operation, entry.operation) &&
         fits(status, entry.status) && fits(error_id, entry.error_id) && fits(error_code, entry.error_code) &&
         fits(idempotency_outcome, entry.idempotency_outcome) && fits(fault, entry.fault);
}

void Journal::add(JournalEntry entry) {
  {
    const MutexLock lock(mutex_);
    entry.sequence = next_sequence_++;
    if (capacity_ > 0) {
      if (entries_.size() >= capacity_) entries_.pop_front();
      entries_.push_back(entry);
    }
  }
  if (observer_) observer_(entry);
}

std::vector<JournalEntry> Journal::find(const JournalFilter& filter, std::size_t skip, std::size_t limit,
                                        std::size_t* count) const {
  std::vector<JournalEntry> found;
  std::size_t matching = 0;
  const MutexLock lock(mutex_);
  for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
    if (!filter.matches(*entry)) continue;
    if (matching >= skip && found.size() < limit) found.push_back(*entry);
    ++matching;
  }
  if (count != nullptr) *count = matching;
  return found;
}

std::size_t Journal::clear(const std::optional<std::string>& client_id) {
  const MutexLock lock(mutex_);
  const std::size_t before = entries_.size();
  if (!client_id) {
    entries_.clear();
  } else {
    const auto is_theirs = [&client_id](const JournalEntry& entry) { return entry.client_id == client_id; };
    entries_.erase(std::remove_if(entries_.begin(), entries_.end(), is_theirs), entries_.end());
  }
  return before - entries_.size();
}

}  // namespace zest::api
