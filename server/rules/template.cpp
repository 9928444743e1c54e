#include "rules/template.h"

#include "rules/template_check.h"
#include "rules/template_roles.h"

namespace zest::rules {

Result<Template> Template::parse(Json definition, const TemplateTypes& types) {
  ASSIGN_OR_RETURN(TemplateSpec spec, parse_template(definition, types));
  return Template(std::move(definition), std::move(spec));
}

std::vector<Violation> Template::validate(const Json& attributes) const {
  return check_attributes(spec_, attributes);
}

std::optional<std::string> Template::currency(const Json& attributes) const {
  const Json* value = spec_.roles.currency ? find_value(attributes, *spec_.roles.currency) : nullptr;
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return value->get<std::string>();
}

std::optional<Money> Template::minimum_ticket(const Json& attributes) const {
  const Json* money =
      spec_.roles.minimum_ticket ? find_value(attributes, *spec_.roles.minimum_ticket) : nullptr;
  if (money == nullptr) return std::nullopt;
  const std::string* currency = string_member(*money, "currency");
  const std::string* value = string_member(*money, "value");
  if (currency == nullptr || value == nullptr) return std::nullopt;
  return Money{*currency, *value};
}

std::vector<ShareClass> Template::share_classes(const Json& attributes) const {
  if (!spec_.roles.share_classes) return {};
  return read_share_classes(*spec_.roles.share_classes, attributes);
}

}  // namespace zest::rules
