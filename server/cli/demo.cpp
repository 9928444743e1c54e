#include <CLI/App.hpp>

#include "app/process.h"
#include "app/sandbox.h"
#include "cli/commands.h"
#include "cli/demo_story.h"
#include "cli/program.h"

namespace zest::cli {
namespace {

struct DemoOptions {
  std::string receiver_secret;
};

app::ServeOptions sandbox_options(const std::string& webhook_url) {
  app::ServeOptions options;
  options.port = 0;
  options.clock = ClockMode::Manual;
  options.seed = 1;  // its receiver is its own and new: the story may be the same each time
  options.webhook_url = webhook_url;
  return options;
}

int demo(const Program& program, const DemoOptions& options) {
  Log log(LogFormat::Text, LogLevel::Error);
  Timeline timeline(program);
  Result<std::unique_ptr<client::Receiver>> receiver = client::Receiver::start(
      {}, log, [&timeline](const client::Received& received) { timeline.webhook(received); });
  if (!receiver.ok()) return program.fail(kFailed, receiver.error().detail);
  Result<std::unique_ptr<app::Sandbox>> sandbox =
      app::Sandbox::start(sandbox_options((*receiver)->url()), log);
  if (!sandbox.ok()) return program.fail(kFailed, sandbox.error().detail);
  const app::SeededPartner& seeded = (*sandbox)->partner();
  (*receiver)->set_secret(options.receiver_secret.empty() ? seeded.webhook_secret : options.receiver_secret);
  Result<Ed25519PrivateKey> key = Ed25519PrivateKey::from_pem(seeded.private_key_pem);
  if (!key.ok()) return program.fail(kFailed, key.error().detail);

  program.out << "A sandbox on " << (*sandbox)->url() << ", a receiver on " << (*receiver)->url()
              << ", virtual time by hand.\n-> calls, <- webhooks, ok what was checked" << std::endl;
  client::PartnerApi partner((*sandbox)->local_url(), {seeded.client_id, std::move(*key)}, (*sandbox)->url());
  client::ControlApi control((*sandbox)->local_url());
  const auto show = [&timeline](const client::Request& request, const client::Reply& reply) {
    timeline.call(request, reply);
  };
  partner.connection().on_exchange(show);
  control.connection().on_exchange(show);
  const bool held = DemoStory({partner, control, **receiver, timeline}).tell();
  (*sandbox)->stop();
  (*receiver)->stop();
  if (!held)
    return program.fail(kFailed, "the demo stopped at the first thing that did not hold; see FAILED above");
  program.out << "\nAll " << timeline.checks() << " checks held. Now run your own: zest-sandbox serve"
              << std::endl;
  return kFine;
}

}  // namespace

void add_demo(Program& program) {
  CLI::App* command = program.command(
      "demo", "Show it all in one go: the happy path, a broken receiver, the dead letter and back",
      {"demo",
       "demo --receiver-secret whsec_wrong   # a receiver with the wrong secret refuses everything: exit 1"});
  const auto options = std::make_shared<DemoOptions>();
  command
      ->add_option("--receiver-secret", options->receiver_secret,
                   "What the receiver verifies with [the right one]")
      ->type_name("SECRET");
  program.on(command, [&program, options] { return demo(program, *options); });
}

}  // namespace zest::cli
