#include "rules/template_parser.h"

#include <algorithm>
#include <iterator>

#include "rules/template_roles.h"

namespace zest::rules {
namespace {

constexpr std::size_t kDefaultMaxItems = 1000;
constexpr std::size_t kMaxPatternBytes = 500;

struct TypeName {
  std::string_view name;
  AttributeType type;
};
constexpr TypeName kTypes[] = {
    {"string", AttributeType::String},   {"boolean", AttributeType::Boolean},
    {"integer", AttributeType::Integer}, {"decimal", AttributeType::Decimal},
    {"money", AttributeType::Money},     {"investorType", AttributeType::InvestorType},
    {"object", AttributeType::Object},   {"list", AttributeType::List}};

struct FormatName {
  std::string_view name;
  TextFormat format;
};
constexpr FormatName kFormats[] = {{"date", TextFormat::Date},       {"date-time", TextFormat::DateTime},
                                   {"uri", TextFormat::Uri},         {"email", TextFormat::Email},
                                   {"country", TextFormat::Country}, {"currency", TextFormat::Currency}};

constexpr unsigned bit(AttributeType type) { return 1U << static_cast<unsigned>(type); }
constexpr unsigned kAnyType = ~0U;
constexpr unsigned kNumbers =
    bit(AttributeType::Integer) | bit(AttributeType::Decimal) | bit(AttributeType::Money);

// The members of an attribute's description and the types that have them.
struct MemberRule {
  std::string_view name;
  unsigned types;
  bool is_constraint;  // says something about a value that a partner sends
};
constexpr MemberRule kMembers[] = {
    {"type", kAnyType, false},
    {"title", kAnyType, false},
    {"description", kAnyType, false},
    {"example", kAnyType, false},
    {"serverSupplied", kAnyType, false},
    {"required", kAnyType, true},
    {"enum", bit(AttributeType::String) | bit(AttributeType::InvestorType), true},
    {"pattern", bit(AttributeType::String), true},
    {"maxLength", bit(AttributeType::String), true},
    {"format", bit(AttributeType::String), true},
    {"min", kNumbers, true},
    {"max", kNumbers, true},
    {"anyCurrency", bit(AttributeType::Money), true},
    {"attributes", bit(AttributeType::Object), true},
    {"items", bit(AttributeType::List), true},
    {"minItems", bit(AttributeType::List), true},
    {"maxItems", bit(AttributeType::List), true},
};
constexpr std::string_view kTemplateMembers[] = {"id",    "version",    "title",   "description",
                                                 "roles", "attributes", "metadata"};

std::string in_quotes(std::string_view text) { return "'" + std::string(text) + "'"; }

void append_name(std::string& list, std::string_view name) {
  if (!list.empty()) list += ", ";
  list += name;
}

std::string_view name_of(AttributeType type) {
  return std::find_if(std::begin(kTypes), std::end(kTypes),
                      [type](const TypeName& t) { return t.type == type; })
      ->name;
}

Error unknown_member(const std::string& path, std::string_view name,
                     const std::vector<std::string_view>& known) {
  std::string list;
  for (const std::string_view candidate : known) {
    if (is_other_spelling(candidate, name)) {
      return fault_at(path, "is not known here: did you mean " + in_quotes(candidate) + "?");
    }
    append_name(list, candidate);
  }
  return fault_at(path, "is not known here: known are " + list);
}

Result<bool> read_flag(const Json& object, const char* name, const std::string& path) {
  const Json* value = member(object, name);
  if (value == nullptr) return false;
  if (!value->is_boolean()) return fault_at(path + "." + name, "must be true or false");
  return value->get<bool>();
}

Result<std::optional<std::size_t>> read_count(const Json& object, const char* name, const std::string& path) {
  const Json* value = member(object, name);
  if (value == nullptr) return std::optional<std::size_t>();
  constexpr std::uint64_t kLargest = 1'000'000;
  if (!value->is_number_unsigned() || value->get<std::uint64_t>() > kLargest) {
    return fault_at(path + "." + name, "must be a whole number from 0 to 1000000");
  }
  return std::optional<std::size_t>(value->get<std::size_t>());
}

Result<std::optional<Decimal>> read_bound(const Json& object, const char* name, const std::string& path) {
  const Json* value = member(object, name);
  if (value == nullptr) return std::optional<Decimal>();
  if (!value->is_string()) {
    return fault_at(path + "." + name, "must be a decimal string such as \"0\", not a JSON number");
  }
  const Result<Decimal> bound = Decimal::parse(value->get_ref<const std::string&>());
  if (!bound.ok()) return fault_at(path + "." + name, "is " + bound.error().detail);
  return std::optional<Decimal>(*bound);
}

Result<std::vector<std::string>> read_enum(const Json& object, const std::string& path) {
  std::vector<std::string> allowed;
  const Json* value = member(object, "enum");
  if (value == nullptr) return allowed;
  if (!value->is_array() || value->empty())
    return fault_at(path + ".enum", "must be a list of at least one string");
  for (std::size_t i = 0; i < value->size(); ++i) {
    const Json& item = (*value)[i];
    const std::string item_path = path + ".enum[" + std::to_string(i) + "]";
    if (!item.is_string()) return fault_at(item_path, "must be a string");
    const auto& text = item.get_ref<const std::string&>();
    if (std::find(allowed.begin(), allowed.end(), text) != allowed.end()) {
      return fault_at(item_path, "is there twice");
    }
    allowed.push_back(text);
  }
  return allowed;
}

Result<std::optional<Pattern>> read_pattern(const std::string& expression, const std::string& path) {
  if (expression.size() > kMaxPatternBytes) {
    return fault_at(path, "must have at most " + std::to_string(kMaxPatternBytes) + " bytes");
  }
  Result<Pattern> pattern = Pattern::compile(expression);
  if (!pattern.ok()) return fault_at(path, pattern.error().detail);
  if (pattern->refers_back()) {
    return fault_at(path, "is no usable regular expression: back-references are not supported");
  }
  return std::optional<Pattern>(std::move(pattern).value());
}

class AttributeParser {
 public:
  explicit AttributeParser(const TemplateTypes& types) : types_(types) {}

