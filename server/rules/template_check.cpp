#include "rules/template_check.h"

#include <algorithm>

#include "base/nearest.h"
#include "base/text.h"
#include "base/time.h"
#include "rules/formats.h"
#include "rules/template_roles.h"

namespace zest::rules {
namespace {

struct FormatRule {
  bool (*fits)(std::string_view text);
  std::string_view expectation;
};

FormatRule rule_of(TextFormat format) {
  switch (format) {
    case TextFormat::Date:
      return {[](std::string_view text) { return parse_date(text).ok(); }, "a calendar date YYYY-MM-DD"};
    case TextFormat::DateTime:
      return {[](std::string_view text) { return parse_instant(text).ok(); },
              "an RFC 3339 date-time with a zone, such as 2026-06-01T00:00:00Z"};
    case TextFormat::Uri:
      return {is_uri, "an absolute URI such as https://example.com/deck.pdf"};
    case TextFormat::Email:
      return {is_email, "a well-formed e-mail address"};
    case TextFormat::Country:
      return {is_country, "an ISO 3166-1 alpha-2 country code such as GB"};
    case TextFormat::Currency:
      break;
  }
  return {is_currency, "an ISO 4217 currency code such as USD"};
}

std::string_view words_for(AttributeType type) {
  switch (type) {
    case AttributeType::Boolean:
      return "true or false";
    case AttributeType::Integer:
      return "a whole number";
    case AttributeType::Decimal:
      return "a decimal string such as \"2.50\"";
    case AttributeType::Money:
      return "money: {\"currency\": \"USD\", \"value\": \"1000.00\"}";
    case AttributeType::Object:
      return "an object";
    case AttributeType::List:
      return "a list";
    case AttributeType::String:
    case AttributeType::InvestorType:
      break;
  }
  return "a string";
}

bool has_type(AttributeType type, const Json& value) {
  switch (type) {
    case AttributeType::Boolean:
      return value.is_boolean();
    case AttributeType::Integer:
      return value.is_number_integer();
    case AttributeType::Money:
    case AttributeType::Object:
      return value.is_object();
    case AttributeType::List:
      return value.is_array();
    case AttributeType::String:
    case AttributeType::InvestorType:
    case AttributeType::Decimal:
      break;
  }
  return value.is_string();
}

std::string below(const std::string& path, const std::string& name) {
  return path.empty() ? name : path + "." + name;
}

// The last part of a path: what a message calls the value.
std::string_view leaf(std::string_view path) {
  const std::size_t dot = path.rfind('.');
  return dot == std::string_view::npos ? path : path.substr(dot + 1);
}

// Unknown words of one payload for which the nearest known one is looked for.
constexpr std::size_t kMostGuesses = 20;

class Checker {
 public:
  Checker(std::optional<std::string> currency, std::vector<Violation>& out)
      : currency_(std::move(currency)), out_(out) {}

  void check_map(const std::vector<AttributeSpec>& specs, const Json& map, const std::string& path) {
    for (const AttributeSpec& spec : specs) {
      const Json* value = member(map, spec.name);
      if (value != nullptr) {
        check_value(spec, *value, below(path, spec.name));
      } else if (spec.required) {
        add(below(path, spec.name), "required", "is required");
      }
    }
    for (const auto& [name, value] : map.get_ref<const Json::object_t&>()) {
      if (find_attribute(specs, name) == nullptr) report_unknown(specs, name, value, below(path, name));
    }
  }

 private:
  // `name`: of the attribute, where its path does not end in one of the template's names.
  void add(const std::string& path, std::string_view code, const std::string& message,
           const Json* value = nullptr, const std::string& name = "") {
    Violation violation;
    violation.attribute = path;
    violation.field = "attributes." + path;
    violation.code = code;
    violation.message = (name.empty() ? std::string(leaf(path)) : name) + " " + message;
    if (value != nullptr) violation.value = value_text(*value);
    out_.push_back(std::move(violation));
  }

