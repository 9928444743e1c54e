#include "cli/app_check.h"

#include <algorithm>
#include <map>

#include "app/sandbox.h"
#include "application/asking.h"
#include "application/driver.h"
#include "application/own_only.h"
#include "application/partner.h"
#include "application/url_template.h"
#include "base/crypto.h"
#include "client/event_maker.h"
#include "client/webhook_handler.h"

namespace zest::cli {
namespace {

using application::ActionKind;
using application::ActionRow;
using application::kActionTable;
using Outcome = TriedPart::Outcome;

constexpr std::string_view kCheckedPartner = "app-check";
constexpr const char* kAudienceOfChecks = "https://sandbox-api.zestequity.com";  // Zest docs: authentication
constexpr const char* kSettleTimeout = "60s";
constexpr std::size_t kTagBytes = 4;
constexpr const char* kOthersUnknown =
    "it takes in what it made itself, and nothing of others: `certify --app` lets it make them";

class ApplicationCheck {
 public:
  ApplicationCheck(const Program& program, const application::Description& description,
                   const std::string& admin_token)
      : program_(program),
        description_(description),
        admin_token_(admin_token),
        log_(LogFormat::Text, LogLevel::Off) {}

  ~ApplicationCheck() {
    process_.reset();
    if (!control_) return;
    if (description_.partner) {
      application::give_back_partner(*control_, *description_.partner, before_);
    } else if (!client_id_.empty()) {
      static_cast<void>(control_->remove_partner(client_id_));
    }
  }
  ApplicationCheck(const ApplicationCheck&) = delete;
  ApplicationCheck& operator=(const ApplicationCheck&) = delete;

  Result<std::vector<TriedPart>> run(const std::string& url) {
    RETURN_IF_ERROR(find_sandbox(url));
    RETURN_IF_ERROR(register_partner());
    if (start()) {
      RETURN_IF_ERROR(try_webhooks());
      for (const application::Resource resource : application::kResources) try_probe(resource);
      for (const application::Effect& effect : description_.effects) try_effect(effect);
      if (description_.effects.empty())
        say(Outcome::NotGiven, "effects", "nothing that happens once per event");
      for (const ActionRow& row : kActionTable) RETURN_IF_ERROR(try_action(row));
    }
    return parts_;
  }

 private:
  void say(Outcome outcome, const std::string& part, const std::string& what) {
    parts_.push_back({outcome, part, what});
  }

  Result<void> find_sandbox(const std::string& url) {
    url_ = url;
    if (url_.empty()) {
      app::ServeOptions options;
      options.port = 0;
      options.clock = ClockMode::Manual;
      ASSIGN_OR_RETURN(sandbox_, app::Sandbox::start(options, log_));
      url_ = sandbox_->local_url();
    }
    control_ = std::make_unique<client::ControlApi>(url_, admin_token_);
    RETURN_IF_ERROR(control_->ready());
    return {};
  }

  Result<void> register_partner() {
    secret_ = description_.webhook_secret;
    if (secret_.empty()) secret_ = "whsec_" + to_hex(random_bytes(16));
    Json settings{{"webhookSecret", secret_}};
    if (!description_.webhook_url.empty()) settings["webhookUrl"] = description_.webhook_url;
    if (description_.partner) {
      ASSIGN_OR_RETURN(before_, application::take_partner(*control_, *description_.partner, settings));
      ASSIGN_OR_RETURN(const Ed25519PrivateKey key, application::read_private_key(*description_.partner));
      client_id_ = description_.partner->client_id;
      pem_ = key.pem();
    } else {
      const std::string id = std::string(kCheckedPartner) + "-" + to_hex(random_bytes(kTagBytes));
      settings.update(Json{{"clientId", id}, {"name", description_.name}, {"generateKey", true}});
      ASSIGN_OR_RETURN(const Json partner, control_->register_partner(settings));
      client_id_ = id;
      pem_ = text_at(partner, "privateKeyPem");
    }
    ASSIGN_OR_RETURN(Ed25519PrivateKey key, Ed25519PrivateKey::from_pem(pem_));
    partner_ = std::make_unique<client::PartnerApi>(url_, client::Credentials{client_id_, std::move(key)},
                                                    kAudienceOfChecks);
    ASSIGN_OR_RETURN(ingredients_, fresh_ingredients());
    return {};
  }

  Result<Json> fresh_ingredients() {
    return client::standard_ingredients(*partner_, "", to_hex(random_bytes(kTagBytes)));
  }

