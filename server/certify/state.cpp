#include <algorithm>
#include <map>
#include <set>

#include "application/asking.h"
#include "application/url_template.h"
#include "base/rule.h"
#include "base/text.h"
#include "certify/checks.h"
#include "client/webhook_handler.h"
#include "protocol/event_type.h"

namespace zest::certify {
namespace {

// A resource whose state the events of a history change.
struct Track {
  const char* kind;  // for people
  std::string_view first_event;
  std::string_view last_event;
};
constexpr Track kTracks[] = {
    {"SPV request", to_string(EventType::SpvRequestCreated), to_string(EventType::SpvRequestCompleted)},
    {"subscription", to_string(EventType::SubscriptionCreated), to_string(EventType::SubscriptionCompleted)}};
constexpr int kCopies = 3;

constexpr std::size_t kShownBefore = 60;  // bytes of state before the first difference
constexpr std::size_t kShownState = 200;

std::string part_of(const std::string& state, std::size_t first, std::size_t last) {
  const auto inside = [&state](std::size_t at) {
    return at < state.size() && (static_cast<unsigned char>(state[at]) & 0xC0U) == 0x80U;
  };
  while (first > 0 && inside(first)) --first;
  while (inside(last)) ++last;
  return (first > 0 ? "…" : "") + state.substr(first, last - first) + (last < state.size() ? "…" : "");
}

// Two states as far as people need them: a few words before the first difference, and what follows.
std::pair<std::string, std::string> difference(const std::string& before, const std::string& now) {
  const auto [left, right] = std::mismatch(before.begin(), before.end(), now.begin(), now.end());
  const auto at = static_cast<std::size_t>(left - before.begin());
  const bool same = left == before.end() && right == now.end();
  const std::size_t first = same || at < kShownBefore ? 0 : at - kShownBefore;
  return {part_of(before, first, first + kShownState), part_of(now, first, first + kShownState)};
}

// What was found about one duty over all tracks.
struct Observed {
  DutyResult& result;
  std::vector<std::string> held;
  std::vector<std::string> broken;

  void compare(const std::string& kind, const std::string& when, const std::string& before,
               const Result<std::string>& after) {
    const std::string now = after.ok() ? *after : "(" + after.error().detail + ")";
    const auto shown = difference(before, now);
    result.evidence.push_back({kind + ", " + when, shown.first + " → " + shown.second, std::nullopt});
    if (now == before) {
      held.push_back(kind);
    } else {
      broken.push_back("the " + kind + ", " + when + ", went from " + shown.first + " to " + shown.second);
    }
  }
};

// The events of one history that are about the resource of a track, in order.
std::vector<Json> events_of(const std::vector<Json>& history, const Track& track) {
  std::string subject;
  for (const Json& event : history) {
    if (text_of(event, "eventType") == track.first_event) subject = subject_of(event).id;
  }
  std::vector<Json> events;
  for (const Json& event : history) {
    if (subject_of(event).id == subject) events.push_back(event);
  }
  return events;
}

class StateCheck {
 public:
  StateCheck(Session& session, Observed& once, Observed& regress)
      : session_(session), once_(once), regress_(regress) {}

  void run(const Track& track) {
    track_ = &track;
    const auto is_refused = [this](std::string_view type) {
      return session_.refused_types.contains(std::string(type));
    };
    if (is_refused(track.first_event) || is_refused(track.last_event)) {
      return skip("events of its own are refused");
    }
    if (in_order()) late();
  }
  const std::vector<std::string>& skipped() const { return skipped_; }

 private:
  void skip(const std::string& why) { skipped_.push_back(std::string(track_->kind) + ": " + why); }
  void send(const std::string& what, const Json& event) {
    session_.send_genuine(what + " " + text_of(event, "eventType"), event);
  }

