#include <algorithm>
#include <map>
#include <set>
#include <thread>

#include "application/asking.h"
#include "application/url_template.h"
#include "base/rule.h"
#include "base/text.h"
#include "certify/checks.h"
#include "certify/observed.h"
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
constexpr Duration kBurstPatience{20'000};  // wall: a hundred events are worked off one by one

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
    if (!in_order()) return;
    late();
    if (track_->kind == kTracks[1].kind) {
      late_between();
    } else {
      late_after_endings();
    }
  }
  const std::vector<std::string>& skipped() const { return skipped_; }
  // Whether a late event has changed a state.
  bool follows_late_events() const { return regress_.broken.size() > dropped_; }

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
    for (std::size_t i = 1; i < events.size(); ++i) send("late:", events[i]);
    if (!newest.ok()) {
      if (dropped(events.front(), *url)) return;
      return skip("the probe could not be read after " + std::string(track_->last_event) +
                  " had come first (" + newest.error().detail + ")");
    }
    regress_.compare(track_->kind, "when its earlier events came after its last one", *newest,
                     session_.probe_while(*url, *newest));
  }

  // Two events that overtake one another on the way, before the last one is there.
  void late_between() {
    constexpr std::size_t kOnTheWay = 3;  // created, form, receipt
    std::vector<Json> events = events_of(session_.take_history(), *track_);
    if (events.size() <= kOnTheWay) return;
    events.resize(kOnTheWay);
    const bool all_taken = std::none_of(events.begin(), events.end(), [this](const Json& event) {
      return session_.refused_types.contains(text_of(event, "eventType"));
    });
    if (all_taken) overtaken({events[0], events[2]}, {events[1]});
  }

  // What ends a request otherwise than by an approval comes before the request's start.
  void late_after_endings() {
    const std::vector<Json> events = session_.take_endings();
    for (std::size_t i = 0; i + 1 < events.size(); i += 2) {
      if (!session_.refused_types.contains(text_of(events[i + 1], "eventType")))
        overtaken({events[i + 1]}, {events[i]});
    }
  }

  // What came first did not show, and now all has come: whether that could be judged.
  bool dropped(const Json& newest, const std::string& url) {
    std::this_thread::sleep_for(session_.settle());
    const Result<std::string> now = session_.probe(url);
    const std::vector<Told> told = told_by(session_, {newest});
    if (!now.ok() || told.empty()) return false;
    const application::Observation seen =
        application::expect_state(*told.front().probe, told.front().names, told.front().state);
    if (seen.unanswered || seen.got == application::kNothingKnown) return false;
    if (seen.holds) {
      regress_.held.emplace_back(track_->kind);
      return true;
    }
    ++dropped_;
    regress_.result.evidence.push_back(
        {told.front().event_type + " first, then " + seen.asked, seen.got, std::nullopt});
    regress_.broken.push_back(std::string("the ") + track_->kind + ", whose " + told.front().event_type +
                              " came before its older events, is " + seen.got + " instead of " +
                              seen.expected + " in the end: what had come first was dropped, or forgotten");
    return true;
  }

  // What cannot be read, or does not show, says nothing.
  void overtaken(const std::vector<Json>& first, const std::vector<Json>& late) {
    const std::optional<std::string> url = session_.probe_url(first.back());
    if (!url) return;
    const Result<std::string> unknown = session_.probe(*url);
    for (const Json& event : first) send("overtaking:", event);
    const Result<std::string> known = settled(*url, unknown.ok() ? *unknown : std::string());
    for (const Json& event : late) send("late:", event);
    if (!known.ok()) {
      dropped(first.back(), *url);
      return;
    }
    if (unknown.ok() && *known == *unknown) return;
    regress_.compare(track_->kind,
                     "when " + text_of(late.back(), "eventType") + " came after the later " +
                         text_of(first.back(), "eventType"),
                     *known, session_.probe_while(*url, *known));
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
  std::size_t dropped_ = 0;  // of what is broken: what had come first did not stay
  std::vector<std::string> skipped_;
};

}  // namespace

std::vector<Told> told_by(const Session& session, const std::vector<Json>& events) {
  std::map<std::string, Told> told;
  for (const Json& event : events) {
    const std::string subject = client::subject_of(event);
    const std::optional<application::Resource> resource = application::resource_of(subject);
    const application::Probe* probe =
        resource && session.application() ? session.application()->probe(*resource) : nullptr;
    const std::string state = client::state_told_by(event);
    if (!probe || state.empty()) continue;
    Told& of_subject = told[subject];
    of_subject.resource = *resource;
    of_subject.probe = probe;
    of_subject.names.update(application::names_of(event));
    of_subject.state = state;
    of_subject.event_type = text_of(event, "eventType");
  }
  std::vector<Told> list;
  list.reserve(told.size());
  for (auto& each : told) list.push_back(std::move(each.second));
  return list;
}

Beginning look_at_beginning(const Session& session, const Json& event) {
  constexpr EventType kBeginnings[] = {EventType::SpvRequestCreated, EventType::InvestorCreated,
                                       EventType::SubscriptionCreated};
  const std::optional<EventType> type = parse_event_type(text_of(event, "eventType"));
  const std::vector<Told> told = told_by(session, {event});
  if (!type || told.empty() ||
      std::find(std::begin(kBeginnings), std::end(kBeginnings), *type) == std::end(kBeginnings))
    return {};
  const Told& first = told.front();
  application::Question question = first.probe->question;
  question.settle = Duration(0);
  // A word that the description does not have says nothing of what was made of it.
  const auto is_right = [&first](const std::optional<Json>& answer) {
    const std::optional<std::string> state = application::state_named(*first.probe, answer);
    return !state || *state == first.state;
  };
  const application::Answered seen = application::ask_until(question, first.names, is_right);
  Beginning beginning{first.resource, question.name, ""};
  if (seen.held || !seen.answer.ok()) return beginning;
  const std::string state = application::state_named(*first.probe, *seen.answer).value_or("");
  beginning.failure = "A genuine " + first.event_type + " was answered 2xx, but your application " +
                      (*seen.answer ? "made of it " + state + " instead of " + first.state
                                    : std::string("knew nothing of it until a later event came")) +
                      ".";
  return beginning;
}

