#include "client/webhook_handler.h"

#include "protocol/event_type.h"

namespace zest::client {

std::string subject_of(const Json& envelope) {
  const Json* data = member(envelope, "data");
  if (!data) return "";
  for (const char* name : {"subscriptionSlug", "spvRequestSlug", "zestPersonId"}) {
    if (const std::string* subject = string_member(*data, name)) return *subject;
  }
  return "";
}

std::string state_told_by(const Json& envelope) {
  const Json* data = member(envelope, "data");
  if (const std::string* status = data ? string_member(*data, "status") : nullptr) return *status;
  const std::string* name = string_member(envelope, "eventType");
  const std::optional<EventType> type = name ? parse_event_type(*name) : std::nullopt;
  if (type == EventType::InvestorCreated) return std::string(kInvestorCreated);
  if (type == EventType::SignedSubscriptionFormUploaded) return std::string(kFormUploaded);
  if (type == EventType::FundingReceiptUploaded) return std::string(kFunded);
  return "";
}

std::string_view to_string(Handling handling) {
  switch (handling) {
    case Handling::Applied:
      return "applied";
    case Handling::Duplicate:
      return "duplicate";
    case Handling::Late:
      return "late";
    case Handling::Refused:
      return "refused";
    case Handling::NotTaken:
      return "not taken";
  }
  return "";
}

bool WebhookHandler::seen_before(const std::string& event_id, Instant now) {
  while (!by_age_.empty() && by_age_.front().first + kDedupWindow <= now) {
    seen_.erase(by_age_.front().second);
    by_age_.pop_front();
  }
  if (!seen_.emplace(event_id, now).second) return true;
  by_age_.emplace_back(now, event_id);
  return false;
}

Handled WebhookHandler::handle(const Received& received, Instant now) {
  Handled handled;
  handled.subject = subject_of(received.envelope);
  MutexLock lock(mutex_);
  if (const auto known = states_.find(handled.subject); known != states_.end()) handled.known = known->second;
  if (!received.refusal.empty()) {
    handled.how = Handling::Refused;
    return handled;
  }
  if (!received.accepted()) return handled;
  if (kind_ == HandlerKind::Reference) {
    if (seen_before(received.event_id, now)) {
      handled.how = Handling::Duplicate;
      return handled;
    }
    if (handled.known && received.occurred_at && *received.occurred_at <= handled.known->occurred_at) {
      handled.how = Handling::Late;
      return handled;
    }
  }
  handled.how = Handling::Applied;
  KnownState& state = states_[handled.subject];
  state.state = state_told_by(received.envelope);
  state.event_id = received.event_id;
  state.event_type = received.event_type;
  state.occurred_at = received.occurred_at.value_or(Instant{});
  ++state.applied;
  return handled;
}

std::optional<KnownState> WebhookHandler::state_of(const std::string& subject) const {
  MutexLock lock(mutex_);
  const auto found = states_.find(subject);
  if (found == states_.end()) return std::nullopt;
  return found->second;
}

}  // namespace zest::client
