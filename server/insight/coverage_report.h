// Coverage as a value: what the control plane answers, the command line prints and files hold. Thread-safety:
// free functions.
#pragma once

#include <cstddef>
#include <string>

#include "base/json.h"
#include "base/result.h"
#include "insight/coverage_commands.h"
#include "insight/coverage_recorder.h"

namespace zest::insight {

struct CoverageTotals {
  std::size_t covered = 0;
  std::size_t total = 0;
  // Whole, rounded down: 100 only when nothing is missing.
  std::size_t percent() const { return total == 0 ? 100 : covered * 100 / total; }
};
CoverageTotals totals_of(const CoverageCounts& counts);

// {"kind": "coverage", "version", "clientId"?, "covered", "total", "percent", "endpoint", "dimensions":
// [{"id", "title", "counts", "covered", "total", "percent", "items": [{"id", "name", "count",
// "command"?}]}]}. A command stands with each item that is missing. `has_endpoint`: whether the partner that
// the commands act for has one.
Json coverage_json(const CoverageCounts& counts, const CommandPlace& place, bool has_endpoint);

// The counts in such JSON, of this version or another one that has the same items. Errors: InvalidRequest, in
// one phrase.
Result<CoverageCounts> read_coverage(const Json& document);

// Adds the counts.
void add_coverage(CoverageCounts& to, const CoverageCounts& counts);

}  // namespace zest::insight
