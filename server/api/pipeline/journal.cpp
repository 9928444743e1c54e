#include "api/pipeline/journal.h"

#include <algorithm>

#include "api/pipeline/checks.h"
#include "api/pipeline/errors.h"
#include "base/json_path.h"
#include "model/rule_catalogue.h"

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

void add_request(Json& json, const RequestFacts& request) {
  if (!request.token_id.empty()) json["jti"] = request.token_id;
  if (!request.request_ids.empty()) {
    Json ids = Json::object();
    for (const auto& [name, value] : request.request_ids) ids[name] = value;
    json["requestIds"] = std::move(ids);
  }
  if (!request.content_type.empty()) json["contentType"] = request.content_type;
  if (request.body_size) json["bodySize"] = *request.body_size;
  if (!request.body_sha256.empty()) json["bodySha256"] = request.body_sha256;
  if (!request.grant.is_null()) json["grant"] = request.grant;
  if (!request.file.is_null()) json["file"] = request.file;
}

void add_detail(Json& json, const RequestDetail& detail) {
  const auto add = [&json](const char* name, const std::string& text) {
    Result<Json> value = parse_json(text);
    if (!text.empty() && value.ok()) json[name] = std::move(value).value();
  };
  add("headers", detail.headers);
  add("body", detail.body);
  if (!detail.omitted.empty()) json["bodyOmitted"] = detail.omitted;
}

// Of what forget_oldest_details() takes away.
std::size_t size_of(const JournalEntry& entry) {
  std::size_t size = entry.detail ? entry.detail->size() : 0;
  for (const Violation& each : entry.violations) {
    size += sizeof each + each.attribute.size() + each.field.size() + each.code.size() + each.message.size() +
            each.value.value_or("").size();
  }
  for (const std::string& id : entry.failed_row_ids) size += sizeof(std::string) + id.size();
  return size;
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
  const std::size_t query = entry.path.find('?');
  if (query != std::string::npos) json["query"] = entry.path.substr(query + 1);
  if (!entry.operation.empty()) json["operation"] = entry.operation;
  json["status"] = entry.status;
  if (!entry.error_id.empty()) {
    json["errorId"] = entry.error_id;
    json["errorCode"] = entry.error_code;
    json["errorDetail"] = entry.error_detail;
    if (entry.rule != Rule::None) json["rule"] = to_string(entry.rule);
  }
  if (!entry.violations.empty()) json["validationErrors"] = violations_json(entry.violations);
  for (const Rule warning : entry.warnings) json["warnings"].push_back(to_string(warning));
  if (entry.idempotency_key) json["idempotencyKey"] = *entry.idempotency_key;
  if (!entry.idempotency_outcome.empty()) json["idempotencyOutcome"] = entry.idempotency_outcome;
  if (!entry.fault.empty()) json["fault"] = entry.fault;
  json["wallTime"] = format_instant(entry.wall_time);
  if (entry.virtual_time) json["virtualTime"] = format_instant(*entry.virtual_time);
  json["durationMs"] = entry.duration.count();
  add_request(json, entry.request);
  if (entry.detail) add_detail(json, *entry.detail);
  return json;
}

bool JournalFilter::matches_but_for_body(const JournalEntry& entry) const {
  if (client_id && entry.client_id != client_id) return false;
  if (after && entry.sequence <= *after) return false;
  const bool is_failed = entry.status < 100 || entry.status >= 400;
  if (failed && *failed != is_failed) return false;
  if (went_wrong && !is_failed && entry.violations.empty()) return false;
  if (emitted && !entry.emitted.holds(*emitted)) return false;
  if (failed_row_id) {
    const auto& ids = entry.failed_row_ids;
    if (std::find(ids.begin(), ids.end(), *failed_row_id) == ids.end()) return false;
  }
  if (idempotency_key && entry.idempotency_key != idempotency_key) return false;
  if (warning) {
    const auto is_it = [this](Rule each) { return *warning == to_string(each); };
    if (std::none_of(entry.warnings.begin(), entry.warnings.end(), is_it)) return false;
  }
  if (content_type && media_type(entry.request.content_type) != *content_type) return false;
  if (request_id) {
    const auto& ids = entry.request.request_ids;
    const auto is_it = [this](const auto& id) { return id.second == *request_id; };
    if (std::none_of(ids.begin(), ids.end(), is_it)) return false;
  }
  return fits(sequence, entry.sequence) && fits(method, entry.method) && path_fits(path, entry.path) &&
         fits(operation, entry.operation) && fits(status, entry.status) && fits(error_id, entry.error_id) &&
         fits(error_code, entry.error_code) && (!rule || *rule == to_string(entry.rule)) &&
         fits(idempotency_outcome, entry.idempotency_outcome) && fits(fault, entry.fault) &&
         fits(token_id, entry.request.token_id) && fits(body_sha256, entry.request.body_sha256);
}

