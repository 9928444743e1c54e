// Expectations that no run could ever meet, or that expect nothing.
#include <algorithm>

#include "base/time.h"
#include "scenario/lint_meaning.h"

namespace zest::scenario {
namespace {

std::optional<std::int64_t> whole(const Json& step, std::string_view name) {
  const Json* value = member(step, name);
  if (!value || !value->is_number_integer()) return std::nullopt;
  return value->get<std::int64_t>();
}

std::optional<std::int64_t> length(const Json& step, std::string_view name) {
  const Json* value = member(step, name);
  if (!value || !value->is_array()) return std::nullopt;
  return static_cast<std::int64_t>(value->size());
}

bool any_of(const Json& step, std::initializer_list<const char*> names) {
  return std::any_of(names.begin(), names.end(),
                     [&step](const char* name) { return member(step, name) != nullptr; });
}

// Two members that say how many there are must agree.
void agree(const Json& step, const char* number, const char* list, Remarks& remarks) {
  const auto wanted = whole(step, number);
  const auto listed = length(step, list);
  if (wanted && listed && *wanted != *listed) {
    remarks.push_back({child("", list),
                       "cannot hold: \"" + std::string(list) + "\" has " + std::to_string(*listed) +
                           " elements, \"" + number + "\" is " + std::to_string(*wanted),
                       ""});
  }
}

void check_order(const Json& step, Remarks& remarks) {
  const Json* order = member(step, "order");
  const std::string* event = string_member(step, "event");
  if (!order || !order->is_array() || !event || event->find('*') != std::string::npos) return;
  for (std::size_t index = 0; index < order->size(); ++index) {
    if ((*order)[index].is_string() && (*order)[index] != *event) {
      remarks.push_back({child("/order", index), "cannot hold: only " + *event + " is looked at", ""});
    }
  }
}

void lint_offsets(const Json& step, Remarks& remarks) {
  const Json* offsets = member(step, "offsets");
  Duration before{-1};
  for (std::size_t index = 0; offsets && offsets->is_array() && index < offsets->size(); ++index) {
    if (!(*offsets)[index].is_string()) continue;
    const Result<Duration> offset = parse_duration((*offsets)[index].get<std::string>());
    if (!offset.ok()) continue;
    if (*offset <= before) {
      remarks.push_back({child("/offsets", index), "cannot hold: offsets grow from attempt to attempt", ""});
    }
    before = *offset;
  }
}

void lint_attempts(const Json& step, Remarks& remarks) {
  const Json* attempts = member(step, "attempts");
  for (std::size_t index = 0; attempts && attempts->is_array() && index < attempts->size(); ++index) {
    const Json& attempt = (*attempts)[index];
    const std::string* outcome = string_member(attempt, "outcome");
    if (!outcome || *outcome != "delivered") continue;
    const Place place = child("/attempts", index);
    if (member(attempt, "failure")) {
      remarks.push_back({child(place, "failure"), "cannot hold: a delivered attempt has no failure", ""});
    }
    if (const auto status = whole(attempt, "status"); status && *status >= 300) {
      remarks.push_back({child(place, "status"), "cannot hold: delivered means a status below 300",
                         "Zest docs: webhooks/retries"});
    }
  }
}

void nothing_expected(const std::string& members, Remarks& remarks) {
  remarks.push_back({"", "this expects nothing", "add " + members});
}

}  // namespace

void check_expectation(const Json& step, Remarks& remarks) {
  const std::string* what = string_member(step, "expect");
  if (!what) return;
  agree(step, "count", "order", remarks);
  check_order(step, remarks);
  const bool none = whole(step, "count") == 0;
  if (*what == "deliveries") {
    agree(step, "attemptCount", "offsets", remarks);
    agree(step, "count", "status", remarks);
    lint_offsets(step, remarks);
    lint_attempts(step, remarks);
    if (none && any_of(step, {"status", "attemptCount", "offsets", "attempts"})) {
      remarks.push_back({"/count", "cannot hold: of no delivery nothing else can be expected", ""});
    }
    if (!any_of(step, {"count", "status", "attemptCount", "offsets", "attempts", "order"})) {
      nothing_expected("count, status, attemptCount, offsets, attempts or order", remarks);
    }
  }
  if (*what == "received") {
    agree(step, "count", "answers", remarks);
    const auto count = whole(step, "count");
    for (const char* part : {"distinct", "refused", "applied", "duplicates", "late"}) {
      if (const auto value = whole(step, part); count && value && *value > *count) {
        remarks.push_back({child("", part),
                           "cannot hold: more than the " + std::to_string(*count) + " requests of \"count\"",
                           ""});
      }
    }
    if (!any_of(step,
                {"count", "distinct", "refused", "applied", "duplicates", "late", "order", "answers"})) {
      nothing_expected("count, distinct, refused, applied, duplicates, late, order or answers", remarks);
    }
  }
}

void check_ranges(const Json& value, const Place& place, Remarks& remarks) {
  if (value.is_array()) {
    for (std::size_t index = 0; index < value.size(); ++index) {
      check_ranges(value[index], child(place, index), remarks);
    }
  }
  if (!value.is_object()) return;
  const auto least = whole(value, "min");
  const auto most = whole(value, "max");
  if (least && most && *least > *most) {
    remarks.push_back({child(place, "min"), "cannot hold: \"min\" is greater than \"max\"", ""});
  }
  for (const auto& [name, inner] : value.get_ref<const Json::object_t&>()) {
    // What goes out is the API's to judge.
    if (name != "body" || place == "/expect") check_ranges(inner, child(place, name), remarks);
  }
}

}  // namespace zest::scenario
