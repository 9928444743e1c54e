#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "application/asking.h"
#include "application/url_template.h"
#include "base/crypto.h"
#include "certify/checks.h"
#include "certify/observed.h"
#include "protocol/event_type.h"

namespace zest::certify {
namespace {

constexpr int kEffectCopies = 3;
constexpr std::size_t kAtOnce = 5;
constexpr const char* kEventPrefix = "wde_";  // of an event that Zest never made
constexpr std::size_t kEventBytes = 8;

// What the application does once per event: at its own event, and however its copies and older events come.
class EffectCheck {
 public:
  EffectCheck(Session& session, Observed& once) : session_(session), once_(once) {}

  void run() {
    const application::Description* application = session_.application();
    if (!application || application->effects.empty()) return;
    for (const application::Effect& effect : application->effects) open_.push_back(&effect);
    const std::vector<Json> events = take_life();
    in_order(events);
    for (const Json& event : events) send("once more: ", event);
    look(events, "came again after other events");
    for (const EventType type : kReplaceable) look_at_replacements(type);
    newest_first();
    const std::vector<Json> others = take_life();
    for (const Json& event : others)
      session_.send_together("copies at once", std::vector<Json>(kAtOnce, event));
    look(others, "came five times at once");
    for (const application::Effect* effect : held_) once_.held.push_back(effect->name);
    session_.remembered = events;
  }

  // Long after: what it remembers is more than a handful.
  void run_again() {
    const application::Description* application = session_.application();
    if (!application || session_.remembered.empty()) return;
    for (const application::Effect& effect : application->effects) {
      if (!is_replaceable(effect.once_per)) open_.push_back(&effect);
    }
    after_burst_ = true;
    const std::vector<Json> events = std::move(session_.remembered);
    for (const Json& event : events) send("long after: ", event);
    look(events, "came again after a hundred others");
  }
  // What could not be looked at, and why.
  const std::vector<std::string>& skipped() const { return skipped_; }

 private:
  // Documents can be replaced: a second event of the same type about the same subscription.
  static constexpr EventType kReplaceable[] = {EventType::SignedSubscriptionFormUploaded,
                                               EventType::FundingReceiptUploaded};
  static bool is_replaceable(EventType type) {
    return std::find(std::begin(kReplaceable), std::end(kReplaceable), type) != std::end(kReplaceable);
  }

  void send(const std::string& what, const Json& event) {
    const Exchange exchange = session_.send_genuine(what + text_of(event, "eventType"), event);
    if (exchange.reception == Reception::Accepted) {
      not_taken_.erase(text_of(event, "eventId"));
    } else {
      not_taken_.insert(text_of(event, "eventId"));
    }
  }
  // A history, and what ends requests otherwise where an effect is about that.
  std::vector<Json> take_life() {
    std::vector<Json> events = session_.take_history();
    const auto ends = [](const application::Effect& effect) {
      return effect.once_per == EventType::SpvRequestRejected ||
             effect.once_per == EventType::SpvRequestCancelled;
    };
    const std::vector<application::Effect>& effects = session_.application()->effects;
    if (std::none_of(effects.begin(), effects.end(), ends)) return events;
    for (Json& event : session_.take_endings()) events.push_back(std::move(event));
    return events;
  }

  bool is_about(const application::Effect& effect, const Json& event) const {
    const std::string type = text_of(event, "eventType");
    return type == to_string(effect.once_per) && !session_.refused_types.contains(type) &&
           !not_taken_.contains(text_of(event, "eventId"));
  }
  static application::Observation count_is(const application::Effect& effect, const Json& event,
                                           std::int64_t count) {
    return application::expect_count(effect, application::names_of(event), count);
  }
  // The same, where what has happened shows already.
  static application::Observation count_is_now(const application::Effect& effect, const Json& event,
                                               std::int64_t count) {
    application::Effect soon = effect;
    soon.question.within = effect.question.settle;
    return count_is(soon, event, count);
  }

  void drop(const application::Effect* effect) {
    held_.erase(effect);
    open_.erase(std::remove(open_.begin(), open_.end(), effect), open_.end());
  }
  // Effects that do not hold are told of once, and not looked at again.
  void say(const application::Effect* effect, const std::string& what) {
    drop(effect);
    once_.broken.push_back("the effect " + effect->name + " " + what);
  }

