#include <CLI/App.hpp>
#include <filesystem>

#include "application/language.h"
#include "base/file.h"
#include "cli/app_check.h"
#include "cli/application.h"
#include "cli/commands.h"
#include "cli/program.h"
#include "client/connection.h"

namespace zest::cli {
namespace {

// What `app init` writes: read by a test, so that it stays right.
constexpr const char* kExample =
    R"json(// What zest-sandbox needs to know of your application, so that scenarios and certify can ask it what it believes.
// Everything but the webhook may be left out: what is not described is not checked, and reports say so.
{
  // "$schema": "./application.schema.json",       // `zest-sandbox app schema > application.schema.json`, for editors
  "name": "portal",

  // Where it takes webhooks. ${env.NAME} reads the environment; only with --app, not from a file that was found.
  "webhook": {"url": "${app}/webhooks", "secret": "${env.ZEST_WEBHOOK_SECRET}"},
  "variables": {"app": "http://127.0.0.1:3000"},

  // The partner that it is. Without it each run has a fresh one, which "start" hands on in ZEST_CLIENT_ID,
  // ZEST_PRIVATE_KEY_FILE, ZEST_WEBHOOK_SECRET and ZEST_SANDBOX_URL.
  // "partner": {"use": "client_portal", "privateKeyFile": "portal.pem"},

  // How to start it; it ends with the run. Only with --app.
  // "start": {"command": ["node", "server.js"], "environment": {"PORT": "3000"},
  //           "ready": "${app}/health", "within": "20s"},

  // Where it says what it believes of a resource. {names} are members of the events' data.
  "probes": {
    "spvRequest": {
      "url": "${app}/state/{spvRequestSlug}", "path": "status",
      "within": "5s",       // polled so long: it may process webhooks after it has answered them
      "settle": "500ms",    // and once more after that
      "states": {"pending-review": ["new", "waiting"], "approved": "live"}   // its words, where they are not Zest's
    },
    "subscription": {"url": "${app}/state/{subscriptionSlug}", "path": "status"},
    "investor": {"url": "${app}/state/{zestPersonId}", "path": "status"}
    // What it keeps of a call of Zest's that failed, for certify --client: the errorId.
    // , "failure": {"url": "${app}/failures/{intent}", "path": "errorId"}
  },

  // What it does once for each event of a type: a count, or a list that is counted.
  // "effects": {"welcomeMail": {"url": "${app}/mails/{zestPersonId}", "path": "count", "oncePer": "investor.created"}},

  // How to make it call Zest: requestSpv, cancelSpv, createInvestors, subscribe, uploadForm, uploadReceipt.
  // ${intent} is a fresh id, ${sample.X} the member X of a body that fits.
  "actions": {
    // "requestSpv": {"call": "POST ${app}/deals", "body": {"id": "${intent}", "attributes": "${sample.attributes}"},
    //                "capture": {"svr": "spvRequestSlug"}},
    // "createInvestors": {"call": "POST ${app}/investors", "body": {"id": "${intent}", "rows": "${sample.investors}"}}
  }
}
)json";

int init_application(const Program& program, const std::string& file, bool force) {
  std::error_code failed;
  if (!force && std::filesystem::exists(file, failed)) {
    return program.fail(kFailed, file + " is there already; --force writes over it");
  }
  const Result<void> written = write_file(file, kExample);
  if (!written.ok()) return program.fail(kUsage, written.error().detail);
  program.out << "Wrote " << printable(file)
              << ". Change what is not so, then try it: zest-sandbox app check --app " << printable(file)
              << std::endl;
  return kFine;
}

const char* outcome_word(TriedPart::Outcome outcome) {
  switch (outcome) {
    case TriedPart::Outcome::Works:
      return "works";
    case TriedPart::Outcome::Fails:
      return "fails";
    case TriedPart::Outcome::NotGiven:
      return "not given";
  }
  return "";
}

void print_parts(const Program& program, const std::vector<TriedPart>& parts) {
  for (const TriedPart& part : parts) {
    std::string word = outcome_word(part.outcome);
    word.resize(9, ' ');
    const Style style = part.outcome == TriedPart::Outcome::Works   ? Style::Green
                        : part.outcome == TriedPart::Outcome::Fails ? Style::Red
                                                                    : Style::Dim;
    std::string name = part.part;
    name.resize(std::max<std::size_t>(name.size(), 24), ' ');
    program.out << "  " << program.terminal.styled(style, word) << "  " << printable(name) << "  "
                << printable_lines(part.what);
  }
}

int check_application(const Program& program, const Remote& remote, const ApplicationFlags& flags) {
  const Result<std::optional<application::Description>> read = read_application(program, flags);
  if (!read.ok()) return program.fail(kUsage, read.error().detail);
  if (!*read) {
    return program.fail(kUsage,
                        std::string("there is no ") + application::kFileName +
                            " here; write one with `zest-sandbox app init`, or name it by --app FILE");
  }
  const Result<std::vector<TriedPart>> parts =
      try_application(program, **read, remote.url, remote.admin_token);
  if (!parts.ok()) {
    if (client::is_unreachable(parts.error())) return report(program, remote, parts.error());
    return program.fail(kFailed, parts.error().detail);
  }
  bool works = true;
  Json documents = Json::array();
  for (const TriedPart& part : *parts) {
    works = works && part.outcome != TriedPart::Outcome::Fails;
    documents.push_back({{"part", part.part}, {"outcome", outcome_word(part.outcome)}, {"what", part.what}});
  }
  if (remote.json) {
    program.out << dump_json_pretty(Json{{"name", (*read)->name}, {"works", works}, {"parts", documents}})
                << std::endl;
  } else {
    program.out << program.terminal.styled(Style::Bold, printable((*read)->name)) << "  "
                << printable((*read)->file) << "\n";
    print_parts(program, *parts);
    program.out << (works ? "All that is given works." : "Put right what fails.") << std::endl;
  }
  return works ? kFine : kFailed;
}

void add_init(Program& program, CLI::App* parent) {
  CLI::App* command = program.command(parent, "init", "Write a commented description to start from",
                                      {"app init", "app init ci/portal.json"});
  const auto file = std::make_shared<std::string>(application::kFileName);
  const auto force = std::make_shared<bool>(false);
  command->add_option("FILE", *file, std::string("Where to [") + application::kFileName + "]")->type_name("");
  command->add_flag("--force", *force, "Write over what is there");
  program.on(command, [&program, file, force] { return init_application(program, *file, *force); });
}

void add_check(Program& program, CLI::App* parent) {
  CLI::App* command = program.command(parent, "check", "Try each part of the description, and say what works",
                                      {"app check --app zest-app.json",
                                       "app check   # the one in this folder, without its start and ${env.…}",
                                       "app check --app zest-app.json --url http://127.0.0.1:8080   # with a "
                                       "sandbox that the application knows"});
  const auto remote = std::make_shared<Remote>();
  const auto flags = std::make_shared<ApplicationFlags>();
  remote->admin_token = program.variable("ZEST_SANDBOX_ADMIN_TOKEN").value_or("");
  add_application_option(command, flags->file);
  command->add_option("--url", remote->url, "A sandbox that runs already [one of its own]")
      ->type_name("URL")
      ->transform(sandbox_url());
  command->add_option("--admin-token", remote->admin_token, "Its token; else ZEST_SANDBOX_ADMIN_TOKEN")
      ->type_name("TOKEN");
  command->add_option("--webhook-url", flags->webhook_url, "In place of the file's")
      ->type_name("URL")
      ->check(webhook_url());
  command->add_option("--webhook-secret", flags->webhook_secret, "In place of the file's")
      ->type_name("SECRET")
      ->check(not_empty());
  command->add_flag("--json", remote->json, "As JSON");
  program.on(command, [&program, remote, flags] { return check_application(program, *remote, *flags); });
}

}  // namespace

void add_app(Program& program) {
  CLI::App* parent = program.command(
      "app", "The description of your application that scenario run, certify, exec and trigger read", {});
  add_init(program, parent);
  add_check(program, parent);
  CLI::App* schema = program.command(parent, "schema", "Print the JSON Schema of such files, for editors",
                                     {"app schema > application.schema.json"});
  program.on(schema, [&program] {
    program.out << dump_json_pretty(application::json_schema()) << std::endl;
    return kFine;
  });
}

}  // namespace zest::cli
