#include <CLI/App.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>

#include "app/private_file.h"
#include "app/sandbox.h"
#include "app/stop_limit.h"
#include "application/partner.h"
#include "base/file.h"
#include "base/json.h"
#include "cli/application.h"
#include "cli/certify_client.h"
#include "cli/child_process.h"
#include "cli/commands.h"
#include "cli/coverage_report.h"
#include "cli/kept_run.h"
#include "cli/program.h"
#include "cli/serve_options.h"
#include "cli/warnings.h"
#include "client/connection.h"
#include "scenario/pack.h"

namespace zest::cli {
namespace {

constexpr const char* kAdminToken = "ZEST_SANDBOX_ADMIN_TOKEN";
constexpr const char* kBinary = "ZEST_SANDBOX_BINARY";
constexpr std::string_view kClientPack = "client-faults";  // after which the calls are graded
constexpr std::size_t kKeptLogLines = 10'000;
constexpr std::chrono::milliseconds kLookInterval{100};

struct ExecOptions {
  std::string app;
  std::vector<std::string> command;
  std::vector<std::string> packs;
  std::vector<std::string> wait_for;  // URLs
  std::string wait_timeout = "60s";
  std::string keep_folder;
  bool stay_on_failure = false;
  bool fail_on_warnings = false;
  int coverage_min = 0;
  std::string coverage_json;  // files
  std::string coverage_markdown;
  bool quiet = false;
};

// "" where the system does not tell.
std::string own_binary() {
  std::error_code failed;
  const std::filesystem::path path = std::filesystem::read_symlink("/proc/self/exe", failed);
  return failed ? std::string() : path.string();
}

Result<void> put_on(const std::vector<scenario::Pack>& packs, const client::ControlApi& control) {
  for (const scenario::Pack& pack : packs) {
    for (const Json& rule : pack.rules) {
      const Result<Json> added = control.add_chaos_rule(rule);
      if (!added.ok()) return invalid_request("pack " + pack.name + ": " + added.error().detail);
    }
  }
  return {};
}

// Until something answers at the URL, whatever it says. Errors: Timeout; Conflict when a signal came first.
Result<void> wait_for_answer(const std::string& url, Duration patience, const ChildRunner& runner) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  const client::Connection connection(url);
  for (;;) {
    client::Request request;
    request.timeout = Duration{2'000};
    const Result<client::Reply> reply = connection.exchange(request);
    if (reply.ok()) return {};
    if (runner.pending_signal()) return make_error(ErrorKind::Conflict, "a signal came");
    if (std::chrono::steady_clock::now() >= deadline) {
      return make_error(ErrorKind::Timeout, "--wait-for " + url + ": nothing answered within " +
                                                format_duration(patience) + " (" +
                                                client::unreachable_reason(reply.error()).value_or("") + ")");
    }
    std::this_thread::sleep_for(kLookInterval);
  }
}

// What the description of the application says of webhooks, where no option does. Errors: those of the file.
Result<std::optional<application::Description>> describe_application(const Program& program,
                                                                     const std::string& file,
                                                                     app::ServeOptions& options) {
  ApplicationFlags of_file{file};
  of_file.webhook_url = options.webhook_url;
  of_file.webhook_secret = options.webhook_secret;
  ASSIGN_OR_RETURN(std::optional<application::Description> described, read_application(program, of_file));
  if (!described) return described;
  if (!described->webhook_url.empty()) options.webhook_url = described->webhook_url;
  if (!described->webhook_secret.empty()) options.webhook_secret = described->webhook_secret;
  return described;
}

// The partner that the command and the application are: the seeded one, or the one that the file names.
Result<Identity> identify(app::Sandbox& sandbox, const std::optional<application::Description>& described) {
  const app::SeededPartner& seeded = sandbox.partner();
  Identity identity{sandbox.local_url(), seeded.client_id, seeded.private_key_pem, seeded.webhook_secret};
  if (!described || !described->partner) return identity;
  Json settings{{"webhookSecret", seeded.webhook_secret}};
  if (!described->webhook_url.empty()) settings["webhookUrl"] = described->webhook_url;
  const client::ControlApi control(sandbox.local_url(), sandbox.admin_token());
  RETURN_IF_ERROR(application::take_partner(control, *described->partner, settings));
  ASSIGN_OR_RETURN(const Ed25519PrivateKey key, application::read_private_key(*described->partner));
  identity.client_id = described->partner->client_id;
  identity.private_key_pem = key.pem();
  return identity;
}

// What the command has met, in files and on one line; no line of one that has made no call but for a token.
// Answers whether it is enough.
bool say_coverage(const Program& program, const ExecOptions& own, const client::ControlApi& control) {
  const Result<Json> coverage = control.coverage();
  if (!coverage.ok()) return own.coverage_min == 0;
  for (const auto& [path, text] : {std::pair(own.coverage_json, dump_json_pretty(*coverage) + "\n"),
                                   std::pair(own.coverage_markdown, coverage_markdown(*coverage))}) {
    const Result<void> written = path.empty() ? Result<void>() : write_file(path, text);
    if (!written.ok()) program.fail(kFailed, written.error().detail);
  }
  if (!own.quiet && (own.coverage_min > 0 || met_more_than_a_token(*coverage))) {
    program.err << "zest-sandbox: coverage " << coverage_line(*coverage) << std::endl;
  }
  return covers(*coverage, own.coverage_min);
}

// Where the console shows what went wrong: the newest call that was refused, the newest delivery of each
// state that did not arrive.
std::string places_in_console(const std::string& url, const client::ControlApi& control) {
  const Remote remote{url, ""};
  std::string places = "  " + remote.url + "/_sandbox/console\n";
  const auto add = [&](const Result<Json>& list, std::string_view id, const std::string& folder,
                       const std::string& what) {
    const Json* documents = list.ok() ? member(*list, "documents") : nullptr;
    if (documents == nullptr || documents->empty()) return;
    const std::string found = text_at(documents->front(), id);
    if (!found.empty()) places += "  " + console_link(remote, folder + found) + "  " + what + "\n";
  };
  add(control.requests({{"failed", "true"}, {"perPage", "1"}}), "errorId", "requests/",
      "the newest call that was refused");
  for (const char* status : {"dead", "retrying", "pending"}) {
    add(control.deliveries({{"status", status}, {"perPage", "1"}}), "deliveryId", "deliveries/",
        "the newest delivery that is " + std::string(status));
  }
  return places;
}

int exec(const Program& program, const ServeFlags& flags, const ExecOptions& own) {
  Result<app::ResolvedOptions> resolved = resolve(program, flags, {{"port", "0"}, {"log-level", "warning"}});
  if (!resolved.ok()) {
    return program.fail(kUsage, resolved.error().detail + ". Run `zest-sandbox exec --help` for more.");
  }
  app::ServeOptions& options = resolved->options;
  const auto described = describe_application(program, own.app, options);
  if (!described.ok()) return program.fail(kUsage, described.error().detail);
  std::vector<scenario::Pack> packs;
  for (const std::string& word : own.packs) {
    Result<scenario::Pack> pack = scenario::find_pack(word);
    if (!pack.ok()) return program.fail(kUsage, "--pack: " + pack.error().detail);
    packs.push_back(std::move(*pack));
  }
  const Result<Duration> patience = parse_duration(own.wait_timeout);
  if (!patience.ok()) return program.fail(kUsage, "--wait-timeout: " + patience.error().detail);
  for (const std::string& file : {own.coverage_json, own.coverage_markdown}) {
    const Result<void> writable = file.empty() ? Result<void>() : check_writable(file);
    if (!writable.ok()) return program.fail(kUsage, writable.error().detail);
  }
  ChildRunner runner;  // before any thread is started, so that each leaves the signals to this one
  if (const std::optional<int> code = runner.split(app::sweep_temporary_files)) return *code;
  Log log(options.log_format, options.log_level);
  if (!own.keep_folder.empty()) log.keep(kKeptLogLines);
  announce_options(*resolved, log);
  std::optional<app::StartLimit> start(
      std::in_place, runner.signals(), [](int signal) { return kSignalBase + signal; }, log);
  Result<std::unique_ptr<app::Sandbox>> sandbox = app::Sandbox::start(options, log);
  start.reset();
  if (!sandbox.ok()) {
    const bool usage = sandbox.error().kind == ErrorKind::InvalidRequest;
    return program.fail(usage ? kUsage : kFailed, sandbox.error().detail);
  }
  const Result<Identity> partner = identify(**sandbox, *described);
  if (!partner.ok()) return program.fail(kFailed, partner.error().detail);
  std::unique_ptr<app::PrivateKeyFile> key;
  if (partner->private_key_pem.empty()) {
    log.warning("there is no private key of " + partner->client_id + ", so " + kKeyFileVariable +
                " is not set");
  } else {
    Result<std::unique_ptr<app::PrivateKeyFile>> written =
        app::PrivateKeyFile::write(partner->private_key_pem);
    if (!written.ok()) return program.fail(kFailed, written.error().detail);
    key = std::move(*written);
  }
  const client::ControlApi control((*sandbox)->local_url(), (*sandbox)->admin_token());
  if (const Result<void> added = put_on(packs, control); !added.ok()) {
    return program.fail(kUsage, added.error().detail);
  }
  std::shared_ptr<application::Process> process;
  if (*described && (*described)->start) {
    auto started = start_application(program, **described, *partner);
    if (!started.ok()) return program.fail(kFailed, started.error().detail);
    process = std::move(*started);
  }
  for (const std::string& url : own.wait_for) {
    const Result<void> answered = wait_for_answer(url, *patience, runner);
    if (!answered.ok() && !runner.pending_signal()) return program.fail(kFailed, answered.error().detail);
  }
  if (const std::optional<int> signal = runner.pending_signal()) return kSignalBase + *signal;
  Program::Environment ours = {{kUrlVariable, (*sandbox)->local_url()},
                               {kClientIdVariable, partner->client_id},
                               {kKeyFileVariable, key ? key->path().string() : ""},
                               {kWebhookSecretVariable, partner->webhook_secret},
                               {kBinary, own_binary()}};
  if (!(*sandbox)->admin_token().empty()) ours.emplace_back(kAdminToken, (*sandbox)->admin_token());
  const std::string seed = std::to_string((*sandbox)->seed());
  log.info("the seed is " + seed);
  const ChildEnd end = runner.run({own.command, child_environment(program, ours)});
  // What stays open keeps its application.
  const bool stays = own.stay_on_failure && end.exit_code != kFine && end.exit_code < kNotExecutable;
  if (!stays) process.reset();
  key.reset();
  const bool of_client = std::any_of(packs.begin(), packs.end(),
                                     [](const scenario::Pack& pack) { return pack.name == kClientPack; });
  if (of_client) say_client_grade(program, control);
  const Result<std::size_t> warnings = say_warnings(program, control);
  const bool covered = say_coverage(program, own, control);
  if (end.exit_code != kFine && !own.keep_folder.empty()) {
    const std::string title = "The command ended with " + std::to_string(end.exit_code);
    const Result<void> kept = keep_run(own.keep_folder, control, log.kept(), title);
    log.warning(kept.ok() ? "what the run left is in " + own.keep_folder +
                                " (begin with index.html); in the console: zest-sandbox serve --import " +
                                own.keep_folder + "/snapshot.json"
                          : "nothing of the run could be kept: " + kept.error().detail);
  }
  if (stays) {
    program.err << "zest-sandbox: the command ended with " << end.exit_code
                << "; its sandbox stays until Ctrl-C, for you to look at:\n"
                << places_in_console((*sandbox)->local_url(), control) << std::flush;
    runner.wait_for_signal();
    process.reset();
  }
  app::end_in_time(std::move(*sandbox), end.exit_code, log);
  if (!end.complaint.empty()) return program.fail(end.exit_code, end.complaint);
  if (end.exit_code == kFine && !covered) {
    return program.fail(kFailed, "the command has met less than --coverage-min " +
                                     std::to_string(own.coverage_min) + " asks for");
  }
  if (end.exit_code == kFine) {
    if (!own.fail_on_warnings || (warnings.ok() && *warnings == 0)) return kFine;
    return warnings.ok() ? fail_on_warnings(program, *warnings)
                         : program.fail(kFailed, warnings.error().detail);
  }
  return program.fail(end.exit_code, "the command ended with " + std::to_string(end.exit_code) + "; --seed " +
                                         seed + " repeats the identifiers and random choices it saw");
}

}  // namespace

void add_exec(Program& program) {
  CLI::App* command = program.command(
      "exec", "Run a command with a sandbox of its own, which is gone when the command ends",
      {"exec -- npm test   # your tests find the sandbox in their environment",
       "exec --clock manual --webhook-url http://127.0.0.1:9000/webhooks -- pytest -q",
       "exec --pack client-faults --keep-on-failure out -- npm test   # lost answers, 503, expired tokens",
       "exec --stay-on-failure -- npm test   # the console shows what went wrong, until Ctrl-C",
       "exec --app zest-app.json -- npm test   # with your application, started beside it",
       "exec --coverage-min 80 -- npm test   # fails while the tests meet too little",
       "exec -- sh -c 'curl -s $ZEST_SANDBOX_URL/v1/contracts'"});
  command->footer(
      std::string(
          "  zest-sandbox exec [OPTIONS] -- COMMAND [ARGUMENT...]\n\nThe command's environment has ") +
      kUrlVariable + ", " + kClientIdVariable + ", " + kKeyFileVariable +
      " (a PEM file for its\nowner's eyes only, gone afterwards), " + kWebhookSecretVariable + " and " +
      kBinary +
      " (this program). Its input and output are its own;\nwhat the sandbox has to say goes to standard "
      "error. Signals are "
      "passed on. The exit code is the command's:\n126 when it cannot be executed, 127 when it is not found, "
      "128+n when signal n ended it.\nThe sandbox takes the options of `serve`, on a free port and with "
      "warnings only in its log unless told otherwise.\n\n" +
      command->get_footer());
  const auto flags = add_serve_options(command);
  const auto own = std::make_shared<ExecOptions>();
  add_application_option(command, own->app);
  command
      ->add_option("--pack", own->packs,
                   "Chaos rules that hold meanwhile: a pack of `chaos packs`, or a file")
      ->type_name("NAME|FILE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command
      ->add_option("--wait-for", own->wait_for,
                   "Start the command once something answers there, such as your application")
      ->type_name("URL")
      ->expected(1)
      ->check(webhook_url())
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_option("--wait-timeout", own->wait_timeout, "How long to wait for it [60s]")
      ->type_name("DURATION");
  command
      ->add_option(
          "--keep-on-failure", own->keep_folder,
          "When the command fails, write snapshot, journal, deliveries, log and a page into this folder")
      ->type_name("DIR")
      ->check(not_empty());
  command->add_flag("--stay-on-failure", own->stay_on_failure,
                    "When the command fails, print where the console shows why, and stay until Ctrl-C");
  add_fail_on_warnings(command, own->fail_on_warnings);
  command
      ->add_option("--coverage-min", own->coverage_min,
                   "Fail when the command has met less than so many percent of what `coverage` lists")
      ->type_name("PERCENT")
      ->check(whole_number(0, 100));
  command
      ->add_option("--coverage-json", own->coverage_json, "Write there what it has met, for `coverage merge`")
      ->type_name("FILE")
      ->check(not_empty());
  command
      ->add_option("--coverage-markdown", own->coverage_markdown,
                   "Write there what it has met, for a job's summary")
      ->type_name("FILE")
      ->check(not_empty());
  command->add_flag("-q,--quiet", own->quiet, "Do not say at the end what the command has met");
  program.take_rest(command, own->command);
  program.on(command, [&program, flags, own] { return exec(program, *flags, *own); });
}

}  // namespace zest::cli