  // Each event four times in a row: its effect happens then, not before, and not at a later event.
  void in_order(const std::vector<Json>& events) {
    for (const Json& event : events) {
      look_for_early(event);
      for (int i = 0; i <= kEffectCopies; ++i) send(i == 0 ? "in order: " : "again: ", event);
      look_for_tardy(event);
      for (const application::Effect* effect : effects_about(event)) {
        const application::Observation seen = count_is(*effect, event, 1);
        if (seen.holds) {
          held_.insert(effect);
        } else if (is_lost(seen)) {
          drop(effect);
          tardy_.push_back({effect, event});
        } else {
          say_wrong(effect, seen, "came four times in a row");
        }
      }
    }
    for (const Tardy& each : tardy_) say_lost(each);
  }

  std::vector<const application::Effect*> effects_about(const Json& event) const {
    std::vector<const application::Effect*> found;
    std::copy_if(open_.begin(), open_.end(), std::back_inserter(found),
                 [&](const application::Effect* effect) { return is_about(*effect, event); });
    return found;
  }

  void look_for_early(const Json& event) {
    for (const application::Effect* effect : effects_about(event)) {
      // What it made itself it need not be told of.
      const EventType type = effect->once_per;
      if (session_.made_itself(application::resource_of(type)) &&
          (type == EventType::SpvRequestCreated || type == EventType::InvestorCreated ||
           type == EventType::SubscriptionCreated))
        continue;
      const application::Observation seen = count_is_now(*effect, event, 0);
      if (seen.holds || seen.unanswered) continue;
      const std::string cause = cause_of(*effect);
      say(effect, "happened " + (cause.empty() ? "" : "at " + cause + ", ") + "before its event " +
                      std::string(to_string(type)) + " came (" + seen.asked + " says " + seen.got + ")");
    }
  }

  // The event at which an early effect happens, in another life; "" when it shows at none.
  std::string cause_of(const application::Effect& effect) {
    const std::vector<Json> events = take_life();
    const auto own = std::find_if(events.begin(), events.end(),
                                  [&](const Json& event) { return is_about(effect, event); });
    for (auto event = events.begin(); event != own; ++event) {
      send("in order: ", *event);
      if (!count_is_now(effect, *own, 0).holds) return text_of(*event, "eventType");
    }
    return "";
  }

  // Effects that did not happen at their own event, and now have.
  void look_for_tardy(const Json& event) {
    std::vector<Tardy> still;
    for (const Tardy& each : tardy_) {
      const application::Observation seen = count_is_now(*each.effect, each.event, 0);
      if (seen.holds || seen.unanswered) {
        still.push_back(each);
      } else {
        say(each.effect, "did not happen when its event " + std::string(to_string(each.effect->once_per)) +
                             " came, but at " + text_of(event, "eventType") + " (" + seen.asked + " says " +
                             seen.got + ")");
      }
    }
    tardy_ = std::move(still);
  }

  void look_at_replacements(EventType type) {
    const auto is_of_type = [type](const application::Effect* effect) { return effect->once_per == type; };
    if (std::none_of(open_.begin(), open_.end(), is_of_type)) return;
    for (const Json& event : session_.take_history()) {
      send("in order: ", event);
      if (text_of(event, "eventType") != to_string(type)) continue;
      Json another = event;
      another["eventId"] = kEventPrefix + to_hex(random_bytes(kEventBytes));
      const Result<Instant> at = parse_instant(text_of(event, "occurredAt"));
      if (!at.ok()) return;
      another["occurredAt"] = another["data"]["uploadedAt"] = format_instant(*at + Duration(1));
      send("another document: ", another);
      if (not_taken_.contains(text_of(another, "eventId"))) return;
      for (const application::Effect* effect : effects_about(event)) look_at_both(effect, event, another);
      return;
    }
  }

  void look_at_both(const application::Effect* effect, const Json& event, const Json& another) {
    // Where the effect is counted for each event, the new one has its own.
    const auto url = [effect](const Json& of) {
      const Result<std::string> filled =
          application::fill_template(effect->question.url, application::names_of(of));
      return filled.ok() ? *filled : std::string();
    };
    const application::Observation seen = count_is(*effect, another, url(another) == url(event) ? 2 : 1);
    if (seen.holds) return;
    say(effect, "did not happen once for each of two " + text_of(event, "eventType") +
                    " of one subscription, whose document was replaced (" + seen.asked + " says " + seen.got +
                    " instead of " + seen.expected + "): are events told apart by anything but eventId?");
  }

