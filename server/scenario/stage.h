// Where a scenario plays: its own partner of a sandbox, its receiver, its clock, and what was seen of its
// webhooks so far. Thread-safety: one thread runs the scenario; webhooks come in on the receiver's.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "application/driver.h"
#include "application/process.h"
#include "base/log.h"
#include "base/mutex.h"
#include "client/control_api.h"
#include "client/partner_api.h"
#include "client/receiver.h"
#include "client/webhook_handler.h"
#include "scenario/timeline.h"

namespace zest::scenario {

struct StageOptions {
  std::string url;  // of the sandbox
  std::string admin_token;
  client::HandlerKind handler = client::HandlerKind::Reference;
  // The partner's own application, if it is the one that is tried; then `webhook_secret` is what it verifies
  // with, and the receiver in front of it only hands on, or fails in its place.
  std::string webhook_url;
  std::string webhook_secret;
  std::string receiver_host = "127.0.0.1";
  // What is known of that application; nullptr: nothing.
  std::shared_ptr<const application::Description> application;
  // Starts it, as the partner that the scenario registers. Set where the description says how.
  struct Partner {
    std::string client_id;
    std::string private_key_pem;
    std::string webhook_secret;
  };
  using Start = std::function<Result<std::shared_ptr<application::Process>>(const std::string& sandbox_url,
                                                                            const Partner&)>;
  Start start = {};
};

// An expectation that could not be looked at.
struct NotChecked {
  std::string what;
  std::string why;  // "no probe"
};

// One request that reached the receiver.
struct Arrival {
  client::Received received;
  client::Handled handled;
};

class Stage {
 public:
  // Registers the partner of the scenario and starts its receiver. Errors: unreachable ones of the client
  // (client::is_unreachable), and refusals of the sandbox.
  static Result<std::unique_ptr<Stage>> open(const std::string& scenario, const Json& document,
                                             const StageOptions& options, Timeline& timeline);
  // Removes the partner with all of its data.
  ~Stage();

  client::PartnerApi& partner() { return *partner_; }
  const client::ControlApi& control() const { return control_; }
  // A call of the control plane whose answer is to be judged.
  Result<client::Reply> call_control(const client::Request& request) {
    return control_.connection().exchange(request);
  }
  const std::string& client_id() const { return client_id_; }
  bool has_own_receiver() const { return options_.webhook_url.empty(); }

  // ---- the application that is tried ----
  const application::Description* application() const { return options_.application.get(); }
  // What events have told of the resource, for the URLs of probes.
  Json names_of(const std::string& subject) const;
  // `names` for the action's ${…}; `sample` in place of members of its sample. Errors: see
  // application::Driver.
  Result<application::Driven> act(application::ActionKind kind, const Json& names, const Json& sample,
                                  const std::string& intent, Duration within);
  // Whether the resource was made by the application here.
  bool is_its_own(const std::string& subject) const { return own_.contains(subject); }
  // Of this kind of resource the application knew nothing when it was asked: it is not waited for again.
  void note_unknown(application::Resource resource) const { unknown_.insert(resource); }
  bool is_unknown(application::Resource resource) const { return unknown_.contains(resource); }
  // After the scenario: application::takes_only_its_own, which makes resources.
  bool takes_only_its_own(application::Resource resource);
  // How the application that was started ended, and what it printed; nothing while it runs.
  std::optional<std::string> application_end();
  // Counts an expectation that could not be looked at, and says so.
  void unchecked(const NotChecked& what);
  const std::vector<NotChecked>& not_checked() const { return not_checked_; }
  Timeline& timeline() { return timeline_; }

  // Answers from now on, as a scenario writes it. Errors: InvalidRequest for what cannot be read.
  Result<void> set_receiver(const Json& behaviour);
  std::vector<Arrival> arrivals() const;
  std::optional<client::KnownState> state_of(const std::string& subject) const {
    return handler_.state_of(subject);
  }

  // Virtual time of the partner's clock, and since the scenario began.
  Result<Instant> now() const;
  Result<Duration> offset() const;

  // Waits until everything that is due has been sent and answered, and shows what was.
  Result<void> settle();
  // All of the partner's deliveries, each with its envelope and attempts, oldest first.
  Result<std::vector<Json>> deliveries() const;
  Result<Json> delivery(const std::string& id) const;
  // The journal of the partner's calls, oldest first.
  Result<std::vector<Json>> journal() const;
  // A list operation's documents of all pages, for this partner.
  using ListCall = Result<Json> (client::ControlApi::*)(const client::Query&) const;
  Result<std::vector<Json>> all(ListCall list) const;

  // The id by which the sandbox knows a rule of this scenario: other scenarios on it may use the same names.
  // Documents that this class answers show the scenario's own.
  std::string rule_id(const std::string& own) const;

  // Counts a check and says that it held.
  void holds(const std::string& what);
  void say(Mark mark, const std::string& text);
  std::size_t checks() const { return checks_; }

 private:
  Stage(const StageOptions& options, Timeline& timeline);
  Result<void> start_receiver();
  Result<void> register_partner(const std::string& scenario, const Json& document);
  Result<void> take_partner(const Json& settings);
  Result<void> start_application();
  Result<void> set_clock(const Json& document);
  void arrived(const client::Received& received);
  Result<void> show_new_attempts();
  void name_rules(Json& document) const;

  const StageOptions options_;
  Timeline& timeline_;
  Log log_{LogFormat::Text, LogLevel::Off};
  client::ControlApi control_;
  std::string client_id_;
  std::string rule_prefix_;
  std::string private_key_pem_;
  Json taken_;  // what the partner was before that the application is; null: it was not there
  Json clock_before_;
  std::string secret_;
  std::unique_ptr<client::PartnerApi> partner_;
  Instant began_{};
  mutable Instant latest_{};  // virtual time as it was last known
  client::WebhookHandler handler_;
  mutable Mutex mutex_;
  std::vector<Arrival> arrivals_ GUARDED_BY(mutex_);
  std::map<std::string, std::size_t> shown_attempts_;  // by delivery
  std::map<std::string, Json> shown_rows_;             // likewise: the list's row when it was last looked at
  std::size_t looked_at_arrivals_ = 0;
  std::size_t checks_ = 0;
  std::vector<NotChecked> not_checked_;
  std::set<std::string> own_;  // what the application made
  mutable std::set<application::Resource> unknown_;
  std::map<application::Resource, bool> takes_own_;  // what was found out so far
  std::unique_ptr<application::Driver> driver_;
  std::shared_ptr<application::Process> process_;
  std::unique_ptr<client::Receiver> receiver_;  // last: its threads end first
};

}  // namespace zest::scenario
