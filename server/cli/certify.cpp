#include <CLI/App.hpp>
#include <fstream>

#include "base/crypto_certificates.h"
#include "base/url.h"
#include "certify/report.h"
#include "cli/certify_events.h"
#include "cli/commands.h"
#include "cli/credentials.h"
#include "cli/program.h"

namespace zest::cli {
namespace {

constexpr const char* kUntrusted = "tls:";  // how an answer that TLS prevented begins
constexpr Duration kShortestTimeout{100};
constexpr Duration kLongestTimeout{60'000};

constexpr const char* kExplanation =
    R"(It sends some 180 webhooks about resources that do not exist: use a deployment for tests.

--probe-url is read by GET before and after events; it answers with your application's state of a
resource, as JSON or text, for example {"status":"completed"}: what repeated events, and late ones of
the past, must not change. {subject} is the slug of an SPV request or of a subscription, {kind} says
which (spv-request, subscription); {spvRequestSlug}, {subscriptionSlug}, {spvSlug} and {personId} are
members of the event's data.

Grades:
  A  every duty holds, those about state included
  B  every must that was judged holds; a should does not, or state was not looked at
  C  genuine webhooks get in and no others, but another must does not hold
  F  forged or replayed webhooks get in, or genuine ones do not
Exit code: 0 every must holds, 1 not, 2 wrong usage, 3 the receiver cannot be reached.

)";

struct CertifyArguments {
  std::string url;
  std::string secret;
  std::string probe;
  std::string timeout = "10s";
  std::string settle = "500ms";
  std::string json_file;
  std::string junit_file;
  std::string html_file;
  std::string markdown_file;
  std::string ca_file;
  bool insecure = false;
};

Error usage(std::string detail) { return make_error(ErrorKind::InvalidRequest, std::move(detail)); }

Result<Duration> duration_between(const char* option, const std::string& text, Duration least,
                                  Duration most) {
  const Result<Duration> duration = parse_duration(text);
  if (duration.ok() && *duration >= least && *duration <= most) return *duration;
  return usage(std::string(option) + ": \"" + text + "\" is not a duration from " + format_duration(least) +
               " to " + format_duration(most) + ", such as 10s");
}

Result<certify::Options> options_of(const CertifyArguments& arguments) {
  certify::Options options;
  std::string problem = http_url_problem(arguments.url, "http://127.0.0.1:9000/webhooks");
  if (!problem.empty()) return usage("--webhook-url: " + problem);
  if (arguments.secret.empty()) return usage("--webhook-secret: the secret is empty");
  options.endpoint.url = arguments.url;
  options.endpoint.ca_file = arguments.ca_file;
  options.endpoint.verify_tls = !arguments.insecure;
  if (!arguments.ca_file.empty()) RETURN_IF_ERROR(check_certificate_file(arguments.ca_file));
  options.secret = arguments.secret;
  ASSIGN_OR_RETURN(options.endpoint.timeout, duration_between("--delivery-timeout", arguments.timeout,
                                                              kShortestTimeout, kLongestTimeout));
  ASSIGN_OR_RETURN(options.settle,
                   duration_between("--probe-settle", arguments.settle, Duration(0), kLongestTimeout));
  options.probe_template = arguments.probe;
  if (arguments.probe.empty()) return options;
  problem = http_url_problem(arguments.probe, "http://127.0.0.1:3000/state/{subject}");
  if (!problem.empty()) return usage("--probe-url: " + problem);
  const Result<void> checked = certify::check_probe_template(arguments.probe);
  if (!checked.ok()) return usage("--probe-url: " + checked.error().detail);
  return options;
}

struct ReportFile {
  std::string path;
  std::string (*render)(const certify::Report&);
};

// Tries them before the run, so that a bad path costs nothing; what is there stays until there is a report.
Result<std::vector<ReportFile>> report_files(const CertifyArguments& arguments) {
  std::vector<ReportFile> files;
  const auto add = [&files](const std::string& path, std::string (*render)(const certify::Report&)) {
    if (!path.empty()) files.push_back({path, render});
  };
  add(arguments.json_file,
      [](const certify::Report& report) { return dump_json_pretty(certify::json_report(report)) + "\n"; });
  add(arguments.junit_file,
      [](const certify::Report& report) { return scenario::junit_xml(certify::junit_cases(report)); });
  add(arguments.html_file, certify::html_report);
  add(arguments.markdown_file, certify::markdown_report);
  for (const ReportFile& file : files) {
    if (!std::ofstream(file.path, std::ios::binary | std::ios::app))
      return usage(file.path + " cannot be written");
  }
  return files;
}

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
  program.out << "Webhook receiver " << printable(report.url) << ", " << report.webhooks_sent
              << " webhooks in " << format_duration(report.took) << "\n\n";
  for (const certify::DutyResult& result : report.results) print_duty(program, result);
  program.out << "\nWhat no look from outside can show:\n";
  for (const std::string& limit : report.limits) program.out << "  - " << limit << "\n";
  const Style style = report.passed() ? Style::Green : Style::Red;
  program.out << "\n"
              << program.terminal.styled(style, std::string("Grade ") + grade_name(report.grade)) << ": "
              << grade_meaning(report.grade) << "\n"
              << certify::summary(report) << "." << std::endl;
}

int fail_run(const Program& program, const CertifyArguments& arguments, const Error& error) {
  if (error.kind == ErrorKind::InvalidRequest) return program.fail(kUsage, error.detail);
  if (error.detail.rfind(kUntrusted, 0) == 0) {
    return program.fail(kUnreachable, "The certificate of the receiver is not trusted (" + error.detail +
                                          "). Name its authority by --ca-file, or leave it unverified by "
                                          "--insecure-webhook-tls.");
  }
  return program.fail(kUnreachable, "No receiver answers at " + bare_url(arguments.url) + " (" +
                                        error.detail + "). Start it first, and check the URL.");
}

Result<certify::Report> grade(const Program& program, certify::Options options, certify::Events events) {
  ProgressLine progress(program.err);
  options.on_check = [&progress](const certify::Duty& duty, std::size_t number, std::size_t of) {
    progress.show("[" + std::to_string(number) + "/" + std::to_string(of) + "] " + std::string(duty.title));
  };
  const SystemWallClock clock;
  return certify::grade_receiver(options, std::move(events), clock);
}

int certify(const Program& program, const CertifyArguments& arguments) {
  const Result<certify::Options> options = options_of(arguments);
  if (!options.ok()) {
    return program.fail(kUsage, options.error().detail + ". Run `zest-sandbox certify --help` for more.");
  }
  Result<std::vector<ReportFile>> files = report_files(arguments);
  if (!files.ok()) return program.fail(kUsage, files.error().detail);
  Log log(LogFormat::Text, LogLevel::Error);
  Result<std::unique_ptr<app::Sandbox>> sandbox = start_certify_sandbox(log);
  if (!sandbox.ok()) return program.fail(kFailed, sandbox.error().detail);
  Result<certify::Events> events = make_certify_events(**sandbox);
  if (!events.ok()) return program.fail(kFailed, "no events could be made: " + events.error().detail);
  const Result<certify::Report> report = grade(program, *options, std::move(*events));
  (*sandbox)->stop();
  if (!report.ok()) return fail_run(program, arguments, report.error());
  print_report(program, *report);
  for (const ReportFile& file : *files) {
    std::ofstream stream(file.path, std::ios::binary | std::ios::trunc);
    stream << file.render(*report);
    if (!stream.flush()) return program.fail(kFailed, file.path + " cannot be written");
  }
  return report->passed() ? kFine : kFailed;
}

void add_certify_options(Program& program, CLI::App* command, CertifyArguments& arguments) {
  arguments.secret = default_webhook_secret(program);
  command->add_option("--webhook-url", arguments.url, "The receiver to grade")->required()->type_name("URL");
  command
      ->add_option("--webhook-secret", arguments.secret,
                   "What it verifies with; else ZEST_WEBHOOK_SECRET, else the seeded partner's")
      ->type_name("SECRET");
  command
      ->add_option("--probe-url", arguments.probe,
                   "Where your application answers the state of a resource, with {subject} in it")
      ->type_name("TEMPLATE");
  command
      ->add_option("--probe-settle", arguments.settle,
                   "How long state must stay as it is after a webhook [500ms]")
      ->type_name("DURATION");
  command->add_option("--delivery-timeout", arguments.timeout, "How long an answer may take [10s]")
      ->type_name("DURATION");
  command->add_option("--json", arguments.json_file, "Write the report there as JSON")->type_name("FILE");
  command->add_option("--junit", arguments.junit_file, "Write it there as JUnit XML, for CI")
      ->type_name("FILE");
  command->add_option("--html", arguments.html_file, "Write it there as one HTML page")->type_name("FILE");
  command
      ->add_option("--markdown", arguments.markdown_file, "Write it there as Markdown, for a job's summary")
      ->type_name("FILE");
  command->add_option("--ca-file", arguments.ca_file, "Certificates to trust instead of the system's")
      ->type_name("FILE");
  command->add_flag("--insecure-webhook-tls", arguments.insecure, "Do not verify the receiver's certificate");
}

}  // namespace

void add_certify(Program& program) {
  CLI::App* command = program.command(
      "certify", "Grade a webhook receiver: forged, late, repeated, reordered and unusual webhooks",
      {"certify --webhook-url http://127.0.0.1:3000/webhooks",
       "certify --webhook-url http://127.0.0.1:3000/webhooks --probe-url "
       "http://127.0.0.1:3000/state/{subject}",
       "certify --webhook-url https://staging.example.com/zest --webhook-secret whsec_0123 --html "
       "report.html"});
  command->footer(std::string(kExplanation) + command->get_footer());
  const auto arguments = std::make_shared<CertifyArguments>();
  add_certify_options(program, command, *arguments);
  program.on(command, [&program, arguments] { return certify(program, *arguments); });
}

}  // namespace zest::cli
