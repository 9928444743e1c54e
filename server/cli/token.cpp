#include <CLI/App.hpp>
#include <CLI/Validators.hpp>

#include "base/crypto.h"
#include "base/time.h"
#include "cli/commands.h"
#include "cli/credentials.h"
#include "cli/program.h"
#include "insight/finding.h"
#include "insight/mistake_row.h"

namespace zest::cli {
namespace {

struct TokenOptions {
  PartnerOptions partner;
  std::string audience;
  bool keyless = false;
  std::string explain;  // a token, or - for standard input
  std::string language;
};

// The claims as lines, times with what they mean.
std::string claims_text(const Json& claims) {
  std::vector<std::pair<std::string, std::string>> lines;
  for (const auto& [name, value] : claims.items()) {
    std::string text = value.is_string() ? value.get<std::string>() : dump_json(value);
    const bool is_time = (name == "iat" || name == "exp" || name == "nbf") && value.is_number();
    const double seconds = is_time ? value.get<double>() : -1;
    if (seconds >= 0 && seconds <= static_cast<double>(kLastSecond)) {
      text += "  " + format_instant(instant_from_ms(static_cast<std::int64_t>(seconds * 1000)));
    }
    lines.emplace_back(name, printable(text));
  }
  return fields(lines, "  ");
}

std::string diagnosis_text(const Json& diagnosis, const std::string& language) {
  const std::string status = text_at(diagnosis, "answer/status");
  std::string text = "kind    " + text_at(diagnosis, "kind") + "\nanswer  " + status;
  if (const std::string code = text_at(diagnosis, "answer/code"); !code.empty()) {
    text += " " + code + ": " + printable(text_at(diagnosis, "answer/detail"));
  }
  text += "\nclock   " + text_at(diagnosis, "clock") + "\n";
  if (const Json* key = member(diagnosis, "registeredKey")) {
    text += "key     " + printable(text_at(*key, "clientId")) + " " + text_at(*key, "thumbprint") + "\n";
  }
  if (const Json* header = member(diagnosis, "header")) text += "header\n" + claims_text(*header);
  if (const Json* claims = member(diagnosis, "claims")) text += "claims\n" + claims_text(*claims);
  const Json* findings = member(diagnosis, "findings");
  if (findings == nullptr || findings->empty()) return text + "Nothing is wrong with it.\n";
  return text + "\n" + printable_lines(insight::findings_text(*findings, language));
}

// 0 when it would be taken.
int explain_token(const Program& program, const Remote& remote, const TokenOptions& options) {
  Json question{{"token", options.explain}};
  if (options.explain == "-") {
    const Result<std::string> input = read_input("-");
    if (!input.ok()) return program.fail(kUsage, input.error().detail);
    question["token"] = *input;
  }
  if (!options.partner.key_file.empty()) {
    const Result<std::string> pem = read_input(options.partner.key_file);
    if (!pem.ok()) return program.fail(kUsage, pem.error().detail);
    const Result<Ed25519PrivateKey> key = Ed25519PrivateKey::from_pem(*pem);
    if (!key.ok()) return program.fail(kUsage, options.partner.key_file + ": " + key.error().detail);
    question["publicKey"] = base64_encode(key->public_key());
  }
  const Result<Json> answer = control_api(remote).explain_token(question);
  const int code = print(program, remote, answer, [&options](const Json& diagnosis) {
    return diagnosis_text(diagnosis, options.language);
  });
  if (code != kFine) return code;
  const std::string status = text_at(*answer, "answer/status");
  return status == "200" || status == "201" ? kFine : kFailed;
}

int print_pair(const Program& program, const Remote& remote, const std::string& access,
               const std::string& refresh) {
  if (remote.json) {
    program.out << dump_json_pretty(Json{{"accessToken", access}, {"refreshToken", refresh}}) << std::endl;
  } else {
    program.out << printable(access) << std::endl;
  }
  return kFine;
}

int print_token(const Program& program, const Remote& remote, const TokenOptions& options) {
  if (options.keyless) {
    const Result<Json> pair = control_api(remote).issue_token(client_id_of(options.partner));
    if (!pair.ok()) return report(program, remote, pair.error());
    return print_pair(program, remote, text_at(*pair, "accessToken"), text_at(*pair, "refreshToken"));
  }
  Result<client::Credentials> credentials = partner_credentials(options.partner);
  if (!credentials.ok()) return program.fail(kUsage, credentials.error().detail);
  client::PartnerApi api(remote.url, std::move(*credentials), options.audience);
  Result<client::Tokens> tokens = api.request_tokens();
  if (!tokens.ok())
    return report(program, remote, with_partner(tokens.error(), options.partner, api.client_id()));
  return print_pair(program, remote, tokens->access, tokens->refresh);
}

}  // namespace

void add_token(Program& program) {
  CLI::App* command =
      program.command("token", "Print an access token for curl; by default the seeded partner's",
                      {"token", "token --client-id client_test --key test.pem",
                       "token --client-id client_test --keyless   # when the key is not at hand",
                       "token --json   # with the refresh token",
                       "token --explain eyJ…   # everything that is wrong with an assertion, at once"});
  const auto remote = add_remote(program, command);
  const auto options = std::make_shared<TokenOptions>();
  add_partner_options(program, command, options->partner);
  command->add_option("--audience", options->audience, "Audience of the assertion; else the --url")
      ->type_name("URL");
  command->add_flag("--keyless", options->keyless, "Have the sandbox give one, which needs no key");
  command->footer(command->get_footer() +
                  "\n\n  curl -H \"Authorization: Bearer $(zest-sandbox token)\" "
                  "http://127.0.0.1:8080/v1/spv-requests");
  command
      ->add_option(
          "--explain", options->explain,
          "Say everything that is wrong with this assertion or token; - reads it from standard input")
      ->type_name("JWT")
      ->check(not_empty());
  command
      ->add_option("--language", options->language, "With --explain: the lines of code of this language only")
      ->type_name("LANGUAGE")
      ->check(
          CLI::IsMember(std::vector<std::string>(insight::kLanguages.begin(), insight::kLanguages.end())));
  program.on(command, [&program, remote, options] {
    return options->explain.empty() ? print_token(program, *remote, *options)
                                    : explain_token(program, *remote, *options);
  });
}

}  // namespace zest::cli
