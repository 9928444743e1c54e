// What a partner's application does with a webhook, done right: nothing without a valid signature, no event
// twice, and of each resource the newest state by occurredAt, whatever the order of arrival. And the same
// done carelessly, to see what that leads to. Zest docs: webhooks/receiving. Thread-safety: all methods from
// any thread.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/mutex.h"
#include "base/time.h"
#include "client/receiver.h"

namespace zest::client {

// How long event ids are remembered; later, only occurredAt protects. Zest docs: webhooks/receiving.
inline constexpr Duration kDedupWindow{24 * 3'600'000};

// The resource that an event is about: its subscription, SPV request or investor; "" when it names none.
std::string subject_of(const Json& envelope);
// What events without a status say of their resource.
inline constexpr std::string_view kInvestorCreated = "created";
inline constexpr std::string_view kFormUploaded = "form-uploaded";
inline constexpr std::string_view kFunded = "funded";
// What the event says of that resource: its status, or one of the words above. "" for an unknown type.
std::string state_told_by(const Json& envelope);

enum class HandlerKind {
  Reference,  // as documented
  Naive,      // every receipt overwrites the state: no dedup, no order
};

struct KnownState {
  std::string state;
  std::string event_id;    // of the event that told it
  std::string event_type;  // likewise
  Instant occurred_at{};
  std::size_t applied = 0;  // events that changed it
};

enum class Handling {
  Applied,
  Duplicate,  // this event was taken before
  Late,       // something newer is known of the resource
  Refused,    // not to be trusted
  NotTaken,   // the receiver failed on purpose: nothing was done
};
std::string_view to_string(Handling handling);

struct Handled {
  Handling how = Handling::NotTaken;
  std::string subject;
  std::optional<KnownState> known;  // of the subject, before this event
};

class WebhookHandler {
 public:
  explicit WebhookHandler(HandlerKind kind = HandlerKind::Reference) : kind_(kind) {}

  // `now` is the clock by which ids are remembered: the application's own.
  Handled handle(const Received& received, Instant now);
  std::optional<KnownState> state_of(const std::string& subject) const;

 private:
  bool seen_before(const std::string& event_id, Instant now) REQUIRES(mutex_);

  const HandlerKind kind_;
  mutable Mutex mutex_;
  std::map<std::string, Instant> seen_ GUARDED_BY(mutex_);
  std::deque<std::pair<Instant, std::string>> by_age_ GUARDED_BY(mutex_);
  std::map<std::string, KnownState> states_ GUARDED_BY(mutex_);
};

}  // namespace zest::client
