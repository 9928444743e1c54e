#include <CLI/App.hpp>
#include <chrono>

#include "cli/commands.h"
#include "cli/credentials.h"
#include "cli/program.h"
#include "client/webhook_signature.h"

namespace zest::cli {
namespace {

struct SignOptions {
  std::string body_file = "-";
  std::string secret;
  std::string at;
  std::string signature;
};

Instant wall_now() { return std::chrono::floor<Duration>(std::chrono::system_clock::now()); }

Result<Instant> instant_of(const SignOptions& options) {
  if (options.at.empty()) return wall_now();
  Result<Instant> instant = parse_instant(options.at);
  if (!instant.ok()) {
    return make_error(ErrorKind::InvalidRequest,
                      "--at: \"" + options.at + "\" is not an instant such as 2026-01-01T00:00:00Z");
  }
  return instant;
}

void add_signature_options(Program& program, CLI::App* command, SignOptions& options) {
  options.secret = default_webhook_secret(program);
  command->add_option("body", options.body_file, "File with the exact bytes of the body; - is standard input")
      ->type_name("FILE");
  command
      ->add_option("--secret", options.secret,
                   "The whole whsec_… text; else ZEST_WEBHOOK_SECRET, else the seeded partner's")
      ->type_name("SECRET")
      ->check(not_empty());
  command->add_option("--at", options.at, "The wall clock to assume; else now")->type_name("INSTANT");
}

int sign(const Program& program, const SignOptions& options) {
  Result<std::string> body = read_input(options.body_file);
  if (!body.ok()) return program.fail(kUsage, body.error().detail);
  Result<Instant> at = instant_of(options);
  if (!at.ok()) return program.fail(kUsage, at.error().detail);
  program.out << client::sign_webhook(options.secret, *body, *at) << std::endl;
  return kFine;
}

int verify(const Program& program, const SignOptions& options) {
  Result<std::string> body = read_input(options.body_file);
  if (!body.ok()) return program.fail(kUsage, body.error().detail);
  Result<Instant> at = instant_of(options);
  if (!at.ok()) return program.fail(kUsage, at.error().detail);
  Result<void> verified = client::verify_webhook(options.secret, &options.signature, *body, *at);
  if (!verified.ok()) return program.fail(kFailed, "not valid: " + verified.error().detail);
  program.out << "valid" << std::endl;
  return kFine;
}

}  // namespace

void add_sign(Program& program) {
  CLI::App* sign_command = program.command("sign", "Compute the Zest-Signature of a body",
                                           {"sign body.json --secret whsec_0123abcd", "sign - < body.json"});
  const auto sign_options = std::make_shared<SignOptions>();
  add_signature_options(program, sign_command, *sign_options);
  program.on(sign_command, [&program, sign_options] { return sign(program, *sign_options); });

  CLI::App* verify_command = program.command("verify", "Check the Zest-Signature of a body",
                                             {"verify body.json --signature \"t=1767225600,v1=…\""});
  const auto verify_options = std::make_shared<SignOptions>();
  add_signature_options(program, verify_command, *verify_options);
  verify_command->add_option("--signature", verify_options->signature, "Value of the Zest-Signature header")
      ->required()
      ->type_name("HEADER");
  program.on(verify_command, [&program, verify_options] { return verify(program, *verify_options); });
}

}  // namespace zest::cli
