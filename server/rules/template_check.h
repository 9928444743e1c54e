// Checks attributes against a template. Zest docs: errors/validation. Thread-safety: free functions on
// values.
#pragma once

#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "rules/template_spec.h"

namespace zest::rules {

// Every violation, in the template's order of attributes (unknown ones last, in the order sent; list items in
// index order). A value of the wrong type has no further violation.
std::vector<Violation> check_attributes(const TemplateSpec& spec, const Json& attributes);

}  // namespace zest::rules
