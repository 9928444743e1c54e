// Values inside a document: texts that stand for what was captured before.
// Thread-safety: free functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/json_path.h"

namespace zest::document {

// Whether a text refers to a variable: ${name}, ${name.member[0]}. "$${" stands for "${" itself.
bool has_template(std::string_view text);

struct TemplateUse {
  std::string expression;  // between the braces
  std::string variable;    // its first name
  std::size_t offset = 0;  // of its "${" in the text, in bytes
};
// Errors: InvalidRequest when a "${" is never closed or its expression is none.
Result<std::vector<TemplateUse>> template_uses(std::string_view text);

// The value with every template replaced, members' names included. A text that is nothing but one template
// becomes the variable's value with its type. Errors: InvalidRequest naming what is not there, or what makes
// it larger than 4 MiB.
Result<Json> expand(const Json& value, const Json& variables);

// Bytes, about.
std::size_t memory_of(const Json& value);

// For people: text as it is, everything else as JSON.
std::string shown(const Json& value);
// At most `length` characters of it, with … in place of the rest.
std::string shown(const Json& value, std::size_t length);
// A member of an object, shown; `otherwise` when it is absent or null.
std::string shown_member(const Json& object, std::string_view name, const std::string& otherwise = "");

}  // namespace zest::document
