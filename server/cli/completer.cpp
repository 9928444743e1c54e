#include "cli/completer.h"

#include <CLI/App.hpp>
#include <algorithm>
#include <string_view>

#include "client/connection.h"
#include "protocol/chaos_actions.h"
#include "protocol/event_type.h"
#include "protocol/statuses.h"
#include "scenario/library.h"
#include "scenario/pack.h"

namespace zest::cli {
namespace {

constexpr Duration kAskWithin{700};  // wall; a shell waits for it
constexpr const char* kAtMost = "50";

using Words = std::vector<std::string>;

// Where a line stands: the command, what it has been given, and what it is in the middle of.
struct Place {
  const CLI::App* command = nullptr;
  const CLI::Option* option = nullptr;  // whose value is next
  std::size_t positionals = 0;
  bool rest = false;  // behind the -- of a command that runs another
  std::string url;
  std::string admin_token;
};

bool takes_value(const CLI::Option& option) { return option.get_type_size_max() != 0; }

const CLI::App* subcommand(const CLI::App& command, const std::string& name) {
  for (const CLI::App* sub : command.get_subcommands([](const CLI::App*) { return true; })) {
    if (sub->get_name() == name) return sub;
  }
  return nullptr;
}

const CLI::Option* option_named(const CLI::App& command, const std::string& word) {
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_positional() && option->check_name(word)) return option;
  }
  return nullptr;
}

void remember(Place& place, const CLI::Option& option, const std::string& value) {
  if (option.check_lname("url")) place.url = value;
  if (option.check_lname("admin-token")) place.admin_token = value;
}

Place place_of(const Program& program, const CLI::App& root, const Words& words) {
  Place place;
  place.command = &root;
  place.url = default_url(program);
  place.admin_token = program.variable("ZEST_SANDBOX_ADMIN_TOKEN").value_or("");
  const bool help = words.front() == "help";
  for (std::size_t i = help ? 1 : 0; i + 1 < words.size(); ++i) {
    const std::string& word = words[i];
    if (place.option) {
      remember(place, *place.option, word);
      place.option = nullptr;
    } else if (word == "--") {
      place.rest = true;
      return place;
    } else if (word.starts_with("-") && word.size() > 1) {
      const std::size_t equals = word.find('=');
      const CLI::Option* option = option_named(*place.command, word.substr(0, equals));
      if (option && takes_value(*option)) {
        if (equals == std::string::npos)
          place.option = option;
        else
          remember(place, *option, word.substr(equals + 1));
      }
    } else if (const CLI::App* next = place.positionals == 0 ? subcommand(*place.command, word) : nullptr) {
      place.command = next;
    } else {
      ++place.positionals;
    }
  }
  return place;
}

// What the sandbox at `place` lists: the member of each document, and another one that tells more of it.
std::vector<Candidate> listed(const Place& place, Operation operation, std::string_view name,
                              const char* more, const client::Query& query = {}) {
  client::Query asked = query;
  if (operation != Operation::ListExplanations)
    asked.emplace_back("perPage", kAtMost);  // that one has no pages
  client::Request request = client::request_of(operation, {}, asked);
  request.timeout = kAskWithin;
  const Result<Json> answer = client::Connection(place.url, place.admin_token).call(request);
  const Json* documents = answer.ok() ? member(*answer, "documents") : nullptr;
  std::vector<Candidate> found;
  if (!documents || !documents->is_array()) return found;
  for (const Json& document : *documents) found.push_back({text_at(document, name), text_at(document, more)});
  return found;
}

std::vector<Candidate> plain(const Words& words) {
  std::vector<Candidate> found;
  for (const std::string& word : words) found.push_back({word, ""});
  return found;
}

