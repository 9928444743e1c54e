// The web console and the API reference: pages and their files. What they show comes from the control plane,
// which guards it; the files themselves hold nothing that a stranger may not see.
#include <utility>

#include "api/api.h"
#include "api/control/control.h"
#include "api/pipeline/openapi.h"
#include "api/pipeline/page.h"
#include "api/pipeline/request_scope.h"

namespace zest::api {
namespace {

Route page_route(Operation operation, std::string summary) {
  Route route = route_of(operation, std::move(summary));
  route.tag = "Control plane";
  route.answers_page = true;
  return route;
}

Result<Answer> console_file(const Services& services, const Exchange& exchange, const std::string& name) {
  std::optional<console::Asset> asset = services.console.find(name);
  if (!asset) return make_error(ErrorKind::NotFound, "the console has no file " + name);
  return asset_answer(std::move(*asset), exchange.request.head);
}

void add_file_route(RouteTable& table, const Services& services, Operation operation) {
  Route route = page_route(operation, "A file of the console");
  route.listed = false;
  route.quiet = true;
  route.handle = [&services](Exchange& exchange) {
    const std::string& folder = exchange.parameter("folder");
    return console_file(
        services, exchange,
        folder.empty() ? exchange.parameter("file") : folder + "/" + exchange.parameter("file"));
  };
  table.add(std::move(route));
}

}  // namespace

Result<Answer> console_page(const Services& services, const Exchange& exchange) {
  return console_file(services, exchange, "index.html");
}

void add_console_routes(RouteTable& table, const Services& services) {
  Route page = page_route(Operation::ShowConsole, "The web console");
  page.handle = [&services](Exchange& exchange) { return console_page(services, exchange); };
  table.add(std::move(page));
  add_file_route(table, services, Operation::GetConsoleFile);
  add_file_route(table, services, Operation::GetConsoleFolderFile);

  Route guide = page_route(Operation::GetGuideForAgents, "The APIs in brief, for coding agents (llms.txt)");
  guide.listed = false;
  guide.handle = [&services](Exchange& exchange) { return console_file(services, exchange, "llms.txt"); };
  table.add(std::move(guide));

  Route docs = page_route(Operation::ShowDocs, "The API reference as a page");
  docs.tag = "System";
  docs.handle = [&table, &services](Exchange& exchange) -> Result<Answer> {
    return page_answer(docs_page(table, Surface::Partner, base_url_of_call(services, exchange)));
  };
  table.add(std::move(docs));
  Route control_docs = page_route(Operation::ShowControlDocs, "The control plane's reference as a page");
  control_docs.handle = [&table, &services](Exchange& exchange) -> Result<Answer> {
    return page_answer(docs_page(table, Surface::Control, base_url_of_call(services, exchange)));
  };
  table.add(std::move(control_docs));
}

}  // namespace zest::api
