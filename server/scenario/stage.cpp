#include "scenario/stage.h"

#include <algorithm>
#include <set>

#include "application/own_only.h"
#include "application/partner.h"
#include "application/url_template.h"
#include "base/crypto.h"
#include "client/event_maker.h"
#include "protocol/statuses.h"
#include "scenario/document_names.h"

namespace zest::scenario {
namespace {

// Zest's own name for its sandbox, which every sandbox takes whatever its address. Zest docs: authentication.
constexpr const char* kAudience = "https://sandbox-api.zestequity.com";
constexpr std::string_view kClientPrefix = "scenario-";
constexpr const char* kBarrierTimeout = "10m";  // wall; a scenario's receivers may be slow
constexpr int kPageSize = 100;
constexpr int kMaxNamesakes = 200;  // runs of one scenario on one sandbox at a time

Result<client::Behaviour> read_behaviour(const Json& json) {
  client::Behaviour behaviour;
  if (json.is_number_integer()) {
    behaviour.status = json.get<int>();
    return behaviour;
  }
  if (json == "down") behaviour.close = true;
  if (const Json* status = member(json, "status"); status && status->is_number_integer()) {
    behaviour.status = status->get<int>();
  }
  if (const Json* close = member(json, "close"); close && close->is_boolean())
    behaviour.close = close->get<bool>();
  if (const std::string* delay = string_member(json, "delay")) {
    ASSIGN_OR_RETURN(behaviour.delay, parse_duration(*delay));
  }
  return behaviour;
}

std::string attempt_text(const Json& delivery, const Json& attempt) {
  const auto text = [&attempt](const char* name) {
    const Json* value = member(attempt, name);
    return value ? shown(*value) : std::string();
  };
  std::string line = shown(delivery["eventType"]) + "  " + shown(delivery["deliveryId"]) + "  ";
  const std::string kind = text("kind");
  line += kind == to_string(AttemptKind::Scheduled) ? "attempt " + text("number")
                                                    : kind + " of attempt " + text("number");
  line += "  " + (text("responseStatus").empty() ? text("failure") : text("responseStatus"));
  if (text("outcome") == "failed" && !text("responseStatus").empty() && text("failure") != "status") {
    line += " " + text("failure");
  }
  if (!text("chaosRule").empty()) line += "  [chaos: " + text("chaosRule") + "]";
  return line;
}

}  // namespace

Stage::Stage(const StageOptions& options, Timeline& timeline)
    : options_(options),
      timeline_(timeline),
      control_(options.url, options.admin_token),
      handler_(options.handler) {}

Result<std::unique_ptr<Stage>> Stage::open(const std::string& scenario, const Json& document,
                                           const StageOptions& options, Timeline& timeline) {
  std::unique_ptr<Stage> stage(new Stage(options, timeline));
  RETURN_IF_ERROR(stage->control_.ready());
  RETURN_IF_ERROR(stage->start_receiver());
  RETURN_IF_ERROR(stage->register_partner(scenario, document));
  RETURN_IF_ERROR(stage->set_clock(document));
  ASSIGN_OR_RETURN(stage->began_, stage->now());
  RETURN_IF_ERROR(stage->start_application());
  if (const Json* receiver = member(document, "receiver")) RETURN_IF_ERROR(stage->set_receiver(*receiver));
  return stage;
}

Stage::~Stage() {
  process_.reset();
  if (!client_id_.empty() && application() && application()->partner) {
    application::give_back_partner(control_, *application()->partner, taken_);
    if (clock_before_.is_object()) static_cast<void>(control_.set_clock(clock_before_));
  } else if (!client_id_.empty()) {
    // Identifiers may come back only where nobody remembers them: this receiver goes with the scenario.
    static_cast<void>(control_.reset({{"clientId", client_id_},
                                      {"partners", true},
                                      {"rewind", has_own_receiver()},
                                      {"keepCoverage", true}}));
  }
  if (receiver_) receiver_->stop();
}

Result<void> Stage::start_receiver() {
  // The same in each run, so that signatures differ by their time only.
  secret_ = options_.webhook_secret.empty() ? "whsec_" + to_hex(sha256("scenario")) : options_.webhook_secret;
  client::ReceiverOptions receive;
  receive.host = options_.receiver_host;
  receive.secret = secret_;
  receive.verify = options_.handler == client::HandlerKind::Reference;
  receive.forward_to = options_.webhook_url;
  ASSIGN_OR_RETURN(receiver_,
                   client::Receiver::start(std::move(receive), log_,
                                           [this](const client::Received& received) { arrived(received); }));
  return {};
}

Result<void> Stage::register_partner(const std::string& scenario, const Json& document) {
  Json body{{"name", scenario},
            {"webhookUrl", receiver_->url()},
            {"webhookSecret", secret_},
            {"generateKey", true}};
  if (const Json* settings = member(document, "partner")) body.update(*settings);
  if (application() && application()->partner) return take_partner(body);
  for (int number = 1;; ++number) {
    body["clientId"] =
        std::string(kClientPrefix) + scenario + (number == 1 ? "" : "-" + std::to_string(number));
    Result<Json> partner = control_.register_partner(body);
    if (!partner.ok() && partner.error().kind == ErrorKind::Conflict && number < kMaxNamesakes) continue;
    RETURN_IF_ERROR(partner);
    client_id_ = shown((*partner)["clientId"]);
    rule_prefix_ = client_id_.substr(kClientPrefix.size());
    private_key_pem_ = shown((*partner)["privateKeyPem"]);
    ASSIGN_OR_RETURN(Ed25519PrivateKey key, Ed25519PrivateKey::from_pem(private_key_pem_));
    partner_ = std::make_unique<client::PartnerApi>(
        options_.url, client::Credentials{client_id_, std::move(key)}, kAudience);
    return {};
  }
}

// As the application itself, whose key it has.
Result<void> Stage::take_partner(const Json& settings) {
  const application::PartnerToBe& partner = *application()->partner;
  Json own = settings;
  for (const char* name : {"name", "generateKey"}) own.erase(name);
  ASSIGN_OR_RETURN(Ed25519PrivateKey key, application::read_private_key(partner));
  ASSIGN_OR_RETURN(taken_, application::take_partner(control_, partner, own));
  client_id_ = rule_prefix_ = partner.client_id;
  if (taken_.is_object()) {
    ASSIGN_OR_RETURN(const Json clock, control_.clock({{"clientId", client_id_}}));
    clock_before_ = Json{{"clientId", client_id_}, {"mode", shown_member(clock, "mode")}};
    if (const Json* scale = member(clock, "scale")) clock_before_["scale"] = *scale;
  }
  private_key_pem_ = key.pem();
  partner_ = std::make_unique<client::PartnerApi>(options_.url,
                                                  client::Credentials{client_id_, std::move(key)}, kAudience);
  return {};
}

Result<void> Stage::start_application() {
  if (!application()) return {};
  ASSIGN_OR_RETURN(client::Ingredients ingredients, client::standard_ingredients(*partner_, "", client_id_));
  driver_ =
      std::make_unique<application::Driver>(*application(), control_, client_id_, std::move(ingredients));
  if (!options_.start) return {};
  ASSIGN_OR_RETURN(process_, options_.start(options_.url, {client_id_, private_key_pem_, secret_}));
  return {};
}

std::optional<std::string> Stage::application_end() {
  const std::optional<std::string> ended = process_ ? process_->ended() : std::nullopt;
  if (!ended) return std::nullopt;
  const std::string printed = process_->output();
  return *ended + (printed.empty() ? "" : "; it printed\n" + printed);
}

Json Stage::names_of(const std::string& subject) const {
  Json names = application::names_of_subject(subject);
  for (const Arrival& arrival : arrivals()) {
    const client::Received& received = arrival.received;
    if (received.refusal.empty() && client::subject_of(received.envelope) == subject) {
      names.update(application::names_of(received.envelope));
    }
  }
  return names;
}

Result<application::Driven> Stage::act(application::ActionKind kind, const Json& names, const Json& sample,
                                       const std::string& intent, Duration within) {
  if (!driver_) return invalid_request("there is no application to act: describe it in zest-app.json");
  Result<application::Driven> driven = driver_->drive(kind, names, intent, within, sample);
  if (!driven.ok()) return driven;
  for (const char* name : {"spvRequestSlug", "zestPersonId", "subscriptionSlug"}) {
    if (const std::string* made = string_member(driven->names, name)) own_.insert(*made);
  }
  return driven;
}

bool Stage::takes_only_its_own(application::Resource resource) {
  const auto [found, fresh] = takes_own_.emplace(resource, false);
  if (fresh && application()) {
    found->second =
        application::takes_only_its_own(*application(), *partner_, control_, client_id_, resource);
  }
  return found->second;
}

void Stage::unchecked(const NotChecked& what) {
  not_checked_.push_back(what);
  say(Mark::Action, "not checked: " + what.what + " (" + what.why + ")");
}

Result<void> Stage::set_clock(const Json& document) {
  Json change{{"clientId", client_id_}, {"mode", to_string(ClockMode::Manual)}};
  if (const Json* clock = member(document, "clock"); clock && *clock == "real") {
    change["mode"] = to_string(ClockMode::Real);
  } else if (clock && clock->is_object()) {
    change["mode"] = to_string(ClockMode::Scaled);
    change["scale"] = *member(*clock, "scale");
  }
  RETURN_IF_ERROR(control_.set_clock(change));
  return {};
}

Result<void> Stage::set_receiver(const Json& behaviour) {
  ASSIGN_OR_RETURN(const client::Behaviour usual, read_behaviour(behaviour));
  std::vector<client::Behaviour> script;
  if (const Json* answers = member(behaviour, "script")) {
    for (const Json& answer : *answers) {
      ASSIGN_OR_RETURN(client::Behaviour one, read_behaviour(answer));
      script.push_back(one);
    }
  }
  const Json* fail_first = member(behaviour, "failFirst");
  receiver_->set_behaviour(usual);
  receiver_->script(std::move(script));
  receiver_->fail_next(fail_first && fail_first->is_number_unsigned() ? fail_first->get<std::size_t>() : 0);
  return {};
}

// On the receiver's thread, before the answer. The application's clock is virtual time, as if everything had
// really taken that long.
void Stage::arrived(const client::Received& received) {
  const Result<Json> clock = control_.clock({{"clientId", client_id_}});
  Instant now = received.received_at;
  if (clock.ok()) {
    if (const std::string* text = string_member(*clock, "now")) {
      if (const Result<Instant> parsed = parse_instant(*text); parsed.ok()) now = *parsed;
    }
  }
  const client::Handled handled = handler_.handle(received, now);
  MutexLock lock(mutex_);
  arrivals_.push_back({received, handled});
}

std::vector<Arrival> Stage::arrivals() const {
  MutexLock lock(mutex_);
  return arrivals_;
}

Result<Instant> Stage::now() const {
  ASSIGN_OR_RETURN(const Json clock, control_.clock({{"clientId", client_id_}}));
  const std::string* text = string_member(clock, "now");
  ASSIGN_OR_RETURN(latest_, parse_instant(text ? *text : ""));
  return latest_;
}

Result<Duration> Stage::offset() const {
  ASSIGN_OR_RETURN(const Instant present, now());
  return present - began_;
}

Result<void> Stage::settle() {
  RETURN_IF_ERROR(control_.wait({{"until", "idle"}, {"clientId", client_id_}, {"timeout", kBarrierTimeout}}));
  RETURN_IF_ERROR(show_new_attempts());
  RETURN_IF_ERROR(now());
  return {};
}

std::string Stage::rule_id(const std::string& own) const { return rule_prefix_ + "." + own; }

// The rules under the scenario's own names for them.
void Stage::name_rules(Json& document) const {
  const std::string prefix = rule_id("");
  for (const char* name : {"chaosRule", "fault", "ruleId"}) {
    const std::string* text = string_member(document, name);
    if (!text) continue;
    std::string own = *text;
    for (std::size_t at = own.find(prefix); at != std::string::npos; at = own.find(prefix, at)) {
      own.erase(at, prefix.size());
    }
    document[name] = own;
  }
}

Result<Json> Stage::delivery(const std::string& id) const {
  ASSIGN_OR_RETURN(Json delivery, control_.delivery(id));
  for (Json& attempt : delivery["attempts"]) name_rules(attempt);
  return delivery;
}

Result<std::vector<Json>> Stage::all(ListCall list) const {
  std::vector<Json> documents;
  for (int page = 1;; ++page) {
    const client::Query query{
        {"clientId", client_id_}, {"page", std::to_string(page)}, {"perPage", std::to_string(kPageSize)}};
    ASSIGN_OR_RETURN(const Json answer, (control_.*list)(query));
    const Json* rows = member(answer, "documents");
    if (!rows || rows->empty()) break;
    for (const Json& row : *rows) {
      documents.push_back(row);
      name_rules(documents.back());
    }
    if (rows->size() < kPageSize) break;
  }
  return documents;
}

Result<std::vector<Json>> Stage::deliveries() const {
  ASSIGN_OR_RETURN(std::vector<Json> rows, all(&client::ControlApi::deliveries));
  std::vector<Json> whole;
  for (const Json& row : rows) {
    ASSIGN_OR_RETURN(Json delivery, this->delivery(shown(row["deliveryId"])));
    whole.push_back(std::move(delivery));
  }
  // Identifiers grow with their counter.
  std::sort(whole.begin(), whole.end(),
            [](const Json& a, const Json& b) { return a["deliveryId"] < b["deliveryId"]; });
  return whole;
}

Result<std::vector<Json>> Stage::journal() const {
  ASSIGN_OR_RETURN(std::vector<Json> entries, all(&client::ControlApi::requests));
  std::reverse(entries.begin(), entries.end());
  return entries;
}

Result<void> Stage::show_new_attempts() {
  std::set<std::string> touched;
  const std::vector<Arrival> arrived_so_far = arrivals();
  for (; looked_at_arrivals_ < arrived_so_far.size(); ++looked_at_arrivals_) {
    touched.insert(arrived_so_far[looked_at_arrivals_].received.event_id);
  }
  ASSIGN_OR_RETURN(const std::vector<Json> rows, all(&client::ControlApi::deliveries));
  struct New {
    std::string at;    // virtual
    std::string wall;  // breaks ties
    std::string text;
  };
  std::vector<New> fresh;
  for (const Json& row : rows) {
    const std::string id = shown(row["deliveryId"]);
    if (shown_rows_[id] == row && !touched.contains(id)) continue;
    shown_rows_[id] = row;
    ASSIGN_OR_RETURN(const Json delivery, this->delivery(id));
    const Json& attempts = delivery["attempts"];
    for (std::size_t& next = shown_attempts_[id]; next < attempts.size(); ++next) {
      const Json& attempt = attempts[next];
      fresh.push_back(
          {shown(attempt["virtualTime"]), shown(attempt["wallTime"]), attempt_text(delivery, attempt)});
    }
  }
  std::stable_sort(fresh.begin(), fresh.end(), [](const New& a, const New& b) {
    return std::pair(a.at, a.wall) < std::pair(b.at, b.wall);
  });
  for (const New& attempt : fresh) {
    ASSIGN_OR_RETURN(const Instant at, parse_instant(attempt.at));
    timeline_.add(at - began_, Mark::Webhook, attempt.text);
  }
  return {};
}

void Stage::say(Mark mark, const std::string& text) { timeline_.add(latest_ - began_, mark, text); }

void Stage::holds(const std::string& what) {
  ++checks_;
  say(Mark::Holds, what);
}

}  // namespace zest::scenario
