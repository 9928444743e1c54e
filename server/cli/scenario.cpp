#include <CLI/App.hpp>
#include <algorithm>
#include <random>

#include "base/file.h"
#include "cli/application.h"
#include "cli/commands.h"
#include "cli/coverage_report.h"
#include "cli/credentials.h"
#include "cli/program.h"
#include "cli/scenario_runs.h"
#include "cli/scenario_variables.h"
#include "cli/warnings.h"
#include "scenario/library.h"
#include "scenario/lint.h"
#include "scenario/markdown.h"
#include "scenario/schema.h"

namespace zest::cli {
namespace {

constexpr int kMaxJobs = 16;

struct RunFlags {
  std::vector<std::string> words;
  std::string url;
  std::string admin_token;
  std::string webhook_url;
  std::string webhook_secret;
  std::string app;
  std::string receiver;  // "": the reference, unless an application is tried
  std::string filter;
  std::string seed;
  std::vector<std::string> variables;
  std::size_t repeat = 1;
  std::size_t jobs = 4;
  bool quiet = false;
  bool strict = false;
  bool fail_on_warnings = false;
  std::string junit;
  std::string markdown;
  std::string json;
  std::string canonical;
};

std::string text_of(const scenario::Source& source, std::string_view name) {
  const std::string* text = string_member(source.root(), name);
  return text ? *text : std::string();
}

// Prints every finding; answers how many there are.
std::size_t print_findings(const std::vector<scenario::Source>& sources,
                           const std::vector<std::string>& given, std::ostream& out) {
  std::size_t count = 0;
  for (const scenario::Source& source : sources) {
    for (const scenario::Finding& finding : scenario::lint(source, given)) {
      out << printable(scenario::describe(source, finding)) << "\n";
      ++count;
    }
  }
  return count;
}

// "name" of "name=value".
std::vector<std::string> names_set(const std::vector<std::string>& pairs) {
  std::vector<std::string> names;
  names.reserve(pairs.size());
  for (const std::string& pair : pairs) names.push_back(pair.substr(0, pair.find('=')));
  return names;
}

int lint(const Program& program, const std::vector<std::string>& words,
         const std::vector<std::string>& pairs) {
  const Result<std::vector<scenario::Source>> sources = scenario::find_scenarios(words);
  if (!sources.ok()) return program.fail(kUsage, sources.error().detail);
  const std::size_t findings = print_findings(*sources, names_set(pairs), program.out);
  program.out << sources->size() << (sources->size() == 1 ? " scenario, " : " scenarios, ")
              << (findings == 0 ? "nothing to find fault with" : std::to_string(findings) + " finding")
              << (findings > 1 ? "s" : "") << std::endl;
  return findings == 0 ? kFine : kFailed;
}

int list(const Program& program, bool json) {
  std::vector<std::vector<std::string>> rows;
  Json documents = Json::array();
  for (const scenario::ShippedScenario& shipped : scenario::shipped_scenarios()) {
    const scenario::Source source = scenario::Source::parse(shipped.name, shipped.text);
    rows.push_back({shipped.name, text_of(source, "purpose")});
    documents.push_back({{"name", shipped.name},
                         {"purpose", text_of(source, "purpose")},
                         {"source", text_of(source, "source")},
                         {"catches", source.root().value("catches", Json::array())}});
  }
  if (json) {
    program.out << dump_json_pretty(documents) << std::endl;
  } else {
    program.out
        << table(program.terminal, {"NAME", "PURPOSE"}, rows)
        << "Run one with `zest-sandbox scenario run NAME`, see it with `zest-sandbox scenario show NAME`."
        << std::endl;
  }
  return kFine;
}

int show(const Program& program, const std::string& name) {
  for (const scenario::ShippedScenario& shipped : scenario::shipped_scenarios()) {
    if (shipped.name == name) {
      program.out << shipped.text << std::flush;
      return kFine;
    }
  }
  const Result<std::vector<scenario::Source>> missing = scenario::find_scenarios({name});
  return program.fail(kUsage, missing.ok() ? name + " is a file of yours" : missing.error().detail);
}

// An application may remember the event ids of earlier runs and would take those of this one for copies; the
// built-in receiver is new each time.
Result<std::optional<std::uint64_t>> read_seed(const RunFlags& flags, bool with_application) {
  const bool own_sandbox = flags.url.empty();
  if (flags.seed.empty() && (!own_sandbox || !with_application)) {
    return std::optional<std::uint64_t>();
  }
  if (!own_sandbox) {
    return make_error(ErrorKind::InvalidRequest, "--seed: a sandbox at --url has a seed of its own");
  }
  if (flags.seed.empty() || flags.seed == "random") {
    return std::optional<std::uint64_t>(std::random_device()());
  }
  const bool digits =
      std::all_of(flags.seed.begin(), flags.seed.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits || flags.seed.size() > 18) {
    return make_error(ErrorKind::InvalidRequest,
                      "--seed: \"" + flags.seed + "\" is neither a number nor random");
  }
  return std::optional<std::uint64_t>(std::stoull(flags.seed));
}

Style style_of(scenario::Mark mark) {
  switch (mark) {
    case scenario::Mark::Call:
      return Style::Plain;
    case scenario::Mark::Webhook:
      return Style::Yellow;
    case scenario::Mark::Action:
      return Style::Dim;
    case scenario::Mark::Holds:
      return Style::Green;
    case scenario::Mark::Fails:
      return Style::Red;
  }
  return Style::Plain;
}

void print_line(const Program& program, const scenario::Line& line) {
  program.out << "  " << program.terminal.styled(style_of(line.mark), printable(scenario::text_of(line)))
              << std::endl;
}

void print_head(const Program& program, const std::string& name, const std::string& purpose) {
  program.out << program.terminal.styled(Style::Bold, name) << "  " << printable(purpose) << std::endl;
}

void print_verdict(const Program& program, const scenario::Report& report) {
  for (const scenario::Failure& failure : report.failures) {
    program.out << program.terminal.styled(Style::Red, "  FAILED ")
                << printable_lines(scenario::failure_text(report, failure));
  }
  const bool passed = report.outcome == scenario::Report::Outcome::Passed;
  const std::string unmade = report.unmade();
  program.out << program.terminal.styled(passed ? Style::Green : Style::Red, passed ? "PASSED" : "FAILED")
              << (unmade.empty() ? "" : ", " + unmade) << "  " << printable(report.name) << "  "
              << report.checks << " checks held, " << format_duration(report.wall) << std::endl;
  if (report.not_its_calls.empty()) return;
  program.out << "  the runner's client made the calls, not the application's: "
              << printable(report.not_its_calls) << std::endl;
}

Result<void> write_reports(const RunFlags& flags, const std::vector<scenario::Report>& reports) {
  for (const auto& [path, text] :
       {std::pair(flags.junit, scenario::junit_report(reports)),
        std::pair(flags.markdown, scenario::markdown_report(reports)),
        std::pair(flags.json, dump_json_pretty(scenario::json_report(reports)) + "\n"),
        std::pair(flags.canonical, scenario::canonical_report(reports))}) {
    if (!path.empty()) RETURN_IF_ERROR(write_file(path, text));
  }
  return {};
}

// The application that is tried: that of the flags, of a file that --app names, or of one that was found.
Result<void> read_target(const Program& program, const RunFlags& flags, ScenarioRuns& runs) {
  scenario::StageOptions& stage = runs.run.stage;
  stage.webhook_url = flags.webhook_url;
  stage.webhook_secret = flags.webhook_secret;
  // Who asks for a built-in receiver means no application that merely lies there.
  if (flags.app.empty() && !flags.receiver.empty()) return {};
  ApplicationFlags of_file{flags.app};
  if (!flags.webhook_url.empty()) of_file.webhook_url = flags.webhook_url;
  if (!flags.webhook_secret.empty()) of_file.webhook_secret = flags.webhook_secret;
  ASSIGN_OR_RETURN(std::optional<application::Description> described, read_application(program, of_file));
  if (!described || described->webhook_url.empty()) {
    if (!flags.app.empty())
      return invalid_request(flags.app + ": it has no \"webhook\": {\"url\": …}; or give --webhook-url");
    return {};
  }
  stage.webhook_url = described->webhook_url;
  stage.webhook_secret = described->webhook_secret;
  const auto shared = std::make_shared<const application::Description>(std::move(*described));
  stage.application = shared;
  if (shared->start) {
    stage.start = [&program, shared](const std::string& url, const scenario::StageOptions::Partner& partner) {
      return start_application(program, *shared,
                               {url, partner.client_id, partner.private_key_pem, partner.webhook_secret});
    };
  }
  // One application is one partner at a time, and at one port.
  if (shared->start || shared->partner) runs.jobs = 1;
  return {};
}

Result<ScenarioRuns> read_flags(const Program& program, const RunFlags& flags,
                                const std::vector<scenario::Source>& sources) {
  ScenarioRuns runs;
  runs.repeat = flags.repeat;
  runs.jobs = flags.jobs;
  runs.run.strict = flags.strict;
  ASSIGN_OR_RETURN(runs.run.variables, read_variables(flags.variables, sources));
  if (!flags.receiver.empty() && !(flags.webhook_url.empty() && flags.app.empty())) {
    return make_error(ErrorKind::InvalidRequest,
                      "--receiver chooses the built-in receiver: not with --webhook-url or --app");
  }
  RETURN_IF_ERROR(read_target(program, flags, runs));
  if (flags.fail_on_warnings && runs.run.stage.webhook_url.empty()) {
    return make_error(
        ErrorKind::InvalidRequest,
        "--fail-on-warnings looks at an application, and there is none: give --app or --webhook-url");
  }
  scenario::StageOptions& stage = runs.run.stage;
  stage.url = flags.url;
  stage.admin_token = flags.admin_token;
  if (flags.receiver == "naive") stage.handler = client::HandlerKind::Naive;
  const bool with_application = !stage.webhook_url.empty();
  if (with_application && stage.webhook_secret.empty() && !stage.start) {
    stage.webhook_secret = default_webhook_secret(program);
  }
  ASSIGN_OR_RETURN(runs.seed, read_seed(flags, with_application));
  if (with_application) {
    runs.seeds = flags.seed.empty() || flags.seed == "random" ? ScenarioRuns::Seeds::OnePerRun
                                                              : ScenarioRuns::Seeds::OnePerScenario;
  }
  return runs;
}

// The live view of one run, or a block for each of several.
void show_runs(const Program& program, const RunFlags& flags, const std::vector<scenario::Source>& sources,
               ScenarioRuns& runs) {
  const bool live = sources.size() * runs.repeat == 1 && !flags.quiet;
  if (live) {
    print_head(program, text_of(sources.front(), "name"), text_of(sources.front(), "purpose"));
    runs.run.on_line = [&program](const scenario::Line& line) { print_line(program, line); };
  }
  runs.on_report = [&program, &flags, live](const scenario::Report& report) {
    if (!live && !flags.quiet) {
      print_head(program, report.name, report.purpose);
      for (const scenario::Line& line : report.lines) print_line(program, line);
    }
    print_verdict(program, report);
    if (!flags.quiet) program.out << std::endl;
  };
}

int conclude(const Program& program, const RunFlags& flags, const std::vector<scenario::Report>& reports) {
  if (const Result<void> written = write_reports(flags, reports); !written.ok()) {
    return program.fail(kUsage, written.error().detail);
  }
  std::size_t failed = 0;
  for (const scenario::Report& report : reports) {
    if (report.outcome == scenario::Report::Outcome::Unreachable) {
      return program.fail(kUnreachable, "the sandbox at " + flags.url + " cannot be reached");
    }
    if (report.outcome == scenario::Report::Outcome::Failed) ++failed;
  }
  program.out << reports.size() - failed << " passed, " << failed << " failed";
  const std::string unmade = scenario::unmade_checks(reports);
  program.out << (unmade.empty() ? "" : "; ") << unmade << std::endl;
  return failed == 0 ? kFine : kFailed;
}

int run(const Program& program, const RunFlags& flags) {
  std::vector<std::string> words = flags.words;
  if (words.empty()) {
    for (const scenario::ShippedScenario& shipped : scenario::shipped_scenarios())
      words.push_back(shipped.name);
  }
  Result<std::vector<scenario::Source>> sources = scenario::find_scenarios(words);
  if (!sources.ok()) return program.fail(kUsage, sources.error().detail);
  if (print_findings(*sources, names_set(flags.variables), program.err) > 0) {
    return program.fail(kUsage, "nothing was run: first put right what is listed above");
  }
  const auto left_out = [&flags](const scenario::Source& source) {
    return text_of(source, "name").find(flags.filter) == std::string::npos;
  };
  sources->erase(std::remove_if(sources->begin(), sources->end(), left_out), sources->end());
  if (sources->empty()) return program.fail(kUsage, "no scenario's name has \"" + flags.filter + "\" in it");
  Result<ScenarioRuns> runs = read_flags(program, flags, *sources);
  if (!runs.ok()) return program.fail(kUsage, runs.error().detail);
  if (runs->seed) program.out << "seed " << *runs->seed << std::endl;
  show_runs(program, flags, *sources, *runs);
  CoverageSum met;
  runs->on_coverage = [&met](const Json& coverage) { met.add(coverage); };
  const std::vector<scenario::Report> reports = run_scenarios(*sources, *runs);
  const Json warnings = application_warnings(*runs, reports);
  if (!flags.quiet || flags.fail_on_warnings) say_warnings(program, warnings);
  if (flags.url.empty() && !flags.quiet) program.out << "coverage " << coverage_line(met.json()) << std::endl;
  const int code = conclude(program, flags, reports);
  const std::size_t kinds = kinds_of_warnings(warnings);
  return code == kFine && flags.fail_on_warnings && kinds > 0 ? fail_on_warnings(program, kinds) : code;
}

void add_target_options(Program& program, CLI::App* command, RunFlags& flags) {
  flags.admin_token = program.variable("ZEST_SANDBOX_ADMIN_TOKEN").value_or("");
  command->add_option("--url", flags.url, "A sandbox that runs already [one of its own for each run]")
      ->type_name("URL")
      ->transform(sandbox_url());
  command->add_option("--admin-token", flags.admin_token, "Its token; else ZEST_SANDBOX_ADMIN_TOKEN")
      ->type_name("TOKEN");
  command
      ->add_option("--webhook-url", flags.webhook_url,
                   "Try this application instead of the built-in receiver")
      ->type_name("URL")
      ->check(webhook_url());
  command
      ->add_option("--webhook-secret", flags.webhook_secret,
                   "What it verifies with; else ZEST_WEBHOOK_SECRET, else the seeded partner's")
      ->type_name("SECRET")
      ->check(not_empty());
  add_application_option(command, flags.app);
  command->add_option("--receiver", flags.receiver, "Which built-in receiver [reference]")
      ->check(CLI::IsMember({"reference", "naive"}));
}

void add_run(Program& program, CLI::App* parent) {
  CLI::App* command = program.command(
      parent, "run", "Run scenarios: files, folders, or names of shipped ones; without any, all shipped ones",
      {"scenario run happy-path", "scenario run my-case.json --webhook-url http://127.0.0.1:3000/webhooks",
       "scenario run scenarios --junit report.xml   # a whole folder",
       "scenario run --app zest-app.json --strict   # your application, as the file describes it",
       "scenario run --app zest-app.json --fail-on-warnings   # and what of it is fragile in production",
       "scenario run lost-answer --repeat 5   # five runs that must not differ"});
  const auto flags = std::make_shared<RunFlags>();
  command->add_option("SCENARIO", flags->words, "File, folder or name")->type_name("");
  add_target_options(program, command, *flags);
  command->add_option("--set", flags->variables, "name=value: another value for a variable")
      ->type_name("PAIR");
  command->add_option("--filter", flags->filter, "Only those with this in their name")->type_name("TEXT");
  command->add_option("--repeat", flags->repeat, "Run each so often [1]")
      ->type_name("N")
      ->check(whole_number(1, 10'000));
  command
      ->add_option(
          "--seed", flags->seed,
          "Seed of identifiers and chance: a number, or random [the file's, else 1; with --webhook-url "
          "random]")
      ->type_name("N");
  command->add_option("--jobs", flags->jobs, "How many at a time [4]")
      ->type_name("N")
      ->check(whole_number(1, kMaxJobs));
  command->add_flag("--strict", flags->strict, "A check that cannot be made fails the scenario");
  add_fail_on_warnings(command, flags->fail_on_warnings);
  command->add_flag("-q,--quiet", flags->quiet, "Verdicts and failures only");
  command->add_option("--junit", flags->junit, "Write a JUnit report")->type_name("FILE");
  command->add_option("--markdown", flags->markdown, "Write a table as Markdown, for a job's summary")
      ->type_name("FILE");
  command->add_option("--json", flags->json, "Write everything as JSON")->type_name("FILE");
  command->add_option("--canonical", flags->canonical, "Write deliveries and journals in canonical form")
      ->type_name("FILE");
  program.on(command, [&program, flags] { return run(program, *flags); });
}

}  // namespace

void add_scenario(Program& program) {
  CLI::App* parent =
      program.command("scenario", "Scripted failures with a verdict: run, lint, list, show, schema", {});
  add_run(program, parent);

  CLI::App* lint_command =
      program.command(parent, "lint", "Point at everything that is wrong with scenario files",
                      {"scenario lint my-case.json", "scenario lint scenarios"});
  const auto words = std::make_shared<std::vector<std::string>>();
  const auto pairs = std::make_shared<std::vector<std::string>>();
  lint_command->add_option("FILE", *words, "File or folder")->type_name("")->required();
  lint_command->add_option("--set", *pairs, "name=value, as for run: it defines the variable")
      ->type_name("PAIR")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  program.on(lint_command, [&program, words, pairs] { return lint(program, *words, *pairs); });

  CLI::App* list_command = program.command(parent, "list", "The shipped scenarios", {"scenario list"});
  const auto as_json = std::make_shared<bool>(false);
  list_command->add_flag("--json", *as_json, "As JSON");
  program.on(list_command, [&program, as_json] { return list(program, *as_json); });

  CLI::App* show_command =
      program.command(parent, "show", "Print a shipped scenario, to start one's own from",
                      {"scenario show happy-path > my-case.json"});
  const auto name = std::make_shared<std::string>();
  show_command->add_option("NAME", *name, "Its name")->type_name("")->required();
  program.on(show_command, [&program, name] { return show(program, *name); });

  CLI::App* schema_command =
      program.command(parent, "schema", "Print the JSON Schema of scenario files, for editors",
                      {"scenario schema > scenario.schema.json"});
  program.on(schema_command, [&program] {
    program.out << dump_json_pretty(scenario::json_schema()) << std::endl;
    return kFine;
  });
}

}  // namespace zest::cli
