// OpenAPI 3.1 documents, made from the route table, the schemas and the table of events: they list what is
// served, by construction. Zest docs: api-reference. Thread-safety: free functions.
#pragma once

#include <string>

#include "api/pipeline/router.h"
#include "api/pipeline/schemas.h"
#include "base/json.h"
#include "protocol/event_type.h"
#include "rules/contracts.h"

namespace zest::api {

// `url`: where the sandbox is reached. That of the Partner API has the webhooks, too.
Json openapi_document(const RouteTable& table, Surface surface, const std::string& url,
                      const Schemas& schemas = all_schemas());

// all_schemas(), with the attributes of SPV requests as these contracts describe them.
Schemas schemas_of(const rules::Contracts& contracts);

// The schema of an event's envelope: "SpvRequestCreatedEvent".
std::string event_schema_name(EventType type);

// The reference page of one surface: a plain list of the operations, which the page's own script
// (server/console/docs) makes a whole reference of. Nothing is loaded from elsewhere.
std::string docs_page(const RouteTable& table, Surface surface, const std::string& url);

}  // namespace zest::api
