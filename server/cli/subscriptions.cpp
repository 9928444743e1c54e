#include <CLI/App.hpp>

#include "cli/commands.h"
#include "cli/program.h"

namespace zest::cli {
namespace {

struct SubscriptionOptions {
  std::string status;
  std::string client_id;
  std::string spv;
  std::string slug;
  bool force = false;
  bool skip_emit = false;
  Paging paging;
};

void add_subscription_list(Program& program, CLI::App* group) {
  CLI::App* command = program.command(group, "list", "List subscriptions, newest first",
                                      {"subscriptions list --status=pending"});
  const auto remote = add_remote(program, command);
  const auto options = std::make_shared<SubscriptionOptions>();
  command->add_option("--status", options->status, "pending or completed")->type_name("STATUS");
  command->add_option("--spv", options->spv, "Only those of this SPV")->type_name("SLUG");
  command->add_option("--client-id", options->client_id, "Only this partner's")->type_name("CLIENT_ID");
  add_paging(command, options->paging);
  program.on(command, [&program, remote, options] {
    const client::Query query = {{"status", given(options->status)},
                                 {"spvSlug", given(options->spv)},
                                 {"clientId", given(options->client_id)},
                                 {"page", std::to_string(options->paging.page)},
                                 {"perPage", std::to_string(options->paging.per_page)}};
    return print(program, *remote, control_api(*remote).subscriptions(query), [&program](const Json& list) {
      return list_table(program, list, "subscriptions",
                        {{"SLUG", "subscriptionSlug"},
                         {"STATUS", "status"},
                         {"STAGE", "stage"},
                         {"SPV", "spvSlug"},
                         {"PERSON", "personId"},
                         {"AMOUNT", "lumpSum/value"},
                         {"CURRENCY", "lumpSum/currency"}});
    });
  });
}

void add_complete(Program& program, CLI::App* group) {
  CLI::App* command = program.command(
      group, "complete", "Complete a funded subscription, as Zest's admin would",
      {"subscriptions complete sub_1234abcd00000001",
       "subscriptions complete sub_1234abcd00000001 --skip-synchronous-emit   # the reconciler's "
       "sweep emits the event"});
  const auto remote = add_remote(program, command);
  const auto options = std::make_shared<SubscriptionOptions>();
  command->add_option("slug", options->slug, "The subscription")
      ->required()
      ->type_name("SLUG")
      ->check(not_empty());
  command->add_flag("--force", options->force, "Also without a funding receipt");
  command->add_flag("--skip-synchronous-emit", options->skip_emit,
                    "Leave the subscription.completed event to the reconciler");
  program.on(command, [&program, remote, options] {
    Json how = Json::object();
    if (options->force) how["force"] = true;
    if (options->skip_emit) how["skipSynchronousEmit"] = true;
    return print(program, *remote, control_api(*remote).complete_subscription(options->slug, how),
                 [](const Json& subscription) {
                   return printable(text_at(subscription, "subscriptionSlug") + " is " +
                                    text_at(subscription, "status")) +
                          "\n";
                 });
  });
}

}  // namespace

void add_subscriptions(Program& program) {
  CLI::App* group = program.command("subscriptions", "Zest's admin: list and complete subscriptions", {});
  add_subscription_list(program, group);
  add_complete(program, group);
}

}  // namespace zest::cli
