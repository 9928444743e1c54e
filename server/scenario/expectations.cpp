#include "scenario/expectations.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include "protocol/statuses.h"
#include "scenario/document_names.h"
#include "scenario/expect_received.h"

namespace zest::scenario {
namespace {

std::string selection_text(const Json& step) {
  std::string text;
  if (const Json* event = member(step, "event")) text += " " + shown(*event);
  if (const Json* subject = member(step, "subject")) text += " about " + shown(*subject);
  return text;
}

std::string text_at(const Json& object, std::string_view name) {
  const Json* value = member(object, name);
  return value ? shown(*value) : std::string();
}

std::string name_of(const Json& delivery) {
  return text_at(delivery, "eventType") + " " + text_at(delivery, "deliveryId");
}

Duration offset_of(const Json& attempt) {
  const Json* seconds = member(attempt, "offsetSeconds");
  return seconds ? Duration(std::llround(seconds->get<double>() * 1000.0)) : Duration(0);
}

std::vector<const Json*> scheduled(const Json& delivery) {
  std::vector<const Json*> attempts;
  for (const Json& attempt : delivery["attempts"]) {
    if (text_at(attempt, "kind") == to_string(AttemptKind::Scheduled)) attempts.push_back(&attempt);
  }
  return attempts;
}

// "0s, 30s, 5m30s" of durations however they are spelt.
Result<std::string> offsets_text(const Json& offsets) {
  std::string text;
  for (const Json& offset : offsets) {
    ASSIGN_OR_RETURN(const Duration duration, parse_duration(shown(offset)));
    text += (text.empty() ? "" : ", ") + format_duration(duration);
  }
  return text;
}

void check_offsets(const Json& expected, const Json& delivery, Mismatches& mismatches) {
  const Result<std::string> wanted = offsets_text(expected);
  std::string got;
  for (const Json* attempt : scheduled(delivery)) {
    got += (got.empty() ? "" : ", ") + format_duration(offset_of(*attempt));
  }
  const std::string expected_offsets = wanted.ok() ? *wanted : shown(expected);
  if (expected_offsets != got)
    mismatches.push_back({"offsets of " + name_of(delivery), expected_offsets, got});
}

// The members of an expected attempt, as an attempt of the control plane shows them.
Json attempt_view(const Json& attempt) {
  Json view{{"kind", text_at(attempt, "kind")},
            {"number", *member(attempt, "number")},
            {"offset", format_duration(offset_of(attempt))},
            {"outcome", text_at(attempt, "outcome")}};
  if (const Json* failure = member(attempt, "failure")) view["failure"] = *failure;
  if (const Json* status = member(attempt, "responseStatus")) view["status"] = *status;
  if (const Json* rule = member(attempt, "chaosRule")) view["chaosRule"] = *rule;
  return view;
}

void check_attempt(const std::string& what, const Json& expected, const Json& attempt,
                   Mismatches& mismatches) {
  const Json view = attempt_view(attempt);
  for (const auto& [name, wanted] : expected.get_ref<const Json::object_t&>()) {
    Json value = wanted;
    if (name == "offset") {
      if (const Result<Duration> offset = parse_duration(shown(wanted)); offset.ok()) {
        value = format_duration(*offset);
      }
    }
    const Json* actual = member(view, name);
    if (name == "status" && actual && status_fits(value, actual->get<int>())) continue;
    check_value(what + " " + name, value, actual, mismatches);
  }
}

void check_attempts(const Json& expected, const Json& delivery, Mismatches& mismatches) {
  const Json& attempts = delivery["attempts"];
  if (expected.size() != attempts.size()) {
    std::string got = std::to_string(attempts.size());
    for (const Json& attempt : attempts) got += "\n" + dump_json(attempt_view(attempt));
    mismatches.push_back(
        {"number of attempts of " + name_of(delivery), std::to_string(expected.size()), got});
    return;
  }
  for (std::size_t index = 0; index < attempts.size(); ++index) {
    check_attempt("attempt " + std::to_string(index + 1) + " of " + name_of(delivery), expected[index],
                  attempts[index], mismatches);
  }
}

// Event types in the order in which their deliveries were first taken by the receiver.
std::string delivered_order(const std::vector<Json>& deliveries) {
  std::vector<std::tuple<std::string, std::string, std::string>> firsts;
  for (const Json& delivery : deliveries) {
    for (const Json& attempt : delivery["attempts"]) {
      if (text_at(attempt, "outcome") != "delivered" ||
          text_at(attempt, "kind") == to_string(AttemptKind::Tampered))
        continue;
      firsts.emplace_back(text_at(attempt, "virtualTime"), text_at(attempt, "wallTime"),
                          text_at(delivery, "eventType"));
      break;
    }
  }
  std::stable_sort(firsts.begin(), firsts.end(), [](const auto& a, const auto& b) {
    return std::tie(std::get<0>(a), std::get<1>(a)) < std::tie(std::get<0>(b), std::get<1>(b));
  });
  std::string text;
  for (const auto& first : firsts) text += (text.empty() ? "" : ", ") + std::get<2>(first);
  return text;
}

void check_each(const Json& step, const std::vector<Json>& deliveries, Mismatches& mismatches) {
  const Json* status = member(step, "status");
  for (std::size_t index = 0; index < deliveries.size(); ++index) {
    const Json& delivery = deliveries[index];
    if (status && status->is_string()) {
      check_value("status of " + name_of(delivery), *status, member(delivery, "status"), mismatches);
    } else if (status && index < status->size()) {
      check_value("status of " + name_of(delivery), (*status)[index], member(delivery, "status"), mismatches);
    }
    if (const Json* count = member(step, "attemptCount")) {
      check_range("scheduled attempts of " + name_of(delivery), *count,
                  static_cast<std::int64_t>(scheduled(delivery).size()), mismatches);
    }
    if (const Json* offsets = member(step, "offsets")) check_offsets(*offsets, delivery, mismatches);
    if (const Json* attempts = member(step, "attempts")) check_attempts(*attempts, delivery, mismatches);
  }
}

Result<Judgement> check_deliveries(Stage& stage, const Json& step) {
  Judgement judgement;
  judgement.what = "deliveries" + selection_text(step);
  ASSIGN_OR_RETURN(std::vector<Json> all, stage.deliveries());
  std::vector<Json> deliveries;
  for (Json& delivery : all) {
    if (is_selected(delivery, member(step, "event"), member(step, "subject"))) {
      deliveries.push_back(std::move(delivery));
    }
  }
  const auto count = static_cast<std::int64_t>(deliveries.size());
  if (const Json* wanted = member(step, "count")) {
    check_range("count", *wanted, count, judgement.mismatches);
  } else if (count == 0 && !member(step, "order")) {
    judgement.mismatches.push_back({"count", "at least one", "0"});
  }
  if (const Json* status = member(step, "status");
      status && status->is_array() && status->size() != deliveries.size()) {
    judgement.mismatches.push_back(
        {"count", std::to_string(status->size()) + " (as many as \"status\")", std::to_string(count)});
  }
  check_each(step, deliveries, judgement.mismatches);
  if (const Json* order = member(step, "order")) {
    std::string wanted;
    for (const Json& event : *order) wanted += (wanted.empty() ? "" : ", ") + shown(event);
    const std::string got = delivered_order(deliveries);
    if (wanted != got)
      judgement.mismatches.push_back({"order", wanted, got.empty() ? "nothing delivered" : got});
  }
  judgement.found = Json(deliveries);
  return judgement;
}

bool entry_fits(const Json& step, const Json& entry) {
  for (const char* name :
       {"operation", "method", "status", "errorCode", "idempotencyKey", "idempotencyOutcome", "fault"}) {
    const Json* wanted = member(step, name);
    if (wanted && !matches(*wanted, member(entry, name))) return false;
  }
  const std::string* path = string_member(step, "path");
  if (!path) return true;
  const std::string actual = text_at(entry, "path");
  if (!path->empty() && path->back() == '*') return actual.rfind(path->substr(0, path->size() - 1), 0) == 0;
  return actual == *path || actual.substr(0, actual.find('?')) == *path;
}

std::string entry_text(const Json& entry) {
  std::string text =
      text_at(entry, "method") + " " + text_at(entry, "path") + "  " + text_at(entry, "status");
  for (const char* name : {"errorCode", "idempotencyKey", "idempotencyOutcome", "fault"}) {
    if (member(entry, name)) text += std::string("  ") + name + "=" + text_at(entry, name);
  }
  return text;
}

Result<Judgement> check_calls(Stage& stage, const Json& step) {
  Judgement judgement;
  ASSIGN_OR_RETURN(const std::vector<Json> journal, stage.journal());
  judgement.found = Json::array();
  judgement.what = "calls";
  for (const auto& [name, value] : step.get_ref<const Json::object_t&>()) {
    if (name != "expect" && name != "count") judgement.what += " " + name + "=" + shown(value);
  }
  for (const Json& entry : journal) {
    if (entry_fits(step, entry)) judgement.found.push_back(entry);
  }
  const Json* count = member(step, "count");
  const Json at_least_one{{"min", 1}};
  const auto found = static_cast<std::int64_t>(judgement.found.size());
  if (!in_range(count ? *count : at_least_one, found)) {
    std::string got = std::to_string(found) + "; the journal has";
    for (const Json& entry : journal) got += "\n" + entry_text(entry);
    judgement.mismatches.push_back({"count", expected_text(count ? *count : at_least_one), got});
  }
  return judgement;
}

Result<Judgement> check_held(Stage& stage, const Json& step) {
  Judgement judgement;
  judgement.what = "held" + selection_text(step);
  ASSIGN_OR_RETURN(const std::vector<Json> held, stage.all(&client::ControlApi::held));
  judgement.found = Json::array();
  for (const Json& each : held) {
    if (is_selected(each, member(step, "event"), nullptr)) judgement.found.push_back(each);
  }
  check_range("count", *member(step, "count"), static_cast<std::int64_t>(judgement.found.size()),
              judgement.mismatches);
  return judgement;
}

Result<Judgement> check_quiet(Stage& stage, const Json& step) {
  Judgement judgement;
  const std::size_t before = stage.arrivals().size();
  const std::string* period = string_member(step, "for");
  judgement.what = "quiet " + (period ? "for " + *period : std::string("until nothing is scheduled"));
  ASSIGN_OR_RETURN(const Json clock, stage.control().clock({{"clientId", stage.client_id()}}));
  if (text_at(clock, "mode") == to_string(ClockMode::Manual)) {
    Json target{{"clientId", stage.client_id()}};
    if (period) {
      target["by"] = *period;
    } else {
      target["until"] = "idle";
    }
    RETURN_IF_ERROR(stage.control().advance(target));
  }
  RETURN_IF_ERROR(stage.settle());
  const std::vector<Arrival> arrivals = stage.arrivals();
  if (arrivals.size() != before) {
    std::string got = std::to_string(arrivals.size() - before) + " more";
    for (std::size_t index = before; index < arrivals.size(); ++index) {
      got += "\n" + arrivals[index].received.event_type + " " + arrivals[index].received.event_id;
    }
    judgement.mismatches.push_back({"further requests to the receiver", "none", got});
  }
  return judgement;
}

}  // namespace

bool is_selected(const Json& delivery, const Json* wanted, const Json* subject) {
  const std::string type = text_at(delivery, "eventType");
  const auto fits = [&type](const Json& pattern) {
    const std::string text = shown(pattern);
    if (!text.empty() && text.back() == '*') return type.rfind(text.substr(0, text.size() - 1), 0) == 0;
    return type == text;
  };
  if (wanted && wanted->is_array() && std::none_of(wanted->begin(), wanted->end(), fits)) return false;
  if (wanted && !wanted->is_array() && !fits(*wanted)) return false;
  if (!subject) return true;
  // Any slug or person that the event names.
  const std::function<bool(const Json&)> names = [&](const Json& value) {
    if (value.is_structured()) return std::any_of(value.begin(), value.end(), names);
    return value.is_string() && value == *subject;
  };
  const Json* envelope = member(delivery, "envelope");
  const Json* data = envelope ? member(*envelope, "data") : nullptr;
  return text_at(delivery, "subject") == shown(*subject) || (data && names(*data));
}

Result<Judgement> check_expectation(Stage& stage, const Json& step) {
  const std::string what = text_at(step, "expect");
  if (what == "deliveries") return check_deliveries(stage, step);
  if (what == "received") return check_received(stage, step);
  if (what == "state") return check_state(stage, step);
  if (what == "calls") return check_calls(stage, step);
  if (what == "held") return check_held(stage, step);
  return check_quiet(stage, step);
}

}  // namespace zest::scenario
