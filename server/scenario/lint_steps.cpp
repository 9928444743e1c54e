// Calls, probes, waits, rules and behaviours: do their members fit together?
#include <algorithm>

#include "base/pattern.h"
#include "base/time.h"
#include "protocol/chaos_actions.h"
#include "scenario/document_names.h"
#include "scenario/lint_meaning.h"
#include "scenario/operations.h"

namespace zest::scenario {
namespace {

bool given(const Json& object, std::string_view name) { return member(object, name) != nullptr; }

bool is_true(const Json& object, std::string_view name) {
  const Json* value = member(object, name);
  return value && value->is_boolean() && value->get<bool>();
}

void only_for(const Json& step, const std::vector<std::string>& names, bool fits, const std::string& whom,
              Remarks& remarks) {
  for (const std::string& name : names) {
    if (!fits && given(step, name)) {
      remarks.push_back({child("", name), "\"" + name + "\" is only for " + whom, ""});
    }
  }
}

void check_parameters(const Json& step, const CallForm& call, Remarks& remarks) {
  std::vector<std::string_view> wanted;
  each_placeholder(call.path, [&wanted](std::string_view name) { wanted.push_back(name); });
  for (const char* name : {"spvRequest", "spv", "person", "version", "contract"}) {
    const bool takes = std::find(wanted.begin(), wanted.end(), name) != wanted.end();
    if (takes && !given(step, name)) {
      remarks.push_back({"", call.id + " needs \"" + name + "\"", "it is part of " + call.path});
    }
    if (!takes && given(step, name)) {
      remarks.push_back({child("", name), call.id + " does not take \"" + name + "\"", call.path});
    }
  }
}

void check_lost(const Json& step, Remarks& remarks) {
  const Json* expect = member(step, "expect");
  if (!expect || !is_true(*expect, "lost")) return;
  for (const char* name : {"status", "body", "headers"}) {
    if (given(*expect, name)) {
      remarks.push_back({child("/expect", name), "a lost answer has no " + std::string(name), ""});
    }
  }
  if (given(step, "capture")) remarks.push_back({"/capture", "a lost answer has nothing to capture", ""});
}

bool is_wall_wait(const std::string& what) {
  return what != "idle" && what != "event" && what != "delivery" && !has_template(what);
}

const ChaosActionRow* find_rule_action(std::string_view on, std::string_view type) {
  const std::optional<ChaosTarget> target = parse_word(kChaosTargets, on);
  return target ? find_chaos_action(*target, type) : nullptr;
}

}  // namespace

void check_call(const Json& step, Remarks& remarks) {
  const std::string* name = string_member(step, "call");
  if (!name) return;
  check_lost(step, remarks);
  const CallForm* call = find_call(*name);
  if (given(step, "body") && given(step, "rawBody")) {
    remarks.push_back({"/rawBody", "a call has one body: \"body\" or \"rawBody\"", ""});
  }
  if (!call) return;
  check_parameters(step, *call, remarks);
  only_for(step, {"file"}, call->is_upload(), "uploadSubscriptionForm and uploadFundingReceipt", remarks);
  only_for(step, {"amount", "currency", "wireReference"}, call->operation == Operation::UploadFundingReceipt,
           "uploadFundingReceipt", remarks);
  only_for(step, {"refreshToken"}, *name == kRefreshTokens, std::string(kRefreshTokens), remarks);
  only_for(step, {"sample"}, call->operation == Operation::CreateSpvRequest, "createSpvRequest", remarks);
  if (call->body != BodyKind::JsonDocument && given(step, "body")) {
    remarks.push_back({"/body", call->id + " takes no JSON body", "\"rawBody\" sends one anyway"});
  }
  if (call->body == BodyKind::JsonDocument && !given(step, "body") && !given(step, "rawBody") &&
      !given(step, "sample")) {
    remarks.push_back(
        {"", call->id + " needs \"body\"",
         call->operation == Operation::CreateSpvRequest ? "or \"sample\": \"syndicate_secondary\"" : ""});
  }
}

void check_probe(const Json& step, Remarks& remarks) {
  check_lost(step, remarks);
  const std::string* probe = string_member(step, "probe");
  static const Pattern form =
      Pattern::compile("((GET|POST|PUT|PATCH|DELETE|HEAD) )?(https?://|\\$\\{).*").value();
  if (probe && !form.matches(*probe)) {
    remarks.push_back(
        {"/probe", "a probe is a method and a URL", "such as \"GET http://127.0.0.1:3000/orders/1\""});
  }
}

void check_wait(const Json& step, Remarks& remarks) {
  const std::string* what = string_member(step, "wait");
  if (!what) return;
  only_for(step, {"event", "subject", "count"}, *what == "event", "\"wait\": \"event\"", remarks);
  only_for(step, {"timeout"}, !is_wall_wait(*what), "barriers", remarks);
  only_for(step, {"delivery", "status"}, *what == "delivery", "\"wait\": \"delivery\"", remarks);
  only_for(step, {"outcome"}, *what != "idle", "an event or a delivery", remarks);
  if (given(step, "outcome") && given(step, "status")) {
    remarks.push_back({"/status", "\"outcome\" and \"status\" say the same in two ways", "one of them"});
  }
  if (*what == "delivery" && !given(step, "delivery")) {
    remarks.push_back({"", "\"delivery\" is missing", "the delivery's id"});
  }
}

void check_rule(const Json& rule, const Place& place, Remarks& remarks) {
  static const Pattern identifier = Pattern::compile("[A-Za-z0-9._-]{1,24}").value();
  if (const std::string* id = string_member(rule, "id");
      id && !has_template(*id) && !identifier.matches(*id)) {
    remarks.push_back(
        {child(place, "id"), "\"" + *id + "\" is no rule id", "1 to 24 letters, digits, '.', '_', '-'"});
  }
  if (const std::string* ttl = string_member(rule, "ttl")) {
    const Result<Duration> duration = parse_duration(*ttl);
    if (duration.ok() && duration->count() == 0) {
      remarks.push_back({child(place, "ttl"), "\"ttl\" must be longer than 0s", ""});
    }
  }
  const Json* action = member(rule, "action");
  const std::string* on = string_member(rule, "on");
  const std::string* type = action ? string_member(*action, "type") : nullptr;
  const ChaosActionRow* row = on && type ? find_rule_action(*on, *type) : nullptr;
  if (!row) return;
  const Place there = child(place, "action");
  const auto are_given = [action](const ChaosMember& member) { return given(*action, member.name); };
  if (row->exactly_one && std::count_if(row->members.begin(), row->members.end(), are_given) != 1) {
    std::string names;
    for (const ChaosMember& member : row->members) {
      names += (names.empty() ? "\"" : " and \"") + std::string(member.name) + "\"";
    }
    remarks.push_back({there, *type + " needs one of " + names, ""});
  }
  for (const ChaosMember& member : row->members) {
    const std::string* text = string_member(*action, member.name);
    if (member.kind != ChaosMember::Kind::Timespan || !text) continue;
    const Result<Duration> duration = parse_duration(*text);
    if (duration.ok() && duration->count() > member.most) {
      remarks.push_back({child(there, member.name),
                         *type + " is wall time: at most " + std::to_string(member.most / 1000) + "s", ""});
    }
  }
}

void check_behaviour(const Json& behaviour, const Place& place, Remarks& remarks) {
  if (is_true(behaviour, "close") && given(behaviour, "status")) {
    remarks.push_back({child(place, "status"), "a receiver that cuts the connection answers no status", ""});
  }
  const Json* script = member(behaviour, "script");
  for (std::size_t index = 0; script && script->is_array() && index < script->size(); ++index) {
    check_behaviour((*script)[index], child(child(place, "script"), index), remarks);
  }
}

}  // namespace zest::scenario
