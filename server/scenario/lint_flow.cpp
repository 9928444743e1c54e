// The whole file in the order in which it runs: which variables there are at each step, which rules, which
// clock.
#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "base/nearest.h"
#include "base/pattern.h"
#include "base/time.h"
#include "scenario/document_names.h"
#include "scenario/language.h"
#include "scenario/lint.h"
#include "scenario/lint_meaning.h"
#include "scenario/runtime_names.h"
#include "scenario/set_up.h"

namespace zest::scenario {
namespace {

// Members whose text names a resource: a variable's bare name there is a slip.
const std::set<std::string>& naming_members() {
  static const std::set<std::string> names = {"approve", "reject",  "complete", "spvRequest",
                                              "spv",     "person",  "of",       "subject",
                                              "retry",   "release", "delivery"};
  return names;
}

class FlowCheck {
 public:
  FlowCheck(const Source& source, const std::vector<std::string>& given, std::vector<Finding>& findings)
      : source_(source), findings_(findings), known_(given.begin(), given.end()) {}

  void run() {
    const Json& root = source_.root();
    known_.insert(kFirstVariables.begin(), kFirstVariables.end());
    if (const Json* variables = member(root, "variables"); variables && variables->is_object()) {
      for (const auto& entry : variables->get_ref<const Json::object_t&>()) known_.insert(entry.first);
    }
    const Json* clock = member(root, "clock");
    manual_ = !clock || !(*clock == "real" || clock->is_object());
    check_name(root);
    for (const char* name : {"partner", "receiver", "clock"}) {
      if (const Json* value = member(root, name)) check_templates(*value, child("", name));
    }
    known_.insert(kLaterVariables.begin(), kLaterVariables.end());
    if (const Json* rules = member(root, "chaos"); rules && rules->is_array()) {
      for (std::size_t index = 0; index < rules->size(); ++index) {
        add_rule((*rules)[index], child("/chaos", index));
      }
    }
    if (const Json* receiver = member(root, "receiver")) {
      Remarks remarks;
      check_behaviour(*receiver, "", remarks);
      add("/receiver", remarks);
    }
    if (const Json* rules = member(root, "chaos")) check_templates(*rules, "/chaos");
    const std::set<std::string> known = known_;
    const std::set<std::string> rules = rules_;
    if (const Json* all = member(root, "steps")) steps(*all, "/steps");
    known_ = known;
    rules_ = rules;
    if (const Json* all = member(root, "application")) steps(*all, "/application");
  }

 private:
  void say(const Place& place, const std::string& reason, const std::string& hint = "") {
    findings_.push_back({source_.position_of(place), reason, hint});
  }

  void add(const Place& place, const Remarks& remarks) {
    for (const Remark& remark : remarks) say(place + remark.place, remark.reason, remark.hint);
  }

  void check_name(const Json& root) {
    static const Pattern form = Pattern::compile("[A-Za-z0-9][A-Za-z0-9._-]{0,31}").value();
    const std::string* name = string_member(root, "name");
    if (name && !form.matches(*name)) {
      say("/name", "\"" + *name + "\" is no name for a scenario",
          "1 to 32 letters, digits, '-', '_' and '.'");
    }
  }

  void add_rule(const Json& rule, const Place& place) {
    Remarks remarks;
    check_rule(rule, "", remarks);
    add(place, remarks);
    const std::string* id = string_member(rule, "id");
    if (id && !has_template(*id) && !rules_.insert(*id).second) {
      say(child(place, "id"), "there is a rule \"" + *id + "\" already", "");
    }
  }

  void steps(const Json& list, const Place& place) {
    for (std::size_t index = 0; list.is_array() && index < list.size(); ++index) {
      step(list[index], child(place, index));
    }
  }

  void step(const Json& step, const Place& place) {
    if (!step.is_object()) return;
    check_templates_of_step(step, place);
    Remarks remarks;
    if (member(step, "call")) {
      check_call(step, remarks);
    } else if (member(step, "probe")) {
      check_probe(step, remarks);
    } else if (member(step, "wait")) {
      check_wait(step, remarks);
    } else if (const Json* receiver = member(step, "receiver")) {
      check_behaviour(*receiver, "/receiver", remarks);
    } else if (const Json* expect = member(step, "expect"); expect && expect->is_string()) {
      check_expectation(step, remarks);
    }
    if (!member(step, "steps")) check_ranges(step, "", remarks);
    add(place, remarks);
    check_rules_of(step, place);
    check_clock(step, place);
    if (const std::string* level = string_member(step, "setUp")) define_set_up(*level);
    if (const Json* capture = member(step, "capture")) define_members(*capture, child(place, "capture"));
    if (member(step, "forEach") || member(step, "repeat")) loop(step, place);
  }

