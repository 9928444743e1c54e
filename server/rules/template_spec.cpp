#include "rules/template_spec.h"

#include <algorithm>

namespace zest::rules {
namespace {

std::string bare(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == '_' || c == '-') continue;
    out.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  }
  return out;
}

}  // namespace

const Json* find_value(const Json& attributes, const AttributePath& path) {
  const Json* value = &attributes;
  for (const std::string& name : path) {
    value = member(*value, name);
    if (value == nullptr) return nullptr;
  }
  return value;
}

const AttributeSpec* find_attribute(const std::vector<AttributeSpec>& attributes, std::string_view name) {
  const auto found = std::find_if(attributes.begin(), attributes.end(),
                                  [name](const AttributeSpec& spec) { return spec.name == name; });
  return found == attributes.end() ? nullptr : &*found;
}

bool is_other_spelling(std::string_view a, std::string_view b) { return bare(a) == bare(b); }

}  // namespace zest::rules
