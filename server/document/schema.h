// A language as a JSON Schema (draft 2020-12), for editors.
#pragma once

#include <string>

#include "base/json.h"
#include "document/language.h"

namespace zest::document {

Json json_schema(const Language& language, const std::string& title);

}  // namespace zest::document
