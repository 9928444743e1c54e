// Runs one scenario against a sandbox and says what came of it.
#pragma once

#include <string>
#include <vector>

#include "scenario/document_names.h"
#include "scenario/matcher.h"
#include "scenario/stage.h"

namespace zest::scenario {

struct RunOptions {
  StageOptions stage;
  Json variables = Json::object();  // in place of those in the file
  Timeline::Observer on_line;       // each line as it happens
  bool strict = false;              // a check that cannot be made fails the scenario
};

// An expectation that was not met, or a step that could not be done.
struct Failure {
  std::string where;  // file:line:column of the step
  std::string step;   // what it does, in words
  Mismatches mismatches;
  std::size_t line = 0;  // how many lines of the timeline came before it
};

struct Report {
  // Checks that were made, those that failed among them, and those that could not be.
  std::size_t all_checks() const { return checks + failures.size() + not_checked.size(); }
  // "3 of 7 checks not made (no probe)"; "" when all were.
  std::string unmade() const;

  enum class Outcome { Passed, Failed, Unreachable };
  Outcome outcome = Outcome::Passed;
  std::string name;
  std::string purpose;
  std::string source;
  std::string file;
  std::size_t checks = 0;
  std::vector<Failure> failures;
  std::vector<NotChecked> not_checked;
  std::string
      not_its_calls;       // why the calls were the runner's rather than those of the application; "": none
  bool its_calls = false;  // the application made the calls, by its actions
  Json warnings;           // GET /_sandbox/warnings of the run's partner; null when it cannot be had
  std::vector<Line> lines;
  std::string canonical;  // deliveries and journal, see canonical.h
  Duration wall{0};
};

// `source` has been linted: it has no findings.
Report run(const Source& source, const RunOptions& options);

}  // namespace zest::scenario
