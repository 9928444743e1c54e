#include "cli/assignment.h"

#include <charconv>
#include <optional>
#include <vector>

#include "base/error.h"

namespace zest::cli {
namespace {

std::vector<std::string> segments(std::string_view path) {
  std::vector<std::string> found;
  for (;;) {
    const std::size_t dot = path.find('.');
    found.emplace_back(path.substr(0, dot));
    if (dot == std::string_view::npos) return found;
    path.remove_prefix(dot + 1);
  }
}

std::optional<std::size_t> position(const std::string& text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Result<Json> typed(const Assignment& assignment, const Json& before) {
  const std::string& text = assignment.value;
  const bool looks_like_json = !text.empty() && (text.front() == '{' || text.front() == '[');
  const bool is_boolean = text == "true" || text == "false";
  const bool absent = before.is_null();
  const bool as_json = assignment.is_json || before.is_structured() || before.is_number() ||
                       before.is_boolean() || (absent && (looks_like_json || is_boolean));
  if (!as_json) return Json(text);
  Result<Json> parsed = parse_json(text);
  if (parsed.ok() && (assignment.is_json || absent || parsed->type() == before.type() ||
                      (parsed->is_number() && before.is_number()))) {
    return parsed;
  }
  if (assignment.is_json || absent) return invalid_request(assignment.path + ": " + parsed.error().detail);
  return invalid_request(
      assignment.path + " is " +
      (before.is_boolean() ? "true or false" : "a JSON " + std::string(before.type_name())) + " here; `" +
      assignment.path + ":=…` sets any other JSON value");
}

// The place below `at` that a segment names, made when it is absent.
Result<Json*> step(Json* at, const std::string& segment, const std::string& path) {
  if (segment.empty()) return invalid_request("\"" + path + "\" has an empty name in it");
  if (at->is_null()) *at = Json::object();
  if (at->is_object()) return &(*at)[segment];
  if (!at->is_array())
    return invalid_request(path + ": there is no member " + segment + " in a " + at->type_name());
  const std::optional<std::size_t> index = position(segment);
  if (!index || *index > at->size()) {
    return invalid_request(path + ": " + segment + " is no position in a list of " +
                           std::to_string(at->size()) + "; the first one is 0");
  }
  if (*index == at->size()) at->push_back(nullptr);
  return &(*at)[*index];
}

}  // namespace

Result<Assignment> parse_assignment(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0 || text.substr(0, equals) == ":") {
    return invalid_request("\"" + std::string(text) +
                           "\" is not of the form name=value, such as currency=EUR or lumpSum.value=100.00");
  }
  Assignment assignment;
  assignment.is_json = text[equals - 1] == ':';
  assignment.path = text.substr(0, assignment.is_json ? equals - 1 : equals);
  assignment.value = text.substr(equals + 1);
  return assignment;
}

Result<void> assign(Json& document, const Assignment& assignment) {
  Json* at = &document;
  for (const std::string& segment : segments(assignment.path)) {
    ASSIGN_OR_RETURN(at, step(at, segment, assignment.path));
  }
  ASSIGN_OR_RETURN(*at, typed(assignment, *at));
  return {};
}

}  // namespace zest::cli
