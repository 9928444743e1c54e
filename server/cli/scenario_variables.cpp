#include "cli/scenario_variables.h"

#include <algorithm>
#include <optional>

#include "base/nearest.h"
#include "document/values.h"

namespace zest::cli {
namespace {

// Adds the names of every ${…} below the value.
void collect_names(const Json& value, std::vector<std::string>& names) {
  if (value.is_string()) {
    const auto uses = document::template_uses(value.get_ref<const std::string&>());
    for (std::size_t index = 0; uses.ok() && index < uses->size(); ++index)
      names.push_back((*uses)[index].variable);
  }
  if (!value.is_structured()) return;
  for (const auto& entry : value.items()) {
    if (value.is_object()) collect_names(Json(entry.key()), names);
    collect_names(entry.value(), names);
  }
}

}  // namespace

Result<Json> read_variables(const std::vector<std::string>& given,
                            const std::vector<scenario::Source>& sources) {
  std::vector<std::string> known;
  for (const scenario::Source& source : sources) {
    if (const Json* variables = member(source.root(), "variables")) {
      for (const auto& entry : variables->get_ref<const Json::object_t&>()) known.push_back(entry.first);
    }
    collect_names(source.root(), known);
  }
  Json variables = Json::object();
  for (const std::string& pair : given) {
    const std::size_t equals = pair.find('=');
    const std::string name = pair.substr(0, equals);
    if (equals == std::string::npos || std::find(known.begin(), known.end(), name) == known.end()) {
      const auto meant = nearest(name, known);
      return make_error(ErrorKind::InvalidRequest,
                        "--set " + pair + ": no scenario has a variable \"" + name + "\"" +
                            (meant ? "; did you mean " + *meant + "?" : "; see its \"variables\""));
    }
    const std::string value = pair.substr(equals + 1);
    const Result<Json> parsed = parse_json(value);
    variables[name] = parsed.ok() ? *parsed : Json(value);
  }
  return variables;
}

}  // namespace zest::cli
