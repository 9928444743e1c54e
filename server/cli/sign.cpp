#include <CLI/App.hpp>
#include <CLI/Validators.hpp>
#include <chrono>
#include <utility>

#include "base/crypto.h"
#include "cli/commands.h"
#include "cli/credentials.h"
#include "cli/program.h"
#include "client/control_api.h"
#include "client/webhook_signature.h"
#include "insight/mistake_row.h"
#include "insight/signature_doctor.h"

namespace zest::cli {
namespace {

struct SignOptions {
  std::string body_file = "-";
  std::string secret;
  std::string at;
};

struct VerifyOptions : SignOptions {
  std::string signature;
  bool explain = false;
  std::string computed;
  std::string event_id;
  std::string endpoint;
  std::string language;
  bool json = false;
  std::string url;
  std::string admin_token;
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

// What the doctor says, by itself or by the sandbox, which knows what it sent. Errors: those of asking it.
Result<Json> diagnose(const VerifyOptions& options, const std::string& body, Instant now) {
  if (!options.url.empty()) {
    Json headers{{"Zest-Signature", options.signature}};
    if (!options.event_id.empty()) headers["Zest-Event-Id"] = options.event_id;
    Json question{{"headers", headers}, {"bodyBase64", base64_encode(body)}, {"secret", options.secret}};
    if (!options.computed.empty()) question["computed"] = options.computed;
    if (!options.endpoint.empty()) question["endpoint"] = options.endpoint;
    return client::ControlApi(options.url, options.admin_token).verify_signature(question);
  }
  insight::SignatureCase question;
  question.header = options.signature;
  question.body = body;
  question.secret = options.secret;
  if (!options.computed.empty()) question.computed = options.computed;
  question.event_id = options.event_id;
  question.url = options.endpoint;
  question.now = now;
  const insight::SignatureDiagnosis diagnosis = insight::diagnose_signature(question);
  Json answer{{"verified", diagnosis.verified}, {"signatureMatches", diagnosis.signature_matches}};
  if (!diagnosis.expected.empty()) answer["expected"] = diagnosis.expected;
  answer["findings"] = to_json(diagnosis.findings);
  return answer;
}

int explain(const Program& program, const VerifyOptions& options, const std::string& body, Instant now) {
  const Result<Json> answer = diagnose(options, body, now);
  if (!answer.ok()) {
    Remote remote;
    remote.url = options.url;
    return report(program, remote, answer.error());
  }
  const Json* findings = member(*answer, "findings");
  const bool fine = findings == nullptr || findings->empty();
  if (options.json) {
    program.out << dump_json_pretty(*answer) << std::endl;
  } else if (fine) {
    program.out << "valid" << std::endl;
  } else {
    program.out << printable_lines(insight::findings_text(*findings, options.language)) << std::flush;
  }
  return fine ? kFine : kFailed;
}

int verify(const Program& program, const VerifyOptions& options) {
  Result<std::string> body = read_input(options.body_file);
  if (!body.ok()) return program.fail(kUsage, body.error().detail);
  Result<Instant> at = instant_of(options);
  if (!at.ok()) return program.fail(kUsage, at.error().detail);
  if (options.explain || !options.computed.empty()) return explain(program, options, *body, *at);
  for (const auto& [given, name] :
       {std::pair{!options.url.empty(), "--url"}, std::pair{options.json, "--json"},
        std::pair{!options.language.empty(), "--language"},
        std::pair{!options.event_id.empty(), "--event-id"},
        std::pair{!options.endpoint.empty(), "--endpoint"}}) {
    if (given) return program.fail(kUsage, std::string(name) + " needs --explain");
  }
  Result<void> verified = client::verify_webhook(options.secret, &options.signature, *body, *at);
  if (!verified.ok()) {
    return program.fail(kFailed,
                        "not valid: " + verified.error().detail + "; --explain tries the usual mistakes");
  }
  program.out << "valid" << std::endl;
  return kFine;
}

void add_explain_options(CLI::App* command, VerifyOptions& options) {
  command->add_flag("--explain", options.explain, "Try the usual mistakes and name those that explain it");
  command
      ->add_option("--computed", options.computed,
                   "What your own code computed, to be explained (with --explain)")
      ->type_name("DIGEST");
  command->add_option("--event-id", options.event_id, "Value of the Zest-Event-Id header")->type_name("ID");
  command
      ->add_option("--endpoint", options.endpoint,
                   "URL that the webhook was sent to, for code that signs it, too")
      ->type_name("URL");
  command->add_option("--language", options.language, "Show the lines of code of this language only")
      ->type_name("LANGUAGE")
      ->check(
          CLI::IsMember(std::vector<std::string>(insight::kLanguages.begin(), insight::kLanguages.end())));
  command
      ->add_option("--url", options.url,
                   "Ask this sandbox, which compares with what it sent and with other secrets")
      ->type_name("URL")
      ->transform(sandbox_url());
  command
      ->add_option("--admin-token", options.admin_token,
                   "Token that it was started with; else ZEST_SANDBOX_ADMIN_TOKEN")
      ->type_name("TOKEN");
  command->add_flag("--json", options.json, "Print the findings as JSON");
}

}  // namespace

void add_sign(Program& program) {
  CLI::App* sign_command = program.command("sign", "Compute the Zest-Signature of a body",
                                           {"sign body.json --secret whsec_0123abcd", "sign - < body.json"});
  const auto sign_options = std::make_shared<SignOptions>();
  add_signature_options(program, sign_command, *sign_options);
  program.on(sign_command, [&program, sign_options] { return sign(program, *sign_options); });

  CLI::App* verify_command =
      program.command("verify", "Check the Zest-Signature of a body, and say what is wrong with it",
                      {"verify body.json --signature \"t=1767225600,v1=…\"",
                       "verify body.json --signature \"t=…,v1=…\" --explain   # why it does not match",
                       "verify body.json --signature \"t=…,v1=…\" --explain --computed 5f… --language node   "
                       "# why your code has another"});
  const auto verify_options = std::make_shared<VerifyOptions>();
  add_signature_options(program, verify_command, *verify_options);
  verify_options->admin_token = program.variable("ZEST_SANDBOX_ADMIN_TOKEN").value_or("");
  verify_command->add_option("--signature", verify_options->signature, "Value of the Zest-Signature header")
      ->required()
      ->type_name("HEADER");
  add_explain_options(verify_command, *verify_options);
  program.on(verify_command, [&program, verify_options] { return verify(program, *verify_options); });
}

}  // namespace zest::cli