std::vector<Candidate> delivery_states(const Place& /*place*/) { return plain(texts_of(kDeliveryStatuses)); }
std::vector<Candidate> request_states(const Place& /*place*/) { return plain(texts_of(kSpvStatuses)); }
std::vector<Candidate> subscription_states(const Place& /*place*/) {
  return plain(texts_of(kSubscriptionStatuses));
}
std::vector<Candidate> clock_modes(const Place& /*place*/) { return plain({"real", "manual"}); }
std::vector<Candidate> log_formats(const Place& /*place*/) { return plain({"text", "json"}); }
std::vector<Candidate> log_levels(const Place& /*place*/) {
  return plain({"debug", "info", "warning", "error", "off"});
}
std::vector<Candidate> signature_clocks(const Place& /*place*/) { return plain({"wall", "virtual"}); }
std::vector<Candidate> event_type_words(const Place& /*place*/) { return plain(texts_of(kEventTypes)); }
std::vector<Candidate> chaos_action_words(const Place& /*place*/) {
  std::vector<Candidate> found;
  for (const ChaosActionRow& row : kChaosActionTable) {
    const bool again =
        !found.empty() && std::any_of(found.begin(), found.end(),
                                      [&row](const Candidate& each) { return each.text == row.name; });
    if (!again) found.push_back({std::string(row.name), std::string(row.help)});
  }
  return found;
}
std::vector<Candidate> operations(const Place& /*place*/) {
  std::vector<Candidate> found;
  for (const OperationRow& row : kOperationTable) {
    if (row.path.starts_with("/v1/"))
      found.push_back({std::string(row.id), std::string(row.method) + " " + std::string(row.path)});
  }
  return found;
}
std::vector<Candidate> methods(const Place& /*place*/) {
  return plain({std::begin(kRuleMethods), std::end(kRuleMethods)});
}
std::vector<Candidate> key_outcomes(const Place& /*place*/) {
  return plain({"executed", "replayed", "conflict"});
}
std::vector<Candidate> packs(const Place& /*place*/) {
  std::vector<Candidate> found;
  for (const scenario::Pack& pack : scenario::shipped_packs()) found.push_back({pack.name, pack.purpose});
  return found;
}
std::vector<Candidate> scenarios(const Place& /*place*/) {
  std::vector<Candidate> found;
  for (const scenario::ShippedScenario& shipped : scenario::shipped_scenarios())
    found.push_back({shipped.name, ""});
  return found;
}
std::vector<Candidate> partners(const Place& place) {
  return listed(place, Operation::ListPartners, "clientId", "name");
}
std::vector<Candidate> deliveries(const Place& place) {
  return listed(place, Operation::ListDeliveries, "deliveryId", "eventType");
}
std::vector<Candidate> chaos_rules(const Place& place) {
  return listed(place, Operation::ListChaosRules, "id", "on");
}
std::vector<Candidate> explainable(const Place& place) {
  std::vector<Candidate> found = {{"last", "what went wrong last"}};
  const std::vector<Candidate> things = listed(place, Operation::ListExplanations, "id", "summary");
  found.insert(found.end(), things.begin(), things.end());
  return found;
}
std::vector<Candidate> pending_requests(const Place& place) {
  return listed(place, Operation::ListAllSpvRequests, "spvRequestSlug", "status",
                {{"status", "pending-review"}});
}
std::vector<Candidate> subscriptions(const Place& place) {
  return listed(place, Operation::ListAllSubscriptions, "subscriptionSlug", "status");
}

// The values of an option, or of an argument, of the command whose full name ends so ("" for any command).
struct Values {
  std::string_view command;
  std::string_view name;
  std::vector<Candidate> (*of)(const Place&);
};

constexpr Values kValues[] = {
    {"webhook-deliveries list", "--status", delivery_states},
    {"webhook-deliveries retry-all", "--status", delivery_states},
    {"webhook-deliveries show", "id", deliveries},
    {"webhook-deliveries retry", "id", deliveries},
    {"spv-requests list", "--status", request_states},
    {"spv-requests approve", "slug", pending_requests},
    {"spv-requests reject", "slug", pending_requests},
    {"subscriptions list", "--status", subscription_states},
    {"subscriptions complete", "slug", subscriptions},
    {"trigger", "event-type", event_type_words},
    {"scenario run", "SCENARIO", scenarios},
    {"scenario show", "NAME", scenarios},
    {"chaos add", "rules", packs},
    {"chaos packs", "names", packs},
    {"chaos actions", "actions", chaos_action_words},
    {"chaos remove", "ids", chaos_rules},
    {"explain", "id", explainable},
    {"", "--operation", operations},
    {"", "--method", methods},
    {"", "--idempotency-outcome", key_outcomes},
    {"partners show", "client-id", partners},
    {"partners update", "client-id", partners},
    {"exec", "--pack", packs},
    {"", "--event-type", event_type_words},
    {"", "--client-id", partners},
    {"", "--clock", clock_modes},
    {"", "--log-format", log_formats},
    {"", "--log-level", log_levels},
    {"", "--signature-time", signature_clocks},
};