  // False when it does not start: then nothing else can be tried.
  bool start() {
    if (!description_.start) {
      say(Outcome::NotGiven, "start", "it runs already, or so it is taken");
      return true;
    }
    Result<std::shared_ptr<application::Process>> started =
        start_application(program_, description_, {url_, client_id_, pem_, secret_});
    if (!started.ok()) {
      say(Outcome::Fails, "start", started.error().detail);
      return false;
    }
    process_ = std::move(*started);
    say(Outcome::Works, "start",
        description_.start->ready.empty() ? "it runs" : description_.start->ready + " answers");
    return true;
  }

  // Everything that events can tell of one subscription, to the application's endpoint.
  Result<void> try_webhooks() {
    ASSIGN_OR_RETURN(made_, make(EventType::SubscriptionCompleted));
    for (const EventType type : {EventType::SpvRequestRejected, EventType::SpvRequestCancelled}) {
      const auto needs = [type](const application::Effect& effect) { return effect.once_per == type; };
      if (std::any_of(description_.effects.begin(), description_.effects.end(), needs))
        RETURN_IF_ERROR(make(type));
    }
    RETURN_IF_ERROR(
        control_->wait({{"until", "idle"}, {"clientId", client_id_}, {"timeout", kSettleTimeout}}));
    RETURN_IF_ERROR(read_events());
    if (description_.webhook_url.empty()) {
      say(Outcome::NotGiven, "webhook", "without \"webhook\": {\"url\"} it hears of nothing");
    } else if (refused_.empty()) {
      say(Outcome::Works, "webhook",
          std::to_string(events_.size()) + " webhooks to " + description_.webhook_url + " were accepted");
    } else {
      say(Outcome::Fails, "webhook", description_.webhook_url + ": " + refused_);
    }
    return {};
  }

  // In one sentence.
  void say_seen(const std::string& part, const application::Observation& seen, const std::string& found) {
    if (seen.holds) return say(Outcome::Works, part, seen.asked + found);
    say(Outcome::Fails, part,
        seen.unanswered ? seen.got : seen.asked + ": expected " + seen.expected + ", got " + seen.got);
  }

  Result<client::MadeEvent> make(EventType type) {
    ASSIGN_OR_RETURN(const Json ingredients, fresh_ingredients());
    return client::EventMaker(*partner_, *control_, ingredients).make(type);
  }

  Result<void> read_events() {
    ASSIGN_OR_RETURN(const Json list, control_->deliveries({{"clientId", client_id_}, {"perPage", "100"}}));
    std::vector<Json> deliveries;
    for (const Json& row : list.value("documents", Json::array())) {
      ASSIGN_OR_RETURN(Json delivery, control_->delivery(text_at(row, "deliveryId")));
      deliveries.push_back(std::move(delivery));
    }
    std::sort(deliveries.begin(), deliveries.end(), [](const Json& a, const Json& b) {
      return text_at(a, "deliveryId") < text_at(b, "deliveryId");
    });
    for (const Json& delivery : deliveries) {
      events_.push_back(delivery.value("envelope", Json()));
      if (text_at(delivery, "status") == "delivered" || !refused_.empty()) continue;
      const Json attempts = delivery.value("attempts", Json::array());
      if (attempts.empty()) continue;
      const std::string status = text_at(attempts.back(), "responseStatus");
      refused_ = text_at(delivery, "eventType") + " " +
                 (status.empty() ? "was not answered: " + text_at(attempts.back(), "failureDetail")
                                 : "was answered " + status + " " + text_at(attempts.back(), "responseBody"));
    }
    return {};
  }

  void try_probe(application::Resource resource) {
    const std::string part = "probe " + std::string(to_string(resource));
    const application::Probe* probe = description_.probe(resource);
    if (!probe) return say(Outcome::NotGiven, part, "what it believes of one is not checked");
    const std::string subject = resource == application::Resource::SpvRequest     ? made_.spv_request
                                : resource == application::Resource::Subscription ? made_.subscription
                                                                                  : made_.person;
    Json names = Json::object();
    std::string state;
    for (const Json& event : events_) {
      if (client::subject_of(event) != subject) continue;
      names.update(application::names_of(event));
      state = client::state_told_by(event);
    }
    const application::Observation seen = application::expect_state(*probe, names, state);
    if (!seen.unanswered && seen.got == application::kNothingKnown && takes_only_its_own(resource))
      return say(Outcome::NotGiven, part, kOthersUnknown);
    say_seen(part, seen, " says " + seen.got);
  }

  bool takes_only_its_own(application::Resource resource) {
    const auto [found, fresh] = takes_own_.emplace(resource, false);
    if (fresh) {
      found->second =
          application::takes_only_its_own(description_, *partner_, *control_, client_id_, resource);
    }
    return found->second;
  }

