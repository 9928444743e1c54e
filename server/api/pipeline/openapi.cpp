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
constexpr const char* kControlErrorSchema = "ControlErrorResponse";
constexpr const char* kWebhookTag = "Webhooks";
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
    {kWebhookTag, "What Zest sends to the endpoint of the partner application."},
    {"System", "Health, and the API's own description."}};

// What the placeholders of paths stand for.
struct Placeholder {
  std::string_view name;
  const char* description;
  const char* sample;
};
constexpr Placeholder kPlaceholders[] = {
    {"slug", "The resource's slug.", "svr_9c41e07b00000001"},
    {"spv_slug", "The SPV: the slug of its vehicle.", "veh_9c41e07b00000001"},
    {"person_id", "The investor.", "psn_9c41e07b00000001"},
    {"personId", "The investor.", "psn_9c41e07b00000001"},
    {"clientId", "The partner application.", "client_acme"},
    {"id", "The delivery's, or the chaos rule's.", "wde_9c41e07b00000001"},
    {"version", "A version of the contracts.", "1.0.0"},
    {"template_name", "Name of the template.", "syndicate_secondary"},
    {"catalog_name", "Name of the catalog.", "currencies"},
    {"primitive_name", "Name of the type.", "money"},
    {"sample_name", "Name of the payload.", "syndicate_secondary"}};

Json placeholder(std::string_view name, Json schema) {
  Json parameter{{"name", name}, {"in", "path"}, {"required", true}};
  for (const Placeholder& each : kPlaceholders) {
    if (each.name != name) continue;
    parameter["description"] = each.description;
    schema["examples"] = Json::array({each.sample});
  }
  parameter["schema"] = std::move(schema);
  return parameter;
}

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
    parameters.push_back(placeholder(name, Json{{"type", "string"}, {"title", title_of(name)}}));
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

// Makes a document of routes: holds what each part of it needs.
class Writer {
 public:
  Writer(Surface surface, const Schemas& schemas) : surface_(surface), schemas_(schemas) {}

  Json operation_of(const Route& route) const;
  Json webhook_of(EventType type) const;
  Json components_of(const Json& paths, const Json& webhooks) const;

 private:
  // A body of that schema, with an example.
  Json content_of(const std::string& schema_name) const {
    if (schema_name.empty()) return Json{{"schema", Json::object()}};
    Json document = schema::ref(schema_name);
    Json example = schemas_.example(document);
    return Json{{"schema", std::move(document)}, {"example", std::move(example)}};
  }
  Json request_body(const Route& route) const;
  Json responses_of(const Route& route) const;

  const Surface surface_;
  const Schemas& schemas_;
};

Json Writer::request_body(const Route& route) const {
  const char* type = kJson;
  if (route.body == BodyKind::Form) type = "application/x-www-form-urlencoded";
  if (route.body == BodyKind::Multipart) type = "multipart/form-data";
  Json content = content_of(route.request_schema);
  // No JSON shows what a part of bytes looks like.
  if (route.body == BodyKind::Multipart) content.erase("example");
  return Json{{"required", route.body != BodyKind::OptionalJson},
              {"content", Json{{type, std::move(content)}}}};
}

Json Writer::responses_of(const Route& route) const {
  Json content = Json::object();
  if (!route.answers_page) content[route.answer_type] = content_of(route.response_schema);
  if (route.answers_page || route.page_for_browsers)
    content["text/html"] = Json{{"schema", schema::text("A page for people.")}};
  Json success{{"description", "Done."}};
  success["content"] = std::move(content);
  Json responses = Json::object();
  responses[std::to_string(route.success)] = std::move(success);
  const char* error = surface_ == Surface::Partner ? kErrorSchema : kControlErrorSchema;
  const Json envelope{{kJson, Json{{"schema", schema::ref(error)}}}};
  for (const int status : route.errors) {
    responses[std::to_string(status)] = Json{{"description", status_meaning(status)}, {"content", envelope}};
  }
  // What can happen to any call: HTTP that is malformed or over a limit, 500, 503.
  responses["default"] =
      Json{{"description", "Any other failure, in the same envelope."}, {"content", envelope}};
  return responses;
}