  // Of the first unknown ones: a body may be full of them.
  std::optional<std::string> meant_attribute(const std::vector<AttributeSpec>& specs,
                                             const std::string& name) {
    std::vector<std::string> names;
    for (const AttributeSpec& spec : specs) {
      if (is_other_spelling(spec.name, name)) return spec.name;
      if (!spec.server_supplied) names.push_back(spec.name);
    }
    return ++guesses_ > kMostGuesses ? std::nullopt : nearest(name, names);
  }

  void report_unknown(const std::vector<AttributeSpec>& specs, const std::string& name, const Json& value,
                      const std::string& path) {
    std::string message = "is no attribute of the template";
    if (const std::optional<std::string> meant = meant_attribute(specs, name))
      message += ": did you mean " + *meant + "?";
    const bool plain = !name.empty() && name.find_first_of(".[] \"") == std::string::npos;
    add(path, "unknown_attribute", message, &value, plain ? name : dump_json(Json(name)));
  }

  void check_value(const AttributeSpec& spec, const Json& value, const std::string& path) {
    if (spec.server_supplied) {
      add(path, "server_supplied", "is managed by Zest and must not be sent", &value);
      return;
    }
    if (!has_type(spec.type, value)) {
      add(path, "type", "must be " + std::string(words_for(spec.type)), &value);
      return;
    }
    switch (spec.type) {
      case AttributeType::String:
        return check_text(spec, value, path);
      case AttributeType::InvestorType:
        return check_investor_type(spec, value, path);
      case AttributeType::Integer:
        return check_number(spec, value, dump_json(value), path);
      case AttributeType::Decimal:
        return check_number(spec, value, value.get_ref<const std::string&>(), path);
      case AttributeType::Money:
        return check_money(spec, value, path);
      case AttributeType::Object:
        return check_map(spec.attributes, value, path);
      case AttributeType::List:
        return check_list(spec, value, path);
      case AttributeType::Boolean:
        return;
    }
  }

  // True when the text is empty although a value is required; then nothing else is said about it.
  bool is_missing(const AttributeSpec& spec, const Json& value, const std::string& path) {
    if (!spec.required || !value.get_ref<const std::string&>().empty()) return false;
    add(path, "required", "is required and must not be empty", &value);
    return true;
  }

  void check_text(const AttributeSpec& spec, const Json& value, const std::string& path) {
    if (is_missing(spec, value, path)) return;
    const auto& text = value.get_ref<const std::string&>();
    const std::size_t length = count_code_points(text);
    if (length > spec.max_length) {
      add(path, "max_length", "must have at most " + std::to_string(spec.max_length) + " characters", &value);
    }
    check_enum(spec, value, path);
    if (spec.pattern && length <= std::max(spec.max_length, kDefaultMaxLength)) {
      check_pattern(*spec.pattern, value, path);
    }
    if (!spec.format) return;
    const FormatRule rule = rule_of(*spec.format);
    if (!rule.fits(text)) add(path, "format", "must be " + std::string(rule.expectation), &value);
  }

  void check_pattern(const Pattern& pattern, const Json& value, const std::string& path) {
    switch (pattern.match_all(value.get_ref<const std::string&>())) {
      case Pattern::Match::Yes:
        return;
      case Pattern::Match::No:
        return add(path, "pattern", "must match " + pattern.text(), &value);
      case Pattern::Match::GaveUp:
        return add(path, "pattern", "cannot be compared in bounded time with " + pattern.text(), &value);
    }
  }

  void check_enum(const AttributeSpec& spec, const Json& value, const std::string& path) {
    if (spec.allowed.empty()) return;
    const auto& text = value.get_ref<const std::string&>();
    if (std::find(spec.allowed.begin(), spec.allowed.end(), text) != spec.allowed.end()) return;
    const bool guess = ++guesses_ <= kMostGuesses;
    add(path, "enum",
        "must be one of: " + join(spec.allowed) + (guess ? did_you_mean(text, spec.allowed) : std::string()),
        &value);
  }

  void check_investor_type(const AttributeSpec& spec, const Json& value, const std::string& path) {
    if (is_missing(spec, value, path)) return;
    if (value.get_ref<const std::string&>() == "institutional") {
      add(path, "institutional_not_supported", "does not support institutional investors yet", &value);
      return;
    }
    check_enum(spec, value, path);
  }

