#include <CLI/App.hpp>
#include <filesystem>
#include <fstream>

#include "cli/commands.h"
#include "cli/program.h"

namespace zest::cli {
namespace {

struct RegisterOptions {
  std::string name;
  std::string client_id;
  std::string tenant;
  std::string webhook_url;
  std::string webhook_secret;
  std::string public_key;
  std::string key_file;
  bool generate = false;

  Json body() const {
    Json body = {{"name", name}};
    if (!client_id.empty()) body["clientId"] = client_id;
    if (!tenant.empty()) body["tenantSlug"] = tenant;
    if (!webhook_url.empty()) body["webhookUrl"] = webhook_url;
    if (!webhook_secret.empty()) body["webhookSecret"] = webhook_secret;
    if (public_key.empty()) {
      body["generateKey"] = true;
    } else {
      body["publicKey"] = public_key;
    }
    return body;
  }
};

// For the owner's eyes only, from the first byte on.
bool write_private(const std::string& path, const std::string& text) {
  std::error_code code;
  { std::ofstream create(path, std::ios::trunc); }
  std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write,
                               code);
  std::ofstream file(path, std::ios::trunc);
  file << text;
  return !code && file.flush().good();
}

std::string partner_text(const Program& program, const Json& partner) {
  std::string text = fields({{"client id", text_at(partner, "clientId")},
                             {"name", text_at(partner, "name")},
                             {"tenant", text_at(partner, "tenantSlug")},
                             {"webhook url", text_at(partner, "webhookUrl")},
                             {"webhook secret", text_at(partner, "webhookSecret")}});
  const std::string key = text_at(partner, "privateKeyPem");
  if (!key.empty()) {
    text += "\n" + program.terminal.styled(Style::Bold, "Private key (shown this once):") + "\n" + key;
    if (key.back() != '\n') text += "\n";
  }
  return text;
}

}  // namespace

void add_register_partner(Program& program) {
  CLI::App* command = program.command(
      "register-partner", "Register a partner application, with its own clock and data",
      {"register-partner --name \"Acme Portal\" --webhook-url http://127.0.0.1:9000/webhooks",
       "register-partner --name Test --key-file test.pem   # the generated private key goes to a file",
       "register-partner --name Test --public-key-b64 11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="});
  const auto remote = add_remote(program, command);
  const auto options = std::make_shared<RegisterOptions>();
  command->add_option("--name", options->name, "Name of the application")->required()->type_name("NAME");
  command->add_option("--client-id", options->client_id, "Else derived from the name")
      ->type_name("CLIENT_ID");
  command->add_option("--tenant", options->tenant, "Tenant slug; else the client id without client_")
      ->type_name("SLUG");
  command->add_option("--webhook-url", options->webhook_url, "Where it receives webhooks")->type_name("URL");
  command->add_option("--webhook-secret", options->webhook_secret, "Signing secret; else generated")
      ->type_name("SECRET");
  CLI::Option* key =
      command
          ->add_option("--public-key-b64", options->public_key,
                       "Ed25519 public key: base64 of its 32 bytes (PEM and JWK are taken too)")
          ->type_name("KEY");
  command
      ->add_flag("--generate-key", options->generate, "Make a key pair (what happens without a key anyway)")
      ->excludes(key);
  command->add_option("--key-file", options->key_file, "Write the generated private key there")
      ->type_name("FILE")
      ->excludes(key);
  program.on(command, [&program, remote, options] {
    Result<Json> partner = control_api(*remote).register_partner(options->body());
    if (partner.ok() && !options->key_file.empty()) {
      const std::string pem = text_at(*partner, "privateKeyPem");
      if (!write_private(options->key_file, pem)) {
        program.out << pem << std::flush;
        return program.fail(kFailed, options->key_file + " cannot be written; the key is printed instead");
      }
      partner->erase("privateKeyPem");
      partner->erase("privateKeyJwk");
    }
    return print(program, *remote, partner,
                 [&program](const Json& answer) { return partner_text(program, answer); });
  });
}

}  // namespace zest::cli
