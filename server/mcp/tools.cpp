#include "mcp/tools.h"

#include <algorithm>

#include "base/error.h"
#include "base/nearest.h"
#include "base/text.h"
#include "protocol/chaos_actions.h"
#include "protocol/coverage.h"
#include "protocol/event_type.h"
#include "protocol/statuses.h"

namespace zest::mcp {
namespace {

using Kind = ToolArgument::Kind;
using Place = ToolArgument::Place;

constexpr std::string_view kRowsAtMost = "20";  // of a list, unless perPage says otherwise

std::vector<std::string> event_words() { return texts_of(kEventTypes); }
std::vector<std::string> delivery_words() { return texts_of(kDeliveryStatuses); }
std::vector<std::string> request_words() { return texts_of(kSpvStatuses); }
std::vector<std::string> subscription_words() { return texts_of(kSubscriptionStatuses); }
std::vector<std::string> clock_words() { return {"real", "manual"}; }
std::vector<std::string> target_words() { return {"webhook", "api"}; }
std::vector<std::string> dimension_words() {
  std::vector<std::string> words;
  for (const CoverageDimensionRow& row : kCoverageDimensionTable) words.emplace_back(row.id);
  return words;
}
std::vector<std::string> idle_word() { return {"idle"}; }

std::string names_of(const auto& members) {
  std::vector<std::string> names;
  for (const ChaosMember& member : members) names.emplace_back(member.name);
  return join(names);
}

std::string match_members() {
  return "On webhook: " + names_of(members_of_match(ChaosTarget::Webhook)) +
         ". On api: " + names_of(members_of_match(ChaosTarget::Api)) + ".";
}

std::string action_types() {
  std::string text;
  for (const ChaosTarget target : {ChaosTarget::Webhook, ChaosTarget::Api}) {
    std::vector<std::string> types;
    for (const ChaosActionRow& row : kChaosActionTable) {
      if (row.target != target) continue;
      const std::string members = names_of(row.members);
      types.push_back(std::string(row.name) + (members.empty() ? "" : " {" + members + "}"));
    }
    text += (text.empty() ? "Types on webhook: " : " On api: ") + join(types) + ".";
  }
  return text;
}

constexpr ToolArgument client(Place place) {
  return {"clientId", Kind::Text, place, "Only this partner; without it all partners"};
}
constexpr ToolArgument per_page() {
  return {"perPage", Kind::Integer, Place::Query, "How many rows at most (20)"};
}
constexpr ToolArgument in_path(std::string_view name, std::string_view help) {
  return {name, Kind::Text, Place::Path, help, true};
}

constexpr Tool kTools[] = {
    {"start_sandbox",
     "Start a sandbox of the Zest Partner API on this machine and talk to it from now on. Answers its URL "
     "and the seeded "
     "partner's credentials. It ends with this session.",
     std::nullopt,
     {{"clock", Kind::Text, Place::Body, "manual (the default here): time stands still until advance_clock",
       false, clock_words},
      {"webhookUrl", Kind::Text, Place::Body, "Where the seeded partner receives webhooks"},
      {"db", Kind::Text, Place::Body, "Keep the state in this file; without it temporary"},
      {"port", Kind::Integer, Place::Body, "Port to listen on; without it a free one"}},
     {}},
    {"sandbox_status",
     "Version, clocks, and counts of resources and deliveries by state.",
     Operation::GetStatus,
     {client(Place::Query)},
     {},
     true},
    {"reset_sandbox",
     "Back to the beginning: data, deliveries, faults and the journal go, clocks return; partners stay "
     "unless asked.",
     Operation::Reset,
     {client(Place::Body),
      {"partners", Kind::Boolean, Place::Body, "Also remove registered partners"},
      {"tokens", Kind::Boolean, Place::Body, "Also revoke tokens"}}},
    {"register_partner",
     "Register a partner application with its own clock, data and webhooks. Answers clientId, webhookSecret "
     "and a private "
     "key, which is shown only now.",
     Operation::CreatePartner,
     {{"name", Kind::Text, Place::Body, "What it is called", true},
      {"clientId", Kind::Text, Place::Body, "Its id; without it one is made"},
      {"webhookUrl", Kind::Text, Place::Body, "Where it receives webhooks, http or https"},
      {"autoApprove", Kind::Text, Place::Body,
       "Approve its SPV requests after this virtual time, such as 1h"},
      {"autoComplete", Kind::Text, Place::Body, "Complete its subscriptions after this virtual time"}}},
    {"change_partner",
     "Change a partner, its webhook URL above all.",
     Operation::ChangePartner,
     {in_path("clientId", "Which partner"),
      {"webhookUrl", Kind::Text, Place::Body, "Where it receives webhooks"},
      {"name", Kind::Text, Place::Body, "What it is called"}}},
    {"list_partners",
     "The partner applications.",
     Operation::ListPartners,
     {per_page()},
     {"clientId", "name", "webhookUrl", "provisioned"},
     true},
    {"partner_token",
     "An access token of a partner, for calls of the Partner API with Authorization: Bearer.",
     Operation::IssueToken,
     {in_path("clientId", "Which partner; the seeded one is client_acme")}},
    {"trigger_event",
     "Make, through the API, everything that an event needs, so that its webhook is sent. Answers ids and "
     "the delivery's "
     "outcome.",
     std::nullopt,
     {{"eventType", Kind::Text, Place::Body, "Which event", true, event_words},
      {"clientId", Kind::Text, Place::Body,
       "A partner that register_partner has made here; without it the seeded one"},
      {"set", Kind::Object, Place::Body,
       "Values of what the event is about, such as {\"email\": \"ada@example.com\"}"}}},
    {"list_spv_requests",
     "SPV requests of all partners, newest first.",
     Operation::ListAllSpvRequests,
     {client(Place::Query),
      {"status", Kind::Text, Place::Query, "Only in this state", false, request_words},
      per_page()},
     {"spvRequestSlug", "status", "templateId", "createdAt", "materialisedRefs", "clientId"},
     true},
    {"approve_spv_request",
     "Do what Zest's staff does: approve an SPV request. Its event goes out.",
     Operation::ApproveSpvRequest,
     {in_path("slug", "The request, svr_…")}},
    {"reject_spv_request",
     "Reject an SPV request with a reason.",
     Operation::RejectSpvRequest,
     {in_path("slug", "The request, svr_…"), {"reason", Kind::Text, Place::Body, "Why", true}}},
    {"list_subscriptions",
     "Subscriptions of all partners, newest first.",
     Operation::ListAllSubscriptions,
     {client(Place::Query),
      {"status", Kind::Text, Place::Query, "Only in this state", false, subscription_words},
      per_page()},
     {"subscriptionSlug", "spvSlug", "personId", "status", "stage", "clientId"},
     true},
    {"complete_subscription",
     "Complete a subscription, as Zest's staff does after the funding receipt.",
     Operation::CompleteSubscription,
     {in_path("slug", "The subscription, sub_…"),
      {"force", Kind::Boolean, Place::Body, "Also without a funding receipt"}}},
    {"advance_clock",
     "Move virtual time; everything due on the way happens: retries, approvals, expiry. Returns when all is "
     "settled, with the "
     "attempts made. Give exactly one of by, to, until. Needs a manual clock (set_clock).",
     Operation::AdvanceClock,
     {client(Place::Body),
      {"by", Kind::Text, Place::Body, "A duration such as 30s, 5m, 12h"},
      {"to", Kind::Text, Place::Body, "next, or an instant such as 2026-01-02T00:00:00Z"},
      {"until", Kind::Text, Place::Body, "idle: until nothing is scheduled", false, idle_word}}},
    {"set_clock",
     "Make virtual time stand still (manual) or pass (real).",
     Operation::SetClock,
     {client(Place::Body), {"mode", Kind::Text, Place::Body, "Which", true, clock_words}}},
    {"list_deliveries",
     "Webhook deliveries, newest first: what was sent, what is retried, what is dead.",
     Operation::ListDeliveries,
     {client(Place::Query),
      {"status", Kind::Text, Place::Query, "Only in this state", false, delivery_words},
      {"eventType", Kind::Text, Place::Query, "Only of this type", false, event_words},
      {"subject", Kind::Text, Place::Query, "Only about this slug or person"},
      per_page()},
     {"deliveryId", "eventType", "status", "attemptCount", "nextAttemptAt", "subject", "clientId"},
     true},
    {"explain_delivery",
     "One delivery: the event's envelope, and each attempt with its virtual time, outcome and the receiver's "
     "answer. Why did a "
     "webhook fail, and when does it come again?",
     Operation::GetDelivery,
     {in_path("id", "The delivery or event, wde_…")},
     {},
     true},
    {"explain",
     "Why: which rule a refused call broke and what to change, what caused a webhook and became of it, what "
     "a resource waits "
     "for and from whom. Begin with the id last.",
     Operation::Explain,
     {in_path("id",
              "An errorId, a delivery or event, a slug, a person, a partnerInvestorId, an Idempotency-Key, a "
              "token's "
              "jti, call-5 of the journal, or last")},
     {},
     true},
    {"coverage",
     "How much of Zest the application has met: operations, events, error and validation codes, transitions, "
     "idempotency, "
     "retries, duplicates, order, expiry. Lists what is missing, of a few with a shell's line that provokes "
     "it; "
     "with "
     "dimension of all that is missing there.",
     Operation::GetCoverage,
     {client(Place::Query),
      {"dimension", Kind::Text, Place::Answer, "The lines of this dimension, all of them", false,
       dimension_words}},
     {},
     true},
    {"warnings",
     "What works here and is fragile in production: writes without a key, long assertions, polling, slow "
     "receivers … Each kind once, with its first and last case and what to do. Of correct code: none.",
     Operation::ListWarnings,
     {client(Place::Query)},
     {},
     true},
    {"retry_delivery",
     "Offer a delivery again on a fresh schedule, with the same event id and body.",
     Operation::RetryDelivery,
     {in_path("id", "The delivery, wde_…")}},
    {"list_api_calls",
     "The journal of the application's calls of the Partner API, newest first: status, error code and "
     "detail. Filter by "
     "errorId to learn what an error was about.",
     Operation::ListRequests,
     {client(Place::Query),
      {"failed", Kind::Boolean, Place::Query, "true: only calls that failed"},
      {"errorId", Kind::Text, Place::Query, "The errorId of an answer"},
      {"path", Kind::Text, Place::Query, "The path, or a prefix of it that ends with *"},
      per_page()},
     {},
     true},
    {"verify_signature",
     "Whether a webhook's signature follows from a secret, and what is wrong if not.",
     Operation::VerifySignature,
     {{"headers", Kind::Object, Place::Body, "The request's headers, Zest-Signature among them", true},
      {"body", Kind::Text, Place::Body, "The raw body, byte for byte", true},
      {"secret", Kind::Text, Place::Body, "The signing secret, whsec_…", true}},
     {},
     true},
    {"add_chaos",
     "Set a rule of faults: webhooks that come twice, late, out of order, forged or not at all; calls of the "
     "API that fail, or whose answer is lost although they were carried out.",
     Operation::CreateChaosRule,
     {client(Place::Body),
      {"on", Kind::Text, Place::Body, "What it is for", true, target_words},
      {"match", Kind::Object, Place::Body, "Which, such as {\"first\": 1}; all without it", false, nullptr,
       match_members},
      {"action", Kind::Object, Place::Body, "What happens, such as {\"type\": \"duplicate\", \"copies\": 2}",
       true, nullptr, action_types},
      {"ttl", Kind::Text, Place::Body, "How long it holds (virtual time)"}}},
    {"list_chaos",
     "The rules of faults, with how often each was applied.",
     Operation::ListChaosRules,
     {client(Place::Query)},
     {},
     true},
    {"clear_chaos",
     "Remove all rules of faults, or a partner's.",
     Operation::RemoveChaosRules,
     {client(Place::Query)}},
    {"list_scenarios",
     "The scenarios that come with the sandbox: failures as scripts with a verdict.",
     std::nullopt,
     {},
     {},
     true},
    {"run_scenario",
     "Play a scenario, against a receiver of your application if webhookUrl is given. Answers the timeline "
     "and what did not hold.",
     std::nullopt,
     {{"scenario", Kind::Text, Place::Body, "Name of a shipped one, or a file", true},
      {"webhookUrl", Kind::Text, Place::Body, "The application's receiver; without it the built-in one"},
      {"webhookSecret", Kind::Text, Place::Body,
       "What the receiver verifies with; without it the seeded partner's"}}},
    {"certify_receiver",
     "Grade a webhook receiver by its documented duties: signatures, duplicates, order, speed. Takes up to a "
     "minute.",
     std::nullopt,
     {{"webhookUrl", Kind::Text, Place::Body, "The application's receiver", true},
      {"webhookSecret", Kind::Text, Place::Body, "What it verifies with; without it the seeded partner's"},
      {"probeUrl", Kind::Text, Place::Body, "Where the application tells its state, with {subject} in it"}}},
};

std::string_view type_word(Kind kind) {
  switch (kind) {
    case Kind::Text:
      return "string";
    case Kind::Integer:
      return "integer";
    case Kind::Boolean:
      return "boolean";
    case Kind::Object:
      return "object";
  }
  return "string";
}

bool fits(const Json& value, Kind kind) {
  switch (kind) {
    case Kind::Text:
      return value.is_string();
    case Kind::Integer:
      return value.is_number_integer();
    case Kind::Boolean:
      return value.is_boolean();
    case Kind::Object:
      return value.is_object();
  }
  return false;
}

const ToolArgument* argument(const Tool& tool, std::string_view name) {
  for (const ToolArgument& one : tool.arguments) {
    if (one.name == name) return &one;
  }
  return nullptr;
}

std::string as_text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : dump_json(value);
}

}  // namespace

