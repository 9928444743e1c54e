#include "cli/application.h"

#include <CLI/App.hpp>
#include <filesystem>

#include "app/private_file.h"
#include "base/text.h"
#include "cli/credentials.h"

namespace zest::cli {

void add_application_option(CLI::App* command, std::string& file) {
  command
      ->add_option("--app", file,
                   std::string("Description of your application [") + application::kFileName +
                       " here, without its start and ${env.…}]")
      ->type_name("FILE")
      ->check(not_empty());
}

Result<std::optional<application::Description>> read_application(const Program& program,
                                                                 const ApplicationFlags& flags) {
  std::error_code failed;
  application::ReadOptions options;
  options.found = flags.file.empty();
  if (options.found && !std::filesystem::exists(application::kFileName, failed)) {
    return std::optional<application::Description>();
  }
  options.environment = [&program](const std::string& name) { return program.variable(name); };
  options.webhook_url = flags.webhook_url;
  options.webhook_secret = flags.webhook_secret;
  const std::string file = options.found ? application::kFileName : flags.file;
  ASSIGN_OR_RETURN(application::ReadDescription read,
                   application::read_description(std::filesystem::path(file), options));
  if (options.found) {
    program.err << "zest-sandbox: " << file << " of this folder describes "
                << printable(read.description.name);
    if (!read.left_out.empty()) {
      program.err << "; left out, for it was not named by --app " << file << ": "
                  << printable(join(read.left_out));
    }
    program.err << std::endl;
  }
  // One that we start is told the secret.
  std::string& secret = read.description.webhook_secret;
  if (secret.empty() && !read.description.start) secret = default_webhook_secret(program);
  return std::optional<application::Description>(std::move(read.description));
}

Program::Environment child_environment(const Program& program, const Program::Environment& ours) {
  Program::Environment environment;
  for (const auto& variable : program.environment()) {
    bool replaced = false;
    for (const auto& one : ours) replaced = replaced || one.first == variable.first;
    if (!replaced) environment.push_back(variable);
  }
  for (const auto& one : ours) {
    if (!one.second.empty()) environment.push_back(one);
  }
  return environment;
}

Result<std::shared_ptr<application::Process>> start_application(const Program& program,
                                                                const application::Description& description,
                                                                const Identity& identity) {
  // What a process needs until its end.
  struct Started {
    std::unique_ptr<app::PrivateKeyFile> key;
    std::unique_ptr<application::Process> process;  // last: it ends first
  };
  const auto started = std::make_shared<Started>();
  ASSIGN_OR_RETURN(started->key, app::PrivateKeyFile::write(identity.private_key_pem));
  const Program::Environment environment =
      child_environment(program, {{kUrlVariable, identity.url},
                                  {kClientIdVariable, identity.client_id},
                                  {kKeyFileVariable, started->key->path().string()},
                                  {kWebhookSecretVariable, identity.webhook_secret}});
  ASSIGN_OR_RETURN(started->process, application::Process::start(*description.start, environment));
  return std::shared_ptr<application::Process>(started, started->process.get());
}

}  // namespace zest::cli