  void check_rules_of(const Json& step, const Place& place) {
    if (const Json* rule = member(step, "chaos")) add_rule(*rule, child(place, "chaos"));
    const std::string* released = string_member(step, "release");
    if (released && rules_.contains(*released)) {
      say(child(place, "release"), "\"" + *released + "\" is a rule, and what is released are deliveries",
          R"(write {"release": {}} for all that are held, or end the rule by {"removeChaos": ")" + *released +
              "\"}");
    }
    const std::string* removed = string_member(step, "removeChaos");
    if (!removed || *removed == "all" || has_template(*removed) || rules_.contains(*removed)) return;
    const auto meant = nearest(*removed, {rules_.begin(), rules_.end()});
    say(child(place, "removeChaos"), "there is no rule \"" + *removed + "\" here",
        meant ? "did you mean \"" + *meant + "\"?" : "give the rule an \"id\", or say \"all\"");
  }

  void check_clock(const Json& step, const Place& place) {
    for (const char* verb : {"advance", "advanceTo"}) {
      if (!manual_ && member(step, verb)) {
        say(child(place, verb), "only the manual clock can be advanced", "remove \"clock\", or use \"wait\"");
      }
    }
    if (const std::string* to = string_member(step, "advanceTo"); to && !has_template(*to)) {
      if (!parse_instant(*to).ok()) {
        say(child(place, "advanceTo"), "\"" + *to + "\" is no instant", "such as 2026-01-02T00:00:00Z");
      }
    }
    const std::string* expect = string_member(step, "expect");
    if (!manual_ && expect && *expect == "quiet" && member(step, "for")) {
      say(child(place, "for"), "only the manual clock can be advanced", "leave \"for\" out");
    }
  }

  void define_set_up(const std::string& level) {
    for (const SetUpLevel* each : set_up_path(level))
      known_.insert(each->defines.begin(), each->defines.end());
  }

  void define_members(const Json& captures, const Place& place) {
    static const Pattern form = Pattern::compile("[A-Za-z_][A-Za-z0-9_-]*").value();
    if (!captures.is_object()) return;
    for (const auto& entry : captures.get_ref<const Json::object_t&>()) {
      if (!form.matches(entry.first)) {
        findings_.push_back({source_.position_of_name(child(place, entry.first)),
                             "\"" + entry.first + "\" is no variable's name", "letters, digits, _ and -"});
      }
      known_.insert(entry.first);
    }
  }

  void loop(const Json& step, const Place& place) {
    const std::string* as = string_member(step, "as");
    known_.insert("index");
    if (const Json* rows = member(step, "forEach")) {
      known_.insert(as ? *as : "row");
      if (rows->is_string() && !has_template(rows->get_ref<const std::string&>())) {
        say(child(place, "forEach"), "\"forEach\" must be a list, or ${variable} that holds one", "");
      }
    }
    if (const Json* inner = member(step, "steps")) steps(*inner, child(place, "steps"));
  }

  void check_templates_of_step(const Json& step, const Place& place) {
    for (const auto& [name, value] : step.get_ref<const Json::object_t&>()) {
      if (name == "steps") continue;
      const Place there = child(place, name);
      if (name == "capture") continue;
      check_templates(value, there);
      if (value.is_string() && naming_members().contains(name) && known_.contains(value.get<std::string>())) {
        const std::string text = value.get<std::string>();
        say(there, "\"" + text + "\" is a text, not the variable", "write \"${" + text + "}\"");
      }
    }
  }

  void check_templates(const Json& value, const Place& place) {
    if (value.is_string()) return check_text(value.get_ref<const std::string&>(), place);
    if (value.is_array()) {
      for (std::size_t index = 0; index < value.size(); ++index)
        check_templates(value[index], child(place, index));
    }
    if (!value.is_object()) return;
    for (const auto& [name, inner] : value.get_ref<const Json::object_t&>()) {
      check_text(name, child(place, name));
      check_templates(inner, child(place, name));
    }
  }

  void check_text(const std::string& text, const Place& place) {
    const Result<std::vector<TemplateUse>> uses = template_uses(text);
    if (!uses.ok()) return say(place, uses.error().detail, "\"$${\" stands for \"${\" itself");
    for (const TemplateUse& use : *uses) {
      if (known_.contains(use.variable)) continue;
      const auto meant = nearest(use.variable, {known_.begin(), known_.end()});
      say(place, "${" + use.variable + "} is not defined here",
          meant ? "did you mean ${" + *meant + "}?"
                : "capture it in an earlier step, or give it in \"variables\"");
    }
  }

  const Source& source_;
  std::vector<Finding>& findings_;
  std::set<std::string> known_;
  std::set<std::string> rules_;
  bool manual_ = true;
};

}  // namespace

void check_meaning(const Source& source, const std::vector<std::string>& given,
                   std::vector<Finding>& findings) {
  FlowCheck(source, given, findings).run();
}

}  // namespace zest::scenario
