// What webhooks bring, one schema for each row of the table of events. Zest docs: webhooks/events.
#include <algorithm>

#include "api/pipeline/members.h"
#include "api/pipeline/openapi.h"
#include "api/pipeline/schemas.h"
#include "protocol/event_type.h"

namespace zest::api {
namespace {

// "spv_request.created" -> "SpvRequestCreated"
std::string type_name(std::string_view event_type) {
  std::string name;
  bool word_starts = true;
  for (const char c : event_type) {
    const bool gap = c == '_' || c == '.';
    if (!gap) name.push_back(word_starts ? static_cast<char>(c - 'a' + 'A') : c);
    word_starts = gap;
  }
  return name;
}

Json data_schema(const EventTypeRow& row) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const std::string_view name : row.data) {
    properties[std::string(name)] = name == "status" ? schema::constant(row.status) : shared_member(name);
    if (std::find(row.optional.begin(), row.optional.end(), name) == row.optional.end())
      required.push_back(name);
  }
  return Json{{"type", "object"}, {"properties", std::move(properties)}, {"required", std::move(required)}};
}

}  // namespace

std::string event_schema_name(EventType type) { return type_name(to_string(type)) + "Event"; }

void add_webhook_schemas(Schemas& schemas) {
  Json events = Json::array();
  Json mapping = Json::object();
  for (const EventTypeRow& row : kEventTypeTable) {
    const std::string data = type_name(row.name) + "Data";
    const std::string name = event_schema_name(row.type);
    schemas.add(data, data_schema(row));
    schemas.add(name, schema::object({"eventId",
                                      {"eventType", schema::constant(row.name)},
                                      "occurredAt",
                                      {"data", schema::ref(data)}}));
    events.push_back(schema::ref(name));
    mapping[std::string(row.name)] = schema::ref(name)["$ref"];
  }
  schemas.add("WebhookEvent",
              Json{{"description", "Any event; eventType tells which."},
                   {"oneOf", std::move(events)},
                   {"discriminator", Json{{"propertyName", "eventType"}, {"mapping", std::move(mapping)}}}});
}

}  // namespace zest::api
