#include "scenario/expect_received.h"

#include <algorithm>
#include <set>

#include "scenario/document_names.h"

namespace zest::scenario {
namespace {

constexpr const char* kOwnState = "the application's own state: ask it with a probe";

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

void check_lists(const Json& step, const std::vector<Arrival>& arrivals, Mismatches& mismatches) {
  Json order = Json::array();
  Json answers = Json::array();
  for (const Arrival& arrival : arrivals) {
    order.push_back(arrival.received.event_type);
    answers.push_back(answered_status(arrival.received.answer));
  }
  if (const Json* wanted = member(step, "order")) check_value("order", *wanted, &order, mismatches);
  if (const Json* wanted = member(step, "answers")) check_value("answers", *wanted, &answers, mismatches);
}

}  // namespace

Judgement check_received(const Stage& stage, const Json& step) {
  using client::Handling;
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
  check("refused", count_of(arrivals, Handling::Refused));
  const bool judges_state = member(step, "applied") || member(step, "duplicates") || member(step, "late");
  if (stage.has_own_receiver()) {
    check("applied", count_of(arrivals, Handling::Applied));
    check("duplicates", count_of(arrivals, Handling::Duplicate));
    check("late", count_of(arrivals, Handling::Late));
    check_lists(step, arrivals, mismatches);
  } else {
    check_lists(step, arrivals, mismatches);
    if (judges_state) judgement.not_checked = kOwnState;
  }
  if (!mismatches.empty()) {
    std::string& got = mismatches.back().got;
    for (const Arrival& arrival : arrivals) got += "\n" + arrival_text(arrival);
  }
  return judgement;
}

Judgement check_state(const Stage& stage, const Json& step) {
  Judgement judgement;
  const std::string subject = shown(*member(step, "of"));
  const std::string wanted = shown(*member(step, "is"));
  judgement.what = "the receiver's state of " + subject + " is " + wanted;
  if (!stage.has_own_receiver()) {
    judgement.not_checked = kOwnState;
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
