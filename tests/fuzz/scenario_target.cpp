// Scenario files: whatever the text, lint says what is wrong with it and where.
#include "scenario/lint.h"

#include <algorithm>

#include "fuzz/target.h"

namespace zest::fuzz {

FUZZ_TARGET(scenario, Json) {
  const scenario::Source source = scenario::Source::parse("scenario.json", input);
  const auto lines = static_cast<std::size_t>(std::count(input.begin(), input.end(), '\n')) + 1;
  const std::vector<scenario::Finding> findings = scenario::lint(source);
  FUZZ_CHECK(source.readable() || !findings.empty());
  for (const scenario::Finding& finding : findings) {
    FUZZ_CHECK(finding.at.line >= 1 && finding.at.line <= lines && finding.at.column >= 1);
    FUZZ_CHECK(!finding.reason.empty() && !scenario::describe(source, finding).empty());
  }
}

}  // namespace zest::fuzz
