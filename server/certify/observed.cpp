#include "certify/observed.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "certify/checks.h"

namespace zest::certify {
namespace {

constexpr std::size_t kShownBefore = 60;  // bytes of state before the first difference
constexpr std::size_t kShownState = 200;

std::string part_of(const std::string& state, std::size_t first, std::size_t last) {
  const auto inside = [&state](std::size_t at) {
    return at < state.size() && (static_cast<unsigned char>(state[at]) & 0xC0U) == 0x80U;
  };
  while (first > 0 && inside(first)) --first;
  while (inside(last)) ++last;
  return (first > 0 ? "…" : "") + state.substr(first, last - first) + (last < state.size() ? "…" : "");
}

// Two states as far as people need them: a few words before the first difference, and what follows.
std::pair<std::string, std::string> difference(const std::string& before, const std::string& now) {
  const auto [left, right] = std::mismatch(before.begin(), before.end(), now.begin(), now.end());
  const auto at = static_cast<std::size_t>(left - before.begin());
  const bool same = left == before.end() && right == now.end();
  const std::size_t first = same || at < kShownBefore ? 0 : at - kShownBefore;
  return {part_of(before, first, first + kShownState), part_of(now, first, first + kShownState)};
}

}  // namespace

void Observed::compare(const std::string& kind, const std::string& when, const std::string& before,
                       const Result<std::string>& after) {
  const std::string now = after.ok() ? *after : "(" + after.error().detail + ")";
  const auto shown = difference(before, now);
  result.evidence.push_back({kind + ", " + when, shown.first + " → " + shown.second, std::nullopt});
  if (now == before) {
    held.push_back(kind);
  } else {
    broken.push_back("the " + kind + ", " + when + ", went from " + shown.first + " to " + shown.second);
  }
}

void conclude(const Observed& finding, const std::vector<std::string>& skipped, const std::string& passed) {
  DutyResult& result = finding.result;
  const std::string but = skipped.empty() ? "" : " Not looked at: " + join(skipped, "; ") + ".";
  if (!finding.broken.empty()) {
    std::string text = join(finding.broken, "; ") + ".";
    text.front() = 'T';
    return set_verdict(result, Verdict::Fail, text + but);
  }
  if (finding.held.empty()) {
    return set_verdict(result, Verdict::NotShown,
                       "State could not be compared. " + join(skipped, "; ") + ".");
  }
  set_verdict(result, Verdict::Pass, passed + but);
}

}  // namespace zest::certify
