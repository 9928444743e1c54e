// URLs with names in braces: http://127.0.0.1:3000/state/{spvRequestSlug}. Thread-safety: free functions.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "protocol/event_type.h"

namespace zest::application {

// Calls `each` for the text and the names of a template in turn; false for a brace without its partner.
bool walk_template(std::string_view text, const std::function<void(std::string_view, bool is_name)>& each);

// Errors: InvalidRequest when a brace has no partner, or a name is none of `known`.
Result<void> check_template(std::string_view text, const std::vector<std::string>& known);

// The members of `names` in place of theirs, percent-encoded. Errors: NotFound that names what is not there.
Result<std::string> fill_template(std::string_view text, const Json& names);

// What an event tells to templates: the members of its data, "subject", "kind", and the person under both of
// its names (zestPersonId, personId).
Json names_of(const Json& envelope);
// What the identifier of a resource alone tells to templates.
Json names_of_subject(const std::string& subject);
// The names that events of these types have.
std::vector<std::string> names_known(const std::vector<EventType>& types);

}  // namespace zest::application
