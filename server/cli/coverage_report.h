// Coverage on the screen, in files, and at the end of runs; over what insight/coverage_report.h makes.
// Thread-safety: free functions, but for what says otherwise.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "base/mutex.h"
#include "cli/program.h"
#include "insight/coverage_report.h"

namespace zest::cli {

// One screen: a bar for each dimension, and below what is missing, a command for each.
std::string coverage_screen(const Program& program, const Json& coverage);
// The same in one line, without the commands: "36% (31 of 85): operations 9/23, events 4/9, …".
std::string coverage_line(const Json& coverage);

std::string coverage_markdown(const Json& coverage);
std::string coverage_html(const Json& coverage);
// A case for each item; what was not met has failed.
std::string coverage_junit(const Json& coverage);

// What several runs have met together. Thread-safety: add() from any thread.
class CoverageSum {
 public:
  void add(const Json& coverage);
  Json json() const;

 private:
  mutable Mutex mutex_;
  insight::CoverageCounts counts_ GUARDED_BY(mutex_) = {};
};

// Whether so many percent are covered.
bool covers(const Json& coverage, int percent);
bool met_more_than_a_token(const Json& coverage);

}  // namespace zest::cli
