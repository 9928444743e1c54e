// OpenAPI 3.1 documents, made from the route table and the schemas: they list what is served, by
// construction. Zest docs: api-reference. Thread-safety: free functions.
#pragma once

#include <string>

#include "api/pipeline/router.h"
#include "base/json.h"

namespace zest::api {

// `url`: where the sandbox is reached.
Json openapi_document(const RouteTable& table, Surface surface, const std::string& url);

// The reference page of one surface: a plain list of the operations, which the page's own script
// (server/console/docs) makes a whole reference of. Nothing is loaded from elsewhere.
std::string docs_page(const RouteTable& table, Surface surface, const std::string& url);

}  // namespace zest::api
