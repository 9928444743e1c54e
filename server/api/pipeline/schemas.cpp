#include "api/pipeline/schemas.h"

#include <algorithm>
#include <functional>

#include "base/nearest.h"
#include "base/text.h"
#include "rules/formats.h"

namespace zest::api {
namespace schema {
namespace {

Json typed(const char* type, std::string description) {
  Json document{{"type", type}};
  if (!description.empty()) document["description"] = std::move(description);
  return document;
}

}  // namespace

Json text(std::string description) { return typed("string", std::move(description)); }

Json text(std::string description, const char* sample) {
  return example(text(std::move(description)), sample);
}

Json date_time(std::string description) {
  Json document = typed("string", std::move(description));
  document["format"] = "date-time";
  return document;
}

Json one_of(std::string description, const std::vector<std::string>& values) {
  Json document = typed("string", std::move(description));
  document["enum"] = values;
  return document;
}

Json constant(std::string_view value) { return Json{{"type", "string"}, {"const", value}}; }

Json integer(std::string description) { return typed("integer", std::move(description)); }
Json number(std::string description) { return typed("number", std::move(description)); }
Json boolean(std::string description) { return typed("boolean", std::move(description)); }

Json any(std::string description) {
  Json document = Json::object();
  if (!description.empty()) document["description"] = std::move(description);
  return document;
}

Json list(std::string description, Json items) {
  Json document = typed("array", std::move(description));
  document["items"] = std::move(items);
  return document;
}

Json object(const Members& required, const Members& optional) {
  Json document = typed("object", "");
  Json properties = Json::object();
  Json names = Json::array();
  for (const Member& member : required) {
    properties[member.name] = member.schema;
    names.push_back(member.name);
  }
  for (const Member& member : optional) properties[member.name] = member.schema;
  document["properties"] = std::move(properties);
  if (!names.empty()) document["required"] = std::move(names);
  return document;
}

Json free_object(std::string description) { return typed("object", std::move(description)); }

Json ref(std::string_view name) { return Json{{"$ref", "#/components/schemas/" + std::string(name)}}; }

Json object_ref(std::string_view name) { return with(ref(name), "type", "object"); }

Json page_of(std::string_view name) {
  return object({{"documents", list("The documents of this page.", ref(name))},
                 {"count", example(integer("How many match on all pages."), 1)},
                 {"skip", example(integer("How many precede this page."), 0)},
                 {"limit", example(integer("How many a page holds at most."), 100)}});
}

Json with(Json document, const char* keyword, Json value) {
  document[keyword] = std::move(value);
  return document;
}

Json example(Json document, Json value) {
  return with(std::move(document), "examples", Json::array({std::move(value)}));
}

Json described(Json document, std::string description) {
  return with(std::move(document), "description", std::move(description));
}

Json closed(Json document) { return with(std::move(document), "additionalProperties", false); }

}  // namespace schema

namespace {

constexpr std::string_view kRefPrefix = "#/components/schemas/";
constexpr const char* kExampleInstant = "2026-01-01T00:00:00.000Z";
// Enough for every member of every row of a large batch; a hostile body could ask for millions.
constexpr std::size_t kMaxViolations = 10'000;
// Unknown words of one body for which the nearest known one is looked for.
constexpr std::size_t kMostGuesses = 20;

bool has_type(const Json& value, const std::string& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "integer") return value.is_number_integer();
  if (type == "number") return value.is_number();
  if (type == "boolean") return value.is_boolean();
  return type != "null" || value.is_null();
}

std::string with_article(const std::string& type) {
  return (type == "object" || type == "array" || type == "integer" ? "an " : "a ") + type;
}

std::string name_of(const std::string& path) { return path.empty() ? "the body" : path; }

// Checks one value and what is below it.
class Checker {
 public:
  // `resolve` gives the target of a $ref, or nullptr where nothing is to be checked.
  explicit Checker(std::function<const Json*(std::string_view)> resolve) : resolve_(std::move(resolve)) {}

  void check(const Json& document, const Json& value, const std::string& path) {
    if (found_.size() >= kMaxViolations) return;
    if (const std::string* reference = string_member(document, "$ref")) {
      const Json* target = resolve_(*reference);
      if (target != nullptr) check(*target, value, path);
    }
    const std::string* type = string_member(document, "type");
    if (type != nullptr && !has_type(value, *type)) {
      add(path, "type", "must be " + with_article(*type), &value);
      return;
    }
    if (const Json* allowed = member(document, "enum")) check_enum(*allowed, value, path);
    if (value.is_object()) check_object(document, value, path);
    if (value.is_array()) check_array(document, value, path);
    if (value.is_string()) check_text(document, value, path);
    if (value.is_number()) check_number(document, value, path);
  }

