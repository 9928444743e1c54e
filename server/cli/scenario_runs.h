// Runs many scenarios: each on a sandbox of its own or as a partner of its own, several at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "scenario/report.h"
#include "scenario/runner.h"

namespace zest::cli {

struct ScenarioRuns {
  scenario::RunOptions run;  // stage.url "": a sandbox of its own for each run
  // Of all runs; without it that of each file. With an application that may remember identifiers of the runs
  // before, each run counts on from it.
  std::optional<std::uint64_t> seed;
  enum class Seeds { Same, OnePerScenario, OnePerRun };
  Seeds seeds = Seeds::Same;
  std::size_t repeat = 1;
  std::size_t jobs = 1;
  // As each run ends, one at a time.
  std::function<void(const scenario::Report&)> on_report;
  // What was met on a sandbox of the run's own, as it ends; several at a time.
  std::function<void(const Json& coverage)> on_coverage;
};

// One report for each run: the first of every scenario, then the second …. Where runs must not differ, one
// whose canonical form is not that of the first has failed.
std::vector<scenario::Report> run_scenarios(const std::vector<scenario::Source>& sources,
                                            const ScenarioRuns& runs);

// A page of what is to be warned of in the application that receives the webhooks, and in calls that it
// makes: the runner's own receiver and client misbehave on purpose.
Json application_warnings(const ScenarioRuns& runs, const std::vector<scenario::Report>& reports);

}  // namespace zest::cli
