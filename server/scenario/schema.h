// The scenario language as a JSON Schema (draft 2020-12), for editors: scenarios/scenario.schema.json is this
// document.
#pragma once

#include "base/json.h"

namespace zest::scenario {

Json json_schema();

}  // namespace zest::scenario