Json Writer::operation_of(const Route& route) const {
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

Json header_parameter(const char* name, const char* description, const char* sample) {
  return Json{{"name", name},
              {"in", "header"},
              {"required", true},
              {"description", description},
              {"schema", schema::example(schema::text(""), sample)}};
}

// Zest docs: webhooks, webhooks/signatures, webhooks/retries.
Json Writer::webhook_of(EventType type) const {
  const std::string name = event_schema_name(type);
  Json responses{{"2XX", Json{{"description", "Taken. What the body says is not read."}}}};
  responses["default"] = Json{
      {"description",
       "Not taken, like a redirect, a broken connection and an answer after 10 seconds: the same event comes "
       "again 30 seconds, 5 minutes, 30 minutes, 2 hours and 12 hours later."}};
  return Json{
      {"operationId", "on" + name},
      {"summary", std::string(to_string(type))},
      {"description",
       "Posted to the endpoint that the partner application has registered. Events come at least once and in "
       "no "
       "particular order."},
      {"tags", Json::array({kWebhookTag})},
      {"security", Json::array()},
      {"parameters",
       Json::array(
           {header_parameter(
                "Zest-Signature",
                "t: seconds since 1970; v1: HMAC-SHA256 of t, a dot and the raw body, in hex, with the "
                "whole secret as its key.",
                "t=1767225600,v1=5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd"),
            header_parameter("Zest-Event-Id", "The event's id.", "wde_9c41e07b00000001"),
            header_parameter("Zest-Event-Type", "The event's type.", to_string(type).data())})},
      {"requestBody", Json{{"required", true}, {"content", Json{{kJson, content_of(name)}}}}},
      {"responses", std::move(responses)}};
}

Json Writer::components_of(const Json& paths, const Json& webhooks) const {
  Json documents = Json::object();
  const Json used = Json::array({paths, webhooks, webhooks.empty() ? Json() : schema::ref("WebhookEvent")});
  for (const std::string& name : schemas_.referred_by(used)) {
    Json document = *schemas_.find(name);
    document["title"] = name;
    documents[name] = std::move(document);
  }
  const char* scheme = surface_ == Surface::Partner ? kBearerScheme : kAdminScheme;
  Json security{{"type", "http"}, {"scheme", "bearer"}};
  if (surface_ == Surface::Partner) {
    security["bearerFormat"] = "JWT";
    security["description"] = "The accessToken of POST /v1/oauth2/tokens.";
  } else {
    security["description"] = "The admin token, where the sandbox was started with one.";
  }
  return Json{{"schemas", std::move(documents)}, {"securitySchemes", Json{{scheme, std::move(security)}}}};
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

}  // namespace

Json openapi_document(const RouteTable& table, Surface surface, const std::string& url,
                      const Schemas& schemas) {
  const bool partner = surface == Surface::Partner;
  const Writer writer(surface, schemas);
  Json paths = Json::object();
  for (const Route& route : table.routes()) {
    if (!route.listed || surface_of(route.path) != surface) continue;
    std::string method = route.method;
    std::transform(method.begin(), method.end(), method.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    paths[route.path][method] = writer.operation_of(route);
  }
  Json webhooks = Json::object();
  if (partner) {
    for (const EventType type : kEventTypes)
      webhooks[std::string(to_string(type))]["post"] = writer.webhook_of(type);
  }
  Json document{{"openapi", "3.1.0"}};
  document["info"] =
      Json{{"title", partner ? "Zest Partner API (sandbox)" : "Control plane of the sandbox"},
           {"version", version()},
           {"description",
            partner ? "A local sandbox of the Zest Partner API."
                    : "What the sandbox offers beside the Partner API: review, time, deliveries, state."}};
  document["servers"] = Json::array({Json{{"url", url}, {"description", "This sandbox"}}});
  // What no operation says otherwise: no token.
  document["security"] = Json::array();
  document["tags"] = tags_of(table, surface);
  Json components = writer.components_of(paths, webhooks);
  document["paths"] = std::move(paths);
  if (!webhooks.empty()) document["webhooks"] = std::move(webhooks);
  document["components"] = std::move(components);
  return document;
}

}  // namespace zest::api
