// Contract templates of partners and attributes against them: {"definition", "types", "attributes"}.
#include "rules/template.h"

#include <algorithm>

#include "fuzz/target.h"

namespace zest::fuzz {
namespace {

// Zest docs: errors/validation.
constexpr std::string_view kValidationCodes[] = {"required",
                                                 "unknown_attribute",
                                                 "type",
                                                 "enum",
                                                 "pattern",
                                                 "max_length",
                                                 "format",
                                                 "min_value",
                                                 "max_value",
                                                 "currency_mismatch",
                                                 "server_supplied",
                                                 "institutional_not_supported"};

void check_violations(const rules::Template& checked, const Json& attributes) {
  const std::vector<Violation> violations = checked.validate(attributes);
  for (const Violation& violation : violations) {
    FUZZ_CHECK(std::find(std::begin(kValidationCodes), std::end(kValidationCodes), violation.code) !=
               std::end(kValidationCodes));
    FUZZ_CHECK(violation.field.rfind("attributes", 0) == 0 && !violation.message.empty());
  }
  const std::vector<Violation> again = checked.validate(attributes);
  FUZZ_CHECK(std::equal(violations.begin(), violations.end(), again.begin(), again.end(),
                        [](const Violation& a, const Violation& b) {
                          return a.attribute == b.attribute && a.code == b.code && a.message == b.message;
                        }));
  static_cast<void>(checked.currency(attributes));
  static_cast<void>(checked.minimum_ticket(attributes));
  for (const ShareClass& share_class : checked.share_classes(attributes)) {
    FUZZ_CHECK(!violations.empty() || !share_class.slug.empty());
  }
}

}  // namespace

FUZZ_TARGET(template, Json) {
  const Result<Json> document = parse_json(input);
  if (!document.ok() || !document->is_object()) return;
  rules::TemplateTypes types;
  if (const Json* given = member(*document, "types"); given != nullptr && given->is_object()) {
    for (const auto& [name, definition] : given->get_ref<const Json::object_t&>()) {
      const Result<void> checked = rules::check_type_definition(name, definition);
      if (checked.ok()) types.emplace(name, definition);
      FUZZ_CHECK(checked.ok() || !checked.error().detail.empty());
    }
  }
  const Json* definition = member(*document, "definition");
  const Result<rules::Template> parsed =
      rules::Template::parse(definition == nullptr ? *document : *definition, types);
  if (!parsed.ok()) {
    FUZZ_CHECK(parsed.error().kind == ErrorKind::InvalidRequest && !parsed.error().detail.empty());
    return;
  }
  FUZZ_CHECK(!parsed->id().empty() && !parsed->version().empty());
  const Json* attributes = member(*document, "attributes");
  check_violations(*parsed, attributes == nullptr ? Json::object() : *attributes);
}

}  // namespace zest::fuzz
