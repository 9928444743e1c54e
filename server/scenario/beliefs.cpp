#include "scenario/beliefs.h"

#include <algorithm>
#include <map>
#include <set>

#include "application/asking.h"
#include "application/url_template.h"
#include "base/rule.h"

namespace zest::scenario {
namespace {

constexpr const char* kNoProbe = "no probe";
constexpr const char* kNoEffect = "no effect";

// Why an effect cannot be asked for.
const char* why_no_effect(const Stage& stage) {
  const application::Description* described = stage.application();
  return described && !(described->probes.empty() && described->effects.empty()) ? kNoEffect : kNoProbe;
}

void note(const application::Observation& seen, const std::string& what,
          std::optional<application::Resource> unknown, Judgement& judgement) {
  if (seen.holds) {
    judgement.held.push_back(what + ": " + seen.got);
  } else {
    judgement.mismatches.push_back({what + ", " + seen.asked, seen.expected, seen.got, unknown});
  }
}

// The kind of the resource, where the application did not make it and says that it knows nothing of it.
std::optional<application::Resource> unknown_kind(const Stage& stage, const std::string& subject) {
  const std::optional<application::Resource> resource = application::resource_of(subject);
  const application::Probe* probe = resource ? stage.application()->probe(*resource) : nullptr;
  if (!probe || stage.is_its_own(subject)) return std::nullopt;
  const Result<std::optional<Json>> known = application::ask(probe->question, stage.names_of(subject));
  if (!known.ok() || *known) return std::nullopt;
  stage.note_unknown(*resource);
  return resource;
}

// Events that are counted together: those of one type for which the effect's URL is the same.
struct Group {
  const application::Effect* effect = nullptr;
  std::string subject;  // of one of them
  Json names;
  std::set<std::string> events;
  bool late = false;  // whether a stale event has the effect is the application's to decide
};

std::map<std::string, Group> groups_of(const Stage& stage, const std::vector<Arrival>& arrivals) {
  std::map<std::string, Group> groups;
  for (const application::Effect& effect : stage.application()->effects) {
    for (const Arrival& arrival : arrivals) {
      const client::Received& received = arrival.received;
      if (received.event_type != to_string(effect.once_per) || !received.accepted()) continue;
      const Json names = application::names_of(received.envelope);
      const Result<std::string> url = application::fill_template(effect.question.url, names);
      Group& group = groups[effect.name + " " + (url.ok() ? *url : arrival.handled.subject)];
      group.effect = &effect;
      group.subject = arrival.handled.subject;
      group.names = names;
      group.events.insert(received.event_id);
      group.late = group.late || arrival.handled.how == client::Handling::Late;
    }
  }
  return groups;
}

// An application that has the state of an event that came late does not look at its occurredAt.
void name_rule(const std::set<std::string>& late, Mismatch& mismatch) {
  const bool took_it = std::any_of(late.begin(), late.end(), [&mismatch](const std::string& state) {
    return !state.empty() && mismatch.got.find(state) != std::string::npos;
  });
  if (!took_it) return;
  mismatch.what.append(" although an older event came late (").append(kOccurredAtIgnored).append(")");
}

}  // namespace

void ask_state(const Stage& stage, const std::string& subject, const std::string& state,
               Judgement& judgement) {
  const std::string what = "state of " + subject + " is " + state;
  const std::optional<application::Resource> resource = application::resource_of(subject);
  const application::Description* described = stage.application();
  const application::Probe* probe = described && resource ? described->probe(*resource) : nullptr;
  if (!probe) {
    judgement.not_checked.push_back({what, kNoProbe});
    return;
  }
  application::Probe asked = *probe;
  if (stage.is_unknown(*resource)) asked.question.within = asked.question.settle;
  const application::Observation seen = application::expect_state(asked, stage.names_of(subject), state);
  note(seen, what, seen.holds ? std::nullopt : unknown_kind(stage, subject), judgement);
}

void ask_effects(const Stage& stage, const std::vector<Arrival>& arrivals,
                 const std::vector<std::string>& what, Judgement& judgement) {
  bool asked = false;
  if (stage.application()) {
    for (const auto& [key, group] : groups_of(stage, arrivals)) {
      if (group.late) continue;
      asked = true;
      const auto wanted = static_cast<std::int64_t>(group.events.size());
      application::Effect effect = *group.effect;
      const std::optional<application::Resource> resource = application::resource_of(group.subject);
      if (resource && stage.is_unknown(*resource)) effect.question.within = effect.question.settle;
      const application::Observation seen = application::expect_count(effect, group.names, wanted);
      note(seen, group.effect->name + " once for each " + std::string(to_string(group.effect->once_per)),
           seen.got == "0" ? unknown_kind(stage, group.subject) : std::nullopt, judgement);
    }
  }
  if (asked) return;
  for (const std::string& each : what) judgement.not_checked.push_back({each, why_no_effect(stage)});
}

void ask_late(const Stage& stage, const std::vector<Arrival>& arrivals, const std::string& what,
              Judgement& judgement) {
  std::map<std::string, std::set<std::string>> subjects;  // what the late events say of each
  for (const Arrival& arrival : arrivals) {
    if (arrival.handled.how != client::Handling::Late) continue;
    const Json* data = member(arrival.received.envelope, "data");
    subjects[arrival.handled.subject].insert(data == nullptr ? "" : text_member(*data, "status"));
  }
  bool asked = false;
  for (const auto& [subject, late] : subjects) {
    const std::optional<client::KnownState> known = stage.state_of(subject);
    if (!known) continue;
    const std::size_t before = judgement.not_checked.size();
    const std::size_t wrong = judgement.mismatches.size();
    ask_state(stage, subject, known->state, judgement);
    if (judgement.mismatches.size() > wrong) name_rule(late, judgement.mismatches.back());
    asked = asked || judgement.not_checked.size() == before;
    judgement.not_checked.resize(before);
  }
  if (!asked) judgement.not_checked.push_back({what, kNoProbe});
}

}  // namespace zest::scenario
