#include "api/pipeline/openapi.h"

#include <algorithm>
#include <cctype>
#include <vector>

#include "api/pipeline/errors.h"
#include "api/pipeline/schemas.h"
#include "base/version.h"

namespace zest::api {
namespace {

constexpr const char* kJson = "application/json";
constexpr const char* kErrorSchema = "PartnerErrorResponse";
constexpr const char* kBearerScheme = "HTTPBearer";
constexpr const char* kAdminScheme = "AdminToken";

struct Tag {
  const char* name;
  const char* description;
};
constexpr Tag kPartnerTags[] = {
    {"Authentication",
     "Exchange a signed assertion, or a refresh token, for the bearer token that the API asks for."},
    {"SPV Requests", "Ask for an SPV, follow the review, take a request back."},
    {"Investors", "Create investors in bulk; every row has a result of its own."},
    {"Subscriptions", "Subscribe investors to an SPV."},
    {"Subscription Forms", "Bring the signed form of a subscription."},
    {"Subscription Fundings", "Bring the receipt of the wire transfer; the signed form comes first."},
    {"Contracts", "Read what the attributes of an SPV request have to look like."},
    {"System", "Health, and the API's own description."}};

std::string title_of(std::string_view name) {
  std::string title;
  bool word_starts = true;
  for (const char c : name) {
    const bool gap = c == '_' || c == '-';
    const auto letter = static_cast<unsigned char>(c);
    title.push_back(gap ? ' ' : word_starts ? static_cast<char>(std::toupper(letter)) : c);
    word_starts = gap;
  }
  return title;
}

Json parameters_of(const Route& route) {
  Json parameters = Json::array();
  each_placeholder(route.path, [&parameters](std::string_view name) {
    parameters.push_back(Json{{"name", name},
                              {"in", "path"},
                              {"required", true},
                              {"schema", Json{{"type", "string"}, {"title", title_of(name)}}}});
  });
  for (const QueryParameter& each : route.query) {
    parameters.push_back(Json{{"name", each.name},
                              {"in", "query"},
                              {"required", false},
                              {"description", each.description},
                              {"schema", each.schema}});
  }
  if (route.key != KeyUse::None) {
    parameters.push_back(
        Json{{"name", "Idempotency-Key"},
             {"in", "header"},
             {"required", route.key == KeyUse::Required},
             {"description",
              "Names this change: sent again within 24 hours with the same body, the first answer is "
              "replayed and nothing happens twice."},
             {"schema",
              Json{{"type", "string"}, {"title", "Idempotency-Key"}, {"minLength", 1}, {"maxLength", 255}}}});
  }
  return parameters;
}

Json named_schema(const std::string& name) { return name.empty() ? Json::object() : schema::ref(name); }

Json request_body(const Route& route) {
  const char* type = kJson;
  if (route.body == BodyKind::Form) type = "application/x-www-form-urlencoded";
  if (route.body == BodyKind::Multipart) type = "multipart/form-data";
  return Json{{"required", route.body != BodyKind::OptionalJson},
              {"content", Json{{type, Json{{"schema", named_schema(route.request_schema)}}}}}};
}

Json responses_of(const Route& route) {
  Json responses = Json::object();
  const Json anything{{"schema", Json::object()}};
  Json content = Json::object();
  if (route.stream) {
    content["text/event-stream"] = anything;
  } else if (!route.answers_page) {
    content[kJson] = Json{{"schema", named_schema(route.response_schema)}};
  }
  if (route.answers_page || route.page_for_browsers) content["text/html"] = anything;
  Json success{{"description", "Done."}};
  success["content"] = std::move(content);
  responses[std::to_string(route.success)] = std::move(success);
  const Json envelope{{kJson, Json{{"schema", schema::ref(kErrorSchema)}}}};
  for (const int status : route.errors) {
    responses[std::to_string(status)] = Json{{"description", status_meaning(status)}, {"content", envelope}};
  }
  // What can happen to any call: HTTP that is malformed or over a limit, 500, 503.
  responses["default"] =
      Json{{"description", "Any other failure, in the same envelope."}, {"content", envelope}};
  return responses;
}

Json operation_of(const Route& route) {
  Json operation{{"operationId", route.operation_id}, {"summary", route.summary}};
  if (!route.description.empty()) operation["description"] = route.description;
  operation["tags"] = Json::array({route.tag});
  if (route.access == Access::Bearer || route.access == Access::BearerProvisioned) {
    operation["security"] = Json::array({Json{{kBearerScheme, Json::array()}}});
  }
  if (route.access == Access::Control) {
    // No token is needed unless the sandbox was started with one.
    operation["security"] = Json::array({Json::object(), Json{{kAdminScheme, Json::array()}}});
  }
  Json parameters = parameters_of(route);
  if (!parameters.empty()) operation["parameters"] = std::move(parameters);
  if (route.body != BodyKind::None) operation["requestBody"] = request_body(route);
  operation["responses"] = responses_of(route);
  return operation;
}

Json tags_of(const RouteTable& table, Surface surface) {
  Json tags = Json::array();
  if (surface == Surface::Partner) {
    for (const Tag& tag : kPartnerTags)
      tags.push_back(Json{{"name", tag.name}, {"description", tag.description}});
    return tags;
  }
  for (const Route& route : table.routes()) {
    const Json tag{{"name", route.tag}};
    const bool listed = route.listed && surface_of(route.path) == surface;
    if (listed && std::find(tags.begin(), tags.end(), tag) == tags.end()) tags.push_back(tag);
  }
  return tags;
}

Json components_of(const Json& paths, Surface surface) {
  Json schemas = Json::object();
  for (const std::string& name : all_schemas().referred_by(paths)) {
    Json document = *all_schemas().find(name);
    document["title"] = name;
    schemas[name] = std::move(document);
  }
  const char* scheme = surface == Surface::Partner ? kBearerScheme : kAdminScheme;
  return Json{{"schemas", std::move(schemas)},
              {"securitySchemes", Json{{scheme, Json{{"type", "http"}, {"scheme", "bearer"}}}}}};
}

}  // namespace

Json openapi_document(const RouteTable& table, Surface surface, const std::string& url) {
  const bool partner = surface == Surface::Partner;
  Json paths = Json::object();
  for (const Route& route : table.routes()) {
    if (!route.listed || surface_of(route.path) != surface) continue;
    std::string method = route.method;
    std::transform(method.begin(), method.end(), method.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    paths[route.path][method] = operation_of(route);
  }
  Json document{{"openapi", "3.1.0"}};
  document["info"] =
      Json{{"title", partner ? "Zest Partner API (sandbox)" : "Control plane of the sandbox"},
           {"version", version()},
           {"description",
            partner ? "A local sandbox of the Zest Partner API."
                    : "What the sandbox offers beside the Partner API: review, time, deliveries, state."}};
  document["servers"] = Json::array({Json{{"url", url}, {"description", "This sandbox"}}});
  document["tags"] = tags_of(table, surface);
  Json components = components_of(paths, surface);
  document["paths"] = std::move(paths);
  document["components"] = std::move(components);
  return document;
}

}  // namespace zest::api
