#include "base/json_path.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace zest {
namespace {

// The next step of a path: a member's name, or an index in brackets.
struct Step {
  std::string_view name;
  std::optional<std::size_t> index;
};

// Takes one step off `rest`; nothing when it is malformed.
std::optional<Step> take_step(std::string_view& rest, bool first) {
  if (rest.front() == '[') {
    const std::size_t close = rest.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    const std::string_view digits = rest.substr(1, close - 1);
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    rest.remove_prefix(close + 1);
    return Step{{}, index};
  }
  if (rest.front() == '.' && !first) rest.remove_prefix(1);
  const std::size_t end = std::min(rest.find_first_of(".["), rest.size());
  if (end == 0) return std::nullopt;
  const Step step{rest.substr(0, end), std::nullopt};
  rest.remove_prefix(end);
  return step;
}

}  // namespace

const Json* reach(const Json& document, std::string_view path) {
  const Json* at = &document;
  for (bool first = true; at != nullptr && !path.empty(); first = false) {
    const std::optional<Step> step = take_step(path, first);
    if (!step) return nullptr;
    if (step->index) {
      at = at->is_array() && *step->index < at->size() ? &(*at)[*step->index] : nullptr;
    } else {
      at = member(*at, step->name);
    }
  }
  return at;
}

bool is_json_path(std::string_view path) {
  for (bool first = true; !path.empty(); first = false) {
    if (!take_step(path, first)) return false;
  }
  return true;
}

}  // namespace zest
