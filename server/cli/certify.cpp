#include <CLI/App.hpp>

#include "application/partner.h"
#include "base/crypto_certificates.h"
#include "base/url.h"
#include "certify/report.h"
#include "cli/application.h"
#include "cli/certify_client.h"
#include "cli/certify_events.h"
#include "cli/certify_report.h"
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
--client grades the calls that your application makes instead: tokens, keys, retries, what it does with
refusals. It is driven by the actions of zest-app.json (--app) at a sandbox of its own, with another fault each
time; without actions, what is in the journal of the sandbox at --url is graded, after its own tests:

  zest-sandbox exec --pack client-faults -- sh -c 'npm test; zest-sandbox certify --client'

Exit code: 0 every must holds, 1 not, 2 wrong usage, 3 the receiver cannot be reached.

)";

struct CertifyArguments {
  std::string url;
  std::string secret;
  std::string probe;
  std::string timeout = "10s";
  std::string settle;  // "": the probes' own, else 500ms
  ReportOptions report;
  std::string ca_file;
  bool insecure = false;
  bool client = false;
  std::string application;
  std::string client_id;
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
  if (!arguments.settle.empty()) {
    ASSIGN_OR_RETURN(options.settle,
                     duration_between("--probe-settle", arguments.settle, Duration(0), kLongestTimeout));
  }
  options.probe_template = arguments.probe;
  if (arguments.probe.empty()) return options;
  problem = http_url_problem(arguments.probe, "http://127.0.0.1:3000/state/{subject}");
  if (!problem.empty()) return usage("--probe-url: " + problem);
  const Result<void> checked = certify::check_probe_template(arguments.probe);
  if (!checked.ok()) return usage("--probe-url: " + checked.error().detail);
  return options;
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

// Fills in what the description of the application says and no flag does. Errors: those of the file.
Result<std::shared_ptr<const application::Description>> describe_receiver(const Program& program,
                                                                          CertifyArguments& arguments) {
  ApplicationFlags flags{arguments.application};
  if (!arguments.url.empty()) flags.webhook_url = arguments.url;
  if (!arguments.secret.empty()) flags.webhook_secret = arguments.secret;
  ASSIGN_OR_RETURN(std::optional<application::Description> described, read_application(program, flags));
  if (!described) {
    if (arguments.secret.empty()) arguments.secret = default_webhook_secret(program);
    return std::shared_ptr<const application::Description>();
  }
  arguments.url = described->webhook_url;
  if (described->webhook_secret.empty()) described->webhook_secret = default_webhook_secret(program);
  arguments.secret = described->webhook_secret;
  return std::make_shared<const application::Description>(std::move(*described));
}

// State must stay as it is for as long as any probe asks.
Duration settle_of(const application::Description& described, Duration otherwise) {
  if (described.probes.empty()) return otherwise;
  Duration longest{0};
  for (const auto& each : described.probes) longest = std::max(longest, each.second.question.settle);
  return longest;
}

// The application as the seeded partner, or as the one that it says it is.
Result<std::shared_ptr<application::Process>> start_receiver(const Program& program, app::Sandbox& sandbox,
                                                             const application::Description& described) {
  if (!described.start) return std::shared_ptr<application::Process>();
  Identity identity{sandbox.local_url(), sandbox.partner().client_id, sandbox.partner().private_key_pem,
                    described.webhook_secret};
  if (described.partner) {
    ASSIGN_OR_RETURN(const Ed25519PrivateKey key, application::read_private_key(*described.partner));
    identity.client_id = described.partner->client_id;
    identity.private_key_pem = key.pem();
  }
  return start_application(program, described, identity);
}

int certify(const Program& program, CertifyArguments arguments, const Remote& remote) {
  if (arguments.client) {
    if (!arguments.url.empty()) {
      return program.fail(
          kUsage,
          "--client grades the calls of an application, --webhook-url a receiver: one at a time. "
          "Run `zest-sandbox certify --help` for more.");
    }
    return certify_client(program, {arguments.application, arguments.client_id, arguments.report}, remote);
  }
  const auto described = describe_receiver(program, arguments);
  if (!described.ok()) return program.fail(kUsage, described.error().detail);
  if (arguments.url.empty()) {
    return program.fail(kUsage,
                        "--webhook-url is required, or --app FILE with a \"webhook\". Run `zest-sandbox "
                        "certify --help` for more.");
  }
  Result<certify::Options> options = options_of(arguments);
  if (options.ok() && *described) {
    options->application = *described;
    if (arguments.settle.empty()) options->settle = settle_of(**described, options->settle);
  }
  if (!options.ok()) {
    return program.fail(kUsage, options.error().detail + ". Run `zest-sandbox certify --help` for more.");
  }
  Result<std::vector<ReportFile>> files = report_files(arguments.report);
  if (!files.ok()) return program.fail(kUsage, files.error().detail);
  Log log(LogFormat::Text, LogLevel::Error);
  Result<std::unique_ptr<app::Sandbox>> sandbox = start_certify_sandbox(log);
  if (!sandbox.ok()) return program.fail(kFailed, sandbox.error().detail);
  Result<certify::Events> events = make_certify_events(**sandbox);
  if (!events.ok()) return program.fail(kFailed, "no events could be made: " + events.error().detail);
  std::shared_ptr<application::Process> process;
  if (*described) {
    auto started = start_receiver(program, **sandbox, **described);
    if (!started.ok()) return program.fail(kFailed, started.error().detail);
    process = std::move(*started);
  }
  if (process) {
    // A partner of its own is none that this sandbox knows.
    if (!(*described)->partner) let_application_make(**sandbox, **described, *events);
    options->crash = [&]() -> Result<void> {
      process->kill();
      process.reset();
      ASSIGN_OR_RETURN(process, start_receiver(program, **sandbox, **described));
      return {};
    };
  }
  const Result<certify::Report> report = grade(program, *options, std::move(*events));
  const std::optional<std::string> death = process && !report.ok() ? process->death() : std::nullopt;
  process.reset();
  (*sandbox)->stop();
  if (death) return program.fail(kFailed, *death);
  if (!report.ok()) return fail_run(program, arguments, report.error());
  return conclude_report(program, *report, *files);
}

void add_certify_options(CLI::App* command, CertifyArguments& arguments) {
  command->add_option("--webhook-url", arguments.url, "The receiver to grade; else that of --app")
      ->type_name("URL");
  command->add_flag(
      "--client", arguments.client,
      "Grade the calls that your application makes: driven by the actions of --app, or, without "
      "any, those in the journal of the sandbox at --url");
  add_application_option(command, arguments.application);
  command->add_option("--client-id", arguments.client_id, "With --client: this partner's calls only")
      ->type_name("CLIENT_ID");
  command
      ->add_option("--webhook-secret", arguments.secret,
                   "What it verifies with; else ZEST_WEBHOOK_SECRET, else the seeded partner's")
      ->type_name("SECRET")
      ->check(not_empty());
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
  add_report_options(command, arguments.report);
  command->add_option("--ca-file", arguments.ca_file, "Certificates to trust instead of the system's")
      ->type_name("FILE");
  command->add_flag("--insecure-webhook-tls", arguments.insecure, "Do not verify the receiver's certificate");
}

constexpr const char* kWithProbe =
    "certify --webhook-url http://127.0.0.1:3000/webhooks --probe-url http://127.0.0.1:3000/state/{subject}";
constexpr const char* kWithReport =
    "certify --webhook-url https://staging.example.com/zest --webhook-secret whsec_0123 --html report.html";

}  // namespace

void add_certify(Program& program) {
  CLI::App* command = program.command(
      "certify", "Grade a webhook receiver: forged, late, repeated, reordered and unusual webhooks",
      {"certify --webhook-url http://127.0.0.1:3000/webhooks", kWithProbe,
       "certify --client --app zest-app.json",
       "certify --app zest-app.json   # with the probes and effects that the file describes", kWithReport});
  command->footer(std::string(kExplanation) + command->get_footer());
  const auto arguments = std::make_shared<CertifyArguments>();
  add_certify_options(command, *arguments);
  const auto remote = add_remote(program, command, RemoteOptions::WithoutJson);
  program.on(command, [&program, arguments, remote] { return certify(program, *arguments, *remote); });
}

}  // namespace zest::cli
