// Rules of chaos, as data: which deliveries or calls they match, and what they do to them. Nothing here acts;
// plan.h turns rules into a plan, and others carry it out. Virtual time unless a member says otherwise.
// Thread-safety: plain values and free functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "protocol/chaos_actions.h"

namespace zest::chaos {

inline constexpr std::size_t kMaxRuleId = 64;  // characters
inline constexpr int kMaxAttempts = static_cast<int>(kMaxRuleAttempts);
inline constexpr Duration kDefaultWithin{60'000};        // how long a reorder waits for its window to fill
inline constexpr Duration kMaxLatency{kMaxRuleLatency};  // wall

// Whether a fault on a call may answer this status: one of kFaultStatuses.
bool is_fault_status(std::int64_t status);
// "400, 401, …, 500 or 503"
std::string fault_statuses();

using Target = ChaosTarget;

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

// What happens to webhooks and to calls of the API. Each action names its row of kChaosActionTable, and its
// own members in the order of that row's; what does not fit the row does not compile.
struct Duplicate {
  int copies = 1;  // extra ones
  Duration spacing{0};
  static constexpr ChaosAction kAction = ChaosAction::Duplicate;
  static constexpr auto kMembers = std::tuple(&Duplicate::copies, &Duplicate::spacing);
};
struct Delay {
  Duration by{0};
  static constexpr ChaosAction kAction = ChaosAction::Delay;
  static constexpr auto kMembers = std::tuple(&Delay::by);
};
struct Hold {
  std::optional<std::string> until_event;  // absent: until it is released by hand
  std::optional<bool> until_released;
  static constexpr ChaosAction kAction = ChaosAction::Hold;
  static constexpr auto kMembers = std::tuple(&Hold::until_event, &Hold::until_released);
};
struct Reorder {
  int window = static_cast<int>(kMinRuleWindow);
  NewOrder order = NewOrder::Reverse;
  Duration within = kDefaultWithin;
  static constexpr ChaosAction kAction = ChaosAction::Reorder;
  static constexpr auto kMembers = std::tuple(&Reorder::window, &Reorder::order, &Reorder::within);
};
struct Drop {
  std::optional<int> attempts;  // the first n of a delivery, here and below
  static constexpr ChaosAction kAction = ChaosAction::Drop;
  static constexpr auto kMembers = std::tuple(&Drop::attempts);
};
struct LostAck {
  std::optional<int> attempts;
  static constexpr ChaosAction kAction = ChaosAction::LostAck;
  static constexpr auto kMembers = std::tuple(&LostAck::attempts);
};
struct Replay {
  Duration after{0};
  static constexpr ChaosAction kAction = ChaosAction::Replay;
  static constexpr auto kMembers = std::tuple(&Replay::after);
};
struct Tamper {
  Tampering what = Tampering::Signature;
  static constexpr ChaosAction kAction = ChaosAction::Tamper;
  static constexpr auto kMembers = std::tuple(&Tamper::what);
};
struct ExtraSignatureVersion {
  static constexpr ChaosAction kAction = ChaosAction::ExtraSignatureVersion;
  static constexpr std::tuple<> kMembers{};
};
struct SlowBody {
  std::uint64_t bytes_per_second = 1;  // wall
  std::optional<int> attempts;
  static constexpr ChaosAction kAction = ChaosAction::SlowBody;
  static constexpr auto kMembers = std::tuple(&SlowBody::bytes_per_second, &SlowBody::attempts);
};
struct Disconnect {
  bool mid_body = false;
  std::optional<int> attempts;
  static constexpr ChaosAction kAction = ChaosAction::Disconnect;
  static constexpr auto kMembers = std::tuple(&Disconnect::mid_body, &Disconnect::attempts);
};

struct Status {
  int code = 503;
  std::optional<Duration> retry_after;  // wall
  std::optional<GatewayBody> body;      // absent: the envelope, from a gateway (502, 504) Html
  static constexpr ChaosAction kAction = ChaosAction::Status;
  static constexpr auto kMembers = std::tuple(&Status::code, &Status::retry_after, &Status::body);
};
struct Latency {
  Duration by{0};  // wall
  static constexpr ChaosAction kAction = ChaosAction::Latency;
  static constexpr auto kMembers = std::tuple(&Latency::by);
};
struct DropBeforeExecute {
  static constexpr ChaosAction kAction = ChaosAction::DropBeforeExecute;
  static constexpr std::tuple<> kMembers{};
};
struct DropAfterCommit {
  static constexpr ChaosAction kAction = ChaosAction::DropAfterCommit;
  static constexpr std::tuple<> kMembers{};
};
struct StatusAfterCommit {
  int code = 500;
  static constexpr ChaosAction kAction = ChaosAction::StatusAfterCommit;
  static constexpr auto kMembers = std::tuple(&StatusAfterCommit::code);
};
struct ExpireTokens {
  static constexpr ChaosAction kAction = ChaosAction::ExpireTokens;
  static constexpr std::tuple<> kMembers{};
};

struct TruncateBody {
  std::optional<std::int64_t> after;  // bytes
  static constexpr ChaosAction kAction = ChaosAction::TruncateBody;
  static constexpr auto kMembers = std::tuple(&TruncateBody::after);
};
struct EmptyBody {
  static constexpr ChaosAction kAction = ChaosAction::EmptyBody;
  static constexpr std::tuple<> kMembers{};
};
struct SlowAnswer {
  std::int64_t bytes_per_second = 1;
  static constexpr ChaosAction kAction = ChaosAction::SlowAnswer;
  static constexpr auto kMembers = std::tuple(&SlowAnswer::bytes_per_second);
};
struct DelayAfterCommit {
  Duration by{0};  // wall
  static constexpr ChaosAction kAction = ChaosAction::DelayAfterCommit;
  static constexpr auto kMembers = std::tuple(&DelayAfterCommit::by);
};

struct ExtraMembers {
  static constexpr ChaosAction kAction = ChaosAction::ExtraMembers;
  static constexpr std::tuple<> kMembers{};
};

struct ShortTokens {
  Duration lifetime{0};  // wall
  static constexpr ChaosAction kAction = ChaosAction::ShortTokens;
  static constexpr auto kMembers = std::tuple(&ShortTokens::lifetime);
};

using Action = std::variant<Duplicate, Delay, Hold, Reorder, Drop, LostAck, Replay, Tamper,
                            ExtraSignatureVersion, SlowBody, Disconnect, Status, Latency, DropBeforeExecute,
                            DropAfterCommit, StatusAfterCommit, ExpireTokens, TruncateBody, EmptyBody,
                            SlowAnswer, DelayAfterCommit, ExtraMembers, ShortTokens>;
const ChaosActionRow& row_of(const Action& action);

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