  // A life in order, with copies at its end; false when the probe shows nothing of it.
  bool in_order() {
    const std::vector<Json> events = events_of(session_.take_history(), *track_);
    const std::optional<std::string> url = session_.probe_url(events.front());
    if (!url) {
      skip("there is no probe of it, or its URL names what its events do not have");
      return false;
    }
    send("in order:", events.front());
    const auto readable = [](const Result<std::string>& state) { return state.ok(); };
    const Result<std::string> first = session_.probe_until(*url, readable);
    if (!first.ok()) {
      skip("the probe could not be read after " + std::string(track_->first_event) + " (" +
           first.error().detail + ")");
      return false;
    }
    for (std::size_t i = 1; i < events.size(); ++i) send("in order:", events[i]);
    const Result<std::string> last = settled(*url, *first);
    if (!last.ok() || *last == *first) {
      skip("the probe answers the same after " + std::string(track_->first_event) + " and after " +
           std::string(track_->last_event));
      return false;
    }
    for (int i = 0; i < kCopies; ++i) send("again:", events.back());
    const Result<std::string> copied = session_.probe_while(*url, *last);
    once_.compare(track_->kind, "after three more copies of its last event", *last, copied);
    const std::string now = copied.ok() ? *copied : *last;
    send("again:", events.front());
    regress_.compare(track_->kind, "after its first event came again", now, session_.probe_while(*url, now));
    return true;
  }

  // A life whose last event comes first.
  void late() {
    std::vector<Json> events = events_of(session_.take_history(), *track_);
    const std::optional<std::string> url = session_.probe_url(events.back());
    if (!url) return skip("the template names what its last event does not have");
    std::reverse(events.begin(), events.end());
    send("newest first:", events.front());
    const Result<std::string> newest =
        session_.probe_until(*url, [](const Result<std::string>& state) { return state.ok(); });
    if (!newest.ok()) {
      return skip("the probe could not be read after " + std::string(track_->last_event) +
                  " had come first (" + newest.error().detail + ")");
    }
    for (std::size_t i = 1; i < events.size(); ++i) send("late:", events[i]);
    regress_.compare(track_->kind, "when its earlier events came after its last one", *newest,
                     session_.probe_while(*url, *newest));
  }

  // State once it has changed from `before` and stays as it is: handlers may work behind their answer.
  Result<std::string> settled(const std::string& url, const std::string& before) {
    Result<std::string> state = session_.probe_until(
        url, [&before](const Result<std::string>& now) { return now.ok() && *now != before; });
    while (state.ok() && *state != before) {
      Result<std::string> later = session_.probe_while(url, *state);
      if (!later.ok() || *later == *state || ++changes_ > kMostChanges) return later;
      state = std::move(later);
    }
    return state;
  }

  static constexpr int kMostChanges = 20;
  Session& session_;
  Observed& once_;
  Observed& regress_;
  const Track* track_ = nullptr;
  int changes_ = 0;
  std::vector<std::string> skipped_;
};

// What the application does once per event, however its copies come: in a row, after other events, at once.
class EffectCheck {
 public:
  EffectCheck(Session& session, Observed& once) : session_(session), once_(once) {}

  void run() {
    const application::Description* application = session_.application();
    if (!application || application->effects.empty()) return;
    for (const application::Effect& effect : application->effects) open_.push_back(&effect);
    const std::vector<Json> events = session_.take_history();
    for (const Json& event : events) {
      for (int i = 0; i <= kCopies; ++i)
        session_.send_genuine((i == 0 ? "in order: " : "again: ") + text_of(event, "eventType"), event);
    }
    look(events, "came four times in a row");
    for (const Json& event : events)
      session_.send_genuine("once more: " + text_of(event, "eventType"), event);
    look(events, "came again after other events");
    const std::vector<Json> others = session_.take_history();
    for (const Json& event : others)
      session_.send_together("copies at once", std::vector<Json>(kAtOnce, event));
    look(others, "came five times at once");
    for (const application::Effect* effect : held_) once_.held.push_back(effect->name);
  }

 private:
  // Effects that do not hold are told of once, and not looked at again.
  void look(const std::vector<Json>& events, const std::string& when) {
    std::vector<const application::Effect*> open;
    for (const application::Effect* effect : open_) {
      bool holds = true;
      for (const Json& event : events) {
        const std::string type = text_of(event, "eventType");
        if (!holds || session_.refused_types.contains(type) || type != to_string(effect->once_per)) continue;
        const application::Observation seen =
            application::expect_count(*effect, application::names_of(event), 1);
        holds = seen.holds;
        if (holds) {
          held_.insert(effect);
        } else {
          say(*effect, seen, when);
        }
      }
      if (holds) open.push_back(effect);
      if (!holds) held_.erase(effect);
    }
    open_ = std::move(open);
  }

