#include "document/values.h"

#include <cctype>

#include "base/error.h"
#include "base/json_path.h"

namespace zest::document {
namespace {

constexpr std::string_view kOpen = "${";
// Bytes that templates may bring into one value: more than any request takes. Variables that hold others
// several times over would else grow beyond all bounds. [sandbox]
constexpr std::size_t kMostExpanded = std::size_t{4} << 20;

bool is_expression(std::string_view text) {
  if (text.empty() || !is_json_path(text) || text.front() == '[') return false;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) == 0 && std::string_view("_-.[]").find(c) == std::string_view::npos) return false;
  }
  return true;
}

// Expands values as long as templates have not brought too much.
class Expansion {
 public:
  explicit Expansion(const Json& variables) : variables_(variables) {}

  Result<Json> expand(const Json& value) {
    if (value.is_string()) return text(value.get_ref<const std::string&>());
    if (value.is_array()) {
      Json list = Json::array();
      for (const Json& element : value) {
        ASSIGN_OR_RETURN(Json expanded, expand(element));
        list.push_back(std::move(expanded));
      }
      return list;
    }
    if (value.is_object()) {
      Json object = Json::object();
      for (const auto& [name, inner] : value.get_ref<const Json::object_t&>()) {
        ASSIGN_OR_RETURN(const Json key, text(name));
        ASSIGN_OR_RETURN(object[shown(key)], expand(inner));
      }
      return object;
    }
    return value;
  }

 private:
  Result<Json> value_of(const TemplateUse& use) {
    if (!member(variables_, use.variable)) return invalid_request("${" + use.variable + "} is not defined");
    const Json* value = reach(variables_, use.expression);
    if (!value) {
      return invalid_request("${" + use.expression + "} is not there: ${" + use.variable + "} is " +
                             shown(*member(variables_, use.variable), 200));
    }
    brought_ += memory_of(*value);
    if (brought_ <= kMostExpanded) return *value;
    return invalid_request("${" + use.expression + "} makes the value larger than " +
                           std::to_string(kMostExpanded >> 20) + " MiB");
  }

  Result<Json> text(const std::string& text) {
    if (text.find(kOpen) == std::string::npos) return Json(text);
    ASSIGN_OR_RETURN(const std::vector<TemplateUse> uses, template_uses(text));
    if (uses.size() == 1 && uses.front().offset == 0 && uses.front().expression.size() + 3 == text.size()) {
      return value_of(uses.front());
    }
    std::string whole;
    std::size_t at = 0;
    const auto literal = [&](std::size_t end) {
      for (; at < end; ++at) {
        if (text.compare(at, 3, "$${") != 0) whole += text[at];
      }
    };
    for (const TemplateUse& use : uses) {
      literal(use.offset);
      ASSIGN_OR_RETURN(const Json value, value_of(use));
      whole += shown(value);
      at = use.offset + use.expression.size() + 3;
    }
    literal(text.size());
    return Json(whole);
  }

  const Json& variables_;
  std::size_t brought_ = 0;  // bytes
};

}  // namespace

bool has_template(std::string_view text) {
  const Result<std::vector<TemplateUse>> uses = template_uses(text);
  return !uses.ok() || !uses->empty();
}

Result<std::vector<TemplateUse>> template_uses(std::string_view text) {
  std::vector<TemplateUse> uses;
  for (std::size_t at = text.find(kOpen); at != std::string_view::npos; at = text.find(kOpen, at)) {
    if (at > 0 && text[at - 1] == '$') {
      at += kOpen.size();
      continue;
    }
    const std::size_t close = text.find('}', at);
    if (close == std::string_view::npos) return invalid_request("\"${\" without its \"}\"");
    const std::string_view expression = text.substr(at + 2, close - at - 2);
    if (!is_expression(expression)) {
      return invalid_request("\"${" + std::string(expression) +
                             "}\" is no variable such as ${name} or ${row.name[0]}");
    }
    uses.push_back(
        {std::string(expression), std::string(expression.substr(0, expression.find_first_of(".["))), at});
    at = close;
  }
  return uses;
}

Result<Json> expand(const Json& value, const Json& variables) { return Expansion(variables).expand(value); }

std::size_t memory_of(const Json& value) {
  std::size_t bytes = sizeof(Json);
  if (value.is_string()) bytes += value.get_ref<const std::string&>().size();
  if (value.is_array()) {
    for (const Json& element : value) bytes += memory_of(element);
  }
  if (value.is_object()) {
    for (const auto& [name, inner] : value.get_ref<const Json::object_t&>()) {
      bytes += name.size() + memory_of(inner);
    }
  }
  return bytes;
}

std::string shown(const Json& value) {
  return value.is_string() ? value.get<std::string>() : dump_json(value);
}

std::string shown(const Json& value, std::size_t length) {
  std::string text = shown(value);
  if (text.size() <= length) return text;
  std::size_t end = length;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end) + "…";
}

std::string shown_member(const Json& object, std::string_view name, const std::string& otherwise) {
  const Json* value = member(object, name);
  return value && !value->is_null() ? shown(*value) : otherwise;
}

}  // namespace zest::document
