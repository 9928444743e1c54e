#include "certify/client_plans.h"

#include <optional>

#include "protocol/operations.h"

namespace zest::certify {
namespace {

using application::ActionKind;

constexpr const char* kRuleId = "certify-client";
constexpr const char* kTokenRuleId = "certify-client-tokens";
constexpr std::int64_t kBusyTimes = 4;        // 503s in a row
constexpr Duration kRetryAfter{2'000};        // longer than first pauses usually are
constexpr const char* kExchangeTakes = "1s";  // so that two refreshes at once meet

Json status_action(int code) { return Json{{"type", "status"}, {"code", code}}; }

// On how many calls of the operation.
std::optional<std::int64_t> first_of(Provocation provocation) {
  switch (provocation) {
    case Provocation::Refused:
    case Provocation::Down:
    case Provocation::MoreMembers:
      return std::nullopt;
    case Provocation::Busy:
      return kBusyTimes;
    case Provocation::ExpiredAtOnce:
      return 2;  // both of the calls, whichever comes first
    default:
      return 1;
  }
}

// What is done to calls of the operation; nothing for those that need no rule.
std::optional<Json> fault_on_calls(const Plan& plan) {
  switch (plan.provocation) {
    case Provocation::None:
    case Provocation::Invalid:
    case Provocation::FailedRow:
    case Provocation::ReceiptEarly:
    case Provocation::EndedToken:
      return std::nullopt;
    case Provocation::LostAnswer:
      return Json{{"type", "dropAfterCommit"}};
    case Provocation::Busy:
      return status_action(503);
    case Provocation::ErrorAfter:
      return Json{{"type", "statusAfterCommit"}, {"code", 500}};
    case Provocation::TooMany: {
      Json action = status_action(429);
      action["retryAfter"] = format_duration(kRetryAfter);
      return action;
    }
    case Provocation::Gateway:
      return status_action(502);
    case Provocation::CutBody:
      return Json{{"type", "truncateBody"}};
    case Provocation::EmptyBody:
      return Json{{"type", "emptyBody"}};
    case Provocation::Refused:
    case Provocation::Down:
      return status_action(plan.status);
    case Provocation::ExpiredToken:
    case Provocation::ShortToken:
    case Provocation::ExpiredAtOnce:
      return Json{{"type", "expireTokens"}};
    case Provocation::MoreMembers:
      return Json{{"type", "extraMembers"}};
    case Provocation::NoAnswer:
      return Json{{"type", "delayAfterCommit"}, {"by", format_duration(kNoAnswerFor)}};
  }
  return std::nullopt;
}

// What is done to the exchange of tokens meanwhile.
std::optional<Json> fault_on_exchange(Provocation provocation) {
  if (provocation == Provocation::ShortToken)
    return Json{{"type", "shortTokens"}, {"lifetime", format_duration(kShortLife)}};
  if (provocation == Provocation::ExpiredAtOnce) return Json{{"type", "latency"}, {"by", kExchangeTakes}};
  return std::nullopt;
}

}  // namespace

const std::vector<Plan>& client_plans() {
  static const std::vector<Plan> all = {
      {ActionKind::RequestSpv},
      {ActionKind::RequestSpv},
      {ActionKind::RequestSpv, Provocation::LostAnswer},
      {ActionKind::RequestSpv, Provocation::Busy},
      {ActionKind::RequestSpv, Provocation::ErrorAfter},
      {ActionKind::RequestSpv, Provocation::Gateway},
      {ActionKind::RequestSpv, Provocation::TooMany},
      {ActionKind::RequestSpv, Provocation::CutBody},
      {ActionKind::RequestSpv, Provocation::EmptyBody},
      {ActionKind::RequestSpv, Provocation::ExpiredToken},
      {ActionKind::RequestSpv, Provocation::ShortToken},
      {ActionKind::RequestSpv, Provocation::EndedToken},
      {ActionKind::RequestSpv, Provocation::ExpiredAtOnce},
      {ActionKind::RequestSpv, Provocation::MoreMembers},
      {ActionKind::RequestSpv, Provocation::Invalid},
      {ActionKind::RequestSpv, Provocation::Refused, 400},
      {ActionKind::RequestSpv, Provocation::Refused, 401},
      {ActionKind::RequestSpv, Provocation::Refused, 403},
      {ActionKind::RequestSpv, Provocation::Refused, 404},
      {ActionKind::RequestSpv, Provocation::Refused, 409},
      {ActionKind::RequestSpv, Provocation::Refused, 415},
      {ActionKind::RequestSpv, Provocation::Down, 500},
      {ActionKind::RequestSpv, Provocation::NoAnswer},
      {ActionKind::CreateInvestors},
      {ActionKind::CreateInvestors, Provocation::LostAnswer},
      {ActionKind::CreateInvestors, Provocation::Busy},
      {ActionKind::CreateInvestors, Provocation::FailedRow},
      {ActionKind::CreateInvestors, Provocation::MoreMembers},
      {ActionKind::CreateInvestors, Provocation::Refused, 400},
      {ActionKind::Subscribe},
      {ActionKind::Subscribe, Provocation::LostAnswer},
      {ActionKind::UploadReceipt, Provocation::ReceiptEarly},
      {ActionKind::UploadForm},
      {ActionKind::UploadForm, Provocation::LostAnswer},
      {ActionKind::UploadForm, Provocation::Refused, 413},
      {ActionKind::UploadReceipt},
      {ActionKind::UploadReceipt, Provocation::LostAnswer},
  };
  return all;
}

std::vector<Json> rules_of(const Plan& plan, const std::string& operation) {
  std::vector<Json> rules;
  const auto add = [&rules](const char* id, const std::string& of, std::optional<std::int64_t> first,
                            Json action) {
    Json match{{"operation", of}};
    if (first) match["first"] = *first;
    rules.push_back({{"id", id}, {"on", "api"}, {"match", std::move(match)}, {"action", std::move(action)}});
  };
  if (std::optional<Json> action = fault_on_calls(plan))
    add(kRuleId, operation, first_of(plan.provocation), std::move(*action));
  if (std::optional<Json> action = fault_on_exchange(plan.provocation)) {
    add(kTokenRuleId, std::string(row_of(kOperationTable, Operation::ExchangeTokens).id), std::nullopt,
        std::move(*action));
  }
  return rules;
}

std::size_t successes_to_come(Provocation provocation) {
  switch (provocation) {
    case Provocation::Refused:
    case Provocation::Down:
    case Provocation::Invalid:
    case Provocation::ReceiptEarly:
      return 0;
    case Provocation::NoAnswer:  // the first one, whose answer is held back, and the one after the timeout
    case Provocation::ExpiredAtOnce:  // two things at once
      return 2;
    default:
      return 1;
  }
}

}  // namespace zest::certify
