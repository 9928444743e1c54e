#include "certify/client_driving.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <thread>

#include "application/driver.h"
#include "base/crypto.h"
#include "client/event_maker.h"

namespace zest::certify {
namespace {

using application::ActionKind;
using application::ActionRow;
using Clock = std::chrono::steady_clock;

constexpr const char* kRuleId = "certify-client";
constexpr std::chrono::milliseconds kLook{50};
constexpr std::size_t kPageSize = 1000;
constexpr std::size_t kTagBytes = 4;
constexpr std::size_t kKeptAnswer = 4000;  // bytes of what the application answered
constexpr std::int64_t kBusyTimes = 4;     // 503s in a row
// How long calls may come after the application has answered. Wall. [sandbox]
constexpr Duration kFirstCall{10'000};    // the first one, of an application that works on a queue
constexpr Duration kRetryWithin{20'000};  // the one that succeeds
constexpr Duration kQuiet{1'500};         // without a call, where none is to come
constexpr Duration kGivenUp{4'000};       // without a call, after the application has said that it failed
constexpr Duration kPollingLook{3'000};   // for a loop that asks for the review

std::string operation_of(ActionKind kind) {
  return std::string(row_of(kOperationTable, row_of(application::kActionTable, kind).operation).id);
}

Json status_action(int code) { return Json{{"type", "status"}, {"code", code}}; }

// The rule that makes it, nothing for those that need none.
std::optional<Json> rule_of(Provocation provocation, int status, const std::string& operation) {
  Json match{{"operation", operation}, {"first", 1}};
  Json action;
  switch (provocation) {
    case Provocation::None:
    case Provocation::Invalid:
    case Provocation::FailedRow:
    case Provocation::ReceiptEarly:
      return std::nullopt;
    case Provocation::LostAnswer:
      action = Json{{"type", "dropAfterCommit"}};
      break;
    case Provocation::Busy:
      action = status_action(503);
      match["first"] = kBusyTimes;
      break;
    case Provocation::ErrorAfter:
      action = Json{{"type", "statusAfterCommit"}, {"code", 500}};
      break;
    case Provocation::TooMany:
      action = status_action(429);
      action["retryAfter"] = 1;
      break;
    case Provocation::Gateway:
      action = status_action(502);
      break;
    case Provocation::CutBody:
      action = Json{{"type", "truncateBody"}};
      break;
    case Provocation::Refused:
    case Provocation::Down:
      action = status_action(status);
      match.erase("first");
      break;
    case Provocation::ExpiredToken:
      action = Json{{"type", "expireTokens"}};
      break;
    case Provocation::MoreMembers:
      action = Json{{"type", "extraMembers"}};
      match.erase("first");
      break;
  }
  return Json{{"id", kRuleId}, {"on", "api"}, {"match", std::move(match)}, {"action", std::move(action)}};
}

std::string type_of(const std::optional<Json>& rule) {
  return rule ? text_member((*rule)["action"], "type") : std::string();
}

struct Plan {
  ActionKind kind;
  Provocation provocation = Provocation::None;
  int status = 0;
};

constexpr Plan kPlans[] = {
    {ActionKind::RequestSpv},
    {ActionKind::RequestSpv},
    {ActionKind::RequestSpv, Provocation::LostAnswer},
    {ActionKind::RequestSpv, Provocation::Busy},
    {ActionKind::RequestSpv, Provocation::ErrorAfter},
    {ActionKind::RequestSpv, Provocation::Gateway},
    {ActionKind::RequestSpv, Provocation::TooMany},
    {ActionKind::RequestSpv, Provocation::CutBody},
    {ActionKind::RequestSpv, Provocation::ExpiredToken},
    {ActionKind::RequestSpv, Provocation::MoreMembers},
    {ActionKind::RequestSpv, Provocation::Invalid},
    {ActionKind::RequestSpv, Provocation::Refused, 400},
    {ActionKind::RequestSpv, Provocation::Refused, 403},
    {ActionKind::RequestSpv, Provocation::Refused, 404},
    {ActionKind::RequestSpv, Provocation::Refused, 409},
    {ActionKind::RequestSpv, Provocation::Refused, 415},
    {ActionKind::RequestSpv, Provocation::Down, 500},
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

Result<ClientFacts> facts_of(const client::ControlApi& control, const std::string& client_id,
                             const std::map<std::string, std::string>& actions) {
  std::vector<Json> rows;
  for (std::size_t page = 1;; ++page) {
    client::Query query{{"page", std::to_string(page)}, {"perPage", std::to_string(kPageSize)}};
    if (!client_id.empty()) query.emplace_back("clientId", client_id);
    ASSIGN_OR_RETURN(const Json list, control.requests(query));
    const Json* documents = member(list, "documents");
    const std::size_t found = documents != nullptr && documents->is_array() ? documents->size() : 0;
    for (std::size_t i = 0; i < found; ++i) rows.push_back((*documents)[i]);
    if (found < kPageSize) break;
  }
  ClientFacts facts;
  facts.calls = client_calls(rows, actions);
  return facts;
}

class Drive {
 public:
  explicit Drive(const DrivenClient& client) : client_(client) {}

  Result<ClientFacts> run() {
    const bool able = client_.description.action(ActionKind::RequestSpv) != nullptr ||
                      client_.description.action(ActionKind::CreateInvestors) != nullptr;
    if (!able) {
      return invalid_request(
          client_.description.file +
          ": the calls of an application are driven by its \"actions\": give requestSpv or "
          "createInvestors, or let its own tests drive it (exec --pack client-faults)");
    }
    for (const Plan& plan : kPlans) {
      if (client_.description.action(plan.kind) == nullptr) continue;
      RETURN_IF_ERROR(play(plan));
    }
    return std::move(facts_);
  }

 private:
  Result<Json> fresh_ingredients() {
    client::PartnerApi partner = client_.partner();
    return client::standard_ingredients(partner, "", to_hex(random_bytes(kTagBytes)));
  }

  Result<client::MadeEvent> make(EventType type) {
    ASSIGN_OR_RETURN(const Json ingredients, fresh_ingredients());
    client::PartnerApi partner = client_.partner();
    return client::EventMaker(partner, client_.control, ingredients).make(type);
  }

  // What the action is about, and what it is given.
  Result<Json> names_for(ActionKind kind, bool with_form) {
    Json names = Json::object();
    if (kind == ActionKind::RequestSpv || kind == ActionKind::CreateInvestors) return names;
    const EventType needed = kind == ActionKind::Subscribe ? EventType::InvestorCreated
                             : with_form                   ? EventType::SignedSubscriptionFormUploaded
                                                           : EventType::SubscriptionCreated;
    ASSIGN_OR_RETURN(const client::MadeEvent made, make(needed));
    std::string spv = made.spv;
    std::string share_class = made.share_class;
    if (kind == ActionKind::Subscribe) {
      ASSIGN_OR_RETURN(const client::MadeEvent approved, make(EventType::SpvRequestCompleted));
      spv = approved.spv;
      share_class = approved.share_class;
    }
    const auto add = [&names](const char* name, const std::string& value) {
      if (!value.empty()) names[name] = value;
    };
    add("spvSlug", spv);
    add("shareClassSlug", share_class);
    add("zestPersonId", made.person);
    add("personId", made.person);
    add("subscriptionSlug", made.subscription);
    add("spvRequestSlug", made.spv_request);
    return names;
  }

  static void spoil(Json& ingredients, Provocation provocation) {
    if (provocation == Provocation::FailedRow) {
      ingredients["investor"]["dateOfBirth"] = "2999-01-01";
    } else if (provocation == Provocation::Invalid) {
      // Two rules at once: who tells of one row only is found out.
      ingredients["spvRequest"]["currency"] = "XXL";
      ingredients["spvRequest"]["underlyingCompanySlug"] = "not a slug";
    }
  }

  Result<void> play(const Plan& plan) {
    const std::string action(to_string(plan.kind));
    const std::string operation = operation_of(plan.kind);
    if (client_.on_step) client_.on_step(action);
    const bool with_form =
        plan.kind == ActionKind::UploadReceipt && plan.provocation != Provocation::ReceiptEarly;
    ASSIGN_OR_RETURN(const Json names, names_for(plan.kind, with_form));
    ASSIGN_OR_RETURN(Json ingredients, fresh_ingredients());
    spoil(ingredients, plan.provocation);
    const application::Driver driver(client_.description, client_.control, client_.client_id, ingredients);
    ASSIGN_OR_RETURN(const application::Bookmark before, driver.bookmark());
    std::optional<Json> rule = rule_of(plan.provocation, plan.status, operation);
    if (rule) {
      (*rule)["clientId"] = client_.client_id;
      RETURN_IF_ERROR(client_.control.add_chaos_rule(*rule));
    }
    Episode episode;
    episode.action = action;
    episode.operation = operation;
    episode.provocation = plan.provocation;
    episode.status = plan.status;
    episode.intent = application::fresh_intent();
    const Result<application::Driven> driven = driver.drive(plan.kind, names, episode.intent, Duration(0));
    if (driven.ok()) {
      episode.answer_status = driven->acted.answer.status;
      episode.answer_text = driven->acted.answer.text.substr(0, kKeptAnswer);
    } else {
      episode.answer_text = driven.error().detail;
    }
    const std::map<std::string, std::string> actions{{kRuleId, type_of(rule)}};
    const Result<std::vector<ClientCall>> calls =
        settle(driver, before, plan, driven.ok() && episode.answer_status >= 400, actions);
    if (rule) RETURN_IF_ERROR(client_.control.remove_chaos_rule(kRuleId));
    if (!calls.ok()) return calls.error();
    // Without a first success nothing would mean anything; later an application may have broken for good.
    if (facts_.episodes.empty() && !has_success(*calls, operation)) {
      return invalid_request(client_.description.file + ": the action " + action +
                             (driven.ok()
                                  ? " was answered " + std::to_string(episode.answer_status) +
                                        ", but no successful " + operation + " of " + client_.client_id +
                                        " came to the sandbox; `zest-sandbox app check` says more"
                                  : " failed: " + driven.error().detail));
    }
    episode.first = facts_.calls.size();
    facts_.calls.insert(facts_.calls.end(), calls->begin(), calls->end());
    episode.end = facts_.calls.size();
    facts_.episodes.push_back(std::move(episode));
    return {};
  }

  static bool has_success(const std::vector<ClientCall>& calls, const std::string& operation) {
    return std::any_of(calls.begin(), calls.end(), [&operation](const ClientCall& call) {
      return call.operation == operation && call.succeeded();
    });
  }

  // Whether a success is what the client should reach.
  static bool success_is_to_come(Provocation provocation) {
    return provocation != Provocation::Refused && provocation != Provocation::Down &&
           provocation != Provocation::Invalid && provocation != Provocation::ReceiptEarly;
  }

  // The calls until there is what should come, or none comes any more.
  Result<std::vector<ClientCall>> settle(const application::Driver& driver,
                                         const application::Bookmark& before, const Plan& plan, bool given_up,
                                         const std::map<std::string, std::string>& actions) {
    const std::string operation = operation_of(plan.kind);
    const Clock::time_point begun = Clock::now();
    const bool first = facts_.episodes.empty();
    std::size_t seen = 0;
    Clock::time_point last_news = begun;
    for (;;) {
      ASSIGN_OR_RETURN(const std::vector<Json> rows, driver.calls_since(before));
      std::vector<ClientCall> calls = client_calls(rows, actions);
      const Clock::time_point now = Clock::now();
      if (calls.size() != seen) last_news = now;
      seen = calls.size();
      const bool any = std::any_of(calls.begin(), calls.end(), [&operation](const ClientCall& call) {
        return call.operation == operation;
      });
      if (success_is_to_come(plan.provocation) && has_success(calls, operation)) {
        // A loop that asks for the review would begin now.
        if (!first || plan.kind != ActionKind::RequestSpv || now - last_news >= kPollingLook ||
            now - begun >= 4 * kPollingLook) {
          return calls;
        }
      } else if (now - begun >= kRetryWithin || (!any && now - begun >= kFirstCall)) {
        return calls;
      } else if (any && now - last_news >= (success_is_to_come(plan.provocation) ? kGivenUp : kQuiet) &&
                 (given_up || !success_is_to_come(plan.provocation))) {
        return calls;
      }
      std::this_thread::sleep_for(kLook);
    }
  }

  const DrivenClient& client_;
  ClientFacts facts_;
};

}  // namespace

Result<ClientFacts> drive_client(const DrivenClient& client) { return Drive(client).run(); }

Result<ClientFacts> observed_client(const client::ControlApi& control, const std::string& client_id) {
  std::map<std::string, std::string> actions;
  ASSIGN_OR_RETURN(const Json rules, control.chaos_rules({{"perPage", std::to_string(kPageSize)}}));
  if (const Json* documents = member(rules, "documents"); documents != nullptr && documents->is_array()) {
    for (const Json& rule : *documents) {
      const Json* action = member(rule, "action");
      if (action != nullptr) actions[text_member(rule, "id")] = text_member(*action, "type");
    }
  }
  return facts_of(control, client_id, actions);
}

}  // namespace zest::certify
