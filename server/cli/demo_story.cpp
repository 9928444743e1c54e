#include "cli/demo_story.h"

#include <algorithm>

namespace zest::cli {
namespace {

constexpr Duration kPatience{15'000};  // wall; nothing in the story takes nearly as long
// Zest docs: webhooks/retries. Seconds of virtual time since the first attempt.
constexpr int kLadder[] = {0, 30, 330, 2130, 9330, 52530};

Json spv_submission(const std::string& company) {
  Json share_class = {{"name", "Class A"}, {"managementFeePercent", "2.00"}, {"carryPercent", "20.00"}};
  Json attributes = {{"underlyingCompanySlug", company}, {"currency", "USD"}};
  attributes["shareClasses"] = Json::array({share_class});
  return Json{
      {"templateId", "syndicate_secondary"}, {"templateVersion", "1.0.0"}, {"attributes", attributes}};
}

client::UploadFile pdf(const std::string& name) {
  return {name, "application/pdf", "%PDF-1.4\n% " + name + "\n%%EOF\n"};
}

// The document at a place of a list: "results/0/status".
std::string first_result(const Json& answer, std::string_view name) {
  const Json* results = member(answer, "results");
  if (!results || !results->is_array() || results->empty()) return "";
  return text_at(results->front(), name);
}

bool mentions(const client::Received& received, const std::string& subject) {
  return received.body.find('"' + subject + '"') != std::string::npos;
}

// Events about that subject came in the order in which they occurred. (Events of unrelated things may share
// an instant while virtual time stands still.)
bool in_order(const std::vector<client::Received>& all, const std::string& subject) {
  std::optional<Instant> latest;
  for (const client::Received& received : all) {
    if (!mentions(received, subject)) continue;
    if (latest && !(*latest < received.occurred_at)) return false;
    latest = received.occurred_at;
  }
  return latest.has_value();
}

}  // namespace

void Timeline::line(Style style, const std::string& mark, const std::string& text) {
  const std::lock_guard lock(mutex_);
  program_.out << "   " << program_.terminal.styled(style, mark) << " " << printable(text) << std::endl;
}

void Timeline::chapter(const std::string& title) {
  const std::lock_guard lock(mutex_);
  program_.out << "\n" << program_.terminal.styled(Style::Bold, title) << std::endl;
}

void Timeline::call(const client::Request& request, const client::Reply& reply) {
  line(reply.ok() ? Style::Plain : Style::Yellow, "->",
       request.method + " " + request.target + "  " + std::to_string(reply.status) + "  " +
           std::to_string(reply.latency.count()) + " ms");
}

void Timeline::webhook(const client::Received& received) {
  std::string text = received.event_type + "  " + received.event_id + "  ";
  text += received.refusal.empty() ? "signature verified" : "signature refused: " + received.refusal;
  if (received.duplicate) text += ", had it before";
  text += received.accepted() ? "" : "  answered " + std::to_string(received.answer.status);
  line(received.accepted() ? Style::Green : Style::Yellow, "<-", text);
}

void Timeline::holds(const std::string& what) {
  ++checks_;
  line(Style::Green, "ok", what);
}

void Timeline::fails(const std::string& what) { line(Style::Red, "FAILED", what); }

bool DemoStory::check(bool holds, const std::string& what) {
  holds ? cast_.timeline.holds(what) : cast_.timeline.fails(what);
  return holds;
}

bool DemoStory::succeeded(const Result<Json>& answer, const std::string& what) {
  if (!answer.ok()) cast_.timeline.fails(what + ": " + answer.error().detail);
  return answer.ok();
}

bool DemoStory::webhook_arrives(EventType type, const std::string& subject) {
  const std::string event_type(to_string(type));
  const auto is_it = [&](const client::Received& received) {
    return received.event_type == event_type && mentions(received, subject);
  };
  const bool came = cast_.receiver.wait_until(
      [&](const std::vector<client::Received>& all) { return std::any_of(all.begin(), all.end(), is_it); },
      kPatience);
  if (!came) return check(false, "a webhook " + event_type + " about " + subject + " arrives");
  const std::vector<client::Received> all = cast_.receiver.received();
  const auto received = std::find_if(all.begin(), all.end(), is_it);
  return check(received->accepted(), "the webhook " + event_type + " about " + subject +
                                         " is verified and taken" +
                                         (received->refusal.empty() ? "" : ": " + received->refusal));
}

bool DemoStory::tell() {
  return authenticate() && request_and_approve() && onboard_investor() && subscribe() && upload_documents() &&
         complete() && check_order() && outage() && recovery();
}

bool DemoStory::authenticate() {
  cast_.timeline.chapter("1. The partner application gets an access token with a signed assertion");
  Result<client::Tokens> tokens = cast_.partner.request_tokens();
  if (!tokens.ok()) return check(false, "a token is granted: " + tokens.error().detail);
  Result<Json> info = cast_.partner.token_info();
  return succeeded(info, "the token works") && check(text_at(*info, "clientId") == cast_.partner.client_id(),
                                                     "the token is " + cast_.partner.client_id() + "'s");
}

bool DemoStory::request_and_approve() {
  cast_.timeline.chapter("2. It requests an SPV, and Zest's review approves it");
  Result<Json> request = cast_.partner.submit_spv_request(spv_submission("co_acme_robotics"), "demo-spv-1");
  if (!succeeded(request, "the SPV request is taken")) return false;
  const std::string slug = text_at(*request, "spvRequestSlug");
  spv_request_ = slug;
  if (!check(text_at(*request, "status") == "pending-review", slug + " waits for review") ||
      !webhook_arrives(EventType::SpvRequestCreated, slug)) {
    return false;
  }
  Result<Json> again = cast_.partner.submit_spv_request(spv_submission("co_acme_robotics"), "demo-spv-1");
  if (!succeeded(again, "the same call with the same Idempotency-Key") ||
      !check(text_at(*again, "spvRequestSlug") == slug, "the same Idempotency-Key gives the same request")) {
    return false;
  }
  Result<Json> approved = cast_.control.approve_spv_request(slug);
  if (!succeeded(approved, "the request is approved")) return false;
  spv_ = text_at(*approved, "materialisedRefs/vehicleSlug");
  if (const Json* fees = member(*approved, "feesAndCarry")) {
    if (const Json* classes = member(*fees, "shareClasses");
        classes && classes->is_array() && !classes->empty()) {
      share_class_ = text_at(classes->front(), "slug");
    }
  }
  return check(!spv_.empty() && !share_class_.empty(),
               "the SPV is " + spv_ + " with share class " + share_class_) &&
         webhook_arrives(EventType::SpvRequestCompleted, slug);
}

bool DemoStory::onboard_investor() {
  cast_.timeline.chapter("3. It brings in an investor");
  const Json row = {{"partnerInvestorId", "acme-inv-1"},
                    {"email", "alice@example.com"},
                    {"firstName", "Alice"},
                    {"lastName", "Liddell"},
                    {"dateOfBirth", "1985-04-12"},
                    {"countryOfResidence", "AE"}};
  Result<Json> answer = cast_.partner.create_investors(Json::array({row}));
  if (!succeeded(answer, "the investor is taken")) return false;
  person_ = first_result(*answer, "zestPersonId");
  return check(first_result(*answer, "status") == "created", "the investor is created as " + person_) &&
         webhook_arrives(EventType::InvestorCreated, person_);
}

bool DemoStory::subscribe() {
  cast_.timeline.chapter("4. The investor subscribes");
  const Json row = {{"zestPersonId", person_},
                    {"lumpSum", {{"currency", "USD"}, {"value", "50000.00"}}},
                    {"shareClassSlug", share_class_},
                    {"partnerSubscriptionId", "acme-sub-1"}};
  Result<Json> answer = cast_.partner.create_subscriptions(spv_, Json::array({row}));
  if (!succeeded(answer, "the subscription is taken")) return false;
  subscription_ = first_result(*answer, "subscriptionSlug");
  if (!check(first_result(*answer, "status") == "pending", subscription_ + " is pending") ||
      !webhook_arrives(EventType::SubscriptionCreated, subscription_)) {
    return false;
  }
  Result<Json> early =
      cast_.partner.upload_funding(spv_, person_, pdf("receipt.pdf"), {"50000.00", "USD", "WIRE-1"});
  return check(!early.ok() && early.error().kind == ErrorKind::Conflict,
               "a funding receipt before the signed form is refused");
}

bool DemoStory::upload_documents() {
  cast_.timeline.chapter("5. The signed form goes up, then the funding receipt");
  Result<Json> form = cast_.partner.upload_form(spv_, person_, pdf("form.pdf"));
  if (!succeeded(form, "the form is taken") ||
      !check(!text_at(*form, "subscriptionFormUrl").empty(), "the form has a signed URL") ||
      !webhook_arrives(EventType::SignedSubscriptionFormUploaded, subscription_)) {
    return false;
  }
  Result<Json> funding =
      cast_.partner.upload_funding(spv_, person_, pdf("receipt.pdf"), {"50000.00", "USD", "WIRE-1"});
  return succeeded(funding, "the funding receipt is taken") &&
         webhook_arrives(EventType::FundingReceiptUploaded, subscription_);
}

bool DemoStory::complete() {
  cast_.timeline.chapter("6. Zest's admin completes the subscription");
  Result<Json> completed = cast_.control.complete_subscription(subscription_);
  return succeeded(completed, "the subscription is completed") &&
         check(text_at(*completed, "status") == "completed", subscription_ + " is completed") &&
         webhook_arrives(EventType::SubscriptionCompleted, subscription_);
}

bool DemoStory::check_order() {
  const std::vector<client::Received> all = cast_.receiver.received();
  return check(all.size() == 7, "7 webhooks for the 7 events, each delivered once") &&
         check(in_order(all, spv_request_) && in_order(all, subscription_),
               "of each subject, every event occurred later than the one before");
}

bool DemoStory::outage() {
  cast_.timeline.chapter(
      "7. The receiver breaks: it answers 500, and virtual time runs through the whole retry ladder");
  client::Behaviour broken;
  broken.status = 500;
  cast_.receiver.set_behaviour(broken);
  Result<Json> request = cast_.partner.submit_spv_request(spv_submission("co_acme_rockets"), "demo-spv-2");
  if (!succeeded(request, "another SPV request is taken")) return false;
  Result<Json> advanced = cast_.control.advance({{"until", "idle"}});
  if (!succeeded(advanced, "virtual time advances")) return false;
  Result<Json> dead = cast_.control.deliveries({{"status", "dead"}});
  if (!succeeded(dead, "the dead letter is listed") ||
      !check(text_at(*dead, "count") == "1", "exactly one delivery is dead")) {
    return false;
  }
  dead_delivery_ = text_at((*dead)["documents"].front(), "deliveryId");
  Result<Json> delivery = cast_.control.delivery(dead_delivery_);
  if (!succeeded(delivery, "the dead delivery is shown")) return false;
  std::vector<int> offsets;
  std::string shown;
  for (const Json& attempt : delivery->value("attempts", Json::array())) {
    const Json* offset = member(attempt, "offsetSeconds");
    offsets.push_back(offset && offset->is_number_integer() ? offset->get<int>() : -1);
    shown += (shown.empty() ? "" : ", ") + text_at(attempt, "offsetSeconds");
  }
  return check(std::equal(offsets.begin(), offsets.end(), std::begin(kLadder), std::end(kLadder)),
               "6 attempts, at virtual seconds " + shown);
}

bool DemoStory::recovery() {
  cast_.timeline.chapter("8. The receiver is back, and an operator replays the dead letter");
  cast_.receiver.set_behaviour({});
  Result<Json> retried = cast_.control.retry_delivery(dead_delivery_);
  if (!succeeded(retried, "the delivery is replayed")) return false;
  Result<Json> delivered =
      cast_.control.wait({{"until", "delivery"}, {"deliveryId", dead_delivery_}, {"timeout", "15s"}});
  if (!succeeded(delivered, "the delivery arrives")) return false;
  std::vector<client::Received> copies = cast_.receiver.received();
  const auto other = [this](const client::Received& received) { return received.event_id != dead_delivery_; };
  copies.erase(std::remove_if(copies.begin(), copies.end(), other), copies.end());
  const bool same = std::all_of(copies.begin(), copies.end(), [&copies](const client::Received& received) {
    return received.body == copies.front().body && received.refusal.empty();
  });
  return check(copies.size() == 7 && copies.back().accepted(), "the 7th attempt at it is taken") &&
         check(same, "all 7 carried the same event id and the same bytes, each freshly signed");
}

}  // namespace zest::cli
