#include "certify/json_format.h"

#include <algorithm>
#include <cstdio>
#include <vector>

namespace zest::certify {
namespace {

std::string with_slashes_escaped(const std::string& json) {
  std::string out;
  for (const char letter : json) out += letter == '/' ? "\\/" : std::string(1, letter);
  return out;
}

std::string text_json(const std::string& text, const JsonFormat& format) {
  std::string plain = dump_json(Json(text));
  if (format.slashes) return with_slashes_escaped(plain);
  const bool simple = plain.find('\\') == std::string::npos && !text.empty() &&
                      static_cast<unsigned char>(text.front()) < 0x80;
  if (!format.escaped || !simple) return plain;
  char first[8];
  std::snprintf(first, sizeof first, "\\u%04x", static_cast<unsigned>(text.front()));
  return std::string("\"") + first + with_slashes_escaped(plain.substr(2));
}

std::vector<std::string> names_of(const Json& object, const JsonFormat& format) {
  std::vector<std::string> names;
  for (const auto& entry : object.items()) names.push_back(entry.key());
  if (format.sorted) std::sort(names.begin(), names.end());
  if (format.reversed) std::reverse(names.begin(), names.end());
  return names;
}

std::string value_json(const Json& value, const JsonFormat& format, std::size_t depth = 0) {
  if (value.is_string()) return text_json(value.get_ref<const std::string&>(), format);
  if (!value.is_structured()) return dump_json(value);
  const auto line = [&format](std::size_t level) {
    return format.indent == 0 ? format.before_item : "\n" + std::string(format.indent * level, ' ');
  };
  std::string out;
  const auto separate = [&] { out += (out.empty() ? "" : "," + format.after_comma) + line(depth + 1); };
  if (value.is_array()) {
    for (const Json& element : value) {
      separate();
      out += value_json(element, format, depth + 1);
    }
    return "[" + out + (out.empty() ? "" : line(depth)) + "]";
  }
  for (const std::string& name : names_of(value, format)) {
    separate();
    out += dump_json(Json(name)) + ":" + format.after_colon + value_json(value[name], format, depth + 1);
  }
  return "{" + out + (out.empty() ? "" : line(depth)) + "}";
}

}  // namespace

std::string write_json(const Json& value, const JsonFormat& format) {
  return format.at_start + value_json(value, format) + format.at_end;
}

}  // namespace zest::certify