  // Each resource's events newest first. What is late may be passed over; what is not has its effect, and
  // nothing has it twice.
  void newest_first() {
    if (open_.empty()) return;
    std::vector<std::vector<Json>> resources;
    for (Json& event : take_life()) {
      const auto same = [&event](const std::vector<Json>& events) {
        return subject_of(events.front()).id == subject_of(event).id;
      };
      const auto found = std::find_if(resources.begin(), resources.end(), same);
      if (found == resources.end()) {
        resources.push_back({std::move(event)});
      } else {
        found->push_back(std::move(event));
      }
    }
    for (std::vector<Json>& events : resources) {
      std::reverse(events.begin(), events.end());
      for (const Json& event : events) send("newest first: ", event);
    }
    for (const std::vector<Json>& events : resources) {
      for (std::size_t i = 0; i < events.size(); ++i) {
        for (const application::Effect* effect : effects_about(events[i]))
          look_at_late(effect, events[i], i > 0);
      }
    }
  }

  void look_at_late(const application::Effect* effect, const Json& event, bool late) {
    const application::Observation seen =
        late ? count_is_now(*effect, event, 1) : count_is(*effect, event, 1);
    if (seen.holds || seen.unanswered || (late && is_lost(seen))) return;
    if (is_lost(seen)) {
      return say(effect, "did not happen for an event that came before older ones of the same resource (" +
                             seen.asked + " says 0)");
    }
    say(effect, "happened more than once for an event when the events of its resource came newest first: " +
                    seen.asked + " says " + seen.got);
  }

  void look(const std::vector<Json>& events, const std::string& when) {
    for (const Json& event : events) {
      for (const application::Effect* effect : effects_about(event)) {
        const application::Observation seen = count_is(*effect, event, 1);
        if (seen.holds) {
          held_.insert(effect);
        } else if (is_lost(seen)) {
          say(effect, "did not happen at all for an event that was accepted and " + when + " (" + seen.asked +
                          " says 0): is it taken for a copy of another event?");
        } else {
          say_wrong(effect, seen, when);
        }
      }
    }
  }

  static bool is_lost(const application::Observation& seen) { return !seen.unanswered && seen.got == "0"; }

  void say_wrong(const application::Effect* effect, const application::Observation& seen,
                 const std::string& when) {
    if (seen.unanswered && after_burst_) return drop(effect);  // it works off what came
    say(effect, seen.unanswered ? "could not be read when an event " + when + " (" + seen.got + ")"
                                : "did not happen once for an event that " + when + ", " + seen.asked +
                                      " says " + seen.got);
  }

  struct Tardy {
    const application::Effect* effect = nullptr;
    Json event;
  };
  void say_lost(const Tardy& lost) {
    const application::Resource resource = application::resource_of(lost.effect->once_per);
    const application::Probe* probe = session_.application()->probe(resource);
    // One that takes in what it made itself has no effect for what others made.
    if (probe && !session_.made_itself(resource) && !session_.known_kinds.contains(resource)) {
      const Result<std::optional<Json>> known =
          application::ask(probe->question, application::names_of(lost.event));
      if (known.ok() && !*known) {
        skipped_.push_back("the effect " + lost.effect->name + ": nothing is known of the " +
                           std::string(to_string(resource)) + " either, which your application did not make");
        return;
      }
    }
    say(lost.effect, "did not happen at all for its event " + std::string(to_string(lost.effect->once_per)) +
                         ", which was accepted: is it passed over, or taken for a copy of another event?");
  }

  Session& session_;
  Observed& once_;
  std::vector<const application::Effect*> open_;
  std::set<const application::Effect*> held_;
  std::set<std::string> not_taken_;  // events that were not answered 2xx: other duties are about that
  std::vector<Tardy> tardy_;
  bool after_burst_ = false;
  std::vector<std::string> skipped_;
};

}  // namespace

std::vector<std::string> check_effects(Session& session, Observed& once) {
  EffectCheck check(session, once);
  check.run();
  return check.skipped();
}

void check_memory(Session& session, DutyResult& once) {
  if (once.verdict != Verdict::Pass) return;
  Observed effects{once, {}, {}};
  EffectCheck(session, effects).run_again();
  if (!effects.broken.empty()) conclude(effects, {}, "");
}

}  // namespace zest::certify
