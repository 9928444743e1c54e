#include <CLI/App.hpp>
#include <csignal>

#include "app/process.h"
#include "app/sandbox.h"
#include "app/stop_limit.h"
#include "base/url.h"
#include "base/version.h"
#include "cli/commands.h"
#include "cli/program.h"
#include "cli/serve_options.h"

namespace zest::cli {
namespace {

std::string clock_text(const app::Sandbox& sandbox) {
  const Result<LaneClock> clock = sandbox.clock();
  if (!clock.ok()) return "unknown";
  switch (clock->mode) {
    case ClockMode::Manual:
      return "manual: `zest-sandbox clock advance` moves it";
    case ClockMode::Scaled:
      return std::to_string(clock->scale) + " times faster than real";
    case ClockMode::Real:
      break;
  }
  return "real";
}

// What people need for their first call, then the same for programs, then the word that scripts wait for.
void announce(const Program& program, const app::Sandbox& sandbox, const app::ResolvedOptions& resolved) {
  const app::SeededPartner& partner = sandbox.partner();
  const std::optional<std::filesystem::path>& database = resolved.options.database;
  std::vector<std::pair<std::string, std::string>> lines = {
      {"url", sandbox.url()},
      {"console", sandbox.url() + "/_sandbox/console"},
      {"docs", sandbox.url() + "/docs"},
      {"control plane", sandbox.url() + "/_sandbox"},
      {"client id", partner.client_id},
      {"webhook secret", partner.webhook_secret},
      {"webhook url", partner.webhook_url.empty() ? "none yet: deliveries stay pending (--webhook-url)"
                                                  : bare_url(partner.webhook_url)},
      {"clock", clock_text(sandbox)},
      {"seed", std::to_string(sandbox.seed())},
      {"database", database ? database->string() : "temporary, gone at exit"}};
  if (resolved.options.public_url) lines.insert(lines.begin() + 1, {"listens at", sandbox.local_url()});
  if (!resolved.found_config.empty())
    lines.emplace_back("options", "from " + resolved.found_config + ", found here");
  Json line = {
      {"url", sandbox.url()}, {"clientId", partner.client_id}, {"webhookSecret", partner.webhook_secret}};
  // One that was given is known, and nobody's business.
  if (resolved.options.admin_token.empty() && !sandbox.admin_token().empty()) {
    lines.emplace_back("admin token", sandbox.admin_token());
    line["adminToken"] = sandbox.admin_token();
  }
  program.out << program.terminal.styled(Style::Bold, "zest-sandbox " + std::string(version())) << "\n"
              << fields(lines, "  ");
  program.out << dump_json(line) << "\nReady." << std::endl;
}

int serve(const Program& program, const ServeFlags& flags, bool end_with_input) {
  Result<app::ResolvedOptions> resolved = resolve(program, flags);
  if (!resolved.ok()) {
    return program.fail(kUsage, resolved.error().detail + ". Run `zest-sandbox serve --help` for more.");
  }
  // Before any thread is started, so that each leaves the signals to this one.
  app::SignalWait signals({SIGINT, SIGTERM, SIGHUP});
  app::disown_children_of_others();
  Log log(resolved->options.log_format, resolved->options.log_level);
  announce_options(*resolved, log);
  std::optional<app::StartLimit> start(
      std::in_place, signals.signals(), [](int) { return kFailed; }, log);
  Result<std::unique_ptr<app::Sandbox>> sandbox = app::Sandbox::start(resolved->options, log);
  start.reset();
  if (!sandbox.ok()) {
    // A port, file or fixture that cannot be used is a matter of what was asked for.
    const bool usage = sandbox.error().kind == ErrorKind::InvalidRequest;
    return program.fail(usage ? kUsage : kFailed, sandbox.error().detail);
  }
  announce(program, **sandbox, *resolved);
  if (end_with_input) app::end_with_input();
  signals.wait();
  app::end_in_time(std::move(*sandbox), kFailed, log);
  return kFine;
}

}  // namespace

void add_serve(Program& program) {
  CLI::App* command = program.command(
      "serve", "Run the sandbox until it is told to stop (what happens without a command, too)",
      {"serve   # on http://127.0.0.1:8080, with a partner and credentials to start with",
       "serve --webhook-url http://127.0.0.1:9000/webhooks",
       "serve --clock manual --port 0 --port-file port.txt   # for tests: time by hand, on a free port",
       "serve --time-scale 3600 --auto-approve 1h   # an hour each second",
       "serve --db sandbox.db   # state that survives a restart"});
  command->footer(
      "Each option is also an environment variable (--time-scale is ZEST_SANDBOX_TIME_SCALE) and a key of "
      "the config file.\nA flag wins over the environment, the environment over the file. Durations: "
      "500ms, 30s, 5m, 12h, PT12H.\n\n" +
      command->get_footer());
  const auto flags = add_serve_options(command);
  const auto end_with_input = std::make_shared<bool>(false);
  command->add_flag("--end-with-input", *end_with_input,
                    "Stop when standard input ends, as a pipe from a test run does with the test run");
  program.on(command, [&program, flags, end_with_input] { return serve(program, *flags, *end_with_input); });
}

}  // namespace zest::cli
