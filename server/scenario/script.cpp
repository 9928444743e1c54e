#include "scenario/script.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/error.h"
#include "scenario/document_names.h"
#include "scenario/set_up.h"

namespace zest::scenario {
namespace {

constexpr std::uint64_t kMaxRepeats = 10'000;
constexpr Duration kCallsPause{100};  // wall

std::string why(const Error& error) {
  std::string text = error.detail;
  for (const Violation& violation : error.violations)
    text += "; " + violation.field + " " + violation.message;
  return text;
}

// What a step does, in a few words: "createSpvRequest", "approve svr_…".
std::string title_of(const Json& step) {
  if (member(step, "call")) return shown_member(step, "call");
  for (const char* verb :
       {"act", "probe", "setUp", "approve", "reject", "complete", "retry", "retryAll", "release", "pause",
        "resume", "advance", "advanceTo", "wait", "removeChaos", "receiver"}) {
    if (member(step, verb)) return std::string(verb) + " " + shown_member(step, verb);
  }
  if (const Json* rule = member(step, "chaos")) return "chaos " + shown(*rule);
  return "expect " + shown_member(step, "expect");
}

}  // namespace

void Script::play() {
  play_all();
  set_aside_what_others_made();
}

void Script::play_all() {
  const Json& root = source_.root();
  if (const Json* rules = member(root, "chaos")) {
    for (std::size_t index = 0; index < rules->size(); ++index) {
      const Place place = child("/chaos", index);
      const Result<Json> rule = expand((*rules)[index], variables_);
      const Result<void> added = rule.ok() ? add_rule(*rule) : Result<void>(rule.error());
      if (!added.ok()) return fail(place, "chaos rule", {{"rule", "a rule", why(added.error())}});
    }
  }
  const std::string steps = choose_steps();
  if (play_steps(root[steps], child("", steps)) == Flow::Stop) return;
  if (const Result<void> settled = stage_.settle(); !settled.ok()) {
    fail("/steps", "the end", {{"everything due", "sent and answered", why(settled.error())}});
  }
}

void Script::fail(const Place& place, const std::string& what, Mismatches mismatches) {
  if (const std::optional<std::string> end = stage_.application_end()) {
    mismatches.push_back({"the application that was started", "running", *end});
  }
  failures_.push_back({source_.where(place), what, std::move(mismatches), stage_.timeline().lines().size()});
  stage_.say(Mark::Fails, what);
}

Script::Flow Script::play_steps(const Json& steps, const Place& place) {
  for (std::size_t index = 0; index < steps.size(); ++index) {
    if (play_step(steps[index], child(place, index)) == Flow::Stop) return Flow::Stop;
  }
  return Flow::GoOn;
}

Script::Flow Script::play_step(const Json& step, const Place& place) {
  if (member(step, "steps")) return play_loop(step, place);
  if (member(step, "setUp")) return play_set_up(shown_member(step, "setUp"), place);
  // What is due now is on its way by itself; the next step comes after it, so that every run is the same.
  Result<void> done = stage_.settle();
  if (done.ok()) {
    if (const Result<Instant> now = stage_.now(); now.ok()) variables_["now"] = format_instant(*now);
    const Result<Json> expanded = expand(step, variables_);
    done = expanded.ok() ? perform(*expanded, place) : Result<void>(expanded.error());
  }
  if (done.ok()) return unusable_ ? Flow::Stop : Flow::GoOn;
  fail(place, title_of(step), {{"step", "to be done", why(done.error())}});
  return Flow::Stop;
}

Script::Flow Script::play_loop(const Json& step, const Place& place) {
  Json rows = Json::array();
  if (const Json* times = member(step, "repeat")) {
    const Result<Json> count = expand(*times, variables_);
    const bool usable =
        count.ok() && count->is_number_unsigned() && count->get<std::uint64_t>() <= kMaxRepeats;
    if (!usable) {
      fail(place, "repeat", {{"repeat", "a number", count.ok() ? shown(*count) : count.error().detail}});
      return Flow::Stop;
    }
    rows = std::vector<Json>(count->get<std::size_t>());
  } else {
    const Result<Json> expanded = expand(step["forEach"], variables_);
    if (!expanded.ok() || !expanded->is_array()) {
      fail(place, "forEach",
           {{"forEach", "a list", expanded.ok() ? shown(*expanded) : expanded.error().detail}});
      return Flow::Stop;
    }
    rows = *expanded;
  }
  const std::string name = member(step, "as") ? shown_member(step, "as") : "row";
  for (std::size_t index = 0; index < rows.size(); ++index) {
    variables_["index"] = index + 1;
    if (member(step, "forEach")) variables_[name] = rows[index];
    if (play_steps(step["steps"], child(place, "steps")) == Flow::Stop) return Flow::Stop;
  }
  return Flow::GoOn;
}

Script::Flow Script::play_set_up(const std::string& level, const Place& place) {
  for (const SetUpLevel* each : set_up_path(level)) {
    const bool there = !each->defines.empty() && std::all_of(each->defines.begin(), each->defines.end(),
                                                             [this](const std::string& name) {
                                                               return member(variables_, name) != nullptr;
                                                             });
    if (there) continue;
    for (const Json& step : each->steps) {
      if (play_step(step, place) == Flow::Stop) return Flow::Stop;
    }
  }
  return Flow::GoOn;
}

Result<void> Script::perform(const Json& step, const Place& place) {
  if (member(step, "act")) return perform_act(step, place);
  if (member(step, "call") || member(step, "probe") || member(step, "approve") || member(step, "reject") ||
      member(step, "complete")) {
    return perform_call(step, place);
  }
  if (member(step, "retry") || member(step, "retryAll")) return perform_retry(step, place);
  if (member(step, "release")) return perform_release(step);
  if (member(step, "advance") || member(step, "advanceTo")) return advance(step);
  if (member(step, "wait")) return wait(step);
  if (const Json* rule = member(step, "chaos")) return add_rule(*rule);
  if (member(step, "removeChaos")) return remove_rules(shown_member(step, "removeChaos"));
  if (member(step, "expect")) return perform_expectation(step, place);
  stage_.say(Mark::Action, title_of(step));
  if (const Json* behaviour = member(step, "receiver")) return stage_.set_receiver(*behaviour);
  const Json scope{{"clientId", stage_.client_id()}};
  const Result<Json> done =
      member(step, "pause") ? stage_.control().pause(scope) : stage_.control().resume(scope);
  if (!done.ok()) return done.error();
  return {};
}

Result<void> Script::perform_call(const Json& step, const Place& place) {
  const std::string what = title_of(step);
  if (member(step, "call")) {
    // Every step has a key of its own, the same in each run.
    std::string key = shown_member(variables_, "scenario") + place;
    if (const Json* index = member(variables_, "index")) key += "/" + shown(*index);
    std::replace(key.begin(), key.end(), '/', '-');
    ASSIGN_OR_RETURN(const Answered answered, call_partner_api(stage_, step, key));
    return take_answer(answered, step, what, Mark::Call, place);
  }
  if (member(step, "probe")) {
    ASSIGN_OR_RETURN(const Answered answered, probe_until(step));
    return take_answer(answered, step, what, Mark::Call, place);
  }
  ASSIGN_OR_RETURN(const Answered answered, call_admin(stage_, step));
  return take_answer(answered, step, what, Mark::Action, place);
}

Result<void> Script::take_answer(const Answered& answered, const Json& step, const std::string& what,
                                 Mark mark, const Place& place) {
  Json captured = Json::object();
  Mismatches mismatches = check_answer(answered, step);
  std::string line = what + "  " + (answered.reply ? std::to_string(answered.reply->status) : "no answer");
  if (const Json* captures = member(step, "capture"); captures && mismatches.empty()) {
    for (const auto& [name, path] : captures->get_ref<const Json::object_t&>()) {
      ASSIGN_OR_RETURN(const Json value, captured_value(*answered.reply, shown(path)));
      line += "  " + name + "=" + shown(value, 40);
      variables_[name] = value;
    }
  }
  stage_.say(mark, line);
  if (!mismatches.empty()) {
    fail(place, what, std::move(mismatches));
    // What comes after rests on this answer.
    unusable_ = true;
    return {};
  }
  if (const Json* expect = member(step, "expect"))
    stage_.holds("answered as expected: " + shown(*expect, 100));
  return {};
}

Result<std::vector<std::string>> Script::selected(const Json& selection, bool held) const {
  std::vector<Json> all;
  if (held) {
    ASSIGN_OR_RETURN(all, stage_.all(&client::ControlApi::held));
  } else {
    ASSIGN_OR_RETURN(all, stage_.deliveries());
  }
  std::vector<std::string> ids;
  for (const Json& delivery : all) {
    const Json* status = member(selection, "status");
    if (status && !held && *status != delivery["status"]) continue;
    if (is_selected(delivery, member(selection, "event"), member(selection, "subject"))) {
      ids.push_back(shown_member(delivery, "deliveryId"));
    }
  }
  if (ids.empty()) return invalid_request("no delivery matches " + shown(selection));
  return ids;
}

Result<void> Script::perform_retry(const Json& step, const Place& place) {
  if (const Json* filter = member(step, "retryAll")) {
    ASSIGN_OR_RETURN(const Answered answered, retry_all(stage_, *filter));
    return take_answer(answered, step, title_of(step), Mark::Action, place);
  }
  const Json& which = step["retry"];
  std::vector<std::string> ids;
  if (which.is_object()) {
    ASSIGN_OR_RETURN(ids, selected(which, false));
  } else {
    ids.push_back(shown(which));
  }
  for (const std::string& id : ids) {
    ASSIGN_OR_RETURN(const Answered answered, retry_delivery(stage_, id));
    RETURN_IF_ERROR(take_answer(answered, step, "retry " + id, Mark::Action, place));
    if (unusable_) break;
  }
  return {};
}

Result<void> Script::perform_release(const Json& step) {
  const Json& which = step["release"];
  std::vector<std::string> ids;
  if (which.is_object()) {
    ASSIGN_OR_RETURN(ids, selected(which, true));
  } else {
    ids.push_back(shown(which));
  }
  for (const std::string& id : ids) {
    stage_.say(Mark::Action, "release " + id);
    RETURN_IF_ERROR(stage_.control().release(id));
  }
  return {};
}

Result<void> Script::advance(const Json& step) {
  Json target{{"clientId", stage_.client_id()}};
  const std::string how = shown_member(step, "advance");
  if (member(step, "advanceTo")) {
    target["to"] = shown_member(step, "advanceTo");
  } else if (how == "next") {
    target["to"] = "next";
  } else if (how == "idle") {
    target["until"] = "idle";
  } else {
    target["by"] = how;
  }
  const Result<Json> advanced = stage_.control().advance(target);
  if (!advanced.ok()) return advanced.error();
  RETURN_IF_ERROR(stage_.settle());
  stage_.say(Mark::Action, title_of(step));
  return {};
}

Result<void> Script::wait(const Json& step) {
  if (const Result<Duration> wall = parse_duration(shown_member(step, "wait")); wall.ok()) {
    if (stage_.has_own_receiver()) return {};
    std::this_thread::sleep_for(*wall);
    stage_.say(Mark::Action, title_of(step));
    return {};
  }
  Json condition{{"clientId", stage_.client_id()}, {"until", shown_member(step, "wait")}};
  for (const auto& [name, value] : step.get_ref<const Json::object_t&>()) {
    if (name == "wait") continue;
    condition[name == "event" ? "eventType" : name == "delivery" ? "deliveryId" : name] = value;
  }
  const Result<Json> waited = stage_.control().wait(condition);
  if (!waited.ok()) return waited.error();
  stage_.say(Mark::Action, title_of(step));
  return {};
}

Result<void> Script::add_rule(const Json& rule) {
  const std::string id =
      member(rule, "id") ? shown_member(rule, "id") : "rule-" + std::to_string(rules_.size() + 1);
  Json own = rule;
  own["id"] = stage_.rule_id(id);
  own["clientId"] = stage_.client_id();
  const Result<Json> stored = stage_.control().add_chaos_rule(own);
  if (!stored.ok()) return stored.error();
  rules_.push_back(id);
  stage_.say(Mark::Action, "chaos " + shown(rule, 160));
  return {};
}

Result<void> Script::remove_rules(const std::string& id) {
  stage_.say(Mark::Action, "removeChaos " + id);
  for (const std::string& rule : rules_) {
    if (id != "all" && id != rule) continue;
    RETURN_IF_ERROR(stage_.control().remove_chaos_rule(stage_.rule_id(rule)));
  }
  rules_.erase(std::remove_if(rules_.begin(), rules_.end(),
                              [&id](const std::string& rule) { return id == "all" || id == rule; }),
               rules_.end());
  return {};
}

Result<Judgement> Script::judge(const Json& step) {
  const auto deadline = std::chrono::steady_clock::now() + application::kDefaultCallWithin;
  for (;;) {
    Result<Judgement> judgement = check_expectation(stage_, step);
    const bool later =
        acting_ && step["expect"] == "calls" && judgement.ok() && !judgement->mismatches.empty();
    if (!later || std::chrono::steady_clock::now() >= deadline) return judgement;
    std::this_thread::sleep_for(kCallsPause);
  }
}

Result<void> Script::perform_expectation(const Json& step, const Place& place) {
  ASSIGN_OR_RETURN(Judgement judgement, judge(step));
  for (const NotChecked& each : judgement.not_checked) stage_.unchecked(each);
  for (const std::string& each : judgement.held) stage_.holds(each);
  if (!judgement.mismatches.empty()) {
    fail(place, judgement.what, std::move(judgement.mismatches));
    return {};
  }
  if (const Json* captures = member(step, "capture")) {
    for (const auto& [name, path] : captures->get_ref<const Json::object_t&>()) {
      const Json* value = reach(judgement.found, shown(path));
      if (!value) return invalid_request("nothing is at " + shown(path) + " of what was found");
      variables_[name] = *value;
    }
  }
  if (!judgement.looked) return {};
  std::string what = judgement.what;
  for (const auto& [name, value] : step.get_ref<const Json::object_t&>()) {
    const bool said =
        name == "expect" || name == "event" || name == "subject" || name == "of" || name == "is" ||
        name == "capture" || judgement.what.find(name + "=") != std::string::npos ||
        (!stage_.has_own_receiver() && (name == "applied" || name == "duplicates" || name == "late"));
    if (!said) what += "  " + name + " " + shown(value, 80);
  }
  stage_.holds(what);
  return {};
}

}  // namespace zest::scenario
