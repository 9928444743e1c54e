// Reports of runs, for people and for programs. Thread-safety: free functions.
#pragma once

#include <string>
#include <vector>

#include "scenario/runner.h"

namespace zest::scenario {

// What was expected, what came, and the timeline around it.
std::string failure_text(const Report& report, const Failure& failure);
// "passed" or "failed".
const char* outcome_name(const Report& report);

// "23 of 95 checks not made (no probe, no effect)" of all of them; "" when all were made.
std::string unmade_checks(const std::vector<Report>& reports);

Json to_json(const Report& report);
// {"passed", "failed", "notChecked", "scenarios": […]}
Json json_report(const std::vector<Report>& reports);
// As CI servers read it: one test case for each run.
std::string junit_report(const std::vector<Report>& reports);
// The canonical forms, each under a line with its scenario's name.
std::string canonical_report(const std::vector<Report>& reports);

}  // namespace zest::scenario
