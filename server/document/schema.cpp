#include "document/schema.h"

namespace zest::document {
namespace {

// A text that holds a template passes for anything that is written as one value.
constexpr const char* kTemplatePattern = R"(\$\{)";
constexpr const char* kDurationPattern =
    R"(^(0|(\d+d)?(\d+h)?(\d+m)?(\d+(\.\d+)?s)?(\d+ms)?|\d+\.\d+(d|h|m|ms)|P(\d+W)?(\d+D)?(T(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?)$)";

Json text_schema() { return Json{{"type", "string"}}; }

Json template_schema() { return Json{{"type", "string"}, {"pattern", kTemplatePattern}}; }

Json pattern_schema(const std::string& pattern) { return Json{{"type", "string"}, {"pattern", pattern}}; }

Json reference(const std::string& name) { return Json{{"$ref", "#/$defs/" + name}}; }

Json any_of_schemas(std::vector<Json> parts) { return Json{{"anyOf", std::move(parts)}}; }

Json schema_of(const Type& type);

Json integer_schema(const Type& type) {
  if (!type.numbers.empty()) return Json{{"enum", type.numbers}};
  Json schema{{"type", "integer"}};
  if (type.least != INT64_MIN) schema["minimum"] = type.least;
  if (type.most != INT64_MAX) schema["maximum"] = type.most;
  return schema;
}

Json list_schema(const Type& type) {
  Json schema{{"type", "array"}, {"items", schema_of(type.parts.front())}};
  if (type.least > 0) schema["minItems"] = type.least;
  if (type.most != INT64_MAX) schema["maxItems"] = type.most;
  return schema;
}

Json event_schema(bool patterns) {
  std::vector<Json> parts = {Json{{"enum", event_types()}}, template_schema()};
  if (patterns) parts.push_back(pattern_schema(R"(\*$)"));
  return any_of_schemas(std::move(parts));
}

Json either_schema(const Type& type) {
  std::vector<Json> parts;
  for (const Type& part : type.parts) parts.push_back(schema_of(part));
  return any_of_schemas(std::move(parts));
}

Json schema_of(const Type& type) {
  using Kind = Type::Kind;
  switch (type.kind) {
    case Kind::Any:
      return Json::object();
    case Kind::Plain:
      return Json{{"not", Json{{"type", "object"}}}};
    case Kind::Text:
    case Kind::Path:
      return text_schema();
    case Kind::Pattern:
      return Json{{"type", "string"}, {"format", "regex"}};
    case Kind::Duration:
      return any_of_schemas({pattern_schema(kDurationPattern), template_schema()});
    case Kind::Integer:
      return any_of_schemas({integer_schema(type), template_schema()});
    case Kind::Number:
      return any_of_schemas(
          {Json{{"type", "number"}, {"exclusiveMinimum", 0}, {"maximum", 1}}, template_schema()});
    case Kind::Boolean:
      return any_of_schemas({Json{{"type", "boolean"}}, template_schema()});
    case Kind::Null:
      return Json{{"type", "null"}};
    case Kind::Word:
      if (type.words.size() == 1) return Json{{"const", type.words.front()}};
      return any_of_schemas({Json{{"enum", type.words}}, template_schema()});
    case Kind::Operation:
      return any_of_schemas({Json{{"enum", type.words}}, pattern_schema(kSpeltOutCall)});
    case Kind::Event:
      return event_schema(false);
    case Kind::EventPattern:
      return event_schema(true);
    case Kind::Name:
      return pattern_schema(kVariableName);
    case Kind::List:
      return list_schema(type);
    case Kind::Map:
      return Json{{"type", "object"}, {"additionalProperties", schema_of(type.parts.front())}};
    case Kind::Object:
      return reference(type.shape);
    case Kind::Either:
      return either_schema(type);
  }
  return Json::object();
}

Json shape_schema(const Shape& shape) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const Member& member : shape.members) {
    Json schema = schema_of(member.type);
    schema["description"] = member.help;
    properties[member.name] = std::move(schema);
    if (member.need == Need::Required) required.push_back(member.name);
  }
  Json schema{{"description", shape.help}, {"type", "object"}, {"properties", std::move(properties)}};
  if (!required.empty()) schema["required"] = std::move(required);
  schema["additionalProperties"] = false;
  return schema;
}

}  // namespace

Json json_schema(const Language& language, const std::string& title) {
  Json schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", title}};
  schema["$ref"] = "#/$defs/" + language.root();
  Json definitions = Json::object();
  for (const Shape& shape : language.shapes()) definitions[shape.name] = shape_schema(shape);
  for (const Variant& variant : language.variants()) {
    Json choices = Json::array();
    for (const Variant::Choice& choice : variant.choices) choices.push_back(reference(choice.shape));
    definitions[variant.name] = Json{{"description", variant.help}, {"anyOf", std::move(choices)}};
  }
  schema["$defs"] = std::move(definitions);
  return schema;
}

}  // namespace zest::document
