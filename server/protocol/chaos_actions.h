// The language of chaos rules as constant tables: the actions, their members and bounds, and what rules
// match. The control plane's reader, its OpenAPI document and the language of scenarios read the same rows.
// Thread-safety: immutable.
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

#include "base/enum_table.h"

namespace zest {

// Bounds. A duration is virtual time unless its member says otherwise.
inline constexpr std::int64_t kMaxRuleCopies = 20;  // of one attempt
inline constexpr std::int64_t kMinRuleWindow = 2;   // deliveries that a reorder collects
inline constexpr std::int64_t kMaxRuleWindow = 100;
inline constexpr std::int64_t kMaxRuleAttempts = 6;  // Zest docs: webhooks/retries
inline constexpr std::int64_t kMaxRuleBytesPerSecond = 1'000'000'000;
inline constexpr std::int64_t kMaxRuleLatency = 60'000;        // ms, wall
inline constexpr std::int64_t kMaxRuleRetryAfter = 3'600'000;  // ms, wall
inline constexpr std::int64_t kMaxRuleTokens =
    3'600'000;  // ms, wall. Zest docs: authentication (expiresIn 3600)
inline constexpr std::int64_t kMaxRuleBytes = 1'000'000'000;  // of an answer
inline constexpr std::int64_t kMaxRuleCount = 1'000'000'000;  // of nth and first

// What a fault on a call may answer: the statuses that Zest documents (Zest docs: errors), the 422 of its web
// framework, and what a gateway before it says: 429, 502, 504.
inline constexpr std::int64_t kFaultStatuses[] = {400, 401, 403, 404, 409, 413, 415,
                                                  422, 429, 500, 502, 503, 504};
// Those that the server reads; a rule about another one would never match.
inline constexpr std::string_view kRuleMethods[] = {"GET",   "HEAD",   "POST",   "PUT",
                                                    "PATCH", "DELETE", "OPTIONS"};

enum class ChaosTarget { Webhook, Api };
inline constexpr Word<ChaosTarget> kChaosTargetWords[] = {{ChaosTarget::Webhook, "webhook"},
                                                          {ChaosTarget::Api, "api"}};
static_assert(is_complete(kChaosTargetWords));
inline constexpr auto kChaosTargets = values_of(kChaosTargetWords);
constexpr std::string_view to_string(ChaosTarget target) { return row_of(kChaosTargetWords, target).text; }

// The order in which collected deliveries go out.
enum class NewOrder { Reverse, Shuffle };
inline constexpr Word<NewOrder> kNewOrderWords[] = {{NewOrder::Reverse, "reverse"},
                                                    {NewOrder::Shuffle, "shuffle"}};
static_assert(is_complete(kNewOrderWords));
inline constexpr auto kNewOrders = values_of(kNewOrderWords);
constexpr std::string_view to_string(NewOrder order) { return row_of(kNewOrderWords, order).text; }

// What is wrong with a tampered attempt.
enum class Tampering { Signature, Body, Secret, StaleTimestamp, FutureTimestamp, MissingHeader };
inline constexpr Word<Tampering> kTamperingWords[] = {{Tampering::Signature, "signature"},
                                                      {Tampering::Body, "body"},
                                                      {Tampering::Secret, "secret"},
                                                      {Tampering::StaleTimestamp, "staleTimestamp"},
                                                      {Tampering::FutureTimestamp, "futureTimestamp"},
                                                      {Tampering::MissingHeader, "missingHeader"}};
static_assert(is_complete(kTamperingWords));
inline constexpr auto kTamperings = values_of(kTamperingWords);
constexpr std::string_view to_string(Tampering tampering) { return row_of(kTamperingWords, tampering).text; }

// The body of an answer that a gateway gives in Zest's place.
enum class GatewayBody { Empty, Html };
inline constexpr Word<GatewayBody> kGatewayBodyWords[] = {{GatewayBody::Empty, "empty"},
                                                          {GatewayBody::Html, "html"}};
static_assert(is_complete(kGatewayBodyWords));
inline constexpr auto kGatewayBodies = values_of(kGatewayBodyWords);
constexpr std::string_view to_string(GatewayBody body) { return row_of(kGatewayBodyWords, body).text; }

// A member of an action, or of what a rule matches.
struct ChaosMember {
  enum class Kind {
    Timespan,       // at most `most` ms
    Seconds,        // the same, or a whole number of seconds
    Integer,        // least to most
    Boolean,        //
    True,           // nothing but true
    Probability,    // above 0, at most 1
    Choice,         // one of `words`
    FaultStatus,    // one of kFaultStatuses
    EventPattern,   // an event type, or the beginning of some with a * after it
    EventPatterns,  // one of them or a list
    Text,           //
    Method,         // one of kRuleMethods, in any case
    Path,           // begins with /; a * at the end stands for the rest
    Operation,      // an operation id of the Partner API
  };
  std::string_view name;
  Kind kind{};
  std::string_view help;
  bool required = false;
  std::int64_t least = 0;
  std::int64_t most = std::numeric_limits<std::int64_t>::max();
  ConstantList<std::string_view, 6> words = {};
  std::string_view standard = {};  // the value when it is left out; "" when there is none
};

namespace chaos_member {
using Kind = ChaosMember::Kind;
constexpr ChaosMember of(Kind kind, std::string_view name, std::string_view help) {
  return {name, kind, help};
}
constexpr ChaosMember integer(std::string_view name, std::int64_t least, std::int64_t most,
                              std::string_view help) {
  return {name, Kind::Integer, help, false, least, most};
}
template <class Enum, std::size_t Size>
constexpr ChaosMember word(std::string_view name, const Word<Enum> (&words)[Size], std::string_view help) {
  ChaosMember member{name, Kind::Choice, help};
  for (const Word<Enum>& each : words) member.words.add(each.text);
  return member;
}
constexpr ChaosMember at_most(std::int64_t most, ChaosMember member) {
  member.most = most;
  return member;
}
constexpr ChaosMember or_else(std::string_view standard, ChaosMember member) {
  member.standard = standard;
  return member;
}
constexpr ChaosMember required(ChaosMember member) {
  member.required = true;
  return member;
}
constexpr ChaosMember attempts() {
  return integer("attempts", 1, kMaxRuleAttempts, "The first n attempts of each delivery.");
}
}  // namespace chaos_member

enum class ChaosAction {
  Duplicate,
  Delay,
  Hold,
  Reorder,
  Drop,
  LostAck,
  Replay,
  Tamper,
  ExtraSignatureVersion,
  SlowBody,
  Disconnect,
  Status,
  Latency,
  DropBeforeExecute,
  DropAfterCommit,
  StatusAfterCommit,
  ExpireTokens,
  TruncateBody,
  EmptyBody,
  SlowAnswer,
  DelayAfterCommit,
  ExtraMembers,
  ShortTokens,
};

struct ChaosActionRow {
  ChaosAction action;
  ChaosTarget target;
  std::string_view name;  // the action's "type", unique for its target
  std::string_view help;
  ConstantList<ChaosMember, 4> members = {};
  bool exactly_one = false;  // of the members
};

namespace chaos_member {
inline constexpr ChaosActionRow kActions[] = {
    {ChaosAction::Duplicate,
     ChaosTarget::Webhook,
     "duplicate",
     "Extra copies of a delivery.",
     {or_else("1", integer("copies", 1, kMaxRuleCopies, "How many [1].")),
      or_else("0s", of(Kind::Timespan, "spacing", "Virtual time between them [0s]."))}},
    {ChaosAction::Delay,
     ChaosTarget::Webhook,
     "delay",
     "The delivery goes out later.",
     {required(of(Kind::Timespan, "by", "By this virtual time."))}},
    {ChaosAction::Hold,
     ChaosTarget::Webhook,
     "hold",
     "The delivery waits for a later event to overtake it, or for a release step.",
     {of(Kind::EventPattern, "untilEvent", "Until such an event about the same resources was delivered."),
      of(Kind::True, "untilReleased", "true: until it is released.")},
     true},
    {ChaosAction::Reorder,
     ChaosTarget::Webhook,
     "reorder",
     "Deliveries are collected and go out in another order.",
     {required(integer("window", kMinRuleWindow, kMaxRuleWindow, "How many are collected.")),
      or_else("reverse", word("order", kNewOrderWords, "In which order they go out [reverse].")),
      or_else("60s", of(Kind::Timespan, "within", "Wait no longer than this virtual time [60s]."))}},
    {ChaosAction::Drop,
     ChaosTarget::Webhook,
     "drop",
     "The network eats it: the receiver sees nothing.",
     {attempts()}},
    {ChaosAction::LostAck,
     ChaosTarget::Webhook,
     "lostAck",
     "The receiver's answer is lost: Zest counts a failure and retries.",
     {attempts()}},
    {ChaosAction::Replay,
     ChaosTarget::Webhook,
     "replay",
     "The delivery comes again after it was delivered.",
     {required(of(Kind::Timespan, "after", "How much later, virtual time."))}},
    {ChaosAction::Tamper,
     ChaosTarget::Webhook,
     "tamper",
     "A forged request comes before the true one.",
     {required(word("what", kTamperingWords, "What is wrong with it."))}},
    {ChaosAction::ExtraSignatureVersion, ChaosTarget::Webhook, "extraSignatureVersion",
     "The signature has a v2 besides its v1."},
    {ChaosAction::SlowBody,
     ChaosTarget::Webhook,
     "slowBody",
     "The body trickles in.",
     {required(integer("bytesPerSecond", 1, kMaxRuleBytesPerSecond, "Wall time.")), attempts()}},
    {ChaosAction::Disconnect,
     ChaosTarget::Webhook,
     "disconnect",
     "The connection is cut while sending.",
     {of(Kind::Boolean, "midBody", "In the middle of the body instead of before it."), attempts()}},
    {ChaosAction::Status,
     ChaosTarget::Api,
     "status",
     "Answers an error; nothing happened.",
     {required(of(Kind::FaultStatus, "code", "Which one.")),
      at_most(kMaxRuleRetryAfter,
              of(Kind::Seconds, "retryAfter", "Says Retry-After, wall time, at most 1h.")),
      word("body", kGatewayBodyWords,
           "As a gateway answers in Zest's place, without the envelope [502 and 504: html].")}},
    {ChaosAction::Latency,
     ChaosTarget::Api,
     "latency",
     "Answers late.",
     {required(at_most(kMaxRuleLatency, of(Kind::Timespan, "by", "Wall time, at most 60s.")))}},
    {ChaosAction::DropBeforeExecute, ChaosTarget::Api, "dropBeforeExecute",
     "The connection is cut; nothing happened."},
    {ChaosAction::DropAfterCommit, ChaosTarget::Api, "dropAfterCommit", "Done, but the answer is lost."},
    {ChaosAction::StatusAfterCommit,
     ChaosTarget::Api,
     "statusAfterCommit",
     "Done, but answered with an error.",
     {or_else("500", of(Kind::FaultStatus, "code", "Which one [500]."))}},
    {ChaosAction::ExpireTokens, ChaosTarget::Api, "expireTokens", "The partner's access tokens are expired."},
    {ChaosAction::TruncateBody,
     ChaosTarget::Api,
     "truncateBody",
     "Done, but the connection is cut in the middle of the answer's body.",
     {integer("after", 0, kMaxRuleBytes, "After so many of its bytes, at most all but one [half of them].")}},
    {ChaosAction::EmptyBody, ChaosTarget::Api, "emptyBody", "Done, and the answer's body is empty."},
    {ChaosAction::SlowAnswer,
     ChaosTarget::Api,
     "slowBody",
     "Done, and the answer's body trickles in.",
     {required(integer("bytesPerSecond", 1, kMaxRuleBytesPerSecond, "Wall time."))}},
    {ChaosAction::DelayAfterCommit,
     ChaosTarget::Api,
     "delayAfterCommit",
     "Done, but answered late: the webhook comes before the answer.",
     {required(at_most(kMaxRuleLatency, of(Kind::Timespan, "by", "Wall time, at most 60s.")))}},
    {ChaosAction::ExtraMembers, ChaosTarget::Api, "extraMembers",
     "Done, and the JSON that is answered has members that nobody knows yet."},
    {ChaosAction::ShortTokens,
     ChaosTarget::Api,
     "shortTokens",
     "The access tokens that are given end early, and expiresIn says so.",
     {required(at_most(kMaxRuleTokens,
                       of(Kind::Seconds, "lifetime",
                          "How long they live: 5s, or a number of seconds, wall time, at most 1h.")))}},
};

// What rules match, of either target.
inline constexpr ChaosMember kNth = integer("nth", 1, kMaxRuleCount, "Every nth that matches.");
inline constexpr ChaosMember kFirst = integer("first", 1, kMaxRuleCount, "The first n hits only.");
inline constexpr ChaosMember kProbability = of(Kind::Probability, "probability", "By chance, from the seed.");
inline constexpr ConstantList<ChaosMember, 6> kWebhookMatch = {
    of(Kind::EventPatterns, "eventType", "Of this type, or of these."),
    of(Kind::Text, "subject", "About this resource (any slug or person in the data)."),
    integer("attempt", 1, kMaxRuleAttempts, "This attempt of each."),
    kNth,
    kFirst,
    kProbability};
inline constexpr ConstantList<ChaosMember, 6> kApiMatch = {
    of(Kind::Method, "method", "With this method."),
    of(Kind::Path, "path", "Of this path; a trailing * stands for the rest."),
    of(Kind::Operation, "operation", "Of this operation."),
    kNth,
    kFirst,
    kProbability};
}  // namespace chaos_member

inline constexpr const auto& kChaosActionTable = chaos_member::kActions;
static_assert(is_complete(kChaosActionTable, &ChaosActionRow::action));
// nullptr when there is no such action.
constexpr const ChaosActionRow* find_chaos_action(ChaosTarget target, std::string_view name) {
  for (const ChaosActionRow& row : kChaosActionTable) {
    if (row.target == target && row.name == name) return &row;
  }
  return nullptr;
}

constexpr const ConstantList<ChaosMember, 6>& members_of_match(ChaosTarget target) {
  return target == ChaosTarget::Webhook ? chaos_member::kWebhookMatch : chaos_member::kApiMatch;
}

}  // namespace zest
