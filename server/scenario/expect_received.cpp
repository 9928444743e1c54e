#include "scenario/expect_received.h"

#include <algorithm>
#include <set>

#include "scenario/beliefs.h"
#include "scenario/document_names.h"

namespace zest::scenario {
namespace {

// The arrival as is_selected() takes it.
Json selectable(const Arrival& arrival) {
  return Json{{"eventType", arrival.received.event_type},
              {"subject", arrival.handled.subject},
              {"envelope", arrival.received.envelope}};
}

int answered_status(const client::Behaviour& answer) {
  return answer.close || answer.hang ? 0 : answer.status;
}

std::string arrival_text(const Arrival& arrival) {
  const int status = answered_status(arrival.received.answer);
  return arrival.received.event_type + " " + arrival.received.event_id + "  " +
         (status == 0 ? "no answer" : "answered " + std::to_string(status)) + "  " +
         std::string(client::to_string(arrival.handled.how));
}

std::int64_t count_of(const std::vector<Arrival>& arrivals, client::Handling how) {
  return std::count_if(arrivals.begin(), arrivals.end(),
                       [how](const Arrival& arrival) { return arrival.handled.how == how; });
}

// Classes of statuses give way to the status that came in their place.
Json with_statuses(Json wanted, const Json& answers) {
  for (std::size_t index = 0; index < wanted.size() && index < answers.size(); ++index) {
    if (status_fits(wanted[index], answers[index].get<int>())) wanted[index] = answers[index];
  }
  return wanted;
}

void check_lists(const Json& step, const std::vector<Arrival>& arrivals, Mismatches& mismatches) {
  Json order = Json::array();
  Json answers = Json::array();
  for (const Arrival& arrival : arrivals) {
    order.push_back(arrival.received.event_type);
    answers.push_back(answered_status(arrival.received.answer));
  }
  if (const Json* wanted = member(step, "order")) check_value("order", *wanted, &order, mismatches);
  if (const Json* wanted = member(step, "answers")) {
    check_value("answers", with_statuses(*wanted, answers), &answers, mismatches);
  }
}

// What only the receiver itself knows of what it made of the requests.
void check_handling(const Stage& stage, const Json& step, const std::vector<Arrival>& arrivals,
                    Judgement& judgement) {
  using client::Handling;
  if (stage.has_own_receiver()) {
    const auto check = [&](const char* name, Handling how) {
      if (const Json* wanted = member(step, name)) {
        check_range(name, *wanted, count_of(arrivals, how), judgement.mismatches);
      }
    };
    check("applied", Handling::Applied);
    check("duplicates", Handling::Duplicate);
    check("late", Handling::Late);
    return;
  }
  std::vector<std::string> once;
  for (const char* name : {"applied", "duplicates"}) {
    if (const Json* wanted = member(step, name)) {
      once.push_back(judgement.what + ": " + name + " " + expected_text(*wanted));
    }
  }
  if (!once.empty()) ask_effects(stage, arrivals, once, judgement);
  if (const Json* late = member(step, "late")) {
    ask_late(stage, arrivals, judgement.what + ": late " + expected_text(*late), judgement);
  }
  judgement.looked = false;
  for (const char* name : {"count", "distinct", "refused", "order", "answers"}) {
    judgement.looked = judgement.looked || member(step, name) != nullptr;
  }
}

}  // namespace

Judgement check_received(const Stage& stage, const Json& step) {
  Judgement judgement;
  judgement.what = "received";
  for (const char* name : {"event", "subject"}) {
    if (const Json* value = member(step, name)) judgement.what += " " + shown(*value);
  }
  std::vector<Arrival> arrivals;
  judgement.found = Json::array();
  for (Arrival& arrival : stage.arrivals()) {
    if (is_selected(selectable(arrival), member(step, "event"), member(step, "subject"))) {
      judgement.found.push_back(arrival.received.envelope);
      arrivals.push_back(std::move(arrival));
    }
  }
  std::set<std::string> ids;
  for (const Arrival& arrival : arrivals) ids.insert(arrival.received.event_id);
  Mismatches& mismatches = judgement.mismatches;
  const auto check = [&](const char* name, std::int64_t actual) {
    if (const Json* wanted = member(step, name)) check_range(name, *wanted, actual, mismatches);
  };
  check("count", static_cast<std::int64_t>(arrivals.size()));
  check("distinct", static_cast<std::int64_t>(ids.size()));
  check("refused", count_of(arrivals, client::Handling::Refused));
  check_lists(step, arrivals, mismatches);
  if (!mismatches.empty()) {
    std::string& got = mismatches.back().got;
    for (const Arrival& arrival : arrivals) got += "\n" + arrival_text(arrival);
  }
  check_handling(stage, step, arrivals, judgement);
  return judgement;
}

Judgement check_state(const Stage& stage, const Json& step) {
  Judgement judgement;
  const std::string subject = shown(*member(step, "of"));
  const std::string wanted = shown(*member(step, "is"));
  judgement.what = "the receiver's state of " + subject + " is " + wanted;
  if (!stage.has_own_receiver()) {
    judgement.looked = false;
    ask_state(stage, subject, wanted, judgement);
    if (const Json* applied = member(step, "applied")) {
      std::vector<Arrival> arrivals = stage.arrivals();
      const auto other = [&subject](const Arrival& arrival) { return arrival.handled.subject != subject; };
      arrivals.erase(std::remove_if(arrivals.begin(), arrivals.end(), other), arrivals.end());
      ask_effects(stage, arrivals, {"events applied to " + subject + ": " + expected_text(*applied)},
                  judgement);
    }
    return judgement;
  }
  const std::optional<client::KnownState> known = stage.state_of(subject);
  const std::string state = known ? known->state : "unknown";
  if (state != wanted) {
    std::string got = state;
    if (known) got += ", told by " + known->event_type + " of " + format_instant(known->occurred_at);
    judgement.mismatches.push_back({"state", wanted, got});
  }
  if (const Json* applied = member(step, "applied")) {
    check_range("events applied", *applied, known ? static_cast<std::int64_t>(known->applied) : 0,
                judgement.mismatches);
  }
  return judgement;
}

}  // namespace zest::scenario