bool JournalFilter::body_fits(const JournalEntry& entry) const {
  if (body.empty()) return true;
  if (!entry.detail || entry.detail->body.empty()) return false;
  const Result<Json> document = parse_json(entry.detail->body);
  if (!document.ok()) return false;
  return std::all_of(body.begin(), body.end(), [&document](const BodyCriterion& criterion) {
    const Json* found = reach(*document, criterion.path);
    if (found == nullptr) return false;
    return *found == criterion.value ||
           (criterion.as_text && !found->is_string() && Json(dump_json(*found)) == criterion.value);
  });
}

void Journal::add(JournalEntry entry, const Judge& judge) {
  {
    const MutexLock lock(mutex_);
    entry.sequence = next_sequence_++;
    if (judge) entry.warnings = judge(entry);
    if (capacity_ > 0) {
      if (entries_.size() >= capacity_) {
        detail_bytes_ -= size_of(entries_.front());
        entries_.pop_front();
      }
      entries_.push_back(entry);
      detail_bytes_ += size_of(entry);
      forget_oldest_details();
    }
    added_.notify_all();
  }
  if (observer_) observer_(entry);
}

void Journal::add_control_refusal(JournalEntry entry) {
  const MutexLock lock(mutex_);
  if (control_refusals_.size() >= kMaxControlRefusals) control_refusals_.pop_front();
  control_refusals_.push_back(std::move(entry));
}

std::optional<JournalEntry> Journal::control_refusal(std::string_view error_id) const {
  const MutexLock lock(mutex_);
  for (const JournalEntry& entry : control_refusals_) {
    if (entry.error_id == error_id) return entry;
  }
  return std::nullopt;
}

void Journal::forget_events() {
  const MutexLock lock(mutex_);
  for (JournalEntry& entry : entries_) entry.emitted = {};
}

void Journal::forget_oldest_details() {
  if (detail_bytes_ <= kMaxDetailBytes) return;
  const auto earlier = [](const JournalEntry& entry, std::uint64_t sequence) {
    return entry.sequence < sequence;
  };
  auto entry = std::lower_bound(entries_.begin(), entries_.end(), details_from_, earlier);
  for (; entry != entries_.end() && detail_bytes_ > kMaxDetailBytes; ++entry) {
    detail_bytes_ -= size_of(*entry);
    entry->detail.reset();
    entry->violations = {};
    entry->failed_row_ids = {};
    details_from_ = entry->sequence + 1;
  }
}

bool Journal::wait_for_more(std::uint64_t& seen, std::chrono::steady_clock::time_point deadline) const {
  const MutexLock lock(mutex_);
  bool in_time = true;
  while (next_sequence_ <= seen && !stopping_ && in_time) in_time = added_.wait_until(mutex_, deadline);
  const bool more = next_sequence_ > seen;
  seen = next_sequence_;
  return more && !stopping_;
}

void Journal::stop_waiting() {
  const MutexLock lock(mutex_);
  stopping_ = true;
  added_.notify_all();
}

bool Journal::waiting_is_over() const {
  const MutexLock lock(mutex_);
  return stopping_;
}

std::vector<JournalEntry> Journal::find(const JournalFilter& filter, std::size_t skip, std::size_t limit,
                                        std::size_t* count) const {
  const bool by_body = !filter.body.empty();
  std::vector<JournalEntry> found;
  std::size_t matching = 0;
  {
    const MutexLock lock(mutex_);
    for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
      if (!filter.matches_but_for_body(*entry)) continue;
      if (by_body || (matching >= skip && found.size() < limit)) found.push_back(*entry);
      ++matching;
    }
  }
  if (by_body) {
    // Reading bodies takes its time, and calls wait for the lock.
    const auto differs = [&filter](const JournalEntry& entry) { return !filter.matches(entry); };
    found.erase(std::remove_if(found.begin(), found.end(), differs), found.end());
    matching = found.size();
    found.erase(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(std::min(skip, matching)));
    if (found.size() > limit) found.erase(found.begin() + static_cast<std::ptrdiff_t>(limit), found.end());
  }
  if (count != nullptr) *count = matching;
  return found;
}

std::size_t Journal::clear(const std::optional<std::string>& client_id) {
  const MutexLock lock(mutex_);
  const std::size_t before = entries_.size();
  if (!client_id) {
    entries_.clear();
    control_refusals_.clear();
  } else {
    const auto is_theirs = [&client_id](const JournalEntry& entry) { return entry.client_id == client_id; };
    entries_.erase(std::remove_if(entries_.begin(), entries_.end(), is_theirs), entries_.end());
  }
  detail_bytes_ = 0;
  for (const JournalEntry& entry : entries_) detail_bytes_ += size_of(entry);
  return before - entries_.size();
}

}  // namespace zest::api