  void say(const application::Effect& effect, const application::Observation& seen, const std::string& when) {
    const bool lost = !seen.unanswered && seen.got == "0";
    once_.broken.push_back(lost ? "the effect " + effect.name +
                                      " did not happen at all for an event that was accepted and " + when +
                                      " (" + seen.asked + " says 0): is it taken for a copy of another event?"
                                : "the effect " + effect.name + " did not happen once for an event that " +
                                      when + ", " + seen.asked + " says " + seen.got);
  }

  static constexpr std::size_t kAtOnce = 5;
  Session& session_;
  Observed& once_;
  std::vector<const application::Effect*> open_;
  std::set<const application::Effect*> held_;
};

void conclude(const Observed& finding, const std::vector<std::string>& skipped, const std::string& passed) {
  DutyResult& result = finding.result;
  const std::string but = skipped.empty() ? "" : " Not looked at: " + join(skipped, "; ") + ".";
  if (!finding.broken.empty()) {
    std::string text = join(finding.broken, "; ") + ".";
    text.front() = 'T';
    return set_verdict(result, Verdict::Fail, text + but);
  }
  if (finding.held.empty()) {
    return set_verdict(result, Verdict::NotShown,
                       "State could not be compared. " + join(skipped, "; ") + ".");
  }
  set_verdict(result, Verdict::Pass, passed + but);
}

}  // namespace

void check_beliefs(Session& session, const std::vector<Json>& events, DutyResult& result) {
  struct Told {
    Json names = Json::object();
    std::string state;
    std::string event_type;
  };
  std::map<std::string, Told> told;
  for (const Json& event : events) {
    Told& of_subject = told[client::subject_of(event)];
    of_subject.names.update(application::names_of(event));
    of_subject.state = client::state_told_by(event);
    of_subject.event_type = text_of(event, "eventType");
  }
  for (const auto& [subject, last] : told) {
    const std::optional<application::Resource> resource = application::resource_of(subject);
    const application::Probe* probe =
        resource && session.application() ? session.application()->probe(*resource) : nullptr;
    if (!probe || last.state.empty()) continue;
    const application::Observation seen = application::expect_state(*probe, last.names, last.state);
    // What is not in use any more may be forgotten, and what cannot be read is another duty's.
    const bool over = last.state == "rejected" || last.state == "cancelled";
    if (seen.holds || seen.unanswered || (over && seen.got == application::kNothingKnown)) continue;
    result.evidence.push_back({last.event_type + ", then " + seen.asked, seen.got, std::nullopt});
    return set_verdict(result, Verdict::Fail,
                       "A genuine " + last.event_type +
                           " was answered 2xx, but your application makes of it " + seen.got +
                           " instead of " + seen.expected + ".");
  }
}

void check_state(Session& session, DutyResult& once, DutyResult& regress) {
  if (!session.has_probe()) {
    const char* why = "Only your application's state shows this: give --probe-url, or probes in --app FILE.";
    set_verdict(once, Verdict::NotAsked, why);
    set_verdict(regress, Verdict::NotAsked, why);
    Observed effects{once, {}, {}};
    EffectCheck(session, effects).run();
    if (!effects.held.empty() || !effects.broken.empty()) {
      conclude(effects, {}, "Effects happened once for each event when copies of it came.");
    }
    return;
  }
  Observed of_once{once, {}, {}};
  Observed of_regress{regress, {}, {}};
  StateCheck check(session, of_once, of_regress);
  for (const Track& track : kTracks) check.run(track);
  EffectCheck(session, of_once).run();
  conclude(of_once, check.skipped(), "State stayed as it was when copies of an event came.");
  if (!of_regress.broken.empty())
    of_regress.broken.back().append(" (").append(kOccurredAtIgnored).append(": keep the newest occurredAt)");
  conclude(of_regress, check.skipped(), "State stayed as it was when earlier events came late or again.");
}

}  // namespace zest::certify
