// The attributes of SPV requests as JSON Schema, made of the contract templates that are served. Zest docs:
// contracts/templates.
#include <cctype>

#include "api/pipeline/openapi.h"
#include "api/pipeline/schemas.h"
#include "rules/contracts.h"

namespace zest::api {
namespace {

using rules::AttributeSpec;
using rules::AttributeType;
using rules::TextFormat;

// "syndicate_secondary" -> "SyndicateSecondaryAttributes", of other versions than the newest with the
// version.
std::string attributes_name(const rules::Template& of, bool newest) {
  std::string name;
  bool word_starts = true;
  for (const char c : of.id()) {
    const auto letter = static_cast<unsigned char>(c);
    if (std::isalnum(letter) != 0) name.push_back(word_starts ? static_cast<char>(std::toupper(letter)) : c);
    word_starts = std::isalnum(letter) == 0;
  }
  name += "Attributes";
  if (newest) return name;
  name += "_";
  for (const char c : of.version()) name.push_back(c == '.' || c == '+' ? '_' : c);
  return name;
}

const char* format_of(TextFormat format) {
  switch (format) {
    case TextFormat::Date:
      return "date";
    case TextFormat::DateTime:
      return "date-time";
    case TextFormat::Uri:
      return "uri";
    case TextFormat::Email:
      return "email";
    case TextFormat::Country:
    case TextFormat::Currency:
      return nullptr;  // codes of ISO lists: JSON Schema has no word for them
  }
  return nullptr;
}

Json text_schema(const AttributeSpec& spec) {
  Json document = schema::text("");
  if (!spec.allowed.empty()) document["enum"] = spec.allowed;
  if (spec.pattern) document["pattern"] = "^(?:" + spec.pattern->text() + ")$";
  if (spec.max_length != rules::kDefaultMaxLength) document["maxLength"] = spec.max_length;
  if (spec.format == TextFormat::Country) document["description"] = "ISO 3166-1 alpha-2 code.";
  if (spec.format == TextFormat::Currency) document["description"] = "ISO 4217 code.";
  if (const char* format = spec.format ? format_of(*spec.format) : nullptr) document["format"] = format;
  return document;
}

Json object_schema(const std::vector<AttributeSpec>& attributes, const Json& definitions);

// `definition`: what the template says of it for people.
Json attribute_schema(const AttributeSpec& spec, const Json& definition) {
  Json document;
  switch (spec.type) {
    case AttributeType::String:
    case AttributeType::InvestorType:
      document = text_schema(spec);
      break;
    case AttributeType::Boolean:
      document = schema::boolean("");
      break;
    case AttributeType::Integer:
      document = schema::integer("");
      break;
    case AttributeType::Decimal:
      document = schema::text("Decimal string.");
      break;
    case AttributeType::Money:
      document = schema::object_ref("Money");
      break;
    case AttributeType::Object:
      document = object_schema(spec.attributes, definition.value("attributes", Json::object()));
      break;
    case AttributeType::List:
      document = schema::list(
          "", attribute_schema(spec.attributes.front(), definition.value("items", Json::object())));
      if (spec.min_items > 0) document["minItems"] = spec.min_items;
      document["maxItems"] = spec.max_items;
      break;
  }
  if (const std::string* description = string_member(definition, "description"))
    document["description"] = *description;
  if (const Json* example = member(definition, "example")) document["examples"] = Json::array({*example});
  return document;
}

Json object_schema(const std::vector<AttributeSpec>& attributes, const Json& definitions) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const AttributeSpec& spec : attributes) {
    if (spec.server_supplied) continue;
    const Json* definition = member(definitions, spec.name);
    properties[spec.name] = attribute_schema(spec, definition != nullptr ? *definition : Json::object());
    if (spec.required) required.push_back(spec.name);
  }
  Json document{{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
  if (!required.empty()) document["required"] = std::move(required);
  return document;
}

// The attributes of a sample payload of that template, if there is one.
const Json* sample_of(const rules::Contracts& contracts, const rules::Template& of) {
  const std::vector<Json>* samples = contracts.list(of.version(), rules::Contracts::Kind::Samples);
  if (samples == nullptr) return nullptr;
  for (const Json& sample : *samples) {
    if (text_member(sample, "templateId") == of.id()) return member(sample, "attributes");
  }
  return nullptr;
}

}  // namespace

Schemas schemas_of(const rules::Contracts& contracts) {
  Schemas schemas = all_schemas();
  Json choices = Json::array();
  const std::vector<std::string>& versions = contracts.versions();
  for (auto version = versions.rbegin(); version != versions.rend(); ++version) {
    for (const Json& definition : *contracts.list(*version, rules::Contracts::Kind::Templates)) {
      const rules::Template* of = contracts.find_template(text_member(definition, "id"), *version);
      if (of == nullptr) continue;
      const std::string newest = attributes_name(*of, true);
      const std::string name = schemas.find(newest) == nullptr ? newest : attributes_name(*of, false);
      Json document = object_schema(of->attributes(), definition.value("attributes", Json::object()));
      document["description"] = "Of the template " + of->id() + ", version " + of->version() + ".";
      if (const Json* sample = sample_of(contracts, *of)) document["examples"] = Json::array({*sample});
      schemas.add(name, std::move(document), Enforcement::Documented);
      choices.push_back(schema::ref(name));
    }
  }
  if (choices.empty()) return schemas;
  schemas.add("SpvAttributes",
              Json{{"type", "object"},
                   {"description", "What the contract template asks for, by the request's templateId."},
                   {"anyOf", std::move(choices)}},
              Enforcement::Documented);
  return schemas;
}

}  // namespace zest::api
