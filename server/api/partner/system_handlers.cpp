// Health, the API's own description, and the documents behind signed URLs. Zest docs: uploads.
#include "api/api.h"
#include "api/pipeline/openapi.h"
#include "api/pipeline/page.h"
#include "api/pipeline/request_scope.h"
#include "base/version.h"

namespace zest::api {
namespace {

// The document of a signed URL. Zest docs: uploads (signed URLs).
Result<Answer> signed_file(const Services& services, const Exchange& exchange) {
  ASSIGN_OR_RETURN(const rules::FileGrant grant, services.file_urls.open(exchange.parameter("token")));
  const Error gone =
      refusal(Rule::FileUrlGone, ErrorKind::NotFound, "the document behind this URL is not stored any more");
  const Result<Instant> now = services.engine.now(grant.client_id);
  if (!now.ok()) return now.error().kind == ErrorKind::NotFound ? gone : now.error();
  if (*now >= grant.expires_at) {
    return refusal(Rule::FileUrlExpired, ErrorKind::Forbidden,
                   "this URL expired at " + format_instant(grant.expires_at) +
                       " (virtual time); upload the same document again for a fresh one");
  }
  Answer answer;
  // Opened here: a reset may remove the document before the answer leaves.
  ASSIGN_OR_RETURN(answer.file, open_file(services.store.uploads().path(grant.sha256)));
  if (!answer.file) return gone;
  answer.content_type = grant.content_type;
  // Partners' bytes under the sandbox's own origin: browsers must show them as what they are declared to be.
  answer.headers.emplace_back("X-Content-Type-Options", "nosniff");
  answer.headers.emplace_back("Cache-Control", "private, no-store");
  return answer;
}

// Every call of the control plane.
Json control_operations(const RouteTable& table) {
  Json operations = Json::array();
  for (const Route& route : table.routes()) {
    if (!route.listed || surface_of(route.path) != Surface::Control) continue;
    operations.push_back(Json{{"operationId", route.operation_id},
                              {"method", route.method},
                              {"path", route.path},
                              {"summary", route.summary}});
  }
  return operations;
}

Route system_route(Operation operation, std::string summary) {
  Route route = route_of(operation, std::move(summary));
  route.tag = "System";
  return route;
}

}  // namespace

void add_system_routes(RouteTable& table, const Services& services) {
  Route root = system_route(Operation::ShowService, "Name and version of the service");
  root.response_schema = "ServiceInfo";
  root.quiet = true;
  root.handle = [&services](Exchange& exchange) -> Result<Answer> {
    const std::string url = base_url_of_call(services, exchange);
    return json_answer(200, Json{{"service", "zest-sandbox"},
                                 {"version", version()},
                                 {"docs", url + "/docs"},
                                 {"openapi", url + "/openapi.json"},
                                 {"controlPlane", url + "/_sandbox/openapi.json"}});
  };
  table.add(std::move(root));

  Route control_root = system_route(Operation::ShowControlPlane, "Where to begin with the control plane");
  control_root.tag = "Control plane";
  control_root.response_schema = "ControlPlaneIndex";
  control_root.errors = {401, 403};
  control_root.page_for_browsers = true;
  control_root.handle = [&table, &services](Exchange& exchange) -> Result<Answer> {
    if (asks_for_page(exchange.request.head)) return console_page(services, exchange);
    const std::string url = base_url_of_call(services, exchange);
    return json_answer(200, Json{{"service", "zest-sandbox"},
                                 {"version", version()},
                                 {"console", url + "/_sandbox/console"},
                                 {"docs", url + "/_sandbox/docs"},
                                 {"openapi", url + "/_sandbox/openapi.json"},
                                 {"status", url + "/_sandbox/status"},
                                 {"webhookDeliveries", url + "/_sandbox/webhook-deliveries"},
                                 {"requests", url + "/_sandbox/requests"},
                                 {"stream", url + "/_sandbox/stream"},
                                 {"operations", control_operations(table)}});
  };
  table.add(std::move(control_root));

  Route health = system_route(Operation::CheckHealth, "Health check");
  health.response_schema = "Health";
  health.quiet = true;
  health.handle = [](Exchange&) -> Result<Answer> { return json_answer(200, Json{{"status", "ok"}}); };
  table.add(std::move(health));

  Route description = system_route(Operation::GetOpenApiDocument, "The API's OpenAPI document");
  description.response_schema = "OpenApiDocument";
  // Built for each answer: few ask for it, and every start would wait.
  description.handle = [&table, &services](Exchange& exchange) -> Result<Answer> {
    const std::string url = base_url_of_call(services, exchange);
    return json_answer(200, openapi_document(table, Surface::Partner, url, schemas_of(services.contracts)));
  };
  table.add(std::move(description));

  Route control = system_route(Operation::GetControlPlaneDocument, "The control plane's OpenAPI document");
  control.tag = "Control plane";
  control.response_schema = "OpenApiDocument";
  control.errors = {401, 403};
  control.handle = [&table, &services](Exchange& exchange) -> Result<Answer> {
    const std::string url = base_url_of_call(services, exchange);
    return json_answer(200, openapi_document(table, Surface::Control, url, schemas_of(services.contracts)));
  };
  table.add(std::move(control));

  Route files = system_route(Operation::DownloadFile, "Download an uploaded document");
  files.listed = false;
  files.errors = {403, 404};
  files.handle = [&services](Exchange& exchange) { return signed_file(services, exchange); };
  table.add(std::move(files));
}

}  // namespace zest::api