std::string path_of(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  if (!parent || !parent->get_parent()) return command.get_name();
  return path_of(*parent) + " " + command.get_name();
}

// "{real,manual}" in the type's name is what a validator of the parser allows.
std::vector<Candidate> allowed_by_type(const std::string& type) {
  const std::size_t open = type.find('{');
  const std::size_t close = type.find('}', open == std::string::npos ? 0 : open);
  std::vector<Candidate> allowed;
  if (open == std::string::npos || close == std::string::npos) return allowed;
  for (std::size_t at = open + 1; at < close;) {
    const std::size_t end = std::min(type.find(',', at), close);
    allowed.push_back({type.substr(at, end - at), ""});
    at = end + 1;
  }
  return allowed;
}

void add_values(Completion& completion, const Place& place, const CLI::Option& option) {
  const std::string path = path_of(*place.command);
  for (const Values& values : kValues) {
    const bool here = values.command.empty() || path == values.command;
    const bool meant = option.get_positional() ? option.get_name() == values.name
                                               : option.check_name(std::string(values.name));
    if (!here || !meant) continue;
    completion.candidates = values.of(place);
    break;
  }
  const std::string type = option.get_type_name();
  if (completion.candidates.empty()) completion.candidates = allowed_by_type(type);
  const bool file = type.find("FILE") != std::string::npos || type == "DIR" || option.get_name() == "FILE" ||
                    option.get_name() == "SCENARIO";
  if (file) completion.beside = Completion::Beside::Files;
}

std::string first_sentence(const std::string& text) { return text.substr(0, text.find('\n')); }

void add_options(Completion& completion, const CLI::App& command) {
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_positional()) continue;
    for (const std::string& name : option->get_lnames())
      completion.candidates.push_back({"--" + name, first_sentence(option->get_description())});
  }
}

void add_words(Completion& completion, const Place& place) {
  if (place.positionals == 0) {
    for (const CLI::App* sub : place.command->get_subcommands([](const CLI::App*) { return true; }))
      completion.candidates.push_back({sub->get_name(), first_sentence(sub->get_description())});
  }
  std::vector<const CLI::Option*> positionals;
  for (const CLI::Option* option : place.command->get_options()) {
    if (option->get_positional()) positionals.push_back(option);
  }
  if (positionals.empty()) return;
  const std::size_t last = positionals.size() - 1;
  const bool repeats = positionals[last]->get_items_expected_max() > 1;
  if (place.positionals > last && !repeats) return;
  Completion values;
  add_values(values, place, *positionals[std::min(place.positionals, last)]);
  completion.beside = values.beside;
  completion.candidates.insert(completion.candidates.end(), values.candidates.begin(),
                               values.candidates.end());
}

}  // namespace

Completion complete(const Program& program, const CLI::App& root, const Words& words) {
  Completion completion;
  if (words.empty()) return completion;
  Place place = place_of(program, root, words);
  const std::string& word = words.back();
  std::string kept;  // of the word, before what is completed
  if (place.rest) {
    completion.beside = Completion::Beside::Commands;
  } else if (place.option) {
    add_values(completion, place, *place.option);
  } else if (word.starts_with("-") && word.find('=') != std::string::npos) {
    kept = word.substr(0, word.find('=') + 1);
    const CLI::Option* option = option_named(*place.command, kept.substr(0, kept.size() - 1));
    if (option) add_values(completion, place, *option);
  } else if (word.starts_with("-")) {
    // Without a command it serves.
    const CLI::App* serve = place.command == &root ? subcommand(root, "serve") : nullptr;
    add_options(completion, serve ? *serve : *place.command);
  } else {
    add_words(completion, place);
  }
  for (Candidate& candidate : completion.candidates) candidate.text = kept + candidate.text;
  std::erase_if(completion.candidates,
                [&word](const Candidate& candidate) { return !candidate.text.starts_with(word); });
  return completion;
}

std::string completion_lines(const Completion& completion) {
  std::string lines;
  for (const Candidate& candidate : completion.candidates) {
    lines += printable(candidate.text);
    if (!candidate.help.empty()) lines += "\t" + printable(candidate.help);
    lines += "\n";
  }
  switch (completion.beside) {
    case Completion::Beside::Nothing:
      return lines + ":\n";
    case Completion::Beside::Files:
      return lines + ":files\n";
    case Completion::Beside::Commands:
      return lines + ":commands\n";
  }
  return lines;
}

}  // namespace zest::cli
