// The report of a grading: on the screen and in files. Thread-safety: free functions.
#pragma once

#include <string>
#include <vector>

#include "certify/report.h"
#include "cli/program.h"

namespace zest::cli {

// --json, --junit, --html and --markdown.
struct ReportOptions {
  std::string json_file;
  std::string junit_file;
  std::string html_file;
  std::string markdown_file;
};
void add_report_options(CLI::App* command, ReportOptions& options);

struct ReportFile {
  std::string path;
  std::string (*render)(const certify::Report&);
};
// Tries them before the run, so that a bad path costs nothing; what is there stays until there is a report.
// Errors: InvalidRequest that names the file.
Result<std::vector<ReportFile>> report_files(const ReportOptions& options);

// Prints it and writes the files. Answers the exit code: kFine when it passed.
int conclude_report(const Program& program, const certify::Report& report,
                    const std::vector<ReportFile>& files);

}  // namespace zest::cli
