#include "certify/client_driving.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <thread>

#include "application/asking.h"
#include "application/driver.h"
#include "application/url_template.h"
#include "base/crypto.h"
#include "certify/client_leaks.h"
#include "certify/client_plans.h"
#include "client/event_maker.h"

namespace zest::certify {
namespace {

using application::ActionKind;
using application::ActionRow;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLook{50};
constexpr std::size_t kPageSize = 1000;
constexpr std::size_t kTagBytes = 4;
constexpr std::size_t kLockedOut = 2;      // actions in a row that met nothing but 401
constexpr std::size_t kKeptAnswer = 4000;  // bytes of what the application answered
constexpr std::size_t kToldAnswer = 200;   // of them in a sentence
constexpr std::size_t kUnknownRows = 100;  // calls of nobody known that are looked at
// How long calls may come after the application has answered. Wall. [sandbox]
constexpr Duration kFirstCall{10'000};    // the first one, of an application that works on a queue
constexpr Duration kRetryWithin{20'000};  // the one that succeeds
constexpr Duration kQuiet{1'500};         // without a call, where none is to come
constexpr Duration kGivenUp{4'000};       // without a call, after the application has said that it failed
constexpr Duration kPollingLook{3'000};   // for a loop that asks for the review
constexpr Duration kAfterTheEnd{400};     // of a token that lives shortly

std::string operation_of(ActionKind kind) {
  return std::string(row_of(kOperationTable, row_of(application::kActionTable, kind).operation).id);
}

Result<ClientFacts> facts_of(const client::ControlApi& control, const std::string& client_id,
                             const FaultActions& actions) {
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
    for (const Plan& plan : client_plans()) {
      if (client_.description.action(plan.kind) == nullptr) continue;
      RETURN_IF_ERROR(play(plan));
      if (locked_out_) break;
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
    Episode episode;
    episode.action = std::string(to_string(plan.kind));
    episode.operation = operation_of(plan.kind);
    episode.provocation = plan.provocation;
    episode.status = plan.status;
    if (client_.on_step) client_.on_step(episode.action);
    const bool with_form =
        plan.kind == ActionKind::UploadReceipt && plan.provocation != Provocation::ReceiptEarly;
    ASSIGN_OR_RETURN(const Json names, names_for(plan.kind, with_form));
    ASSIGN_OR_RETURN(Json ingredients, fresh_ingredients());
    spoil(ingredients, plan.provocation);
    const application::Driver driver(client_.description, client_.control, client_.client_id, ingredients);
    ASSIGN_OR_RETURN(const application::Bookmark before, driver.bookmark());
    const std::vector<Json> rules = rules_of(plan, episode.operation);
    FaultActions actions;
    for (Json rule : rules) {
      rule["clientId"] = client_.client_id;
      RETURN_IF_ERROR(client_.control.add_chaos_rule(rule));
      actions[text_member(rule, "id")] = rule["action"];
    }
    const Clock::time_point begun = Clock::now();
    const bool answered = act(driver, plan, names, episode);
    const Result<std::vector<ClientCall>> calls =
        settle(driver, before, plan, begun, answered && episode.answer_status >= 400, actions);
    for (const Json& rule : rules)
      RETURN_IF_ERROR(client_.control.remove_chaos_rule(text_member(rule, "id")));
    if (!calls.ok()) return calls.error();
    if (facts_.episodes.empty() && successes_of(*calls, episode.operation) == 0) {
      RETURN_IF_ERROR(judge_first_failure(episode, answered, *calls));
    }
    note_lock_out(*calls);
    look_for_error_id(*calls, episode);
    look_for_secrets(episode);
    if (plan.provocation == Provocation::ShortToken) wait_for_its_end(*calls);
    episode.first = facts_.calls.size();
    facts_.calls.insert(facts_.calls.end(), calls->begin(), calls->end());
    episode.end = facts_.calls.size();
    facts_.episodes.push_back(std::move(episode));
    return {};
  }

  // Makes the application act; false when it did not answer. Of two things at once the first one is told of.
  bool act(const application::Driver& driver, const Plan& plan, const Json& names, Episode& episode) {
    std::thread other;
    if (plan.provocation == Provocation::ExpiredAtOnce) {
      other = std::thread([&] {
        static_cast<void>(driver.drive(plan.kind, names, application::fresh_intent(), Duration(0)));
      });
    }
    episode.intent = application::fresh_intent();
    const Clock::time_point begun = Clock::now();
    const Result<application::Driven> driven = driver.drive(plan.kind, names, episode.intent, Duration(0));
    episode.took = std::chrono::duration_cast<Duration>(Clock::now() - begun);
    if (other.joinable()) other.join();
    if (driven.ok()) {
      episode.answer_status = driven->acted.answer.status;
      episode.answer_text = driven->acted.answer.text.substr(0, kKeptAnswer);
    } else {
      episode.answer_text = driven.error().detail;
    }
    return driven.ok();
  }

  // The calls of the application since then: the sandbox is its own, so those of nobody known are its, too.
  Result<std::vector<Json>> calls_since(const application::Driver& driver,
                                        const application::Bookmark& before) const {
    ASSIGN_OR_RETURN(std::vector<Json> rows, driver.calls_since(before));
    ASSIGN_OR_RETURN(const Json list, client_.control.requests(
                                          {{"failed", "true"}, {"perPage", std::to_string(kUnknownRows)}}));
    const std::uint64_t known =
        std::max(before.sequence, facts_.calls.empty() ? 0 : facts_.calls.back().sequence);
    for (const Json& row : list.value("documents", Json::array())) {
      if (text_member(row, "clientId").empty() && row.value("sequence", std::uint64_t{0}) > known)
        rows.push_back(row);
    }
    return rows;
  }

  // The place of the action in its file.
  std::string where_of(const Episode& episode) const {
    for (const auto& [kind, action] : client_.description.actions) {
      if (to_string(kind) == episode.action) return action.where;
    }
    return client_.description.file;
  }

  // Without a first success nothing would mean anything, unless it is Zest that refused: then the calls tell.
  Result<void> judge_first_failure(const Episode& episode, bool answered,
                                   const std::vector<ClientCall>& calls) {
    locked_out_ = std::any_of(calls.begin(), calls.end(),
                              [](const ClientCall& call) { return call.is_refusal() && call.fault.empty(); });
    if (locked_out_) return {};
    return invalid_request(where_of(episode) + ": the action " + episode.action +
                           (answered
                                ? " was answered " + std::to_string(episode.answer_status) + " " +
                                      episode.answer_text.substr(0, kToldAnswer) + ", but no successful " +
                                      episode.operation + " of " + client_.client_id +
                                      " came to the sandbox; `zest-sandbox app check` says more"
                                : " failed: " + episode.answer_text));
  }

  // An application that gets nothing but 401 twice in a row does not come back.
  void note_lock_out(const std::vector<ClientCall>& calls) {
    const bool all_refused =
        !calls.empty() && std::all_of(calls.begin(), calls.end(), [](const ClientCall& call) {
          return call.status == 401 && call.fault.empty();
        });
    refused_in_a_row_ = all_refused ? refused_in_a_row_ + 1 : 0;
    locked_out_ = locked_out_ || refused_in_a_row_ >= kLockedOut;
  }

  // Where the errorId of a lasting failure can be found again.
  void look_for_error_id(const std::vector<ClientCall>& calls, Episode& episode) const {
    if (episode.provocation != Provocation::Down) return;
    std::vector<std::string> ids;
    for (const ClientCall& call : calls) {
      if (call.operation == episode.operation && !call.error_id.empty()) ids.push_back(call.error_id);
    }
    if (ids.empty()) return;
    const auto any_in = [&ids](const std::string& text) {
      return std::any_of(ids.begin(), ids.end(),
                         [&text](const std::string& id) { return text.find(id) != std::string::npos; });
    };
    if (client_.output) episode.logged = any_in(client_.output());
    if (!client_.description.failure) return;
    const application::Question& question = *client_.description.failure;
    const Json names{{"intent", episode.intent}, {"errorId", ids.back()}};
    const application::Answered seen = application::ask_until(
        question, names,
        [&any_in](const std::optional<Json>& answer) { return answer && any_in(dump_json(*answer)); });
    episode.kept = seen.held;
    const Result<std::string> url = application::fill_template(question.url, names);
    episode.kept_asked = "GET " + (url.ok() ? *url : question.url);
    episode.kept_got = !seen.answer.ok() ? seen.answer.error().detail
                       : !*seen.answer   ? application::kNothingKnown
                                         : dump_json(**seen.answer).substr(0, kKeptAnswer);
  }

  void look_for_secrets(Episode& episode) const {
    const auto look = [&](const std::string& text, const char* where) {
      const std::string secret = secret_in(text, client_.client_id, client_.webhook_secret);
      if (!secret.empty() && episode.leaked.empty()) episode.leaked = secret + where;
    };
    look(episode.answer_text, " in its answer");
    if (client_.output) look(client_.output(), " in its log");
  }

  // So that the next action meets a token that has ended.
  static void wait_for_its_end(const std::vector<ClientCall>& calls) {
    if (std::any_of(calls.begin(), calls.end(),
                    [](const ClientCall& call) { return call.fault_action == "shortTokens"; }))
      std::this_thread::sleep_for(kShortLife + kAfterTheEnd);
  }

  static std::size_t successes_of(const std::vector<ClientCall>& calls, const std::string& operation) {
    return static_cast<std::size_t>(std::count_if(
        calls.begin(), calls.end(),
        [&operation](const ClientCall& call) { return call.operation == operation && call.succeeded(); }));
  }

  // The calls until there is what should come, or none comes any more.
  Result<std::vector<ClientCall>> settle(const application::Driver& driver,
                                         const application::Bookmark& before, const Plan& plan,
                                         Clock::time_point acted, bool given_up,
                                         const FaultActions& actions) {
    const std::string operation = operation_of(plan.kind);
    const std::size_t wanted = successes_to_come(plan.provocation);
    const Clock::time_point begun = Clock::now();
    const Clock::time_point end = plan.provocation == Provocation::NoAnswer
                                      ? std::max(acted + kNoAnswerFor + kQuiet, begun)
                                      : begun + kRetryWithin;
    const bool first = facts_.episodes.empty();
    std::size_t seen = 0;
    Clock::time_point last_news = begun;
    for (;;) {
      ASSIGN_OR_RETURN(const std::vector<Json> rows, calls_since(driver, before));
      std::vector<ClientCall> calls = client_calls(rows, actions);
      const Clock::time_point now = Clock::now();
      if (calls.size() != seen) last_news = now;
      seen = calls.size();
      const bool any = std::any_of(calls.begin(), calls.end(), [&operation](const ClientCall& call) {
        return call.operation == operation;
      });
      if (wanted > 0 && successes_of(calls, operation) >= wanted) {
        // A loop that asks for the review would begin now.
        if (!first || plan.kind != ActionKind::RequestSpv || now - last_news >= kPollingLook ||
            now - begun >= 4 * kPollingLook) {
          return calls;
        }
      } else if (now >= end || (!any && now - begun >= kFirstCall)) {
        return calls;
      } else if (any && now - last_news >= (wanted > 0 ? kGivenUp : kQuiet) && (given_up || wanted == 0)) {
        return calls;
      }
      std::this_thread::sleep_for(kLook);
    }
  }

  const DrivenClient& client_;
  ClientFacts facts_;
  std::size_t refused_in_a_row_ = 0;
  bool locked_out_ = false;  // Zest refuses what it sends: nothing more can be seen
};

}  // namespace

Result<ClientFacts> drive_client(const DrivenClient& client) { return Drive(client).run(); }

Result<ClientFacts> observed_client(const client::ControlApi& control, const std::string& client_id) {
  FaultActions actions;
  ASSIGN_OR_RETURN(const Json rules, control.chaos_rules({{"perPage", std::to_string(kPageSize)}}));
  if (const Json* documents = member(rules, "documents"); documents != nullptr && documents->is_array()) {
    for (const Json& rule : *documents) {
      const Json* action = member(rule, "action");
      if (action != nullptr) actions[text_member(rule, "id")] = *action;
    }
  }
  return facts_of(control, client_id, actions);
}

}  // namespace zest::certify
