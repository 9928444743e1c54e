#include "certify/json_format.h"

#include <algorithm>
#include <cstdio>
#include <vector>

namespace zest::certify {
namespace {

std::string text_json(const std::string& text, bool escaped) {
  std::string plain = dump_json(Json(text));
  const bool simple = plain.find('\\') == std::string::npos && !text.empty() &&
                      static_cast<unsigned char>(text.front()) < 0x80;
  if (!escaped || !simple) return plain;
  char first[8];
  std::snprintf(first, sizeof first, "\\u%04x", static_cast<unsigned>(text.front()));
  std::string out = std::string("\"") + first;
  for (const char letter : plain.substr(2)) out += letter == '/' ? "\\/" : std::string(1, letter);
  return out;
}

std::vector<std::string> names_of(const Json& object, const JsonFormat& format) {
  std::vector<std::string> names;
  for (const auto& entry : object.items()) names.push_back(entry.key());
  if (format.sorted) std::sort(names.begin(), names.end());
  if (format.reversed) std::reverse(names.begin(), names.end());
  return names;
}

std::string value_json(const Json& value, const JsonFormat& format) {
  if (value.is_string()) return text_json(value.get_ref<const std::string&>(), format.escaped);
  if (!value.is_structured()) return dump_json(value);
  std::string out;
  const auto separate = [&] { out += (out.empty() ? "" : "," + format.after_comma) + format.before_item; };
  if (value.is_array()) {
    for (const Json& element : value) {
      separate();
      out += value_json(element, format);
    }
    return "[" + out + (out.empty() ? "" : format.before_item) + "]";
  }
  for (const std::string& name : names_of(value, format)) {
    separate();
    out += text_json(name, format.escaped) + ":" + format.after_colon + value_json(value[name], format);
  }
  return "{" + out + (out.empty() ? "" : format.before_item) + "}";
}

}  // namespace

std::string write_json(const Json& value, const JsonFormat& format) {
  return format.at_start + value_json(value, format) + format.at_end;
}

}  // namespace zest::certify
