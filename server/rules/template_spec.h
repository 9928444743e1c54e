// A contract template in its compiled form: what template_parser makes of a template's JSON and
// template_check applies. The language is documented for its users in fixtures/contracts/README.md.
// Thread-safety: values.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/decimal.h"
#include "base/json.h"
#include "base/pattern.h"

namespace zest::rules {

enum class AttributeType { String, Boolean, Integer, Decimal, Money, InvestorType, Object, List };
enum class TextFormat { Date, DateTime, Uri, Email, Country, Currency };

// Of a text whose template says nothing. Zest docs: contracts/templates.
inline constexpr std::size_t kDefaultMaxLength = 10'000;

struct AttributeSpec {
  std::string name;  // "" for the items of a list
  AttributeType type = AttributeType::String;
  bool required = false;
  bool server_supplied = false;
  std::vector<std::string> allowed;  // String, InvestorType; empty: anything
  std::optional<Pattern> pattern;
  std::size_t max_length = kDefaultMaxLength;  // code points
  std::optional<TextFormat> format;
  std::optional<Decimal> minimum;  // Integer, Decimal, Money; inclusive
  std::optional<Decimal> maximum;
  bool any_currency = false;  // Money: exempt from the currency role
  std::size_t min_items = 0;
  std::size_t max_items = 0;
  std::vector<AttributeSpec> attributes;  // of an Object; of a List the one that describes its items
};

// Names from the attributes map inwards, through objects.
using AttributePath = std::vector<std::string>;

// Where the share classes are: the items of a list, or one flat share class beside the other attributes.
struct ShareClassRole {
  std::optional<AttributePath> list;
  AttributePath
      name;  // of the list's items when there is a list, else of the attributes map; so are the others
  std::optional<AttributePath> slug;
  std::optional<AttributePath> management_fee_percent;
  std::optional<AttributePath> carry_percent;
  std::optional<AttributePath> setup_fee;
};

struct TemplateRoles {
  std::optional<AttributePath> currency;
  std::optional<AttributePath> minimum_ticket;
  std::optional<ShareClassRole> share_classes;
};

struct TemplateSpec {
  std::string id;
  std::string version;
  std::vector<AttributeSpec> attributes;
  TemplateRoles roles;
};

// The value at a path, or nullptr.
const Json* find_value(const Json& attributes, const AttributePath& path);
// The attribute of that name, or nullptr.
const AttributeSpec* find_attribute(const std::vector<AttributeSpec>& attributes, std::string_view name);
// Whether two names differ in case, '_' and '-' only: dealName and deal_name. For "did you mean" only.
bool is_other_spelling(std::string_view a, std::string_view b);

}  // namespace zest::rules