  Result<std::vector<AttributeSpec>> parse_map(const Json* map, const std::string& path) const {
    if (map == nullptr || !map->is_object() || map->empty()) {
      return fault_at(path, "must be an object with at least one attribute");
    }
    std::vector<AttributeSpec> attributes;
    for (const auto& [name, description] : map->get_ref<const Json::object_t&>()) {
      if (name.empty() || name.find_first_of(".[]") != std::string::npos) {
        return fault_at(
            path, "has the attribute name " + in_quotes(name) + ": a name is not empty and has no . [ ]");
      }
      ASSIGN_OR_RETURN(AttributeSpec spec, parse_one(name, description, path + "." + name));
      attributes.push_back(std::move(spec));
    }
    return attributes;
  }

  Result<AttributeSpec> parse_one(const std::string& name, const Json& description,
                                  const std::string& path) const {
    if (!description.is_object()) return fault_at(path, "must be an object such as {\"type\": \"string\"}");
    ASSIGN_OR_RETURN(const bool server_supplied, read_flag(description, "serverSupplied", path));
    AttributeSpec spec;
    spec.name = name;
    spec.server_supplied = server_supplied;
    if (server_supplied) {
      RETURN_IF_ERROR(check_server_supplied(description, path));
      return spec;
    }
    ASSIGN_OR_RETURN(const Json resolved, resolve(description, path));
    ASSIGN_OR_RETURN(spec.type, read_type(resolved, path));
    RETURN_IF_ERROR(check_members(resolved, spec.type, path));
    ASSIGN_OR_RETURN(spec.required, read_flag(resolved, "required", path));
    RETURN_IF_ERROR(read_text_rules(resolved, path, spec));
    RETURN_IF_ERROR(read_number_rules(resolved, path, spec));
    RETURN_IF_ERROR(read_structure(resolved, path, spec));
    return spec;
  }

