#include "chaos/action_table.h"

namespace zest::chaos {
namespace {

using Kind = MemberKind;

constexpr std::int64_t kAnyRate = 1'000'000'000;  // bytes per second
constexpr std::string_view kOrderWords[] = {"reverse", "shuffle"};
constexpr std::string_view kTamperWords[] = {"signature",       "body",         "secret", "staleTimestamp",
                                             "futureTimestamp", "missingHeader"};
constexpr std::string_view kStatusWords[] = {"400", "401", "403", "404", "409",
                                             "413", "415", "422", "500", "503"};

constexpr MemberSpec kAttempts{
    "attempts", Kind::Integer, "The first n attempts of each delivery; left out: all.", false,
    1,          kMaxAttempts};

constexpr MemberSpec kDuplicate[] = {
    {"copies", Kind::Integer, "How many extra ones.", false, 1, kMaxCopies, {}, "1"},
    {"spacing", Kind::Duration, "Virtual time between them.", false, 0, 0, {}, "0s"}};
constexpr MemberSpec kDelay[] = {{"by", Kind::Duration, "Virtual time.", true}};
constexpr MemberSpec kHold[] = {
    {"untilEvent", Kind::EventPattern, "Until such an event about the same resources was delivered; or:"},
    {"untilReleased", Kind::Flag, "Until it is released by hand."}};
constexpr MemberSpec kReorder[] = {
    {"window", Kind::Integer, "How many deliveries are collected.", true, kMinWindow, kMaxWindow},
    {"order", Kind::Word, "In which order they go out.", false, 0, 0, kOrderWords, "reverse"},
    {"within",
     Kind::Duration,
     "Virtual time after which a window that is not full goes out.",
     false,
     0,
     0,
     {},
     "60s"}};
constexpr MemberSpec kFirstAttempts[] = {kAttempts};
constexpr MemberSpec kReplay[] = {{"after", Kind::Duration, "Virtual time after it was delivered.", true}};
constexpr MemberSpec kTamper[] = {
    {"what", Kind::Word, "What is wrong with the forged copy.", true, 0, 0, kTamperWords}};
constexpr MemberSpec kSlowBody[] = {{"bytesPerSecond", Kind::Integer, "Wall time.", true, 1, kAnyRate},
                                    kAttempts};
constexpr MemberSpec kDisconnect[] = {
    {"midBody", Kind::Flag, "In the middle of the body, instead of before it."}, kAttempts};
constexpr MemberSpec kStatus[] = {{"code", Kind::Integer, "The status.", true, 400, 503, kStatusWords}};
constexpr MemberSpec kLatency[] = {{"by", Kind::Duration, "Wall time, at most 60s.", true}};
constexpr MemberSpec kStatusAfterCommit[] = {
    {"code", Kind::Integer, "The status.", false, 400, 503, kStatusWords, "500"}};

constexpr ActionSpec kActions[] = {
    {"duplicate", Target::Webhook, "The delivery comes more than once.", kDuplicate},
    {"delay", Target::Webhook, "The delivery goes out later.", kDelay},
    {"hold", Target::Webhook,
     "The delivery waits until a later event has overtaken it, or until it is released.", kHold},
    {"reorder", Target::Webhook, "Deliveries are collected and go out in another order.", kReorder},
    {"drop", Target::Webhook, "The network eats it: a failed attempt of which the receiver saw nothing.",
     kFirstAttempts},
    {"lostAck", Target::Webhook,
     "The receiver takes it and answers 2xx, but the answer is lost: Zest counts a failure and retries.",
     kFirstAttempts},
    {"replay", Target::Webhook, "The delivery comes again after it was delivered.", kReplay},
    {"tamper", Target::Webhook, "A forged copy comes before the true one; a receiver has to refuse it.",
     kTamper},
    {"extraSignatureVersion",
     Target::Webhook,
     "The signature has a v2 beside its v1; a receiver ignores it.",
     {}},
    {"slowBody", Target::Webhook, "The body trickles in.", kSlowBody},
    {"disconnect", Target::Webhook, "The connection is cut while the webhook is being sent.", kDisconnect},
    {"status", Target::Api, "The call is answered with an error; nothing happened.", kStatus},
    {"latency", Target::Api, "The call is answered late.", kLatency},
    {"dropBeforeExecute", Target::Api, "The connection is cut; nothing happened.", {}},
    {"dropAfterCommit",
     Target::Api,
     "The call is done, but its answer is lost: what Idempotency-Key is for.",
     {}},
    {"statusAfterCommit", Target::Api, "The call is done, but answered with an error.", kStatusAfterCommit},
    {"expireTokens", Target::Api, "The caller's access tokens are expired: the call is answered 401.", {}},
};
static_assert(std::size(kActions) == std::variant_size_v<Action>);

constexpr MemberSpec kNth{"nth", Kind::Integer, "Every nth of those that match so far.", false, 1, kMaxCount};
constexpr MemberSpec kFirst{"first", Kind::Integer, "The first n hits only.", false, 1, kMaxCount};
constexpr MemberSpec kProbability{"probability", Kind::Number,
                                  "By chance, above 0 and at most 1, from the seed."};
constexpr MemberSpec kWebhookMatch[] = {
    {"eventType", Kind::EventPattern, "This event type, or the beginning of some with a * after it."},
    {"subject", Kind::Text, "A slug or person id that the event's data names."},
    {"attempt", Kind::Integer, "This attempt of the schedule only.", false, 1, kMaxAttempts},
    kNth,
    kFirst,
    kProbability};
constexpr MemberSpec kApiMatch[] = {{"method", Kind::Text, "GET, POST or another method."},
                                    {"path", Kind::Text, "The path, or its beginning with a * after it."},
                                    {"operation", Kind::Text, "The operation's id."},
                                    kNth,
                                    kFirst,
                                    kProbability};

}  // namespace

std::span<const ActionSpec> action_table() { return kActions; }

std::span<const MemberSpec> match_table(Target target) {
  if (target == Target::Webhook) return kWebhookMatch;
  return kApiMatch;
}

}  // namespace zest::chaos
