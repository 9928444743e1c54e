// Roles of a template: which attributes are the currency, the minimum ticket and the share classes, and
// reading them. Thread-safety: free functions on values.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "base/result.h"
#include "model/spv_request.h"
#include "rules/template_spec.h"

namespace zest::rules {

// "<JSON path> <reason>": what is wrong in a template and where.
inline Error fault_at(const std::string& path, const std::string& reason) {
  return make_error(ErrorKind::InvalidRequest, path + " " + reason);
}

// Reads `roles` (nullptr: none) against the attributes it names. Errors: InvalidRequest, as fault_at writes
// them.
Result<TemplateRoles> parse_roles(const Json* roles, const std::vector<AttributeSpec>& attributes);

// Every slug of a share class that an earlier one has: code `pattern`, for subscriptions name a class by its
// slug.
std::vector<Violation> find_repeated_slugs(const ShareClassRole& role, const Json& attributes);

// The share classes of the attributes; see Template::share_classes.
std::vector<ShareClass> read_share_classes(const ShareClassRole& role, const Json& attributes);

}  // namespace zest::rules