 private:
  // A description whose type is a primitive's becomes that primitive's, with the description's own members on
  // top.
  Result<Json> resolve(const Json& description, const std::string& path) const {
    const std::string* type = string_member(description, "type");
    const auto found = type == nullptr ? types_.end() : types_.find(*type);
    if (found == types_.end()) return description;
    if (!found->second.is_object())
      return fault_at(path + ".type", "names a primitive without a usable definition");
    Json resolved = found->second;
    for (const auto& [name, value] : description.get_ref<const Json::object_t&>()) {
      if (name != "type") resolved[name] = value;
    }
    return resolved;
  }

  Result<AttributeType> read_type(const Json& description, const std::string& path) const {
    const Json* value = member(description, "type");
    if (value == nullptr) return fault_at(path, "must have a type");
    if (!value->is_string()) return fault_at(path + ".type", "must be a string");
    const auto& text = value->get_ref<const std::string&>();
    std::string known;
    for (const TypeName& candidate : kTypes) {
      if (candidate.name == text) return candidate.type;
      append_name(known, candidate.name);
    }
    for (const auto& [name, definition] : types_) append_name(known, name);
    return fault_at(path + ".type", "is the unknown type " + in_quotes(text) + ": known are " + known);
  }

  static Result<void> check_members(const Json& description, AttributeType type, const std::string& path) {
    for (const auto& [name, value] : description.get_ref<const Json::object_t&>()) {
      const auto* rule =
          std::find_if(std::begin(kMembers), std::end(kMembers),
                       [key = std::string_view(name)](const MemberRule& r) { return r.name == key; });
      if (rule != std::end(kMembers) && (rule->types & bit(type)) != 0) continue;
      if (rule != std::end(kMembers)) {
        return fault_at(path + "." + name, "does not apply to the type " + in_quotes(name_of(type)));
      }
      std::vector<std::string_view> known;
      for (const MemberRule& candidate : kMembers) {
        if ((candidate.types & bit(type)) != 0) known.push_back(candidate.name);
      }
      return unknown_member(path + "." + name, name, known);
    }
    return {};
  }

  static Result<void> check_server_supplied(const Json& description, const std::string& path) {
    std::vector<std::string_view> known;
    for (const MemberRule& rule : kMembers) {
      if (!rule.is_constraint) known.push_back(rule.name);
    }
    for (const auto& [name, value] : description.get_ref<const Json::object_t&>()) {
      if (std::find(known.begin(), known.end(), name) != known.end()) continue;
      return fault_at(path + "." + name,
                      "makes no sense for a server-supplied attribute, which is refused when sent");
    }
    return {};
  }

  static Result<void> read_text_rules(const Json& description, const std::string& path, AttributeSpec& spec) {
    ASSIGN_OR_RETURN(spec.allowed, read_enum(description, path));
    ASSIGN_OR_RETURN(const std::optional<std::size_t> longest, read_count(description, "maxLength", path));
    spec.max_length = longest.value_or(kDefaultMaxLength);
    if (spec.max_length == 0) return fault_at(path + ".maxLength", "must be at least 1");
    if (const Json* pattern = member(description, "pattern")) {
      if (!pattern->is_string()) return fault_at(path + ".pattern", "must be a string");
      ASSIGN_OR_RETURN(spec.pattern, read_pattern(pattern->get_ref<const std::string&>(), path + ".pattern"));
    }
    if (const Json* format = member(description, "format")) {
      std::string known;
      for (const FormatName& candidate : kFormats) {
        if (*format == candidate.name) spec.format = candidate.format;
        append_name(known, candidate.name);
      }
      if (!spec.format) return fault_at(path + ".format", "must be one of: " + known);
    }
    if (spec.type == AttributeType::InvestorType && spec.allowed.empty()) {
      spec.allowed = {"individual", "institutional"};
    }
    return {};
  }

