// What a script does with an application that is tried.
#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "scenario/document_names.h"
#include "scenario/script.h"

namespace zest::scenario {
namespace {

// What is captured under these names in scenarios are these members of events.
constexpr std::pair<const char*, const char*> kNamesOfResources[] = {
    {"svr", "spvRequestSlug"}, {"spv", "spvSlug"},          {"person", "zestPersonId"},
    {"person", "personId"},    {"sub", "subscriptionSlug"}, {"shareClass", "shareClassSlug"}};

// The actions that steps name, at any depth.
void collect_actions(const Json& steps, std::set<std::string>& names) {
  for (const Json& step : steps) {
    if (const std::string* name = string_member(step, "act")) names.insert(*name);
    if (const Json* inner = member(step, "steps")) collect_actions(*inner, names);
  }
}

}  // namespace

// The application's own calls where it has the actions for them.
std::string Script::choose_steps() {
  const Json& root = source_.root();
  const Json* own = member(root, "application");
  if (stage_.has_own_receiver()) return "steps";
  if (member(root, "client")) {
    not_its_calls_ = "no correct client makes the calls that this is about";
    return "steps";
  }
  if (!own) return "steps";
  std::set<std::string> wanted;
  collect_actions(*own, wanted);
  std::vector<std::string> missing;
  for (const std::string& name : wanted) {
    const auto kind = application::parse_action_kind(name);
    if (!stage_.application() || !kind || !stage_.application()->action(*kind)) missing.push_back(name);
  }
  if (missing.empty()) {
    acting_ = true;
    return "application";
  }
  not_its_calls_ = "no action " + join(missing);
  return "steps";
}

// An answer that comes before the work is done (202, 204) cannot tell what came of it.
void Script::set_aside_early_answer(int status, const std::string& what, Mismatches& mismatches) {
  if (status != 202 && status != 204) return;
  const auto tells = [](const Mismatch& each) { return each.what == kTextOfAnswer; };
  if (std::erase_if(mismatches, tells) == 0) return;
  stage_.unchecked({what + ": " + kTextOfAnswer, "answered before it was done"});
}

Result<void> Script::perform_act(const Json& step, const Place& place) {
  const std::string name = shown_member(step, "act");
  const std::optional<application::ActionKind> kind = application::parse_action_kind(name);
  if (!kind) return invalid_request("there is no action " + name);
  Json names = variables_;
  for (const auto& [variable, slug] : kNamesOfResources) {
    if (const Json* value = member(variables_, variable)) names[slug] = *value;
  }
  if (const Json* with = member(step, "with")) names.update(*with);
  const Json* sample = member(step, "sample");
  const std::string* intent = string_member(step, "intent");
  Duration within = application::kDefaultCallWithin;
  if (const std::string* text = string_member(step, "within")) {
    ASSIGN_OR_RETURN(within, parse_duration(*text));
  }
  ASSIGN_OR_RETURN(const application::Driven driven,
                   stage_.act(*kind, names, sample ? *sample : Json::object(),
                              intent ? *intent : application::fresh_intent(), within));
  Answered answered;
  answered.reply.emplace();
  answered.reply->status = driven.acted.answer.status;
  answered.reply->text = driven.acted.answer.text;
  answered.reply->body = driven.acted.answer.json.value_or(Json());
  Mismatches mismatches = check_answer(answered, step);
  set_aside_early_answer(answered.reply->status, "act " + name, mismatches);
  const std::string operation(row_of(kOperationTable, row_of(application::kActionTable, *kind).operation).id);
  const bool called = std::any_of(driven.calls.begin(), driven.calls.end(), [&operation](const Json& call) {
    return text_member(call, "operation") == operation;
  });
  if (!called) {
    mismatches.push_back({"call " + operation, "one of " + stage_.client_id(),
                          "none came to the sandbox at " + shown_member(variables_, "url")});
  }
  std::string line =
      "act " + name + "  " + driven.acted.called + "  " + std::to_string(answered.reply->status);
  if (const Json* captures = member(step, "capture"); captures && mismatches.empty()) {
    for (const auto& [variable, path] : captures->get_ref<const Json::object_t&>()) {
      const Json* value = reach(driven.names, shown(path));
      if (!value) value = reach(answered.reply->body, shown(path));
      if (!value) return invalid_request("nothing is at " + shown(path) + " of what the action made");
      line += "  " + variable + "=" + shown(*value, 40);
      variables_[variable] = *value;
    }
  }
  stage_.say(Mark::Call, line);
  if (mismatches.empty()) {
    stage_.holds("the application made the call " + operation);
    return {};
  }
  // Where the action is described, and what was asked of the application.
  const std::string& where = stage_.application()->action(*kind)->where;
  for (Mismatch& each : mismatches)
    each.what = where + ": action " + name + ", " + driven.acted.called + ", " + each.what;
  fail(place, "act " + name, std::move(mismatches));
  unusable_ = true;
  return {};
}

void Script::set_aside_what_others_made() {
  const auto is_unknown = [](const Mismatch& each) { return each.unknown.has_value(); };
  const auto any_unknown = [&](const Failure& failure) {
    return std::any_of(failure.mismatches.begin(), failure.mismatches.end(), is_unknown);
  };
  if (std::none_of(failures_.begin(), failures_.end(), any_unknown)) return;
  const bool undisturbed = remove_rules("all").ok() && stage_.set_receiver("healthy").ok() &&
                           stage_.control().resume({{"clientId", stage_.client_id()}}).ok() &&
                           stage_.settle().ok();
  if (!undisturbed) return;
  const auto is_others = [this](const Mismatch& each) {
    if (!each.unknown || !stage_.takes_only_its_own(*each.unknown)) return false;
    stage_.unchecked({each.what, "it takes in what it made itself"});
    return true;
  };
  for (Failure& failure : failures_) std::erase_if(failure.mismatches, is_others);
  std::erase_if(failures_, [](const Failure& failure) { return failure.mismatches.empty(); });
}

}  // namespace zest::scenario
