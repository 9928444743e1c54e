// Checks values against an OpenAPI document as a partner's generator would: written from JSON Schema and
// independent of the code that makes the document. Knows the words that the document uses; an unknown one is
// a failure, so that none is passed over in silence.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/pattern.h"

namespace zest::api {

// Members that no schema names: a reader of answers has to bear them, but our own answers may have none.
enum class Unnamed { Tolerated, Refused };

class SchemaCheck {
 public:
  explicit SchemaCheck(const Json& document, Unnamed unnamed = Unnamed::Refused)
      : document_(document), unnamed_(unnamed) {}

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
        check_type(detail, value, place);
      } else if (word == "enum") {
        if (std::find(detail.begin(), detail.end(), value) == detail.end()) fail(place, "is not in the enum");
      } else if (word == "const") {
        if (value != detail) fail(place, "is not " + detail.dump());
      } else if (word == "oneOf" || word == "anyOf") {
        check_choice(detail, word == "oneOf", value, place);
      } else if (word == "format") {
        check_format(detail.get<std::string>(), value, place);
      } else if (word == "pattern") {
        if (value.is_string() &&
            Pattern::compile(detail.get<std::string>()).value().search(value.get_ref<const std::string&>()) !=
                Pattern::Match::Yes)
          fail(place, "does not match " + detail.dump());
      } else if (word == "required") {
        for (const Json& name : detail) {
          if (value.is_object() && !value.contains(name.get<std::string>()))
            fail(place, "lacks " + name.dump());
        }
      } else if (word == "properties") {
        check_members(schema, value, place);
      } else if (word == "items") {
        if (!value.is_array()) continue;
        for (std::size_t i = 0; i < value.size(); ++i)
          visit(detail, value[i], place + "[" + std::to_string(i) + "]");
      } else if (word == "minItems" || word == "maxItems") {
        const auto bound = detail.get<std::size_t>();
        const bool fits = word == "minItems" ? value.size() >= bound : value.size() <= bound;
        if (value.is_array() && !fits) fail(place, "has no such number of items");
      } else if (word == "exclusiveMinimum") {
        if (value.is_number() && value <= detail) fail(place, "is out of range");
      } else if (word == "minimum" || word == "maximum") {
        const bool fits = word == "minimum" ? value >= detail : value <= detail;
        if (value.is_number() && !fits) fail(place, "is out of range");
      } else if (word == "minLength" || word == "maxLength") {
        const std::size_t length = value.is_string() ? value.get_ref<const std::string&>().size() : 0;
        const auto bound = detail.get<std::size_t>();
        if (value.is_string() && (word == "minLength" ? length < bound : length > bound))
          fail(place, "has no such length");
      } else if (word == "additionalProperties") {
        check_others(schema, value, place);
      } else if (std::find(kForPeople.begin(), kForPeople.end(), word) == kForPeople.end()) {
        fail(place, "meets the unknown word " + word);
      }
    }
  }

  static bool has_type(const std::string& type, const Json& value) {
    return (type == "object" && value.is_object()) || (type == "array" && value.is_array()) ||
           (type == "string" && value.is_string()) || (type == "integer" && value.is_number_integer()) ||
           (type == "number" && value.is_number()) || (type == "boolean" && value.is_boolean()) ||
           (type == "null" && value.is_null());
  }

  void check_type(const Json& types, const Json& value, const std::string& place) {
    const Json list = types.is_array() ? types : Json::array({types});
    const bool fits = std::any_of(list.begin(), list.end(), [&value](const Json& type) {
      return has_type(type.get<std::string>(), value);
    });
    if (!fits) fail(place, "is no " + types.dump() + ": " + value.dump().substr(0, 80));
  }

  void check_choice(const Json& choices, bool exactly_one, const Json& value, const std::string& place) {
    const std::vector<std::string> before = std::exchange(problems_, {});
    std::size_t fitting = 0;
    std::vector<std::string> misfits;
    for (const Json& choice : choices) {
      problems_.clear();
      visit(choice, value, place);
      fitting += problems_.empty() ? 1 : 0;
      misfits.insert(misfits.end(), problems_.begin(), problems_.end());
    }
    problems_ = before;
    if (fitting == 1 || (fitting > 1 && !exactly_one)) return;
    fail(place, "fits " + std::to_string(fitting) + " of the choices");
    if (fitting == 0) problems_.insert(problems_.end(), misfits.begin(), misfits.end());
  }

  void check_members(const Json& schema, const Json& value, const std::string& place) {
    if (!value.is_object()) return;
    const Json& properties = schema["properties"];
    for (const auto& [name, member] : properties.items()) {
      if (value.contains(name)) visit(member, value[name], place + "." + name);
    }
    if (unnamed_ == Unnamed::Tolerated || schema.contains("additionalProperties")) return;
    for (const auto& [name, member] : value.items()) {
      if (!properties.contains(name))
        fail(place, "has the member " + name + ", which its schema does not name");
    }
  }

  // Of what `properties` does not name.
  void check_others(const Json& schema, const Json& value, const std::string& place) {
    const Json& others = schema["additionalProperties"];
    const Json properties = schema.value("properties", Json::object());
    if (!value.is_object() || others == true) return;
    for (const auto& [name, member] : value.items()) {
      if (properties.contains(name)) continue;
      if (others.is_object()) {
        visit(others, member, place + "." + name);
      } else {
        fail(place, "may not have the member " + name);
      }
    }
  }

  void check_format(const std::string& format, const Json& value, const std::string& place) {
    if (!value.is_string() || format == "binary") return;
    const char* pattern = nullptr;
    if (format == "uuid") pattern = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}";
    if (format == "date") pattern = "\\d{4}-\\d\\d-\\d\\d";
    if (format == "uri") pattern = "[a-z]+:[^ ]+";
    if (format == "email") pattern = "[^ @]+@[^ @]+";
    if (format == "timespan") pattern = "(\\d+(ms|s|m|h))+|P.*";  // the sandbox's own
    // Our own instants have milliseconds; attributes come as they were sent.
    const bool ours = place.find(".attributes.") == std::string::npos && place.find("$.start_date") != 0;
    if (format == "date-time")
      pattern = ours ? "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z"
                     : "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?(Z|[+-]\\d\\d:\\d\\d)";
    if (pattern == nullptr) return fail(place, "has the unknown format " + format);
    if (!Pattern::compile(pattern).value().matches(value.get_ref<const std::string&>()))
      fail(place, "is no " + format + ": " + value.dump());
  }

  static constexpr std::array<std::string_view, 7> kForPeople = {
      "title", "description", "examples", "default", "discriminator", "contentSchema", "example"};
  const Json& document_;
  const Unnamed unnamed_;
  std::vector<std::string> problems_;
};

}  // namespace zest::api