  static Result<void> read_number_rules(const Json& description, const std::string& path,
                                        AttributeSpec& spec) {
    ASSIGN_OR_RETURN(spec.minimum, read_bound(description, "min", path));
    ASSIGN_OR_RETURN(spec.maximum, read_bound(description, "max", path));
    if (spec.minimum && spec.maximum && *spec.minimum > *spec.maximum) {
      return fault_at(path + ".min", "is greater than max");
    }
    ASSIGN_OR_RETURN(spec.any_currency, read_flag(description, "anyCurrency", path));
    return {};
  }

  Result<void> read_structure(const Json& description, const std::string& path, AttributeSpec& spec) const {
    if (spec.type == AttributeType::Object) {
      ASSIGN_OR_RETURN(spec.attributes, parse_map(member(description, "attributes"), path + ".attributes"));
    }
    if (spec.type != AttributeType::List) return {};
    const Json* items = member(description, "items");
    if (items == nullptr) return fault_at(path, "must say with 'items' what the list holds");
    ASSIGN_OR_RETURN(AttributeSpec item, parse_one("", *items, path + ".items"));
    if (item.required || item.server_supplied) {
      return fault_at(path + ".items", "must not be required or server-supplied: that belongs to the list");
    }
    spec.attributes.push_back(std::move(item));
    ASSIGN_OR_RETURN(const std::optional<std::size_t> minimum, read_count(description, "minItems", path));
    ASSIGN_OR_RETURN(const std::optional<std::size_t> maximum, read_count(description, "maxItems", path));
    spec.min_items = minimum.value_or(0);
    spec.max_items = maximum.value_or(std::max(kDefaultMaxItems, spec.min_items));
    if (spec.min_items > spec.max_items) return fault_at(path + ".minItems", "is greater than maxItems");
    return {};
  }

  const TemplateTypes& types_;
};

Result<std::string> read_name(const Json& definition, const char* name) {
  const std::string* text = string_member(definition, name);
  if (text == nullptr || text->empty()) return fault_at(name, "must be a string that is not empty");
  return *text;
}

}  // namespace

Result<TemplateSpec> parse_template(const Json& definition, const TemplateTypes& types) {
  if (!definition.is_object()) return fault_at("the document", "must be a JSON object");
  const std::vector<std::string_view> known(std::begin(kTemplateMembers), std::end(kTemplateMembers));
  for (const auto& [name, value] : definition.get_ref<const Json::object_t&>()) {
    if (std::find(known.begin(), known.end(), name) == known.end()) return unknown_member(name, name, known);
  }
  TemplateSpec spec;
  ASSIGN_OR_RETURN(spec.id, read_name(definition, "id"));
  ASSIGN_OR_RETURN(spec.version, read_name(definition, "version"));
  ASSIGN_OR_RETURN(spec.attributes,
                   AttributeParser(types).parse_map(member(definition, "attributes"), "attributes"));
  ASSIGN_OR_RETURN(spec.roles, parse_roles(member(definition, "roles"), spec.attributes));
  return spec;
}

Result<void> check_type_definition(const std::string& name, const Json& definition) {
  for (const TypeName& built_in : kTypes) {
    if (built_in.name == name)
      return fault_at("definition", "redefines the built-in type " + in_quotes(name));
  }
  const TemplateTypes none;
  const Result<AttributeSpec> spec = AttributeParser(none).parse_one(name, definition, "definition");
  if (!spec.ok()) return spec.error();
  if (spec->server_supplied || spec->required) {
    return fault_at("definition", "must not be required or server-supplied: that belongs to the attribute");
  }
  return {};
}

}  // namespace zest::rules
