// What an application that is killed in the middle of its work still knows.
#include <algorithm>
#include <set>

#include "application/asking.h"
#include "application/url_template.h"
#include "base/text.h"
#include "certify/checks.h"

namespace zest::certify {
namespace {

constexpr std::size_t kHistoriesBefore = 2;  // answered right before the crash

class CrashCheck {
 public:
  CrashCheck(Session& session, DutyResult& result) : session_(session), result_(result) {}

  void run() {
    const application::Description* application = session_.application();
    if (!session_.crash() || !application || (application->probes.empty() && application->effects.empty())) {
      return set_verdict(result_, Verdict::NotAsked,
                         "Only an application that is started by \"start\" of --app, and has a probe or an "
                         "effect there, can be ended and asked afterwards.");
    }
    const std::vector<Json> before = send_history("before the crash: ");
    keep_what_holds(before, false);
    if (told_.empty() && effects_.empty())
      return set_verdict(result_, Verdict::NotAsked, "Nothing showed that could have been lost.");
    std::vector<Json> last;
    for (std::size_t i = 0; i < kHistoriesBefore; ++i) {
      for (Json& event : send_history("right before the crash: ")) last.push_back(std::move(event));
    }
    const Result<void> crashed = session_.crash()();
    if (!crashed.ok()) {
      return set_verdict(result_, Verdict::NotAsked,
                         "It was killed and did not start again: " + crashed.error().detail);
    }
    keep_what_holds(before, true);
    if (told_.empty() && effects_.empty()) {
      return set_verdict(result_, Verdict::NotAsked,
                         "It was killed and started again, and knows nothing of what it knew: it keeps "
                         "everything in memory, as it does here at least.");
    }
    look_for(last);
    if (result_.verdict != Verdict::Fail) send_again(before);
    if (result_.verdict == Verdict::Fail) return;
    set_verdict(result_, Verdict::Pass,
                "It was killed right after its last 2xx, and when it had started again nothing was missing" +
                    std::string(effects_.empty() ? "." : ", and copies of earlier events had no effect."));
  }

 private:
  std::vector<Json> send_history(const std::string& what) {
    std::vector<Json> accepted;
    for (Json& event : session_.take_history()) {
      const std::string type = text_of(event, "eventType");
      if (session_.refused_types.contains(type)) continue;
      if (session_.send_genuine(what + type, event).reception == Reception::Accepted)
        accepted.push_back(std::move(event));
    }
    return accepted;
  }

  // The kinds of resources whose state shows, and the effects that happened once: only those were kept that
  // still do when it is asked again.
  void keep_what_holds(const std::vector<Json>& events, bool again) {
    bool missed = false;  // once is waited for what does not come, not for each of many
    const auto patience = [&missed](application::Question& question) {
      if (missed) question.within = Duration(0);
    };
    std::set<application::Resource> states;
    for (const Told& told : told_by(session_, events)) {
      if (again && !told_.contains(told.resource)) continue;
      application::Probe probe = *told.probe;
      patience(probe.question);
      if (application::expect_state(probe, told.names, told.state).holds) {
        states.insert(told.resource);
      } else {
        missed = true;
      }
    }
    std::set<const application::Effect*> effects;
    for (const application::Effect& effect : session_.application()->effects) {
      const Json* event = event_of(events, effect);
      if (!event || (again && !effects_.contains(&effect))) continue;
      application::Effect asked = effect;
      patience(asked.question);
      if (application::expect_count(asked, application::names_of(*event), 1).holds) {
        effects.insert(&effect);
      } else {
        missed = true;
      }
    }
    told_ = std::move(states);
    effects_ = std::move(effects);
  }

  static const Json* event_of(const std::vector<Json>& events, const application::Effect& effect) {
    const auto found = std::find_if(events.begin(), events.end(), [&effect](const Json& event) {
      return text_of(event, "eventType") == to_string(effect.once_per);
    });
    return found == events.end() ? nullptr : &*found;
  }

  void look_for(const std::vector<Json>& events) {
    std::vector<std::string> lost;
    for (const Told& told : told_by(session_, events)) {
      if (!told_.contains(told.resource)) continue;
      const application::Observation seen = application::expect_state(*told.probe, told.names, told.state);
      if (seen.holds || seen.unanswered) continue;
      lost.push_back(told.event_type + " (" + seen.asked + " says " + seen.got + " instead of " +
                     seen.expected + ")");
    }
    for (const Json& event : events) {
      for (const application::Effect* effect : effects_) {
        if (text_of(event, "eventType") != to_string(effect->once_per)) continue;
        const application::Observation seen =
            application::expect_count(*effect, application::names_of(event), 1);
        // Of one that was under way in the crash twice is nobody's fault.
        if (seen.holds || seen.unanswered || seen.got != "0") continue;
        lost.push_back(std::string(to_string(effect->once_per)) + " (the effect " + effect->name +
                       " did not happen)");
      }
    }
    if (lost.empty()) return;
    set_verdict(result_, Verdict::Fail,
                "Events that had been answered 2xx were lost when it was killed right afterwards: " +
                    join(lost, "; ") + ". They do not come again.");
  }

  void send_again(const std::vector<Json>& events) {
    if (effects_.empty() || session_.repeats_effects) return;
    for (const Json& event : events)
      session_.send_genuine("again after the crash: " + text_of(event, "eventType"), event);
    for (const application::Effect* effect : effects_) {
      const Json* event = event_of(events, *effect);
      const application::Observation seen =
          application::expect_count(*effect, application::names_of(*event), 1);
      if (seen.holds || seen.unanswered) continue;
      return set_verdict(
          result_, Verdict::Fail,
          "After a restart a copy of an event that it had handled was handled again: the effect " +
              effect->name + ", " + seen.asked + " says " + seen.got +
              " instead of 1. Its event ids are kept in memory only.");
    }
  }

  Session& session_;
  DutyResult& result_;
  std::set<application::Resource> told_;
  std::set<const application::Effect*> effects_;
};

}  // namespace

void check_crash(Session& session, DutyResult& result) { CrashCheck(session, result).run(); }

}  // namespace zest::certify
