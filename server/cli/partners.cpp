#include <CLI/App.hpp>

#include "base/url.h"
#include "cli/commands.h"
#include "cli/program.h"

namespace zest::cli {
namespace {

struct PartnersOptions {
  std::string client_id;
  std::vector<std::string> values;  // of kChanges, in its order
};

// What `update` changes: its option, and the member of the control plane's document.
struct Change {
  const char* option;
  const char* member;
  const char* value;
  const char* help;
  bool flag = false;  // true or false
};
constexpr Change kChanges[] = {
    {"--name", "name", "NAME", "Name of the application"},
    {"--webhook-url", "webhookUrl", "URL", "Where it receives webhooks; \"\" for nowhere"},
    {"--webhook-secret", "webhookSecret", "SECRET", "Signing secret"},
    {"--public-key", "publicKey", "KEY", "Ed25519 public key: base64 of its 32 bytes, PEM or JWK"},
    {"--provisioned", "provisioned", "true|false", "Whether it may use the Partner API", true},
    {"--auto-approve", "autoApprove", "DURATION",
     "Approve SPV requests after this virtual time; \"\" for by hand"},
    {"--auto-complete", "autoComplete", "DURATION",
     "Complete subscriptions after this virtual time; \"\" for by hand"},
    {"--delivery-timeout", "deliveryTimeout", "DURATION", "How long its receiver may take (wall time)"},
};

std::string one_partner_text(const Json& partner) {
  return fields({{"client id", text_at(partner, "clientId")},
                 {"name", text_at(partner, "name")},
                 {"tenant", text_at(partner, "tenantSlug")},
                 {"webhook url", bare_url(text_at(partner, "webhookUrl"))},
                 {"webhook secret", text_at(partner, "webhookSecret")},
                 {"public key", text_at(partner, "publicKey")},
                 {"provisioned", text_at(partner, "provisioned")},
                 {"auto approve", text_at(partner, "autoApprove")},
                 {"auto complete", text_at(partner, "autoComplete")},
                 {"timeout", text_at(partner, "deliveryTimeout")}});
}

void add_partner_list(Program& program, CLI::App* group) {
  CLI::App* command = program.command(group, "list", "List the partner applications", {"partners list"});
  const auto remote = add_remote(program, command);
  program.on(command, [&program, remote] {
    return print(program, *remote, control_api(*remote).partners(), [&program](Json list) {
      if (Json* documents = list.contains("documents") ? &list["documents"] : nullptr) {
        for (Json& partner : *documents) partner["webhookUrl"] = bare_url(text_at(partner, "webhookUrl"));
      }
      return list_table(program, list, "partners",
                        {{"CLIENT ID", "clientId"},
                         {"NAME", "name"},
                         {"TENANT", "tenantSlug"},
                         {"WEBHOOK URL", "webhookUrl"},
                         {"PROVISIONED", "provisioned"}});
    });
  });
}

void add_client_id(CLI::App* command, PartnersOptions& options) {
  command->add_option("client-id", options.client_id, "The partner")
      ->required()
      ->type_name("CLIENT_ID")
      ->check(not_empty());
}

void add_partner_show(Program& program, CLI::App* group) {
  CLI::App* command = program.command(group, "show", "Show one partner, with its signing secret",
                                      {"partners show client_acme"});
  const auto remote = add_remote(program, command);
  const auto options = std::make_shared<PartnersOptions>();
  add_client_id(command, *options);
  program.on(command, [&program, remote, options] {
    return print(program, *remote, control_api(*remote).partner(options->client_id), one_partner_text);
  });
}

void add_partner_update(Program& program, CLI::App* group) {
  CLI::App* command = program.command(
      group, "update", "Change a partner",
      {"partners update client_acme --webhook-url http://127.0.0.1:9000/webhooks",
       "partners update client_acme --auto-approve 5s", "partners update client_acme --provisioned false"});
  const auto remote = add_remote(program, command);
  const auto options = std::make_shared<PartnersOptions>();
  add_client_id(command, *options);
  options->values.resize(std::size(kChanges));
  std::vector<CLI::Option*> made;
  for (std::size_t i = 0; i < std::size(kChanges); ++i) {
    CLI::Option* option = command->add_option(kChanges[i].option, options->values[i], kChanges[i].help);
    option->type_name(kChanges[i].value);
    if (kChanges[i].flag) option->check(CLI::IsMember({"true", "false"}));
    made.push_back(option);
  }
  program.on(command, [&program, remote, options, made] {
    Json change = Json::object();
    for (std::size_t i = 0; i < std::size(kChanges); ++i) {
      if (made[i]->count() == 0) continue;
      const std::string& value = options->values[i];
      change[kChanges[i].member] = kChanges[i].flag ? Json(value == "true")
                                   : value.empty()  ? Json()
                                                    : Json(value);
    }
    if (change.empty()) {
      return program.fail(kUsage, "say what to change. Run `zest-sandbox partners update --help` for more.");
    }
    return print(program, *remote, control_api(*remote).change_partner(options->client_id, change),
                 one_partner_text);
  });
}

}  // namespace

void add_partners(Program& program) {
  CLI::App* group = program.command("partners", "Partner applications: list, show, change", {});
  add_partner_list(program, group);
  add_partner_show(program, group);
  add_partner_update(program, group);
}

}  // namespace zest::cli
