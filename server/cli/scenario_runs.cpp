#include "cli/scenario_runs.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <sstream>
#include <thread>

#include "app/sandbox.h"
#include "cli/warnings.h"
#include "client/control_api.h"

namespace zest::cli {
namespace {

constexpr std::uint64_t kDefaultSeed = 1;

std::uint64_t seed_of(const scenario::Source& source, const ScenarioRuns& runs, std::size_t run,
                      std::size_t scenarios) {
  if (runs.seed) {
    const bool counts = runs.seeds != ScenarioRuns::Seeds::Same;
    return *runs.seed + (!counts ? 0 : runs.seeds == ScenarioRuns::Seeds::OnePerRun ? run : run % scenarios);
  }
  const Json* seed = member(source.root(), "seed");
  return seed && seed->is_number_unsigned() ? seed->get<std::uint64_t>() : kDefaultSeed;
}

scenario::Report run_one(const scenario::Source& source, const ScenarioRuns& runs, std::uint64_t seed) {
  if (!runs.run.stage.url.empty()) return scenario::run(source, runs.run);
  Log log(LogFormat::Text, LogLevel::Off);
  app::ServeOptions serve;
  serve.port = 0;
  serve.clock = ClockMode::Manual;
  serve.seed = seed;
  Result<std::unique_ptr<app::Sandbox>> sandbox = app::Sandbox::start(serve, log);
  if (!sandbox.ok()) {
    scenario::Report report;
    report.outcome = scenario::Report::Outcome::Failed;
    report.name = report.file = source.name();
    report.failures.push_back(
        {source.name(), "the start", {{"sandbox", "started", sandbox.error().detail}}, 0});
    return report;
  }
  scenario::RunOptions options = runs.run;
  options.stage.url = (*sandbox)->local_url();
  scenario::Report report = scenario::run(source, options);
  if (runs.on_coverage) {
    const client::ControlApi control(options.stage.url, (*sandbox)->admin_token());
    if (const Result<Json> coverage = control.coverage(); coverage.ok()) runs.on_coverage(*coverage);
  }
  (*sandbox)->stop();
  return report;
}

// The first line that differs, of both.
scenario::Mismatch difference(const std::string& first, const std::string& other) {
  std::istringstream left(first);
  std::istringstream right(other);
  std::string expected;
  std::string got;
  do {
    expected = got = "";
    std::getline(left, expected);
    std::getline(right, got);
  } while (expected == got && (left || right));
  return {"canonical form", expected, got};
}

bool must_not_differ(const scenario::Source& source) {
  const Json* clock = member(source.root(), "clock");
  return !clock || *clock == "manual";
}

void compare(const scenario::Source& source, const scenario::Report& first, scenario::Report& report) {
  using Outcome = scenario::Report::Outcome;
  const bool both_ran = first.outcome == Outcome::Passed && report.outcome == Outcome::Passed;
  if (!both_ran || !must_not_differ(source) || first.canonical == report.canonical) return;
  report.outcome = Outcome::Failed;
  report.failures.push_back({source.where(""),
                             "this run differs from the first one",
                             {difference(first.canonical, report.canonical)},
                             report.lines.size()});
}

}  // namespace

std::vector<scenario::Report> run_scenarios(const std::vector<scenario::Source>& sources,
                                            const ScenarioRuns& runs) {
  std::vector<scenario::Report> reports(sources.size() * runs.repeat);
  std::atomic<std::size_t> next{0};
  std::mutex shown;
  const auto work = [&] {
    for (std::size_t index = next++; index < reports.size(); index = next++) {
      const scenario::Source& source = sources[index % sources.size()];
      reports[index] = run_one(source, runs, seed_of(source, runs, index, sources.size()));
      const std::lock_guard lock(shown);
      if (runs.on_report) runs.on_report(reports[index]);
    }
  };
  std::vector<std::thread> workers;
  for (std::size_t job = 1; job < std::min(runs.jobs, reports.size()); ++job) workers.emplace_back(work);
  work();
  for (std::thread& worker : workers) worker.join();
  for (std::size_t index = sources.size(); index < reports.size(); ++index) {
    if (runs.seeds == ScenarioRuns::Seeds::OnePerRun) break;
    compare(sources[index % sources.size()], reports[index % sources.size()], reports[index]);
  }
  return reports;
}

Json application_warnings(const ScenarioRuns& runs, const std::vector<scenario::Report>& reports) {
  WarningSum sum;
  if (runs.run.stage.webhook_url.empty()) return sum.page();
  for (const scenario::Report& report : reports) sum.add(report.warnings, report.its_calls);
  return sum.page();
}

}  // namespace zest::cli
