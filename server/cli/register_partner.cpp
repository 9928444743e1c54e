#include <fcntl.h>
#include <unistd.h>

#include <CLI/App.hpp>
#include <cerrno>
#include <system_error>

#include "base/file.h"
#include "base/url.h"
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

// A new file for the owner's eyes only, from the first byte on. Gone with this object unless it was written.
class KeyFile {
 public:
  explicit KeyFile(std::string path)
      : path_(std::move(path)),
        descriptor_(path_.empty() ? -1
                                  : ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)),
        problem_(path_.empty() || descriptor_ >= 0 ? "" : std::generic_category().message(errno)) {}
  ~KeyFile() {
    if (descriptor_ < 0) return;
    ::close(descriptor_);
    if (!written_) ::unlink(path_.c_str());
  }
  KeyFile(const KeyFile&) = delete;
  KeyFile& operator=(const KeyFile&) = delete;

  bool wanted() const { return !path_.empty(); }
  const std::string& problem() const { return problem_; }  // why there is none; "" when there is
  bool write(const std::string& text) {
    written_ = write_all(descriptor_, text) && ::fsync(descriptor_) == 0;
    return written_;
  }

 private:
  const std::string path_;
  const int descriptor_;
  const std::string problem_;
  bool written_ = false;
};

std::string partner_text(const Program& program, const Json& partner) {
  std::string text = fields({{"client id", text_at(partner, "clientId")},
                             {"name", text_at(partner, "name")},
                             {"tenant", text_at(partner, "tenantSlug")},
                             {"webhook url", bare_url(text_at(partner, "webhookUrl"))},
                             {"webhook secret", text_at(partner, "webhookSecret")}});
  const std::string key = text_at(partner, "privateKeyPem");
  if (!key.empty()) {
    text += "\n" + program.terminal.styled(Style::Bold, "Private key (shown this once):") + "\n" +
            printable_lines(key);
  }
  return text;
}

int register_partner(const Program& program, const Remote& remote, const RegisterOptions& options) {
  KeyFile file(options.key_file);
  if (!file.problem().empty()) {
    return program.fail(kUsage, "--key-file: " + options.key_file + " cannot be made: " + file.problem());
  }
  Result<Json> partner = control_api(remote).register_partner(options.body());
  const bool keyed = partner.ok() && file.wanted();
  const bool lost = keyed && !file.write(text_at(*partner, "privateKeyPem"));
  if (keyed && !lost) {
    partner->erase("privateKeyPem");
    partner->erase("privateKeyJwk");
  }
  const int code = print(program, remote, partner,
                         [&program](const Json& answer) { return partner_text(program, answer); });
  if (!lost) return code;
  return program.fail(kFailed, options.key_file + " cannot be written; the key is printed instead");
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
      ->type_name("SECRET")
      ->check(not_empty());
  CLI::Option* key =
      command
          ->add_option("--public-key-b64", options->public_key,
                       "Ed25519 public key: base64 of its 32 bytes (PEM and JWK are taken too)")
          ->type_name("KEY");
  command
      ->add_flag("--generate-key", options->generate, "Make a key pair (what happens without a key anyway)")
      ->excludes(key);
  command->add_option("--key-file", options->key_file, "Write the generated private key to this new file")
      ->type_name("FILE")
      ->excludes(key);
  program.on(command, [&program, remote, options] { return register_partner(program, *remote, *options); });
}

}  // namespace zest::cli
