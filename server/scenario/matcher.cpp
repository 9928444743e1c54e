#include "scenario/matcher.h"

#include <algorithm>

#include "base/pattern.h"
#include "scenario/document_names.h"
#include "scenario/language.h"

namespace zest::scenario {
namespace {

constexpr std::size_t kLongestShown = 400;

bool is_condition(const Json& expected) {
  if (!expected.is_object() || expected.empty()) return false;
  const Shape& shape = *language().shape(kMatcherShape);
  const auto& members = expected.get_ref<const Json::object_t&>();
  return std::all_of(members.begin(), members.end(),
                     [&shape](const auto& entry) { return shape.find(entry.first) != nullptr; });
}

bool same(const Json& a, const Json& b) { return canonical_json(a) == canonical_json(b); }

bool contains(const Json& whole, const Json& part) {
  if (whole.is_string()) {
    return part.is_string() &&
           whole.get_ref<const std::string&>().find(part.get_ref<const std::string&>()) != std::string::npos;
  }
  if (whole.is_array()) {
    return std::any_of(whole.begin(), whole.end(), [&part](const Json& element) {
      return matches(part, &element) || contains(element, part);
    });
  }
  if (!whole.is_object() || !part.is_object()) return false;
  const auto& members = part.get_ref<const Json::object_t&>();
  return std::all_of(members.begin(), members.end(), [&whole](const auto& entry) {
    return matches(entry.second, member(whole, entry.first));
  });
}

bool holds(const std::string& condition, const Json& wanted, const Json* actual) {
  if (condition == "exists") return (actual != nullptr) == wanted.get<bool>();
  if (condition == "not") return !actual || !same(wanted, *actual);
  if (!actual) return false;
  if (condition == "equals") return same(wanted, *actual);
  if (condition == "contains") return contains(*actual, wanted);
  if (condition == "oneOf") {
    return std::any_of(wanted.begin(), wanted.end(),
                       [actual](const Json& each) { return same(each, *actual); });
  }
  if (condition == "length") {
    const std::size_t length =
        actual->is_string() ? actual->get_ref<const std::string&>().size() : actual->size();
    return in_range(wanted, static_cast<std::int64_t>(length));
  }
  if (condition == "min") return actual->is_number() && actual->get<double>() >= wanted.get<double>();
  if (condition == "max") return actual->is_number() && actual->get<double>() <= wanted.get<double>();
  if (condition == "matches") {
    const Result<Pattern> pattern = Pattern::compile(wanted.get<std::string>());
    return pattern.ok() && pattern->search(shown(*actual)) == Pattern::Match::Yes;
  }
  return false;
}

}  // namespace

bool matches(const Json& expected, const Json* actual) {
  if (!is_condition(expected)) return actual && same(expected, *actual);
  const auto& conditions = expected.get_ref<const Json::object_t&>();
  return std::all_of(conditions.begin(), conditions.end(), [actual](const auto& entry) {
    try {
      return holds(entry.first, entry.second, actual);
    } catch (const std::exception&) {
      // A template stood for something that this condition cannot be made of.
      return false;
    }
  });
}

void check_value(const std::string& what, const Json& expected, const Json* actual, Mismatches& mismatches) {
  if (matches(expected, actual)) return;
  mismatches.push_back(
      {what, expected_text(expected), actual ? shown(*actual, kLongestShown) : std::string("nothing there")});
}

bool status_fits(const Json& expected, int status) {
  if (expected.is_array()) {
    return std::any_of(expected.begin(), expected.end(),
                       [status](const Json& each) { return status_fits(each, status); });
  }
  if (!expected.is_string()) return expected == Json(status);
  return shown(expected) == std::to_string(status / 100) + "xx" || shown(expected) == std::to_string(status);
}

bool in_range(const Json& expected, std::int64_t actual) {
  if (!expected.is_object()) return expected == Json(actual);
  const Json* least = member(expected, "min");
  const Json* most = member(expected, "max");
  return (!least || Json(actual) >= *least) && (!most || Json(actual) <= *most);
}

void check_range(const std::string& what, const Json& expected, std::int64_t actual, Mismatches& mismatches) {
  if (!in_range(expected, actual))
    mismatches.push_back({what, expected_text(expected), std::to_string(actual)});
}

std::string expected_text(const Json& expected) {
  if (!is_condition(expected)) return shown(expected, kLongestShown);
  std::string text;
  for (const auto& [condition, wanted] : expected.get_ref<const Json::object_t&>()) {
    if (!text.empty()) text += ", ";
    const std::string value = shown(wanted, kLongestShown);
    if (condition == "exists")
      text += wanted == Json(true) ? "something there" : "nothing there";
    else if (condition == "min")
      text += "at least " + value;
    else if (condition == "max")
      text += "at most " + value;
    else if (condition == "oneOf")
      text += "one of " + value;
    else if (condition == "equals")
      text += value;
    else
      text += condition + " " + value;
  }
  return text;
}

}  // namespace zest::scenario