  std::vector<Violation> take() { return std::move(found_); }

 private:
  void add(const std::string& path, const char* code, const std::string& message, const Json* value) {
    if (found_.size() >= kMaxViolations) return;
    Violation violation{path, path, code, name_of(path) + " " + message, std::nullopt};
    if (value != nullptr) violation.value = rules::value_text(*value);
    found_.push_back(std::move(violation));
  }

  // did_you_mean() of the first ones: a body may be full of what is unknown.
  std::string guess(const std::string& word, const std::vector<std::string>& known) {
    return ++guesses_ > kMostGuesses ? std::string() : did_you_mean(word, known);
  }

  // The unknown member that stands in the place of a missing one, as far as its name tells.
  std::string sent_instead(const std::string& missing, const Json& value, const Json& properties) {
    if (++guesses_ > kMostGuesses || value.size() > kMostGuesses) return "";
    std::vector<std::string> unknown;
    for (const auto& [name, ignored] : value.items()) {
      if (!properties.contains(name)) unknown.push_back(name);
    }
    const std::optional<std::string> sent = nearest(missing, unknown);
    return sent ? "; " + *sent + " is another member" : "";
  }

  void check_enum(const Json& allowed, const Json& value, const std::string& path) {
    if (std::find(allowed.begin(), allowed.end(), value) != allowed.end()) return;
    std::vector<std::string> words;
    for (const Json& each : allowed) words.push_back(rules::value_text(each));
    add(path, "enum", "must be one of " + join(words) + guess(rules::value_text(value), words), &value);
  }

  void check_object(const Json& document, const Json& value, const std::string& path) {
    const std::string prefix = path.empty() ? "" : path + ".";
    const Json* required = member(document, "required");
    const Json* properties = member(document, "properties");
    if (properties != nullptr) {
      for (const auto& [name, member_schema] : properties->items()) {
        const auto found = value.find(name);
        if (found != value.end()) {
          check(member_schema, *found, prefix + name);
        } else if (required != nullptr &&
                   std::find(required->begin(), required->end(), name) != required->end()) {
          add(prefix + name, "required", "is required" + sent_instead(name, value, *properties), nullptr);
        }
      }
    }
    const Json* additional = member(document, "additionalProperties");
    if (additional == nullptr || *additional != false) return;
    for (const auto& [name, ignored] : value.items()) {
      if (properties == nullptr || !properties->contains(name)) {
        std::vector<std::string> names;
        if (properties != nullptr) {
          for (const auto& [known, schema] : properties->items()) names.push_back(known);
        }
        add(prefix + name, "unknown_attribute", "is not a member of this request" + guess(name, names),
            &ignored);
      }
    }
  }

  void check_array(const Json& document, const Json& value, const std::string& path) {
    const Json* least = member(document, "minItems");
    const Json* most = member(document, "maxItems");
    if (least != nullptr && value.size() < least->get<std::size_t>()) {
      add(path, "min_value", "must have at least " + dump_json(*least) + " elements", nullptr);
    }
    if (most != nullptr && value.size() > most->get<std::size_t>()) {
      add(path, "max_value", "must have at most " + dump_json(*most) + " elements", nullptr);
    }
    const Json* items = member(document, "items");
    if (items == nullptr) return;
    for (std::size_t i = 0; i < value.size(); ++i)
      check(*items, value[i], path + "[" + std::to_string(i) + "]");
  }

  void check_text(const Json& document, const Json& value, const std::string& path) {
    const std::size_t length = rules::count_code_points(value.get_ref<const std::string&>());
    const Json* least = member(document, "minLength");
    const Json* most = member(document, "maxLength");
    if (least != nullptr && length < least->get<std::size_t>()) {
      add(path, "required",
          length == 0 ? "must not be empty" : "must have at least " + dump_json(*least) + " characters",
          &value);
    }
    if (most != nullptr && length > most->get<std::size_t>()) {
      add(path, "max_length", "must have at most " + dump_json(*most) + " characters", &value);
    }
  }

  void check_number(const Json& document, const Json& value, const std::string& path) {
    const Json* least = member(document, "minimum");
    const Json* most = member(document, "maximum");
    if (least != nullptr && value < *least)
      add(path, "min_value", "must be at least " + dump_json(*least), &value);
    if (most != nullptr && value > *most)
      add(path, "max_value", "must be at most " + dump_json(*most), &value);
  }

