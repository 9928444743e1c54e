#include "cli/certify_report.h"

#include <CLI/App.hpp>
#include <algorithm>

#include "base/file.h"
#include "scenario/junit.h"

namespace zest::cli {
namespace {

Style verdict_style(certify::Verdict verdict) {
  return verdict == certify::Verdict::Pass   ? Style::Green
         : verdict == certify::Verdict::Fail ? Style::Red
                                             : Style::Yellow;
}

void print_duty(const Program& program, const certify::DutyResult& result) {
  std::string verdict = certify::verdict_name(result.verdict);
  verdict.resize(std::max<std::size_t>(verdict.size(), 9), ' ');
  program.out << "  " << program.terminal.styled(verdict_style(result.verdict), verdict) << "  "
              << (result.duty->level == certify::Level::Must ? "must    " : "should  ")
              << program.terminal.styled(Style::Bold, result.duty->title) << "\n"
              << "             " << printable(result.sentence) << "\n";
  if (result.verdict != certify::Verdict::Fail) return;
  for (const certify::Evidence& one : result.evidence) {
    program.out << "               " << printable(one.sent) << " -> " << printable(one.answer) << "\n";
  }
  program.out << "             Fix: " << result.duty->fix
              << "\n             Zest docs: " << result.duty->documentation << "\n";
}

void print_report(const Program& program, const certify::Report& report) {
  if (report.of_client) {
    program.out << "API client " << printable(report.application) << ", " << report.calls_seen << " calls in "
                << format_duration(report.took) << "\n\n";
  } else {
    program.out << "Webhook receiver " << printable(report.url) << ", " << report.webhooks_sent
                << " webhooks in " << format_duration(report.took) << "\n\n";
  }
  for (const certify::DutyResult& result : report.results) print_duty(program, result);
  program.out << "\nWhat no look from outside can show:\n";
  for (const std::string& limit : report.limits) program.out << "  - " << limit << "\n";
  const Style style = report.passed() ? Style::Green : Style::Red;
  program.out << "\n"
              << program.terminal.styled(style, std::string("Grade ") + grade_name(report.grade)) << ": "
              << report.meaning() << "\n"
              << certify::summary(report) << "." << std::endl;
}

}  // namespace

void add_report_options(CLI::App* command, ReportOptions& options) {
  command->add_option("--json", options.json_file, "Write the report there as JSON")->type_name("FILE");
  command->add_option("--junit", options.junit_file, "Write it there as JUnit XML, for CI")
      ->type_name("FILE");
  command->add_option("--html", options.html_file, "Write it there as one HTML page")->type_name("FILE");
  command->add_option("--markdown", options.markdown_file, "Write it there as Markdown, for a job's summary")
      ->type_name("FILE");
}

Result<std::vector<ReportFile>> report_files(const ReportOptions& options) {
  std::vector<ReportFile> files;
  const auto add = [&files](const std::string& path, std::string (*render)(const certify::Report&)) {
    if (!path.empty()) files.push_back({path, render});
  };
  add(options.json_file,
      [](const certify::Report& report) { return dump_json_pretty(certify::json_report(report)) + "\n"; });
  add(options.junit_file,
      [](const certify::Report& report) { return scenario::junit_xml(certify::junit_cases(report)); });
  add(options.html_file, certify::html_report);
  add(options.markdown_file, certify::markdown_report);
  for (const ReportFile& file : files) {
    RETURN_IF_ERROR(check_writable(file.path));
  }
  return files;
}

int conclude_report(const Program& program, const certify::Report& report,
                    const std::vector<ReportFile>& files) {
  print_report(program, report);
  for (const ReportFile& file : files) {
    const Result<void> written = write_file(file.path, file.render(report));
    if (!written.ok()) return program.fail(kFailed, written.error().detail);
  }
  return report.passed() ? kFine : kFailed;
}

}  // namespace zest::cli
