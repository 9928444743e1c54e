// Reads a template's JSON. Thread-safety: free functions on values.
#pragma once

#include <map>
#include <string>

#include "base/json.h"
#include "base/result.h"
#include "rules/template_spec.h"

namespace zest::rules {

// Types that a version's primitives define (primitives/<name>.json with a member `definition`), by name.
using TemplateTypes = std::map<std::string, Json>;

// Errors: InvalidRequest whose detail is "<JSON path> <reason>", e.g. "attributes.deal_name.maxLength must be
// …".
Result<TemplateSpec> parse_template(const Json& definition, const TemplateTypes& types);

// Checks the `definition` of a primitive, which may use built-in types only. Errors as above, below
// "definition".
Result<void> check_type_definition(const std::string& name, const Json& definition);

}  // namespace zest::rules
