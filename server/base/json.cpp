#include "base/json.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "base/json_fault.h"
#include "base/utf8.h"

template <>
void nlohmann::ordered_json::json_value::destroy(value_t type) {
  switch (type) {
    case value_t::object:
      delete object;
      break;
    case value_t::array:
      delete array;
      break;
    case value_t::string:
      delete string;
      break;
    case value_t::binary:
      delete binary;
      break;
    default:
      break;
  }
}

namespace zest {
namespace {

Error describe(std::string_view text, const JsonFault& fault) {
  return make_error(ErrorKind::InvalidRequest,
                    "invalid JSON at " + describe_position(text, fault.offset) + ": " + fault.reason);
}

std::string dump(const Json& value, int indent) {
  return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}

// Of a document's text: outside strings there are no controls but the line ends of the indentation.
std::string escape_controls(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = std::max<std::size_t>(utf8_sequence_length(text, at), 1);
    const std::string_view sequence = text.substr(at, length);
    out += is_control(sequence) && sequence != "\n" ? unicode_escape(sequence) : std::string(sequence);
    at += length;
  }
  return out;
}

// What the library's own serializer writes, byte for byte, at a fraction of its cost. Numbers with a
// fraction, and strings that are not plain, are left to it.
void append_text(std::string& out, const std::string& text) {
  const auto is_plain = [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; };
  if (std::all_of(text.begin(), text.end(), is_plain)) {
    out += '"';
    out += text;
    out += '"';
  } else {
    out += dump(Json(text), -1);
  }
}

template <class Integer>
void append_integer(std::string& out, Integer number) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

enum class Members { InOrder, ByName };

void append_value(std::string& out, const Json& value, Members order);

void append_object(std::string& out, const Json::object_t& object, Members order) {
  char opening = '{';
  const auto append_member = [&out, &opening, order](const auto& entry) {
    out += std::exchange(opening, ',');
    append_text(out, entry.first);
    out += ':';
    append_value(out, entry.second, order);
  };
  if (object.empty()) out += opening;
  if (order == Members::InOrder) {
    std::for_each(object.begin(), object.end(), append_member);
  } else {
    using Entry = const Json::object_t::value_type*;
    std::vector<Entry> entries;
    entries.reserve(object.size());
    for (const auto& entry : object) entries.push_back(&entry);
    std::sort(entries.begin(), entries.end(), [](Entry a, Entry b) { return a->first < b->first; });
    std::for_each(entries.begin(), entries.end(), [&append_member](Entry entry) { append_member(*entry); });
  }
  out += '}';
}

void append_array(std::string& out, const Json::array_t& array, Members order) {
  char opening = '[';
  if (array.empty()) out += opening;
  for (const Json& element : array) {
    out += std::exchange(opening, ',');
    append_value(out, element, order);
  }
  out += ']';
}

void append_value(std::string& out, const Json& value, Members order) {
  switch (value.type()) {
    case Json::value_t::object:
      return append_object(out, value.get_ref<const Json::object_t&>(), order);
    case Json::value_t::array:
      return append_array(out, value.get_ref<const Json::array_t&>(), order);
    case Json::value_t::string:
      return append_text(out, value.get_ref<const std::string&>());
    case Json::value_t::number_integer:
      return append_integer(out, value.get<std::int64_t>());
    case Json::value_t::number_unsigned:
      return append_integer(out, value.get<std::uint64_t>());
    case Json::value_t::boolean:
      out += value.get<bool>() ? "true" : "false";
      return;
    default:
      out += dump(value, -1);
  }
}

}  // namespace

std::variant<Json, JsonFault> parse_json_or_fault(std::string_view text) {
  if (auto fault = find_json_bound_fault(text)) return std::move(*fault);
  // Without exceptions every refusal, a number out of range included, is a discarded value.
  Json value = Json::parse(text, nullptr, false);
  if (!value.is_discarded()) return value;
  return find_json_syntax_fault(text).value_or(JsonFault{text.size(), "not a JSON document"});
}

Result<Json> parse_json(std::string_view text) {
  text = without_byte_order_mark(text);
  std::variant<Json, JsonFault> parsed = parse_json_or_fault(text);
  if (const auto* fault = std::get_if<JsonFault>(&parsed)) return describe(text, *fault);
  return std::get<Json>(std::move(parsed));
}

std::optional<std::string> find_duplicate_member(std::string_view text) {
  struct OpenObject {
    std::set<std::string> names;
    std::string current;
  };
  std::vector<OpenObject> open;
  std::optional<std::string> place;
  const auto watch = [&open, &place](int, Json::parse_event_t event, const Json& parsed) {
    if (event == Json::parse_event_t::object_start) {
      open.emplace_back();
    } else if (event == Json::parse_event_t::object_end) {
      open.pop_back();
    } else if (event == Json::parse_event_t::key && !place) {
      open.back().current = parsed.get_ref<const std::string&>();
      if (open.back().names.insert(open.back().current).second) return true;
      place.emplace();
      for (const OpenObject& object : open) *place += (place->empty() ? "" : ".") + object.current;
    }
    return true;
  };
  const Json document = Json::parse(text, watch, false);
  return document.is_discarded() ? std::nullopt : place;
}

std::string dump_json(const Json& value) {
  std::string out;
  append_value(out, value, Members::InOrder);
  return out;
}

std::string dump_json_pretty(const Json& value) { return escape_controls(dump(value, 2)); }

std::string dump_json_line(const Json& value) { return escape_controls(dump_json(value)); }

std::string canonical_json(const Json& value) {
  std::string out;
  append_value(out, value, Members::ByName);
  return out;
}

const Json* member(const Json& object, std::string_view key) {
  if (!object.is_object()) return nullptr;
  for (const auto& [name, value] : object.get_ref<const Json::object_t&>()) {
    if (name == key) return &value;
  }
  return nullptr;
}

const std::string* string_member(const Json& object, std::string_view key) {
  const Json* value = member(object, key);
  return value == nullptr ? nullptr : value->get_ptr<const std::string*>();
}

std::string text_member(const Json& object, std::string_view key) {
  const std::string* text = string_member(object, key);
  return text == nullptr ? std::string() : *text;
}

std::string json_library_version() {
  return std::to_string(NLOHMANN_JSON_VERSION_MAJOR) + "." + std::to_string(NLOHMANN_JSON_VERSION_MINOR) +
         "." + std::to_string(NLOHMANN_JSON_VERSION_PATCH);
}

}  // namespace zest
