// Checks answers against an OpenAPI document as a partner's generator would: written from JSON Schema and
// independent of the code that makes the document. Knows the words that the document uses; an unknown one is
// a failure, so that none is passed over in silence.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/pattern.h"

namespace zest::api {

class SchemaCheck {
 public:
  explicit SchemaCheck(const Json& document) : document_(document) {}

  // What does not fit, with its place; empty when all does.
  std::vector<std::string> check(const Json& schema, const Json& value) {
    problems_.clear();
    visit(schema, value, "$");
    return problems_;
  }

  const Json& resolve(const std::string& reference) {
    static const Json nothing = Json::object();
    const std::string prefix = "#/components/schemas/";
    const std::string name = reference.substr(std::min(prefix.size(), reference.size()));
    const Json& schemas = document_["components"]["schemas"];
    if (reference.compare(0, prefix.size(), prefix) == 0 && schemas.contains(name)) return schemas[name];
    problems_.push_back("unresolved " + reference);
    return nothing;
  }

 private:
  void fail(const std::string& place, const std::string& what) { problems_.push_back(place + " " + what); }

  void visit(const Json& schema, const Json& value, const std::string& place) {
    for (const auto& [word, detail] : schema.items()) {
      if (word == "$ref") {
        visit(resolve(detail.get<std::string>()), value, place);
      } else if (word == "type") {
        check_type(detail.get<std::string>(), value, place);
      } else if (word == "enum") {
        if (std::find(detail.begin(), detail.end(), value) == detail.end()) fail(place, "is not in the enum");
      } else if (word == "format") {
        check_format(detail.get<std::string>(), value, place);
      } else if (word == "required") {
        for (const Json& name : detail) {
          if (value.is_object() && !value.contains(name.get<std::string>()))
            fail(place, "lacks " + name.dump());
        }
      } else if (word == "properties") {
        for (const auto& [name, member] : detail.items()) {
          if (value.is_object() && value.contains(name)) visit(member, value[name], place + "." + name);
        }
      } else if (word == "items") {
        if (!value.is_array()) continue;
        for (std::size_t i = 0; i < value.size(); ++i)
          visit(detail, value[i], place + "[" + std::to_string(i) + "]");
      } else if (word == "minItems" || word == "maxItems") {
        const auto bound = detail.get<std::size_t>();
        const bool fits = word == "minItems" ? value.size() >= bound : value.size() <= bound;
        if (value.is_array() && !fits) fail(place, "has no such number of items");
      } else if (word == "minimum" || word == "maximum") {
        const bool fits = word == "minimum" ? value >= detail : value <= detail;
        if (value.is_number() && !fits) fail(place, "is out of range");
      } else if (word == "minLength" || word == "maxLength") {
        const std::size_t length = value.is_string() ? value.get_ref<const std::string&>().size() : 0;
        const auto bound = detail.get<std::size_t>();
        if (value.is_string() && (word == "minLength" ? length < bound : length > bound))
          fail(place, "has no such length");
      } else if (word != "title" && word != "description" && word != "example" && word != "default") {
        fail(place, "meets the unknown word " + word);
      }
    }
  }

  void check_type(const std::string& type, const Json& value, const std::string& place) {
    const bool fits = (type == "object" && value.is_object()) || (type == "array" && value.is_array()) ||
                      (type == "string" && value.is_string()) ||
                      (type == "integer" && value.is_number_integer()) ||
                      (type == "number" && value.is_number()) || (type == "boolean" && value.is_boolean());
    if (!fits) fail(place, "is no " + type + ": " + value.dump().substr(0, 80));
  }

  void check_format(const std::string& format, const Json& value, const std::string& place) {
    if (!value.is_string() || format == "binary") return;
    const char* pattern = nullptr;
    if (format == "uuid") pattern = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}";
    if (format == "date-time") pattern = "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z";
    if (pattern == nullptr) return fail(place, "has the unknown format " + format);
    if (!Pattern::compile(pattern).value().matches(value.get_ref<const std::string&>()))
      fail(place, "is no " + format);
  }

  const Json& document_;
  std::vector<std::string> problems_;
};

}  // namespace zest::api
