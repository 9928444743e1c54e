#include <CLI/App.hpp>

#include "cli/commands.h"
#include "cli/program.h"

namespace zest::cli {
namespace {

struct SpvOptions {
  std::string status;
  std::string client_id;
  std::string slug;
  std::string reason;
  Paging paging;
};

std::string review_text(const Json& request) {
  std::string text = text_at(request, "spvRequestSlug") + " is " + text_at(request, "status");
  const std::string vehicle = text_at(request, "materialisedRefs/vehicleSlug");
  if (!vehicle.empty()) text += "; its SPV is " + vehicle;
  return printable(text) + "\n";
}

void add_request_list(Program& program, CLI::App* group) {
  CLI::App* command = program.command(group, "list", "List SPV requests, newest first",
                                      {"spv-requests list --status=pending-review"});
  const auto remote = add_remote(program, command);
  const auto options = std::make_shared<SpvOptions>();
  command->add_option("--status", options->status, "pending-review, approved, rejected or cancelled")
      ->type_name("STATUS");
  command->add_option("--client-id", options->client_id, "Only this partner's")->type_name("CLIENT_ID");
  add_paging(command, options->paging);
  program.on(command, [&program, remote, options] {
    const client::Query query = {{"status", given(options->status)},
                                 {"clientId", given(options->client_id)},
                                 {"page", std::to_string(options->paging.page)},
                                 {"perPage", std::to_string(options->paging.per_page)}};
    return print(program, *remote, control_api(*remote).spv_requests(query), [&program](const Json& list) {
      return list_table(program, list, "SPV requests",
                        {{"SLUG", "spvRequestSlug"},
                         {"STATUS", "status"},
                         {"TEMPLATE", "templateId"},
                         {"CLIENT", "clientId"},
                         {"SPV", "materialisedRefs/vehicleSlug"},
                         {"CREATED", "createdAt"}});
    });
  });
}

void add_approve(Program& program, CLI::App* group) {
  CLI::App* command =
      program.command(group, "approve", "Approve a pending SPV request, as Zest's review would",
                      {"spv-requests approve svr_1234abcd00000001"});
  const auto remote = add_remote(program, command);
  const auto options = std::make_shared<SpvOptions>();
  command->add_option("slug", options->slug, "The request")
      ->required()
      ->type_name("SLUG")
      ->check(not_empty());
  program.on(command, [&program, remote, options] {
    return print(program, *remote, control_api(*remote).approve_spv_request(options->slug), review_text);
  });
}

void add_reject(Program& program, CLI::App* group) {
  CLI::App* command =
      program.command(group, "reject", "Reject a pending SPV request",
                      {"spv-requests reject svr_1234abcd00000001 --reason \"The company is not eligible\""});
  const auto remote = add_remote(program, command);
  const auto options = std::make_shared<SpvOptions>();
  command->add_option("slug", options->slug, "The request")
      ->required()
      ->type_name("SLUG")
      ->check(not_empty());
  command->add_option("--reason", options->reason, "What the partner is told")->required()->type_name("TEXT");
  program.on(command, [&program, remote, options] {
    return print(program, *remote, control_api(*remote).reject_spv_request(options->slug, options->reason),
                 review_text);
  });
}

}  // namespace

void add_spv_requests(Program& program) {
  CLI::App* group =
      program.command("spv-requests", "Zest's admin review: list, approve or reject SPV requests", {});
  add_request_list(program, group);
  add_approve(program, group);
  add_reject(program, group);
}

}  // namespace zest::cli
