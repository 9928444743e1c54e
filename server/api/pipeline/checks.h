// The checks between a route's access and its handler, in the order of their application: content type, query
// and body, Idempotency-Key, schema. Thread-safety: free functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/pipeline/router.h"
#include "base/error.h"
#include "http/message.h"

namespace zest::api {

// A media type without parameters, in lower case.
std::string media_type(std::string_view content_type);

// Whether the request's Content-Type is the one that the route takes. Errors: InvalidRequest naming what is
// expected.
Result<void> check_content_type(const Route& route, const http::RequestHead& head);

// Each fills in its part of the exchange. Errors: InvalidRequest.
Result<void> read_query(const Route& route, Exchange& exchange);
Result<void> read_body(const Route& route, Exchange& exchange);
Result<void> read_idempotency_key(const Route& route, Exchange& exchange);

// Errors: ValidationError with a row for each rule of the schema that the body breaks.
Result<void> check_schema(const Route& route, const Exchange& exchange);

// The accepted types of uploads. Zest docs: uploads. Errors: UnsupportedMediaType, also for a part without a
// type.
Result<void> check_upload_type(const http::Part& file);

// For the end of a refusal: the field that was sent in the place of one that is missing, as far as its name
// tells; "" for none.
std::string other_header(const http::Headers& headers, std::string_view missing);

}  // namespace zest::api
