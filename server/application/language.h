// The language of zest-app.json, the description of a partner's application, as a table of shapes.
// Thread-safety: immutable.
#pragma once

#include "base/json.h"
#include "document/language.h"

namespace zest::application {

const document::Language& language();
// For editors: scenarios/application.schema.json is this document.
Json json_schema();

}  // namespace zest::application
