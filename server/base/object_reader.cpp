#include "base/object_reader.h"

#include <algorithm>
#include <limits>

#include "base/nearest.h"

namespace zest {
namespace {

bool is_white_space(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

}  // namespace

// Names from outside are shown, but not at any length.
std::string in_quotes(std::string_view name) {
  constexpr std::size_t kShown = 60;
  std::string text = "\"" + std::string(name.substr(0, kShown));
  return text + (name.size() > kShown ? "…\"" : "\"");
}

std::string range_text(std::int64_t least, std::int64_t most) {
  if (most == std::numeric_limits<std::int64_t>::max()) return "of at least " + std::to_string(least);
  return "from " + std::to_string(least) + " to " + std::to_string(most);
}

bool is_one_of(const Names& allowed, std::string_view name) {
  return std::find(allowed.begin(), allowed.end(), name) != allowed.end();
}

std::string join_names(const Names& names, std::string_view last) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? last : std::string_view(", ");
    text += names[i];
  }
  return text;
}

ObjectReader::ObjectReader(const Json& object, std::string place, const Names& allowed)
    : object_(object), place_(std::move(place)) {
  if (object.is_null()) return;
  if (!object.is_object()) {
    fail(place_ + " must be a JSON object");
    return;
  }
  for (const auto& [name, value] : object.items()) {
    if (is_one_of(allowed, name)) continue;
    fail(place_ + " has an unknown member " + in_quotes(name) +
         (allowed.empty() ? "; none is allowed" : "; allowed: " + join_names(allowed, ", ")) +
         did_you_mean(name, allowed));
    return;
  }
}

const Json* ObjectReader::find(std::string_view name) const {
  const Json* value = member(object_, name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

bool ObjectReader::is_null(std::string_view name) const {
  const Json* value = member(object_, name);
  return value != nullptr && value->is_null();
}

ObjectReader ObjectReader::at_path(const Json& object, std::string path, const Names& allowed) {
  ObjectReader reader(object, std::move(path), allowed);
  reader.is_path_ = true;
  return reader;
}

std::string ObjectReader::describe(std::string_view name) const {
  return is_path_ ? place_ + "." + std::string(name) : in_quotes(name) + " of " + place_;
}

void ObjectReader::take_error(const ObjectReader& inner) {
  if (!error_) error_ = inner.error_;
}

void ObjectReader::fail(std::string detail) {
  if (!error_) error_ = make_error(ErrorKind::InvalidRequest, std::move(detail));
}

void ObjectReader::fail_member(std::string_view name, std::string_view detail) {
  fail(describe(name) + ": " + std::string(detail));
}

std::optional<std::string> ObjectReader::any_text(std::string_view name) {
  const Json* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) {
    fail(describe(name) + " must be a string");
    return std::nullopt;
  }
  return value->get<std::string>();
}

std::optional<std::string> ObjectReader::text(std::string_view name) {
  std::optional<std::string> content = any_text(name);
  if (!content || !is_white_space(*content)) return content;
  fail(describe(name) + " must not be empty");
  return std::nullopt;
}

std::optional<bool> ObjectReader::flag(std::string_view name) {
  const Json* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_boolean()) {
    fail(describe(name) + " must be true or false");
    return std::nullopt;
  }
  return value->get<bool>();
}

std::optional<std::int64_t> ObjectReader::integer(std::string_view name, std::int64_t least,
                                                  std::int64_t most) {
  const Json* value = find(name);
  if (value == nullptr) return std::nullopt;
  const bool too_large =
      value->is_number_unsigned() &&
      value->get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (value->is_number_integer() && !too_large) {
    const auto number = value->get<std::int64_t>();
    if (number >= least && number <= most) return number;
  }
  fail(describe(name) + " must be a whole number " + range_text(least, most));
  return std::nullopt;
}

std::optional<double> ObjectReader::probability(std::string_view name) {
  const Json* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_number()) {
    const auto number = value->get<double>();
    if (number > 0 && number <= 1) return number;
  }
  fail(describe(name) + " must be a number above 0 and at most 1");
  return std::nullopt;
}

std::optional<Duration> ObjectReader::duration(std::string_view name) {
  const Json* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) {
    fail(describe(name) + " must be a duration as a string, such as \"30s\", \"12h\" or \"PT12H\"");
    return std::nullopt;
  }
  const Result<Duration> parsed = parse_duration(value->get_ref<const std::string&>());
  if (parsed.ok()) return *parsed;
  fail_member(name, parsed.error().detail);
  return std::nullopt;
}

std::optional<Instant> ObjectReader::instant(std::string_view name) {
  const std::optional<std::string> given = text(name);
  if (!given) return std::nullopt;
  const Result<Instant> parsed = parse_instant(*given);
  if (parsed.ok()) return *parsed;
  fail_member(name, parsed.error().detail);
  return std::nullopt;
}

std::optional<std::string> ObjectReader::word(std::string_view name, const Names& words) {
  const Json* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_string() && is_one_of(words, value->get_ref<const std::string&>()))
    return value->get<std::string>();
  fail(describe(name) + " must be " + join_names(words) +
       (value->is_string() ? did_you_mean(value->get_ref<const std::string&>(), words) : std::string()));
  return std::nullopt;
}

std::string_view ObjectReader::exactly_one(const Names& names) {
  std::string_view found;
  for (const std::string_view name : names) {
    if (!has(name)) continue;
    if (!found.empty()) {
      fail(place_ + " must have only one of " + join_names(names));
      return {};
    }
    found = name;
  }
  if (found.empty()) fail(place_ + " must have one of " + join_names(names));
  return found;
}

void ObjectReader::require(std::string_view name) {
  if (!has(name)) fail(place_ + " must have the member " + in_quotes(name));
}

}  // namespace zest
