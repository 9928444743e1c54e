#include <CLI/App.hpp>

#include "app/private_file.h"
#include "app/sandbox.h"
#include "app/stop_limit.h"
#include "cli/application.h"
#include "cli/child_process.h"
#include "cli/commands.h"
#include "cli/program.h"
#include "cli/serve_options.h"

namespace zest::cli {
namespace {

constexpr const char* kAdminToken = "ZEST_SANDBOX_ADMIN_TOKEN";

int exec(const Program& program, const ServeFlags& flags, const std::vector<std::string>& arguments) {
  Result<app::ResolvedOptions> resolved = resolve(program, flags, {{"port", "0"}, {"log-level", "warning"}});
  if (!resolved.ok()) {
    return program.fail(kUsage, resolved.error().detail + ". Run `zest-sandbox exec --help` for more.");
  }
  const app::ServeOptions& options = resolved->options;
  ChildRunner runner;  // before any thread is started, so that each leaves the signals to this one
  if (const std::optional<int> code = runner.split(app::sweep_temporary_files)) return *code;
  Log log(options.log_format, options.log_level);
  announce_options(*resolved, log);
  Result<std::unique_ptr<app::Sandbox>> sandbox = app::Sandbox::start(options, log);
  if (!sandbox.ok()) {
    const bool usage = sandbox.error().kind == ErrorKind::InvalidRequest;
    return program.fail(usage ? kUsage : kFailed, sandbox.error().detail);
  }
  const app::SeededPartner& partner = (*sandbox)->partner();
  std::unique_ptr<app::PrivateKeyFile> key;
  if (partner.private_key_pem.empty()) {
    log.warning("there is no private key of " + partner.client_id + ", so " + kKeyFileVariable +
                " is not set");
  } else {
    Result<std::unique_ptr<app::PrivateKeyFile>> written =
        app::PrivateKeyFile::write(partner.private_key_pem);
    if (!written.ok()) return program.fail(kFailed, written.error().detail);
    key = std::move(*written);
  }
  if (const std::optional<int> signal = runner.pending_signal()) return kSignalBase + *signal;
  Program::Environment ours = {{kUrlVariable, (*sandbox)->local_url()},
                               {kClientIdVariable, partner.client_id},
                               {kKeyFileVariable, key ? key->path().string() : ""},
                               {kWebhookSecretVariable, partner.webhook_secret}};
  if (!(*sandbox)->admin_token().empty()) ours.emplace_back(kAdminToken, (*sandbox)->admin_token());
  const std::string seed = std::to_string((*sandbox)->seed());
  log.info("the seed is " + seed);
  const ChildEnd end = runner.run({arguments, child_environment(program, ours)});
  key.reset();
  app::end_in_time(std::move(*sandbox), end.exit_code, log);
  if (!end.complaint.empty()) return program.fail(end.exit_code, end.complaint);
  if (end.exit_code == kFine) return kFine;
  return program.fail(end.exit_code, "the command ended with " + std::to_string(end.exit_code) + "; --seed " +
                                         seed + " repeats the identifiers and random choices it saw");
}

}  // namespace

void add_exec(Program& program) {
  CLI::App* command =
      program.command("exec", "Run a command with a sandbox of its own, which is gone when the command ends",
                      {"exec -- npm test   # your tests find the sandbox in their environment",
                       "exec --clock manual --webhook-url http://127.0.0.1:9000/webhooks -- pytest -q",
                       "exec -- sh -c 'curl -s $ZEST_SANDBOX_URL/v1/contracts'"});
  command->footer(
      std::string(
          "  zest-sandbox exec [OPTIONS] -- COMMAND [ARGUMENT...]\n\nThe command's environment has ") +
      kUrlVariable + ", " + kClientIdVariable + ", " + kKeyFileVariable +
      " (a PEM file for its\nowner's eyes only, gone afterwards) and " + kWebhookSecretVariable +
      ". Its input and output are its own;\nwhat the sandbox has to say goes to standard error. Signals are "
      "passed on. The exit code is the command's:\n126 when it cannot be executed, 127 when it is not found, "
      "128+n when signal n ended it.\nThe sandbox takes the options of `serve`, on a free port and with "
      "warnings only in its log unless told otherwise.\n\n" +
      command->get_footer());
  const auto flags = add_serve_options(command);
  const auto arguments = std::make_shared<std::vector<std::string>>();
  program.take_rest(command, *arguments);
  program.on(command, [&program, flags, arguments] { return exec(program, *flags, *arguments); });
}

}  // namespace zest::cli
