// A partner's application as its owner describes it in zest-app.json: where it takes webhooks, how to start
// it, how to ask what it believes and what it did, and how to make it call Zest. Thread-safety: plain values.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/enum_table.h"
#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "protocol/event_type.h"
#include "protocol/operations.h"

namespace zest::application {

// Where the description is looked for, in the working directory.
inline constexpr const char* kFileName = "zest-app.json";
// All wall time. [sandbox]
inline constexpr Duration kDefaultWithin{5'000};
inline constexpr Duration kDefaultSettle{500};
inline constexpr Duration kDefaultReadyWithin{20'000};
inline constexpr Duration kDefaultActionTimeout{60'000};

// What an application can have a belief of.
enum class Resource { SpvRequest, Subscription, Investor };
inline constexpr Word<Resource> kResourceWords[] = {{Resource::SpvRequest, "spvRequest"},
                                                    {Resource::Subscription, "subscription"},
                                                    {Resource::Investor, "investor"}};
static_assert(is_complete(kResourceWords));
inline constexpr auto kResources = values_of(kResourceWords);
constexpr std::string_view to_string(Resource resource) { return row_of(kResourceWords, resource).text; }
// Of a slug or person id (svr_…, sub_…, psn_…); nothing for another identifier.
std::optional<Resource> resource_of(std::string_view subject);
// What the events of this type are about.
Resource resource_of(EventType type);
// Zest's words for what can be believed of one; "unknown" is the last: no event about it was taken.
std::vector<std::string> states_of(Resource resource);

// What an application can be made to ask of Zest.
enum class ActionKind { RequestSpv, CancelSpv, CreateInvestors, Subscribe, UploadForm, UploadReceipt };
struct ActionRow {  // NOLINT(clang-analyzer-optin.performance.Padding): its rows are read in this order
  ActionKind kind;
  std::string_view name;
  Operation operation;  // the call of the Partner API that comes of it
  Resource made;        // what it makes or changes
  EventType emits;
  std::string_view help;
};
inline constexpr ActionRow kActionTable[] = {
    {ActionKind::RequestSpv, "requestSpv", Operation::CreateSpvRequest, Resource::SpvRequest,
     EventType::SpvRequestCreated, "Submits an SPV request."},
    {ActionKind::CancelSpv, "cancelSpv", Operation::CancelSpvRequest, Resource::SpvRequest,
     EventType::SpvRequestCancelled, "Cancels an SPV request."},
    {ActionKind::CreateInvestors, "createInvestors", Operation::BulkCreateInvestors, Resource::Investor,
     EventType::InvestorCreated, "Creates investors."},
    {ActionKind::Subscribe, "subscribe", Operation::CreateSubscriptions, Resource::Subscription,
     EventType::SubscriptionCreated, "Subscribes an investor to an SPV."},
    {ActionKind::UploadForm, "uploadForm", Operation::UploadSubscriptionForm, Resource::Subscription,
     EventType::SignedSubscriptionFormUploaded, "Uploads the signed form of a subscription."},
    {ActionKind::UploadReceipt, "uploadReceipt", Operation::UploadFundingReceipt, Resource::Subscription,
     EventType::FundingReceiptUploaded, "Uploads the funding receipt of a subscription."},
};
static_assert(is_complete(kActionTable, &ActionRow::kind));
inline constexpr auto kActionKinds = values_of(kActionTable, &ActionRow::kind);
constexpr std::string_view to_string(ActionKind kind) { return row_of(kActionTable, kind).name; }
constexpr std::optional<ActionKind> parse_action_kind(std::string_view name) {
  return parse_word(kActionKinds, name);
}

using Headers = std::vector<std::pair<std::string, std::string>>;

// What the URL of the probe "failure" may name.
inline constexpr const char* kFailureNames[] = {"intent", "errorId"};

// Something that is asked by GET.
struct Question {
  std::string name;   // "probe spvRequest", "effect welcomeMail"
  std::string where;  // zest-app.json:6:5
  std::string url;    // with names in braces, see url_template.h
  std::string path;   // into the JSON of the answer; "": all of it
  Headers headers;
  Duration within = kDefaultWithin;
  Duration settle = kDefaultSettle;
};

struct Probe {
  Question question;
  Resource resource{};
  std::map<std::string, std::vector<std::string>> words;  // for each of Zest's states: the application's
};

struct Effect {
  Question question;
  std::string name;
  EventType once_per{};
};

struct Action {
  ActionKind kind{};
  std::string where;
  std::string method;
  std::string url;  // with ${…} and names in braces
  Json body;        // with ${…}; null: none
  Json headers;     // an object, with ${…}
  Json capture;     // an object: name -> path into the answer
  Duration timeout = kDefaultActionTimeout;
};

struct Start {
  std::string where;
  std::vector<std::string> command;  // never empty
  std::vector<std::pair<std::string, std::string>> environment;
  std::string ready;  // a URL; "": it is ready at once
  Duration within = kDefaultReadyWithin;
  std::filesystem::path folder;  // where it runs
};

struct PartnerToBe {
  std::string client_id;
  std::filesystem::path private_key_file;
};

struct Description {
  std::string file;  // as the user spelt it
  std::string name;  // "the application" when the file has none
  std::string webhook_url;
  std::string webhook_secret;
  std::optional<PartnerToBe> partner;
  std::optional<Start> start;
  std::map<Resource, Probe> probes;
  std::optional<Question> failure;  // what it keeps of a call that failed
  std::vector<Effect> effects;
  std::map<ActionKind, Action> actions;
  Json variables = Json::object();  // of actions: "variables", and "env" with what is named of it

  const Probe* probe(Resource resource) const;
  const Action* action(ActionKind kind) const;
};

struct ReadOptions {
  // The file was merely found, not named by the user: a checkout must neither run commands nor read the
  // environment. What needs either is left out.
  bool found = false;
  std::function<std::optional<std::string>(const std::string& name)> environment;
  // Of flags, in place of what the file has.
  std::optional<std::string> webhook_url = {};
  std::optional<std::string> webhook_secret = {};
};

struct ReadDescription {
  Description description;
  std::vector<std::string> left_out;  // of a found file: "start", "webhook.secret (${env.SECRET})"
};

// Errors: InvalidRequest with a line for every mistake: file, line, column, and what to write instead.
Result<ReadDescription> read_description(const std::filesystem::path& file, const ReadOptions& options);
Result<ReadDescription> read_description(const std::string& name, std::string_view text,
                                         const std::filesystem::path& folder, const ReadOptions& options);

}  // namespace zest::application
