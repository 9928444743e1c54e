// The description of the partner's application (zest-app.json) on a command: the file that --app names, or
// the one that lies in the working directory, which is announced.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "application/description.h"
#include "application/process.h"
#include "cli/program.h"

namespace zest::cli {

// What the flags of a command say in place of the file.
struct ApplicationFlags {
  std::string file;                                // --app; "": one that is found
  std::optional<std::string> webhook_url = {};     // --webhook-url, when it was given
  std::optional<std::string> webhook_secret = {};  // --webhook-secret, when it was given
};

void add_application_option(CLI::App* command, std::string& file);

// Nothing when no file is named and none is found. Says on the error stream what is read, and what a found
// file may not say. Errors: InvalidRequest with a line for every mistake in the file.
Result<std::optional<application::Description>> read_application(const Program& program,
                                                                 const ApplicationFlags& flags);

// The partner of a run, as a started application finds it in its environment (ZEST_*).
struct Identity {
  std::string url;  // of the sandbox
  std::string client_id;
  std::string private_key_pem;
  std::string webhook_secret;
};
// Starts the application with the environment of this process and those variables; its key is a file for its
// owner's eyes only, gone afterwards. Precondition: the description has a start. Errors: those of
// application::Process.
Result<std::shared_ptr<application::Process>> start_application(const Program& program,
                                                                const application::Description& description,
                                                                const Identity& identity);

// The names of those variables.
inline constexpr const char* kUrlVariable = "ZEST_SANDBOX_URL";
inline constexpr const char* kClientIdVariable = "ZEST_CLIENT_ID";
inline constexpr const char* kKeyFileVariable = "ZEST_PRIVATE_KEY_FILE";
inline constexpr const char* kWebhookSecretVariable = "ZEST_WEBHOOK_SECRET";

// This process's variables, with `ours` in place of any that were there; empty ones of ours are left out.
Program::Environment child_environment(const Program& program, const Program::Environment& ours);

}  // namespace zest::cli