  void check_number(const AttributeSpec& spec, const Json& value, std::string_view text,
                    const std::string& path) {
    const Result<Decimal> number = Decimal::parse(text);
    if (!number.ok()) {
      add(path, "format", "must be a decimal string such as \"2.50\": " + number.error().detail, &value);
      return;
    }
    if (spec.minimum && *number < *spec.minimum) {
      add(path, "min_value", "must be at least " + spec.minimum->text(), &value);
    }
    if (spec.maximum && *number > *spec.maximum) {
      add(path, "max_value", "must be at most " + spec.maximum->text(), &value);
    }
  }

  // A member of money: the string at `name`, or nullptr after saying why there is none.
  const Json* money_member(const Json& money, const char* name, const std::string& path) {
    const Json* value = member(money, name);
    if (value == nullptr) {
      add(path, "required", "is required");
    } else if (!value->is_string()) {
      add(path, "type", "must be a string", value);
    } else {
      return value;
    }
    return nullptr;
  }

  void check_money(const AttributeSpec& spec, const Json& money, const std::string& path) {
    const std::string currency_path = below(path, "currency");
    if (const Json* currency = money_member(money, "currency", currency_path)) {
      const auto& code = currency->get_ref<const std::string&>();
      if (!is_currency(code)) {
        add(currency_path, "format", "must be an ISO 4217 currency code such as USD", currency);
      } else if (!spec.any_currency && currency_ && code != *currency_) {
        add(currency_path, "currency_mismatch", "must be " + *currency_ + ", the currency of the request",
            currency);
      }
    }
    const std::string value_path = below(path, "value");
    if (const Json* value = money_member(money, "value", value_path)) {
      check_number(spec, *value, value->get_ref<const std::string&>(), value_path);
    }
    for (const auto& [name, value] : money.get_ref<const Json::object_t&>()) {
      if (name == "currency" || name == "value") continue;
      add(below(path, name), "unknown_attribute", "is unknown: money has currency and value only", &value);
    }
  }

  void check_list(const AttributeSpec& spec, const Json& list, const std::string& path) {
    if (list.size() < spec.min_items || (list.empty() && spec.required)) {
      const std::string least = std::to_string(std::max<std::size_t>(spec.min_items, 1));
      add(path, list.empty() ? "required" : "min_value",
          "must have at least " + least + plural(" item", least), &list);
    }
    if (list.size() > spec.max_items) {
      const std::string most = std::to_string(spec.max_items);
      add(path, "max_length", "must have at most " + most + plural(" item", most), &list);
    }
    // Items beyond the most that the list may have are refused by that; naming each would drown the rest.
    const std::size_t checked = std::min(list.size(), spec.max_items);
    for (std::size_t i = 0; i < checked; ++i) {
      check_value(spec.attributes.front(), list[i], path + "[" + std::to_string(i) + "]");
    }
  }

  static std::string plural(const std::string& noun, const std::string& count) {
    return count == "1" ? noun : noun + "s";
  }

  std::optional<std::string> currency_;  // that money must be in
  std::vector<Violation>& out_;
  std::size_t guesses_ = 0;
};

std::optional<std::string> usable_currency(const TemplateSpec& spec, const Json& attributes) {
  const Json* value = spec.roles.currency ? find_value(attributes, *spec.roles.currency) : nullptr;
  if (value == nullptr || !value->is_string() || !is_currency(value->get_ref<const std::string&>())) {
    return std::nullopt;
  }
  return value->get<std::string>();
}

}  // namespace

std::vector<Violation> check_attributes(const TemplateSpec& spec, const Json& attributes) {
  std::vector<Violation> violations;
  if (!attributes.is_object()) {
    violations.push_back(Violation{"attributes", "attributes", "type", "attributes must be an object",
                                   value_text(attributes)});
    return violations;
  }
  Checker(usable_currency(spec, attributes), violations).check_map(spec.attributes, attributes, "");
  if (spec.roles.share_classes) {
    for (Violation& repeated : find_repeated_slugs(*spec.roles.share_classes, attributes)) {
      violations.push_back(std::move(repeated));
    }
  }
  return violations;
}

}  // namespace zest::rules
