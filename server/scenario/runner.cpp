#include "scenario/runner.h"

#include <algorithm>

#include "base/text.h"
#include "scenario/canonical.h"
#include "scenario/document_names.h"
#include "scenario/script.h"

namespace zest::scenario {
namespace {

Json first_variables(const Json& document, const RunOptions& options) {
  Json variables = Json::object();
  if (const Json* given = member(document, "variables")) variables = *given;
  variables.update(options.variables);
  variables["url"] = options.stage.url;
  variables["scenario"] = text_member(document, "name");
  return variables;
}

// With the variables in the settings of partner, clock and receiver.
Result<std::unique_ptr<Stage>> open_stage(const std::string& name, const Json& document,
                                          const Json& variables, const RunOptions& options,
                                          Timeline& timeline) {
  Json settings = Json::object();
  for (const char* each : {"partner", "clock", "receiver"}) {
    if (const Json* value = member(document, each)) {
      ASSIGN_OR_RETURN(settings[each], expand(*value, variables));
    }
  }
  return Stage::open(name, settings, options.stage, timeline);
}

// What could not be looked at counts as a failure.
void fail_unmade(const Source& source, std::size_t line, Report& report) {
  for (const NotChecked& each : report.not_checked) {
    report.failures.push_back({source.where(""), "not checked", {{each.what, "a check", each.why}}, line});
  }
  report.not_checked.clear();
  if (report.not_its_calls.empty()) return;
  report.failures.push_back(
      {source.where(""), "not checked", {{"calls", "the application's", report.not_its_calls}}, line});
}

}  // namespace

std::string Report::unmade() const {
  if (not_checked.empty()) return "";
  std::vector<std::string> reasons;
  for (const NotChecked& each : not_checked) {
    if (std::find(reasons.begin(), reasons.end(), each.why) == reasons.end()) reasons.push_back(each.why);
  }
  return std::to_string(not_checked.size()) + " of " + std::to_string(all_checks()) + " checks not made (" +
         join(reasons) + ")";
}

Report run(const Source& source, const RunOptions& options) {
  const auto began = std::chrono::steady_clock::now();
  const Json& document = source.root();
  Report report;
  report.file = source.name();
  report.name = text_member(document, "name");
  report.purpose = text_member(document, "purpose");
  report.source = text_member(document, "source");
  Timeline timeline(options.on_line);
  Json variables = first_variables(document, options);
  Result<std::unique_ptr<Stage>> stage = open_stage(report.name, document, variables, options, timeline);
  if (!stage.ok()) {
    const Error& error = stage.error();
    report.outcome = client::is_unreachable(error) ? Report::Outcome::Unreachable : Report::Outcome::Failed;
    report.failures.push_back({source.where(""), "the start", {{"partner", "registered", error.detail}}, 0});
  } else {
    variables["clientId"] = (*stage)->client_id();
    Script script(source, **stage, std::move(variables));
    script.play();
    report.failures = script.failures();
    report.checks = (*stage)->checks();
    report.not_checked = (*stage)->not_checked();
    report.not_its_calls = script.not_its_calls();
    report.its_calls = script.acting();
    const Result<Json> warnings = (*stage)->control().warnings({{"clientId", (*stage)->client_id()}});
    if (warnings.ok()) report.warnings = *warnings;
    if (options.strict) fail_unmade(source, timeline.lines().size(), report);
    if (!report.failures.empty()) report.outcome = Report::Outcome::Failed;
    const Result<std::string> canonical = canonical_form(**stage);
    if (canonical.ok()) report.canonical = *canonical;
  }
  report.lines = timeline.lines();
  report.wall = std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - began);
  return report;
}

}  // namespace zest::scenario