  void try_effect(const application::Effect& effect) {
    const std::string part = "effect " + effect.name;
    for (const Json& event : events_) {
      if (text_at(event, "eventType") != to_string(effect.once_per)) continue;
      const application::Observation seen =
          application::expect_count(effect, application::names_of(event), 1);
      if (!seen.unanswered && seen.got == "0" &&
          takes_only_its_own(application::resource_of(effect.once_per)))
        return say(Outcome::NotGiven, part, kOthersUnknown);
      return say_seen(part, seen, " counts 1");
    }
    say(Outcome::Fails, part, "no " + std::string(to_string(effect.once_per)) + " was emitted");
  }

  // What the action is about, made so that it can succeed.
  Result<Json> names_for(ActionKind kind) {
    Json names{{"spvSlug", made_.spv}, {"shareClassSlug", made_.share_class}};
    if (kind == ActionKind::CancelSpv) {
      ASSIGN_OR_RETURN(const client::MadeEvent request, make(EventType::SpvRequestCreated));
      names["spvRequestSlug"] = request.spv_request;
    } else if (kind == ActionKind::Subscribe) {
      ASSIGN_OR_RETURN(const client::MadeEvent investor, make(EventType::InvestorCreated));
      names["zestPersonId"] = investor.person;
    } else if (kind == ActionKind::UploadForm || kind == ActionKind::UploadReceipt) {
      ASSIGN_OR_RETURN(const client::MadeEvent made,
                       make(kind == ActionKind::UploadForm ? EventType::SubscriptionCreated
                                                           : EventType::SignedSubscriptionFormUploaded));
      names = Json{{"spvSlug", made.spv},
                   {"shareClassSlug", made.share_class},
                   {"zestPersonId", made.person},
                   {"subscriptionSlug", made.subscription},
                   {"spvRequestSlug", made.spv_request}};
    }
    if (const Json* person = member(names, "zestPersonId")) names["personId"] = Json(*person);
    return names;
  }

  Result<void> try_action(const ActionRow& row) {
    const std::string part = "action " + std::string(row.name);
    if (!description_.action(row.kind)) {
      say(Outcome::NotGiven, part, "what it does there is not checked");
      return {};
    }
    ASSIGN_OR_RETURN(const Json names, names_for(row.kind));
    ASSIGN_OR_RETURN(const Json ingredients, fresh_ingredients());
    const application::Driver driver(description_, *control_, client_id_, ingredients);
    const Result<application::Driven> driven = driver.drive(row.kind, names, application::fresh_intent());
    if (!driven.ok()) {
      say(Outcome::Fails, part, driven.error().detail);
      return {};
    }
    const application::Acted& acted = driven->acted;
    const std::string operation(row_of(kOperationTable, row.operation).id);
    const std::string answered = acted.called + " was answered " + application::excerpt(acted.answer);
    if (application::Driver::count_of(driven->calls, row.operation, true) > 0) {
      say(Outcome::Works, part, answered + ", and the sandbox was asked for " + operation);
    } else if (application::Driver::count_of(driven->calls, row.operation, false) > 0) {
      say(Outcome::Fails, part, answered + ", but the sandbox refused " + operation);
    } else {
      say(Outcome::Fails, part,
          answered + ", but no " + operation + " of " + client_id_ + " came to the sandbox at " + url_ +
              (description_.start ? ": does it call ZEST_SANDBOX_URL?"
                                  : ": give \"start\", which hands it that address, or --url"));
    }
    return {};
  }

  const Program& program_;
  const application::Description& description_;
  const std::string& admin_token_;
  Log log_;
  std::unique_ptr<app::Sandbox> sandbox_;
  std::string url_;
  std::unique_ptr<client::ControlApi> control_;
  Json before_;
  std::string client_id_;
  std::string pem_;
  std::string secret_;
  std::unique_ptr<client::PartnerApi> partner_;
  Json ingredients_;
  std::shared_ptr<application::Process> process_;
  client::MadeEvent made_;
  std::map<application::Resource, bool> takes_own_;  // what was found out so far
  std::vector<Json> events_;
  std::string refused_;  // the first webhook that was not taken, and why
  std::vector<TriedPart> parts_;
};

}  // namespace

Result<std::vector<TriedPart>> try_application(const Program& program,
                                               const application::Description& description,
                                               const std::string& url, const std::string& admin_token) {
  return ApplicationCheck(program, description, admin_token).run(url);
}

}  // namespace zest::cli
