#include <CLI/App.hpp>
#include <memory>
#include <utility>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/coverage_report.h"
#include "cli/program.h"
#include "insight/coverage_report.h"

namespace zest::cli {
namespace {

constexpr int kAll = 100;  // percent

struct CoverageOptions {
  std::string client_id;
  int minimum = 0;
  std::string html_file;
  std::string junit_file;
  std::string markdown_file;
  bool markdown = false;  // to standard output, unless a file is named
  std::vector<std::string> files;
};

void add_output_options(CLI::App* command, CoverageOptions& options) {
  command->add_option("--min", options.minimum, "Fail below so many percent")
      ->type_name("PERCENT")
      ->check(whole_number(0, kAll));
  command->add_option("--html", options.html_file, "Write it there as one HTML page")->type_name("FILE");
  command->add_option("--junit", options.junit_file, "Write it there as JUnit XML, for CI")
      ->type_name("FILE");
  command
      ->add_option_function<std::vector<std::string>>(
          "--markdown",
          [&options](const std::vector<std::string>& file) {
            options.markdown = true;
            if (!file.empty()) options.markdown_file = file.front();
          },
          "As Markdown, for a job's summary: into the file, or instead of the screen")
      ->type_name("[FILE]")
      ->expected(0, 1);
}

int conclude_coverage(const Program& program, const CoverageOptions& options, const Json& coverage,
                      bool json) {
  for (const auto& [path, text] :
       {std::pair(options.html_file, options.html_file.empty() ? "" : coverage_html(coverage)),
        std::pair(options.junit_file, options.junit_file.empty() ? "" : coverage_junit(coverage)),
        std::pair(options.markdown_file, options.markdown_file.empty() ? "" : coverage_markdown(coverage))}) {
    const Result<void> written = path.empty() ? Result<void>() : write_file(path, text);
    if (!written.ok()) return program.fail(kUsage, written.error().detail);
  }
  if (json) {
    program.out << dump_json_pretty(coverage) << std::endl;
  } else if (options.markdown && options.markdown_file.empty()) {
    program.out << coverage_markdown(coverage) << std::flush;
  } else {
    program.out << coverage_screen(program, coverage) << std::flush;
  }
  if (covers(coverage, options.minimum)) return kFine;
  return program.fail(kFailed, "the coverage is below --min " + std::to_string(options.minimum) + ": " +
                                   text_at(coverage, "percent") + "%");
}

// The sum of files that --json wrote. The commands are for a sandbox where one is by default.
int merge(const Program& program, const CoverageOptions& options, bool json) {
  insight::CoverageCounts counts{};
  for (const std::string& path : options.files) {
    const Result<std::string> text = read_input(path);
    if (!text.ok()) return program.fail(kUsage, text.error().detail);
    const Result<Json> document = parse_json(*text);
    if (!document.ok()) return program.fail(kUsage, path + ": this is no JSON");
    const Result<insight::CoverageCounts> read = insight::read_coverage(*document);
    if (!read.ok()) return program.fail(kUsage, path + ": " + read.error().detail);
    insight::add_coverage(counts, *read);
  }
  return conclude_coverage(program, options, insight::coverage_json(counts, {}, true), json);
}

}  // namespace

void add_coverage(Program& program) {
  CLI::App* command = program.command(
      "coverage", "What your tests have met of Zest, and a command for each thing that is missing",
      {"coverage   # after your tests, while the sandbox runs", "coverage --client-id client_acme --min 80",
       "coverage --json > one.json",
       "coverage merge one.json two.json --html coverage.html   # of several runs"});
  const auto remote = add_remote(program, command);
  const auto options = std::make_shared<CoverageOptions>();
  command->add_option("--client-id", options->client_id, "Only what this partner has met")
      ->type_name("CLIENT_ID");
  add_output_options(command, *options);
  program.on(command, [&program, remote, options] {
    const Result<Json> answer = control_api(*remote).coverage({{"clientId", given(options->client_id)}});
    if (!answer.ok()) return report(program, *remote, answer.error());
    return conclude_coverage(program, *options, *answer, remote->json);
  });

  CLI::App* merging = program.command(
      command, "merge", "The sum of several runs, from what `coverage --json` wrote",
      {"coverage merge one.json two.json", "coverage merge shard-*.json --min 80 --junit c.xml"});
  const auto merged = std::make_shared<CoverageOptions>();
  const auto json = std::make_shared<bool>(false);
  merging->add_option("files", merged->files, "What `coverage --json` wrote")->required()->type_name("FILE");
  merging->add_flag("--json", *json, "Print the sum as JSON");
  add_output_options(merging, *merged);
  program.on(merging, [&program, merged, json] { return merge(program, *merged, *json); });
}

}  // namespace zest::cli
