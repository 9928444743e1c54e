#include <CLI/App.hpp>

#include "cli/commands.h"
#include "cli/credentials.h"
#include "cli/program.h"

namespace zest::cli {
namespace {

struct TokenOptions {
  PartnerOptions partner;
  std::string audience;
};

int print_token(const Program& program, const Remote& remote, const TokenOptions& options) {
  Result<client::Credentials> credentials = partner_credentials(options.partner);
  if (!credentials.ok()) return program.fail(kUsage, credentials.error().detail);
  client::PartnerApi api(remote.url, std::move(*credentials), options.audience);
  Result<client::Tokens> tokens = api.request_tokens();
  if (!tokens.ok())
    return report(program, remote, with_partner(tokens.error(), options.partner, api.client_id()));
  if (remote.json) {
    const Json pair = {{"accessToken", tokens->access}, {"refreshToken", tokens->refresh}};
    program.out << dump_json_pretty(pair) << std::endl;
  } else {
    program.out << printable(tokens->access) << std::endl;
  }
  return kFine;
}

}  // namespace

void add_token(Program& program) {
  CLI::App* command = program.command(
      "token", "Print an access token for curl; by default the seeded partner's",
      {"token", "token --client-id client_test --key test.pem", "token --json   # with the refresh token"});
  const auto remote = add_remote(program, command);
  const auto options = std::make_shared<TokenOptions>();
  add_partner_options(program, command, options->partner);
  command->add_option("--audience", options->audience, "Audience of the assertion; else the --url")
      ->type_name("URL");
  command->footer(command->get_footer() +
                  "\n\n  curl -H \"Authorization: Bearer $(zest-sandbox token)\" "
                  "http://127.0.0.1:8080/v1/spv-requests");
  program.on(command, [&program, remote, options] { return print_token(program, *remote, *options); });
}

}  // namespace zest::cli