std::span<const Tool> tools() { return kTools; }

const Tool* find_tool(std::string_view name) {
  for (const Tool& tool : kTools) {
    if (tool.name == name) return &tool;
  }
  return nullptr;
}

Json describe(const Tool& tool) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const ToolArgument& one : tool.arguments) {
    const std::string more = one.more ? ". " + one.more() : std::string();
    Json schema{{"type", type_word(one.kind)}, {"description", std::string(one.help) + more}};
    if (one.words) schema["enum"] = one.words();
    properties[std::string(one.name)] = std::move(schema);
    if (one.required) required.push_back(one.name);
  }
  Json schema{{"type", "object"}, {"properties", std::move(properties)}};
  if (!required.empty()) schema["required"] = std::move(required);
  schema["additionalProperties"] = false;
  // Nothing leaves the machine, whatever a tool does.
  return Json{{"name", tool.name},
              {"description", tool.help},
              {"inputSchema", std::move(schema)},
              {"annotations", Json{{"readOnlyHint", tool.reads_only}, {"openWorldHint", false}}}};
}

Result<void> check_arguments(const Tool& tool, const Json& arguments) {
  const std::string name(tool.name);
  if (!arguments.is_object()) return invalid_request("the arguments of " + name + " must be an object");
  for (const auto& entry : arguments.items()) {
    const ToolArgument* known = argument(tool, entry.key());
    if (!known) {
      std::vector<std::string> names;
      for (const ToolArgument& one : tool.arguments) names.emplace_back(one.name);
      const std::optional<std::string> meant = nearest(entry.key(), names);
      return invalid_request(name + " has no argument \"" + entry.key() + "\"" +
                             (meant           ? "; did you mean " + *meant + "?"
                              : names.empty() ? "; it takes none"
                                              : "; it takes " + join(names)));
    }
    if (!fits(entry.value(), known->kind)) {
      return invalid_request("\"" + entry.key() + "\" of " + name + " must be of type " +
                             std::string(type_word(known->kind)));
    }
    if (known->place == Place::Path && as_text(entry.value()).empty())
      return invalid_request("\"" + entry.key() + "\" of " + name +
                             " must not be empty: " + std::string(known->help));
    if (!known->words) continue;
    const std::vector<std::string> words = known->words();
    if (std::find(words.begin(), words.end(), entry.value().get<std::string>()) == words.end())
      return invalid_request("\"" + entry.key() + "\" of " + name + " must be one of " + join(words));
  }
  for (const ToolArgument& one : tool.arguments) {
    if (one.required && !arguments.contains(std::string(one.name)))
      return invalid_request(name + " needs the argument \"" + std::string(one.name) +
                             "\": " + std::string(one.help));
  }
  return {};
}

ControlCall control_call(const Tool& tool, const Json& checked_arguments) {
  ControlCall call;
  call.operation = *tool.operation;
  for (const ToolArgument& one : tool.arguments) {
    const Json* value = member(checked_arguments, one.name);
    const bool page = one.name == "perPage";
    if (!value && !page) continue;
    const std::string name(one.name);
    const std::string text = value ? as_text(*value) : std::string(kRowsAtMost);
    if (one.place == Place::Path) call.path.emplace_back(name, text);
    if (one.place == Place::Query) call.query.emplace_back(name, text);
    if (one.place == Place::Body) call.body[name] = *value;
  }
  return call;
}

}  // namespace zest::mcp