namespace {

application::ActionKind maker_of(application::Resource resource) {
  switch (resource) {
    case application::Resource::SpvRequest:
      break;
    case application::Resource::Investor:
      return application::ActionKind::CreateInvestors;
    case application::Resource::Subscription:
      return application::ActionKind::Subscribe;
  }
  return application::ActionKind::RequestSpv;
}

}  // namespace

void check_beliefs(Session& session, const std::vector<Json>& events,
                   const std::vector<Beginning>& beginnings, DutyResult& result) {
  std::map<application::Resource, bool> knows;  // of those that were asked for: any
  std::map<application::Resource, std::string> failures;
  for (const Told& last : told_by(session, events)) {
    const application::Observation seen = application::expect_state(*last.probe, last.names, last.state);
    const bool nothing = !seen.unanswered && seen.got == application::kNothingKnown;
    // What is not in use any more may be forgotten, and what cannot be read is another duty's.
    const bool over = last.state == "rejected" || last.state == "cancelled";
    if (!seen.unanswered && !over) knows[last.resource] = knows[last.resource] || !nothing;
    if (seen.holds || seen.unanswered || (over && nothing)) continue;
    result.evidence.push_back({last.event_type + ", then " + seen.asked, seen.got, std::nullopt});
    failures.emplace(last.resource,
                     "A genuine " + last.event_type + " was answered 2xx, but your application " +
                         (nothing ? std::string("knows nothing of it")
                                  : "makes of it " + seen.got + " instead of " + seen.expected) +
                         ".");
  }
  // What it was told of first shows whether it takes in what others made.
  for (const Told& first : told_by(session, {session.first_taken})) {
    const Result<std::optional<Json>> seen = application::ask(first.probe->question, first.names);
    if (seen.ok() && *seen) knows[first.resource] = true;
  }
  for (const auto& [resource, any] : knows) {
    if (any) session.known_kinds.insert(resource);
  }
  for (const Beginning& first : beginnings) {
    const bool own = knows[first.resource] || session.made_itself(first.resource);
    if (first.failure.empty() || !own || failures.contains(first.resource)) continue;
    result.evidence.push_back({first.asked, first.failure, std::nullopt});
    return set_verdict(result, Verdict::Fail, first.failure);
  }
  for (const auto& [resource, failure] : failures) {
    if (knows[resource] || session.made_itself(resource)) return set_verdict(result, Verdict::Fail, failure);
  }
  // One that updates what it made itself is right to know nothing of others.
  for (const auto& [resource, failure] : failures) {
    set_verdict(result, Verdict::NotShown,
                failure + " Does it take only those that it made itself? With \"start\" and the action \"" +
                    std::string(to_string(maker_of(resource))) + "\" of --app they are its own.");
    return;
  }
}

std::string lost_of(const Session& session, const std::vector<Json>& events) {
  std::vector<Told> open;
  std::set<application::Resource> known;  // of kinds of which nothing is known it takes none but its own
  const auto look = [](const Told& told, Duration within) {
    application::Probe probe = *told.probe;
    probe.question.settle = Duration(0);
    probe.question.within = within;
    return application::expect_state(probe, told.names, told.state);
  };
  for (const Told& told : told_by(session, events)) {
    const application::Observation seen = look(told, Duration(0));
    if (seen.unanswered) continue;
    if (seen.got != application::kNothingKnown) known.insert(told.resource);
    if (!seen.holds) open.push_back(told);
  }
  for (const Told& told : open) {
    if (!known.contains(told.resource)) continue;
    const application::Observation seen = look(told, std::max(told.probe->question.within, kBurstPatience));
    if (seen.holds || seen.unanswered) continue;
    return told.event_type + " (" + seen.asked + " says " + seen.got + " instead of " + seen.expected + ")";
  }
  return "";
}

void check_state(Session& session, DutyResult& once, DutyResult& regress) {
  if (!session.has_probe()) {
    const char* why = "Only your application's state shows this: give --probe-url, or probes in --app FILE.";
    set_verdict(once, Verdict::NotAsked, why);
    set_verdict(regress, Verdict::NotAsked, why);
    Observed effects{once, {}, {}};
    const std::vector<std::string> skipped = check_effects(session, effects);
    if (!effects.held.empty() || !effects.broken.empty()) {
      conclude(effects, skipped, "Effects happened once for each event when copies of it came.");
    }
    return;
  }
  Observed of_once{once, {}, {}};
  Observed of_regress{regress, {}, {}};
  StateCheck check(session, of_once, of_regress);
  for (const Track& track : kTracks) check.run(track);
  std::vector<std::string> skipped = check_effects(session, of_once);
  skipped.insert(skipped.begin(), check.skipped().begin(), check.skipped().end());
  conclude(of_once, skipped, "State stayed as it was when copies of an event came.");
  if (check.follows_late_events())
    of_regress.broken.back().append(" (").append(kOccurredAtIgnored).append(": keep the newest occurredAt)");
  conclude(of_regress, check.skipped(), "State stayed as it was when earlier events came late or again.");
}

}  // namespace zest::certify
