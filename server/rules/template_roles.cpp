#include "rules/template_roles.h"

#include <algorithm>
#include <map>
#include <set>

#include "rules/formats.h"

namespace zest::rules {
namespace {

AttributePath split(const std::string& text) {
  AttributePath path;
  std::size_t start = 0;
  while (true) {
    const std::size_t dot = text.find('.', start);
    path.push_back(text.substr(start, dot == std::string::npos ? dot : dot - start));
    if (dot == std::string::npos) return path;
    start = dot + 1;
  }
}

const AttributeSpec* find_spec(const std::vector<AttributeSpec>& attributes, const AttributePath& path) {
  const std::vector<AttributeSpec>* level = &attributes;
  const AttributeSpec* spec = nullptr;
  for (const std::string& name : path) {
    spec = level == nullptr ? nullptr : find_attribute(*level, name);
    if (spec == nullptr || spec->server_supplied) return nullptr;
    level = spec->type == AttributeType::Object ? &spec->attributes : nullptr;
  }
  return spec;
}

// What an attribute in a role must be.
struct Wanted {
  AttributeType type;
  std::string_view words;
};
constexpr Wanted kText{AttributeType::String, "a string"};
constexpr Wanted kMoney{AttributeType::Money, "money"};
constexpr Wanted kDecimal{AttributeType::Decimal, "a decimal"};
constexpr Wanted kList{AttributeType::List, "a list of objects"};

Result<AttributePath> read_path(const Json& value, const std::string& where,
                                const std::vector<AttributeSpec>& attributes, const Wanted& wanted) {
  if (!value.is_string()) return fault_at(where, "must be the name of an attribute");
  const auto& text = value.get_ref<const std::string&>();
  AttributePath path = split(text);
  const AttributeSpec* spec = find_spec(attributes, path);
  if (spec == nullptr)
    return fault_at(where, "names '" + text + "', which is no attribute that a partner can send");
  if (spec->type != wanted.type) {
    return fault_at(where,
                    "names '" + text + "', which must be " + std::string(wanted.words) + " for this role");
  }
  return path;
}

// A member of the role object; `optional_default` is tried when it is absent.
struct ClassMember {
  const char* name;
  Wanted wanted;
  std::optional<AttributePath> ShareClassRole::*target;
};
constexpr ClassMember kClassMembers[] = {
    {"slug", kText, &ShareClassRole::slug},
    {"managementFeePercent", kDecimal, &ShareClassRole::management_fee_percent},
    {"carryPercent", kDecimal, &ShareClassRole::carry_percent},
    {"setupFee", kMoney, &ShareClassRole::setup_fee},
};

Result<void> check_class_member_names(const Json& role) {
  for (const auto& [key, value] : role.get_ref<const Json::object_t&>()) {
    const std::string_view name = key;
    const bool known = name == "list" || name == "name" ||
                       std::any_of(std::begin(kClassMembers), std::end(kClassMembers),
                                   [name](const ClassMember& candidate) { return candidate.name == name; });
    if (!known) {
      return fault_at(
          "roles.shareClasses." + key,
          "is not known here: known are list, name, slug, managementFeePercent, carryPercent, setupFee");
    }
  }
  return {};
}

Result<ShareClassRole> parse_share_classes(const Json& given, const std::vector<AttributeSpec>& attributes) {
  const std::string where = "roles.shareClasses";
  // A bare name is short for a list whose items carry the usual names.
  const Json role = given.is_string() ? Json{{"list", given}} : given;
  if (!role.is_object()) return fault_at(where, "must be the name of a list, or an object");
  RETURN_IF_ERROR(check_class_member_names(role));

  ShareClassRole out;
  const std::vector<AttributeSpec>* level = &attributes;
  if (const Json* list = member(role, "list")) {
    ASSIGN_OR_RETURN(out.list,
                     read_path(*list, given.is_string() ? where : where + ".list", attributes, kList));
    const AttributeSpec& item = find_spec(attributes, *out.list)->attributes.front();
    if (item.type != AttributeType::Object) return fault_at(where, "must name a list of objects");
    level = &item.attributes;
  }
  const Json* name = member(role, "name");
  if (name == nullptr && !out.list)
    return fault_at(where + ".name", "is missing: every share class has a name");
  ASSIGN_OR_RETURN(out.name,
                   read_path(name == nullptr ? Json("name") : *name, where + ".name", *level, kText));
  for (const ClassMember& part : kClassMembers) {
    const Json* value = member(role, part.name);
    // The usual names of a list's items need not be said.
    const bool usual = value == nullptr && out.list && find_spec(*level, {part.name}) != nullptr;
    if (value == nullptr && !usual) continue;
    ASSIGN_OR_RETURN(AttributePath path, read_path(usual ? Json(part.name) : *value, where + "." + part.name,
                                                   *level, part.wanted));
    out.*part.target = std::move(path);
  }
  return out;
}

bool is_word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
char lower(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }
char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

// "Class A" -> sc_classA, "ABC fund" -> sc_abcFund. What is no ASCII letter or digit separates words.
std::string derive_slug(const std::string& name) {
  std::vector<std::string> words(1);
  for (const char c : name) {
    if (is_word_character(c)) {
      words.back().push_back(c);
    } else if (!words.back().empty()) {
      words.emplace_back();
    }
  }
  if (words.back().empty()) words.pop_back();
  if (words.empty()) return "sc_shareClass";
  std::string& first = words.front();
  const bool is_acronym =
      std::none_of(first.begin(), first.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  std::transform(first.begin(), is_acronym ? first.end() : first.begin() + 1, first.begin(), lower);
  std::string slug = "sc_" + first;
  for (std::size_t i = 1; i < words.size(); ++i) {
    words[i].front() = upper(words[i].front());
    slug += words[i];
  }
  return slug;
}

std::optional<std::string> text_at(const Json& object, const std::optional<AttributePath>& path) {
  const Json* value = path ? find_value(object, *path) : nullptr;
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return value->get<std::string>();
}

// What may be sent for the share classes: the items of the list, or the attributes themselves.
std::vector<const Json*> share_class_sources(const ShareClassRole& role, const Json& attributes) {
  std::vector<const Json*> sources;
  if (!role.list) {
    sources.push_back(&attributes);
  } else if (const Json* list = find_value(attributes, *role.list); list != nullptr && list->is_array()) {
    for (const Json& item : *list) sources.push_back(&item);
  }
  return sources;
}

std::string joined(const AttributePath& path) {
  std::string text;
  for (const std::string& name : path) text += (text.empty() ? "" : ".") + name;
  return text;
}

// The slug itself, or with the first number from 2 that makes it new.
std::string make_unique(const std::string& slug, std::set<std::string>& taken) {
  std::string candidate = slug;
  for (std::size_t number = 2; !taken.insert(candidate).second; ++number)
    candidate = slug + std::to_string(number);
  return candidate;
}

}  // namespace

Result<TemplateRoles> parse_roles(const Json* roles, const std::vector<AttributeSpec>& attributes) {
  TemplateRoles out;
  if (roles == nullptr) return out;
  if (!roles->is_object()) return fault_at("roles", "must be an object");
  for (const auto& [name, value] : roles->get_ref<const Json::object_t&>()) {
    if (name == "currency") {
      ASSIGN_OR_RETURN(out.currency, read_path(value, "roles.currency", attributes, kText));
    } else if (name == "minimumTicket") {
      ASSIGN_OR_RETURN(out.minimum_ticket, read_path(value, "roles.minimumTicket", attributes, kMoney));
    } else if (name == "shareClasses") {
      ASSIGN_OR_RETURN(out.share_classes, parse_share_classes(value, attributes));
    } else {
      return fault_at("roles." + name, "is not known here: known are currency, minimumTicket, shareClasses");
    }
  }
  return out;
}

std::vector<Violation> find_repeated_slugs(const ShareClassRole& role, const Json& attributes) {
  std::vector<Violation> repeated;
  if (!role.list || !role.slug) return repeated;
  std::map<std::string, std::string> first;  // place by slug
  std::size_t index = 0;
  for (const Json* source : share_class_sources(role, attributes)) {
    const std::string item = joined(*role.list) + "[" + std::to_string(index++) + "]";
    const std::optional<std::string> slug = text_at(*source, role.slug);
    if (!slug || slug->empty()) continue;
    const auto [earlier, is_new] = first.emplace(*slug, item);
    if (is_new) continue;
    Violation violation;
    violation.attribute = item + "." + joined(*role.slug);
    violation.field = "attributes." + violation.attribute;
    violation.code = "pattern";
    violation.message = role.slug->back() + " must differ from that of " + earlier->second;
    violation.value = value_text(*find_value(*source, *role.slug));
    repeated.push_back(std::move(violation));
  }
  return repeated;
}

std::vector<ShareClass> read_share_classes(const ShareClassRole& role, const Json& attributes) {
  std::vector<ShareClass> classes;
  std::vector<bool> derived;
  std::set<std::string> taken;
  // Slugs that the partner chose come first: they stay as sent wherever they are in the list.
  for (const Json* source : share_class_sources(role, attributes)) {
    std::optional<std::string> name = text_at(*source, role.name);
    if (!name) continue;
    const std::optional<std::string> slug = text_at(*source, role.slug);
    ShareClass share_class;
    share_class.name = std::move(*name);
    derived.push_back(!slug || slug->empty());
    if (!derived.back()) share_class.slug = make_unique(*slug, taken);
    share_class.management_fee_percent = text_at(*source, role.management_fee_percent);
    share_class.carry_percent = text_at(*source, role.carry_percent);
    const Json* fee = role.setup_fee ? find_value(*source, *role.setup_fee) : nullptr;
    if (fee != nullptr && fee->is_object()) share_class.setup_fee = *fee;
    classes.push_back(std::move(share_class));
  }
  for (std::size_t i = 0; i < classes.size(); ++i) {
    if (derived[i]) classes[i].slug = make_unique(derive_slug(classes[i].name), taken);
  }
  return classes;
}

}  // namespace zest::rules
