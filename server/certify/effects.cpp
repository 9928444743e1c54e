#include <algorithm>
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
      for (int i = 0; i <= kEffectCopies; ++i)
        session_.send_genuine((i == 0 ? "in order: " : "again: ") + text_of(event, "eventType"), event);
    }
    look(events, "came four times in a row");
    for (const Json& event : events)
      session_.send_genuine("once more: " + text_of(event, "eventType"), event);
    look(events, "came again after other events");
    look_at_replacements();
    const std::vector<Json> others = session_.take_history();
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
      if (!is_repeatable(std::string(to_string(effect.once_per)))) open_.push_back(&effect);
    }
    const std::vector<Json> events = std::move(session_.remembered);
    for (const Json& event : events)
      session_.send_genuine("long after: " + text_of(event, "eventType"), event);
    look(events, "came again after a hundred others");
  }

 private:
  // Documents can be replaced: a second event of the same type about the same subscription, before anything
  // later happens to it.
  void look_at_replacements() {
    std::vector<const application::Effect*> open;
    for (const application::Effect* effect : open_) {
      if (!is_repeatable(std::string(to_string(effect->once_per))) || happens_for_a_replacement(*effect)) {
        open.push_back(effect);
      } else {
        held_.erase(effect);
      }
    }
    open_ = std::move(open);
  }

  bool happens_for_a_replacement(const application::Effect& effect) {
    for (const Json& event : session_.take_history()) {
      const std::string type = text_of(event, "eventType");
      session_.send_genuine("in order: " + type, event);
      if (type != to_string(effect.once_per)) continue;
      Json another = event;
      another["eventId"] = kEventPrefix + to_hex(random_bytes(kEventBytes));
      const Result<Instant> at = parse_instant(text_of(event, "occurredAt"));
      if (!at.ok() || session_.refused_types.contains(type)) return true;
      another["occurredAt"] = another["data"]["uploadedAt"] = format_instant(*at + Duration(1));
      session_.send_genuine("another document: " + type, another);
      // Where the effect is counted for each event, the new one has its own.
      const auto url = [&effect](const Json& of) {
        const Result<std::string> filled =
            application::fill_template(effect.question.url, application::names_of(of));
        return filled.ok() ? *filled : std::string();
      };
      const std::int64_t wanted = url(another) == url(event) ? 2 : 1;
      const application::Observation seen =
          application::expect_count(effect, application::names_of(another), wanted);
      if (seen.holds) return true;
      once_.broken.push_back("the effect " + effect.name + " did not happen once for each of two " + type +
                             " of one subscription, whose document was replaced (" + seen.asked + " says " +
                             seen.got + " instead of " + seen.expected +
                             "): are events told apart by anything but eventId?");
      return false;
    }
    return true;
  }

  static bool is_repeatable(const std::string& type) {
    return type == to_string(EventType::SignedSubscriptionFormUploaded) ||
           type == to_string(EventType::FundingReceiptUploaded);
  }

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

  Session& session_;
  Observed& once_;
  std::vector<const application::Effect*> open_;
  std::set<const application::Effect*> held_;
};

}  // namespace

void check_effects(Session& session, Observed& once) { EffectCheck(session, once).run(); }

void check_memory(Session& session, DutyResult& once) {
  if (once.verdict != Verdict::Pass) return;
  Observed effects{once, {}, {}};
  EffectCheck(session, effects).run_again();
  if (!effects.broken.empty()) conclude(effects, {}, "");
}

}  // namespace zest::certify
