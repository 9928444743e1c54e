#include <CLI/App.hpp>
#include <algorithm>

#include "application/asking.h"
#include "application/url_template.h"
#include "base/error.h"
#include "base/id.h"
#include "base/nearest.h"
#include "base/text.h"
#include "cli/application.h"
#include "cli/assignment.h"
#include "cli/commands.h"
#include "cli/credentials.h"
#include "cli/program.h"
#include "client/event_maker.h"
#include "client/webhook_handler.h"

namespace zest::cli {
namespace {

// How long to wait for an attempt that is on its way; a receiver may take 10 s. Wall.
constexpr const char* kWaitTimeout = "15s";

struct TriggerOptions {
  std::string event_type;
  std::string template_id;
  std::vector<std::string> settings;
  bool no_wait = false;
  PartnerOptions partner;
  std::string app;
};

std::vector<std::string> event_types() { return texts_of(kEventTypes); }

std::vector<std::string> names_of(const Json& object) {
  std::vector<std::string> names;
  for (const auto& entry : object.items()) names.push_back(entry.key());
  return names;
}

// "did you mean investor.created?", or what there is.
std::string suggestion(const std::string& word, const std::vector<std::string>& known) {
  const std::optional<std::string> meant = nearest(word, known);
  return meant ? "did you mean " + *meant + "?" : "there are " + join(known);
}

// An unprefixed path means the resource that the event is about; one that begins with the name of a resource
// means that one.
Result<void> apply_setting(client::Ingredients& ingredients, const std::string& own,
                           const std::string& text) {
  ASSIGN_OR_RETURN(Assignment assignment, parse_assignment(text));
  std::string resource = own;
  const std::string first = assignment.path.substr(0, assignment.path.find('.'));
  const bool prefixed = ingredients[own].count(first) == 0 && ingredients.contains(first) &&
                        ingredients[first].is_object() && assignment.path.size() > first.size();
  if (prefixed) {
    resource = first;
    assignment.path.erase(0, first.size() + 1);
  }
  // Attributes are the contract's to judge; the other resources have the fields that the API documents.
  const std::string name = assignment.path.substr(0, assignment.path.find('.'));
  std::vector<std::string> known = names_of(ingredients[resource]);
  if (resource == "subscription") known.insert(known.end(), {"zestPersonId", "shareClassSlug"});
  if (resource != "spvRequest" && std::find(known.begin(), known.end(), name) == known.end()) {
    return invalid_request(resource + " has no field \"" + name + "\"; " + suggestion(name, known));
  }
  return assign(ingredients[resource], assignment);
}

// Money in another currency than the SPV's is refused, so one that is set for the SPV request is set for all,
// from where other settings go on.
void follow_currency(Json& value, const std::string& before, const Json& now) {
  if (value.is_object() && value.contains("currency") && value["currency"] == before) value["currency"] = now;
  if (!value.is_structured()) return;
  for (Json& inner : value) follow_currency(inner, before, now);
}

Result<void> apply_settings(client::Ingredients& ingredients, const std::string& own,
                            const std::vector<std::string>& settings) {
  client::Ingredients changed = ingredients;
  for (const std::string& setting : settings) {
    const Result<void> applied = apply_setting(changed, own, setting);
    if (!applied.ok()) return invalid_request("--set " + setting + ": " + applied.error().detail);
  }
  const std::string before = text_at(ingredients, "spvRequest/currency");
  const Json now = changed["spvRequest"].value("currency", Json());
  if (now == before) {
    ingredients = std::move(changed);
    return {};
  }
  follow_currency(ingredients, before, now);
  for (const std::string& setting : settings) RETURN_IF_ERROR(apply_setting(ingredients, own, setting));
  return {};
}

// The delivery of the event; once what is on its way has been answered, unless nobody wants to wait.
Result<Json> find_delivery(client::ControlApi& control, const client::MadeEvent& made,
                           const TriggerOptions& options, const std::string& client_id) {
  const std::string type(to_string(made.type));
  ASSIGN_OR_RETURN(
      const Json list,
      control.deliveries({{"eventType", type}, {"subject", made.subject}, {"clientId", client_id}}));
  const Json* documents = member(list, "documents");
  if (!documents || !documents->is_array() || documents->empty()) {
    return make_error(ErrorKind::NotFound,
                      type + " of " + made.subject +
                          " has not been emitted yet; see `zest-sandbox webhook-deliveries list`");
  }
  const std::string id = text_at(documents->front(), "deliveryId");
  if (!options.no_wait) {
    const Result<Json> settled =
        control.wait({{"until", "idle"}, {"clientId", client_id}, {"timeout", kWaitTimeout}});
    if (!settled.ok() && settled.error().kind != ErrorKind::Timeout) return settled.error();
  }
  return control.delivery(id);
}

std::string outcome_text(const Json& delivery, bool has_endpoint) {
  const Json attempts = delivery.value("attempts", Json::array());
  std::string text = text_at(delivery, "status");
  if (!has_endpoint) return text + ": the partner has no webhook URL yet";
  if (attempts.empty()) return text + ", not sent yet";
  const std::string status = text_at(attempts.back(), "responseStatus");
  text += ", attempt " + text_at(delivery, "attemptCount") + ": ";
  text += status.empty() ? text_at(attempts.back(), "failure") : "answered " + status;
  if (status == "404" || status == "405")
    text += " (nothing answers POST at this path: is it the right webhook URL?)";
  const std::string next = text_at(delivery, "nextAttemptAt");
  return next.empty() ? text : text + ", next at " + next;
}

Json made_json(const client::MadeEvent& made, const Json& delivery) {
  Json answer = {{"eventType", to_string(made.type)},
                 {"eventId", text_at(delivery, "eventId")},
                 {"deliveryId", text_at(delivery, "deliveryId")},
                 {"subject", made.subject}};
  const auto add = [&answer](const char* name, const std::string& value) {
    if (!value.empty()) answer[name] = value;
  };
  add("spvRequestSlug", made.spv_request);
  add("spvSlug", made.spv);
  add("shareClassSlug", made.share_class);
  add("zestPersonId", made.person);
  add("subscriptionSlug", made.subscription);
  answer["alsoEmitted"] = texts_of(made.on_the_way);
  answer["delivery"] = delivery;
  return answer;
}

// What the application makes of it, as far as it has a probe of the resource.
void add_belief(const application::Description& described, const Json& delivery, Json& answer) {
  const Json envelope = delivery.value("envelope", Json::object());
  const std::optional<application::Resource> resource = application::resource_of(text_at(answer, "subject"));
  const application::Probe* probe = resource ? described.probe(*resource) : nullptr;
  if (!probe || text_at(delivery, "status") != "delivered") return;
  const application::Observation seen =
      application::expect_state(*probe, application::names_of(envelope), client::state_told_by(envelope));
  answer["application"] = {
      {"holds", seen.holds}, {"asked", seen.asked}, {"expected", seen.expected}, {"got", seen.got}};
}

std::string belief_text(const Json& answer) {
  const Json* belief = member(answer, "application");
  if (!belief) return "";
  return (*member(*belief, "holds") == Json(true)
              ? "believes "
              : "should believe " + text_at(*belief, "expected") + ", says ") +
         text_at(*belief, "got");
}

std::string made_text(const Program& program, const Json& answer) {
  std::vector<std::pair<std::string, std::string>> lines;
  for (const auto& line : std::vector<std::pair<std::string, std::string>>{
           {"event", text_at(answer, "eventId")},
           {"delivery", outcome_text(answer["delivery"], answer["hasEndpoint"].get<bool>())},
           {"SPV request", text_at(answer, "spvRequestSlug")},
           {"SPV", text_at(answer, "spvSlug")},
           {"share class", text_at(answer, "shareClassSlug")},
           {"investor", text_at(answer, "zestPersonId")},
           {"subscription", text_at(answer, "subscriptionSlug")},
           {"application", belief_text(answer)},
           {"on the way", join(answer["alsoEmitted"].get<std::vector<std::string>>())}}) {
    if (!line.second.empty()) lines.push_back(line);
  }
  return program.terminal.styled(Style::Bold, printable(text_at(answer, "eventType"))) + " emitted\n" +
         fields(lines, "  ");
}

int trigger(const Program& program, const Remote& remote, const TriggerOptions& options) {
  const std::optional<EventType> type = parse_event_type(options.event_type);
  if (!type) {
    return program.fail(kUsage, "there is no event type \"" + options.event_type + "\"; " +
                                    suggestion(options.event_type, event_types()));
  }
  const auto described = read_application(program, ApplicationFlags{options.app});
  if (!described.ok()) return program.fail(kUsage, described.error().detail);
  PartnerOptions chosen = options.partner;
  if (*described && (*described)->partner && chosen.client_id.empty() && chosen.key_file.empty()) {
    chosen = {(*described)->partner->client_id, (*described)->partner->private_key_file.string()};
  }
  Result<client::Credentials> credentials = partner_credentials(chosen);
  if (!credentials.ok()) return program.fail(kUsage, credentials.error().detail);
  client::PartnerApi partner(remote.url, std::move(*credentials));
  client::ControlApi control = control_api(remote);
  Result<client::Ingredients> ingredients =
      client::standard_ingredients(partner, options.template_id, make_uuid().substr(0, 8));
  if (!ingredients.ok()) {
    return report(program, remote, with_partner(ingredients.error(), chosen, partner.client_id()));
  }
  const std::string own(client::EventMaker::own_ingredient(*type));
  const Result<void> applied = apply_settings(*ingredients, own, options.settings);
  if (!applied.ok()) return program.fail(kUsage, applied.error().detail);
  Result<client::MadeEvent> made = client::EventMaker(partner, control, std::move(*ingredients)).make(*type);
  if (!made.ok()) return report(program, remote, made.error());
  const Result<Json> delivery = find_delivery(control, *made, options, partner.client_id());
  if (!delivery.ok()) return report(program, remote, delivery.error());
  Json answer = made_json(*made, *delivery);
  const Result<Json> registered = control.partner(partner.client_id());
  answer["hasEndpoint"] = registered.ok() && !text_at(*registered, "webhookUrl").empty();
  if (*described && !options.no_wait) add_belief(**described, *delivery, answer);
  return print(program, remote, answer, [&program](const Json& shown) { return made_text(program, shown); });
}

}  // namespace

void add_trigger(Program& program) {
  CLI::App* command = program.command(
      "trigger", "Make the resources that an event needs, so that its webhook is sent",
      {"trigger spv_request.completed", "trigger investor.created --set email=ada@example.com",
       "trigger spv_request.created --set currency=EUR --set shareClasses.0.name=Founders",
       "trigger spv_request.rejected --set rejection.reason=\"Not eligible\"",
       "trigger subscription.created --set lumpSum.value=75000.00 --set investor.firstName=Ada",
       "trigger subscription.completed --json   # everything on the way there, and the slugs"});
  const auto remote = add_remote(program, command);
  const auto options = std::make_shared<TriggerOptions>();
  command->add_option("event-type", options->event_type, join(event_types()))
      ->required()
      ->type_name("EVENT_TYPE");
  command
      ->add_option("--set", options->settings,
                   "Set a field of what the event is about (dots lead inwards); NAME:=JSON for other types")
      ->type_name("NAME=VALUE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command
      ->add_option("--template", options->template_id,
                   "Contract template of the SPV request [syndicate_secondary]")
      ->type_name("ID");
  command->add_flag("--no-wait", options->no_wait, "Do not wait for the receiver's answer");
  add_partner_options(program, command, options->partner);
  add_application_option(command, options->app);
  command->footer(
      "--set means attributes of the SPV request for spv_request.*, and the fields of the investor, "
      "subscription, "
      "form\nor funding for the others. A prefix names another of them: spvRequest.currency=EUR, "
      "rejection.reason=…, "
      "investor.email=…,\nsubscription.lumpSum.value=…, form.contentType=…, funding.wireReference=….\n\n" +
      command->get_footer());
  program.on(command, [&program, remote, options] { return trigger(program, *remote, *options); });
}

}  // namespace zest::cli
