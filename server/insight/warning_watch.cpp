#include "insight/warning_watch.h"

#include <algorithm>
#include <functional>

#include "protocol/operations.h"

namespace zest::insight {
namespace {

bool is(const ObservedCall& call, Operation operation) {
  return call.operation == row_of(kOperationTable, operation).id;
}

bool succeeded(const ObservedCall& call) { return call.status >= 200 && call.status < 300; }

template <class Item>
void keep(std::deque<Item>& items, Item item, std::size_t most) {
  if (items.size() >= most) items.pop_front();
  items.push_back(std::move(item));
}

template <class Item>
bool holds(const std::deque<Item>& items, const Item& item) {
  return std::find(items.begin(), items.end(), item) != items.end();
}

std::size_t digest(std::string_view text) { return std::hash<std::string_view>()(text); }

std::string seconds(std::int64_t ms) {
  const std::int64_t tenths = (ms < 0 ? -ms : ms) / 100;
  return std::to_string(tenths / 10) + (tenths % 10 == 0 ? "" : "." + std::to_string(tenths % 10)) + " s";
}

// A claim in seconds, as milliseconds; nothing when there is no such number.
std::optional<std::int64_t> claim_ms(const Json& assertion, std::string_view name) {
  const Json* value = member(assertion, name);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  return static_cast<std::int64_t>(value->get<double>() * 1000.0);
}

// The request may do better another time: it is no verdict about the event.
bool is_for_later(int status) { return status == 408 || status == 425 || status == 429; }

}  // namespace

std::vector<WarningFound> WarningWatch::see(const ObservedCall& call) {
  std::vector<WarningFound> found;
  const bool optional_key =
      is(call, Operation::BulkCreateInvestors) || is(call, Operation::CreateSubscriptions);
  if (optional_key && succeeded(call) && call.idempotency_key.empty()) {
    found.push_back({Rule::WarnMissingKey, "without an Idempotency-Key"});
  }
  if (!call.idempotency_key.empty()) see_key(call, found);
  if (is(call, Operation::ExchangeTokens)) see_grant(call, found);
  if (!call.token_id.empty()) see_token(call, found);
  if (is(call, Operation::GetSpvRequest)) see_polling(call, found);
  if (!call.signs->file_looks_like.empty() && succeeded(call)) {
    found.push_back({Rule::WarnUploadType,
                     "the file does not begin like its type: it looks like " + call.signs->file_looks_like});
  }
  if (!call.signs->unknown_parameter.empty() && succeeded(call))
    found.push_back({Rule::WarnUnknownParameter, call.signs->unknown_parameter});
  return found;
}

void WarningWatch::see_key(const ObservedCall& call, std::vector<WarningFound>& found) {
  const CallSigns& signs = *call.signs;
  if (!signs.personal_data.empty() && succeeded(call)) {
    found.push_back({Rule::WarnPersonalDataInKey, "the key holds " + signs.personal_data});
  }
  if (call.idempotency_outcome == "conflict") {
    found.push_back({Rule::WarnKeyReused, "the key was used for another body"});
  }
  const bool remembers = !lost_.empty();
  if (!remembers && !signs.answer_lost) return;
  const Lost present{digest(call.idempotency_key), digest(signs.fingerprint), call.at};
  for (auto lost = lost_.begin(); lost != lost_.end();) {
    const bool same_key = lost->key == present.key;
    const bool same_body = lost->fingerprint == present.fingerprint && !signs.fingerprint.empty();
    const bool near = present.at - lost->at <= kNearEachOther;
    if (near && same_body && !same_key) {
      found.push_back({Rule::WarnFreshKeyOnRetry,
                       "the same body under another key, " + seconds((present.at - lost->at).count()) +
                           " after a try whose answer was lost or an error of the server"});
    } else if (near && same_key && !same_body && !signs.fingerprint.empty() &&
               call.idempotency_outcome != "conflict") {
      found.push_back(
          {Rule::WarnKeyReused,
           "the key of a try whose answer was lost or an error of the server, with another body"});
    }
    lost = same_key || same_body || !near ? lost_.erase(lost) : lost + 1;
  }
  if (signs.answer_lost && !signs.fingerprint.empty()) keep(lost_, present, kMostLost);
}

void WarningWatch::see_grant(const ObservedCall& call, std::vector<WarningFound>& found) {
  if (!succeeded(call)) return;
  ++grants_since_call_;
  const Json* assertion = call.grant == nullptr ? nullptr : member(*call.grant, "assertion");
  if (assertion == nullptr) return;
  const std::optional<std::int64_t> issued = claim_ms(*assertion, "iat");
  const std::optional<std::int64_t> expires = claim_ms(*assertion, "exp");
  if (!issued || !expires) return;
  if (*expires - *issued > kAssertionLife.count()) {
    found.push_back({Rule::WarnAssertionLifetime, "exp lies " + seconds(*expires - *issued) + " after iat"});
  }
  // An assertion that is used again is old, whatever the clock.
  const Digest id = digest(dump_json(*assertion));
  if (holds(assertions_, id)) return;
  keep(assertions_, id, kMostAssertions);
  const std::int64_t ahead = *issued - to_ms(call.at);
  const std::int64_t second = *issued % 1000 == 0 ? 1000 : 0;  // that iat may have lost when it was cut off
  if (ahead > kClockTolerance.count()) {
    found.push_back({Rule::WarnClockOff, "iat lies " + seconds(ahead) + " ahead"});
  } else if (-ahead - second > kClockTolerance.count()) {
    found.push_back({Rule::WarnClockOff, "iat lies " + seconds(-ahead) + " back"});
  }
}

void WarningWatch::see_token(const ObservedCall& call, std::vector<WarningFound>& found) {
  if (call.signs->short_token) {
    tokens_in_a_row_ = grants_since_call_ = 0;
    return;
  }
  const std::optional<Instant>& ends = call.signs->token_ends;
  if (ends && *ends > call.at && *ends - call.at < kTokenMargin) {
    found.push_back(
        {Rule::WarnTokenNearEnd, "used " + seconds((*ends - call.at).count()) + " before its end"});
  }
  const Digest token = digest(call.token_id);
  const bool known = holds(tokens_, token);
  const bool in_a_row = !known && grants_since_call_ == 1 && call.status != 401 &&
                        (tokens_in_a_row_ == 0 || call.at - last_call_ <= kTokensApart);
  tokens_in_a_row_ = in_a_row ? tokens_in_a_row_ + 1 : 0;
  grants_since_call_ = 0;
  last_call_ = call.at;
  if (!known) keep(tokens_, token, kMostTokens);
  if (tokens_in_a_row_ >= kTokensInARow) {
    found.push_back({Rule::WarnTokenPerCall,
                     std::to_string(tokens_in_a_row_) + " calls in a row, each with a token of its own"});
  }
}

void WarningWatch::see_polling(const ObservedCall& call, std::vector<WarningFound>& found) {
  const Digest path = digest(call.path);
  auto entry = std::find_if(polled_.begin(), polled_.end(),
                            [path](const Polled& polled) { return polled.path == path; });
  if (!call.signs->still_pending) {
    if (entry != polled_.end()) polled_.erase(entry);
    return;
  }
  if (entry == polled_.end()) {
    keep(polled_, {path, 1, call.at}, kMostPolled);
    return;
  }
  entry->count = call.at - entry->at <= kPollsApart ? entry->count + 1 : 1;
  entry->at = call.at;
  if (entry->count >= kPollsInARow) {
    found.push_back({Rule::WarnPolling,
                     "read " + std::to_string(entry->count) + " times in a row, pending-review each time"});
  }
}

std::vector<WarningFound> WarningWatch::see(const ObservedAttempt& attempt) {
  std::vector<WarningFound> found;
  if (attempt.kind == AttemptKind::Tampered || attempt.response_status == 0) return found;
  const int status = attempt.response_status;
  const std::string answered = "answered " + std::to_string(status);
  if (status / 100 == 3) found.push_back({Rule::WarnReceiverRedirects, answered});
  if (attempt.delivered && !attempt.shaped && attempt.latency > kReceiverPatience) {
    found.push_back({Rule::WarnReceiverSlow, answered + " after " + seconds(attempt.latency.count())});
  }
  if (attempt.answered_early && status / 100 == 2) {
    found.push_back({Rule::WarnAnswerBeforeBody, answered + " before the body had arrived"});
  }
  const Digest event = digest(attempt.event_id);
  const bool known = holds(taken_, event);
  const bool refused = status / 100 == 4 && !is_for_later(status);
  const Refused same_attempt{event, attempt.schedule, attempt.number};
  if (status / 100 == 2 && !known) {
    keep(taken_, event, kMostEvents);
    // Of two copies that were under way together the refusal came back first. A later attempt is none.
    if (holds(refused_, same_attempt))
      found.push_back({Rule::WarnAnswersDiffer, answered + " to an event of which it had refused a copy"});
  }
  if (refused && !known && !holds(refused_, same_attempt)) keep(refused_, same_attempt, kMostEvents);
  if (known && (refused || status == 500 || status == 501)) {
    found.push_back({Rule::WarnAnswersDiffer, answered + " to a copy of an event that it had answered 2xx"});
  } else if (refused) {
    found.push_back({Rule::WarnEventRefused, answered});
  }
  return found;
}

}  // namespace zest::insight
