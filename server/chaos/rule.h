// Rules of chaos, as data: which deliveries or calls they match, and what they do to them. Nothing here acts;
// plan.h turns rules into a plan, and others carry it out. Virtual time unless a member says otherwise.
// Thread-safety: plain values and free functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"

namespace zest::chaos {

inline constexpr std::size_t kMaxRuleId = 64;  // characters
inline constexpr int kMaxCopies = 20;          // of one attempt
inline constexpr int kMinWindow = 2;           // deliveries that a reorder collects
inline constexpr int kMaxWindow = 100;
inline constexpr int kMaxAttempts = 6;             // Zest docs: webhooks/retries
inline constexpr Duration kDefaultWithin{60'000};  // how long a reorder waits for its window to fill
inline constexpr Duration kMaxLatency{60'000};     // wall
inline constexpr std::int64_t kMaxCount = 1'000'000'000;

// Whether a fault on a call may answer this status: those that Zest documents, and the 422 of its web
// framework. Zest docs: errors.
bool is_fault_status(std::int64_t status);
// "400, 401, …, 500 or 503"
std::string fault_statuses();

enum class Target { Webhook, Api };
std::string_view to_string(Target target);

// Everything that is given must hold. nth counts what the members before it let through, probability draws
// for what nth lets through, and first limits the hits; each partner is counted by itself.
struct Match {
  // Webhooks.
  std::vector<std::string> event_types;  // exact, or the beginning when it ends with '*'; empty: all
  std::optional<std::string> subject;    // any slug or person id in the event's data
  std::optional<int> attempt;            // 1 to 6
  // Calls of the API.
  std::optional<std::string> method;
  std::optional<std::string> path;       // exact, or the beginning when it ends with '*'
  std::optional<std::string> operation;  // operation id
  // Both.
  std::optional<std::int64_t> nth;
  std::optional<std::int64_t> first;
  std::optional<double> probability;
};

// What happens to webhooks. `attempts`: the first n attempts of a delivery.
struct Duplicate {
  int copies = 1;  // extra ones
  Duration spacing{0};
};
struct Delay {
  Duration by{0};
};
struct Hold {
  std::optional<std::string> until_event;  // absent: until it is released by hand
};
struct Reorder {
  enum class Order { Reverse, Shuffle };
  int window = kMinWindow;
  Order order = Order::Reverse;
  Duration within = kDefaultWithin;
};
struct Drop {
  std::optional<int> attempts;
};
struct LostAck {
  std::optional<int> attempts;
};
struct Replay {
  Duration after{0};
};
struct Tamper {
  enum class What { Signature, Body, Secret, StaleTimestamp, FutureTimestamp, MissingHeader };
  What what = What::Signature;
};
struct ExtraSignatureVersion {};
struct SlowBody {
  std::uint64_t bytes_per_second = 1;  // wall
  std::optional<int> attempts;
};
struct Disconnect {
  bool mid_body = false;
  std::optional<int> attempts;
};

// What happens to calls of the API.
struct Status {
  int code = 503;
};
struct Latency {
  Duration by{0};  // wall
};
struct DropBeforeExecute {};
struct DropAfterCommit {};
struct StatusAfterCommit {
  int code = 500;
};
struct ExpireTokens {};

using Action = std::variant<Duplicate, Delay, Hold, Reorder, Drop, LostAck, Replay, Tamper,
                            ExtraSignatureVersion, SlowBody, Disconnect, Status, Latency, DropBeforeExecute,
                            DropAfterCommit, StatusAfterCommit, ExpireTokens>;
std::string_view action_name(const Action& action);  // "duplicate", …
Target target_of(const Action& action);

std::string_view to_string(Tamper::What what);
std::string_view to_string(Reorder::Order order);

struct Rule {
  std::string id;
  Target on = Target::Webhook;
  std::optional<std::string> client_id;  // absent: every partner
  Match match;
  Action action;
  std::optional<Duration> ttl;
  bool enabled = true;
};

// A rule as people write it. `id` may be missing (then it is ""). `hits` and `createdAt`, which answers show,
// are read over. Errors: InvalidRequest whose detail names the path of the mistake and what is allowed there.
Result<Rule> read_rule(const Json& json);

// The rule as read_rule() takes it.
Json to_json(const Rule& rule);

// "exact" or "beginning*".
bool matches_pattern(std::string_view pattern, std::string_view text);

}  // namespace zest::chaos