  const std::function<const Json*(std::string_view)> resolve_;
  std::vector<Violation> found_;
  std::size_t guesses_ = 0;
};

void collect_references(const Json& document, std::vector<std::string>& names) {
  if (const std::string* reference = string_member(document, "$ref")) {
    if (reference->compare(0, kRefPrefix.size(), kRefPrefix) == 0) {
      names.push_back(reference->substr(kRefPrefix.size()));
    }
  }
  if (!document.is_structured()) return;
  for (const Json& below : document) collect_references(below, names);
}

}  // namespace

void Schemas::add(std::string name, Json document, Enforcement enforcement) {
  const auto known =
      std::find_if(entries_.begin(), entries_.end(), [&name](const Entry& e) { return e.name == name; });
  if (known != entries_.end()) {
    known->document = std::move(document);
    known->enforcement = enforcement;
    return;
  }
  entries_.push_back({std::move(name), std::move(document), enforcement});
}

const Schemas::Entry* Schemas::entry(std::string_view name) const {
  const auto found =
      std::find_if(entries_.begin(), entries_.end(), [name](const Entry& e) { return e.name == name; });
  return found == entries_.end() ? nullptr : &*found;
}

const Json* Schemas::find(std::string_view name) const {
  const Entry* found = entry(name);
  return found == nullptr ? nullptr : &found->document;
}

std::vector<Violation> Schemas::check(const Json& document, const Json& value,
                                      const std::string& path) const {
  Checker checker([this](std::string_view reference) -> const Json* {
    const Entry* found = entry(reference.substr(std::min(reference.size(), kRefPrefix.size())));
    return found == nullptr || found->enforcement == Enforcement::Documented ? nullptr : &found->document;
  });
  checker.check(document, value, path);
  return checker.take();
}

std::vector<std::string> Schemas::referred_by(const Json& document) const {
  std::vector<std::string> reached;
  collect_references(document, reached);
  for (std::size_t i = 0; i < reached.size(); ++i) {
    std::vector<std::string> below;
    if (const Json* target = find(reached[i])) collect_references(*target, below);
    for (std::string& name : below) {
      if (std::find(reached.begin(), reached.end(), name) == reached.end())
        reached.push_back(std::move(name));
    }
  }
  std::vector<std::string> in_order;
  for (const Entry& each : entries_) {
    if (std::find(reached.begin(), reached.end(), each.name) != reached.end()) in_order.push_back(each.name);
  }
  return in_order;
}

Json Schemas::example(const Json& document) const {
  if (const std::string* reference = string_member(document, "$ref")) {
    const Json* target = find(reference->substr(std::min(reference->size(), kRefPrefix.size())));
    return target == nullptr ? Json() : example(*target);
  }
  if (const Json* examples = member(document, "examples")) return examples->front();
  for (const char* word : {"const", "default"}) {
    if (const Json* value = member(document, word)) return *value;
  }
  if (const Json* words = member(document, "enum")) return words->front();
  for (const char* choice : {"oneOf", "anyOf"}) {
    if (const Json* choices = member(document, choice)) return example(choices->front());
  }
  const std::string type = text_member(document, "type");
  if (type == "array") return Json::array({example(document.value("items", Json::object()))});
  if (type == "boolean") return true;
  if (type == "integer" || type == "number") return document.value("minimum", Json(1));
  if (type != "object") return text_member(document, "format") == "date-time" ? kExampleInstant : "text";
  Json value = Json::object();
  for (const Json& name : document.value("required", Json::array())) {
    const auto& key = name.get_ref<const std::string&>();
    value[key] = example(document["properties"][key]);
  }
  return value;
}

Error violated(std::vector<Violation> violations) {
  const std::size_t count = violations.size();
  Error error = make_error(ErrorKind::ValidationError,
                           "the request breaks " + std::to_string(count) + (count == 1 ? " rule" : " rules"));
  if (count == 1) error.detail += ": " + violations.front().message;
  if (count >= kMaxViolations) error.detail += " or more; these are listed";
  error.violations = std::move(violations);
  return error;
}

const Schemas& all_schemas() {
  static const Schemas schemas = [] {
    Schemas built;
    add_partner_schemas(built);
    add_webhook_schemas(built);
    add_chaos_schemas(built);
    add_state_schemas(built);
    add_delivery_schemas(built);
    return built;
  }();
  return schemas;
}

}  // namespace zest::api
