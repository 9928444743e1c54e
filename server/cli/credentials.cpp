#include "cli/credentials.h"

#include <CLI/App.hpp>

#include "app/seeding.h"
#include "base/error.h"
#include "base/file.h"

namespace zest::cli {

void add_partner_options(Program& program, CLI::App* command, PartnerOptions& options) {
  options.client_id = program.variable("ZEST_CLIENT_ID").value_or("");
  options.key_file = program.variable("ZEST_PRIVATE_KEY_FILE").value_or("");
  command
      ->add_option("--client-id", options.client_id,
                   "Which partner; else ZEST_CLIENT_ID, else the seeded one")
      ->type_name("CLIENT_ID");
  command->add_option("--key", options.key_file, "Its private key (PEM); else ZEST_PRIVATE_KEY_FILE")
      ->type_name("FILE");
}

Result<client::Credentials> partner_credentials(const PartnerOptions& options) {
  ASSIGN_OR_RETURN(const app::DevelopmentPartner seeded, app::read_development_partner(std::nullopt));
  const std::string client_id = options.client_id.empty() ? seeded.client_id : options.client_id;
  std::string pem = seeded.private_key_pem;
  if (!options.key_file.empty()) {
    ASSIGN_OR_RETURN(pem, read_file(options.key_file));
  } else if (client_id != seeded.client_id) {
    return invalid_request("the private key of " + client_id + " is needed: give it with --key FILE");
  }
  Result<Ed25519PrivateKey> key = Ed25519PrivateKey::from_pem(pem);
  if (!key.ok()) return invalid_request(options.key_file + ": " + key.error().detail);
  return client::Credentials{client_id, std::move(*key)};
}

std::string client_id_of(const PartnerOptions& options) {
  if (!options.client_id.empty()) return options.client_id;
  const Result<app::DevelopmentPartner> seeded = app::read_development_partner(std::nullopt);
  return seeded.ok() ? seeded->client_id : "";
}

Error with_partner(Error error, const PartnerOptions& options, const std::string& client_id) {
  if (error.kind == ErrorKind::InvalidToken) {
    error.detail += "; tried was " + client_id + " with " +
                    (options.key_file.empty() ? "the built-in key" : "the key in " + options.key_file) +
                    ", --client-id and --key choose another";
  }
  return error;
}

std::string default_webhook_secret(const Program& program) {
  if (std::optional<std::string> secret = program.variable("ZEST_WEBHOOK_SECRET")) return *std::move(secret);
  Result<app::DevelopmentPartner> seeded = app::read_development_partner(std::nullopt);
  return seeded.ok() ? std::move(seeded->webhook_secret) : "";
}

}  // namespace zest::cli
