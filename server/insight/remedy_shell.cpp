#include "insight/remedy_shell.h"

#include <algorithm>

#include "insight/remedy.h"
#include "insight/text_forms.h"

namespace zest::insight {
namespace {

bool is_name(char c) { return (c >= 'A' && c <= 'Z') || c == '_'; }

std::string part_options(const Json& parts) {
  std::string options;
  for (const auto& [name, value] : parts.items()) {
    if (name == "file") continue;
    options += " --form-string " +
               shell_word(name + "=" + (value.is_string() ? value.get<std::string>() : dump_json(value)));
  }
  return options + " -F 'file=@-;filename=document.pdf;type=application/pdf'";
}

}  // namespace

std::string shell_word(const std::string& text) {
  // A mark in JSON has been written as an escape.
  std::string marked = replaced(text, "\\u0001", std::string(1, kShellMark));
  constexpr std::string_view kPlain = "-_.:/@%+=,";
  const bool plain = std::all_of(marked.begin(), marked.end(), [kPlain](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kPlain.find(c) != std::string_view::npos;
  });
  if (plain && !marked.empty()) return marked;
  std::string word = "'";
  for (std::size_t i = 0; i < marked.size(); ++i) {
    if (marked[i] == '\'') {
      word += "'\\''";
    } else if (marked[i] == kShellMark) {
      word += "'\"$";
      while (i + 1 < marked.size() && is_name(marked[i + 1])) word += marked[++i];
      word += "\"'";
    } else {
      word += marked[i];
    }
  }
  return word + "'";
}

std::string curl_line(const std::string& base_url, const OperationRow& operation, const std::string& path,
                      const Json& body, const std::string& key) {
  const bool upload = operation.body == BodyKind::Multipart;
  std::string line = upload ? "printf '%%PDF-1.4\\n%%%%EOF\\n' | " : "";
  line += "curl -X " + std::string(operation.method) + " " + shell_word(base_url + path);
  if (operation.access != Access::Public) line += " -H \"Authorization: Bearer $TOKEN\"";
  if (!key.empty()) {
    line += key == kFreshKey ? " -H \"Idempotency-Key: " + key + "\""
                             : " -H " + shell_word("Idempotency-Key: " + key);
  }
  if (operation.body == BodyKind::JsonDocument)
    line += " -H 'Content-Type: application/json' -d " + shell_word(dump_json(body));
  if (upload) line += part_options(body);
  return line;
}

std::string keyed_call_line(const std::string& base_url, Operation operation, const std::string& path,
                            const Json& body) {
  const OperationRow& row = row_of(kOperationTable, operation);
  return curl_line(base_url, row, path, body, row.key == KeyUse::None ? "" : kFreshKey);
}

std::string capture_line(std::string_view name, const std::string& line, std::string_view member) {
  return std::string(name) + "=$(" + line + " | sed -n 's/.*\"" + std::string(member) +
         "\": *\"\\([^\"]*\\)\".*/\\1/p')";
}

std::string command_line(const std::string& base_url, const std::string& words) {
  return "zest-sandbox " + words + " --url " + shell_word(base_url);
}

std::string shell_lines(const CallFacts& facts, const Remedy& remedy) {
  std::string lines;
  for (const std::string& line : remedy.before) lines += line + "\n";
  if (remedy.operation == nullptr) {
    if (!lines.empty()) lines.pop_back();
    return lines;
  }
  return lines + curl_line(facts.base_url, *remedy.operation, remedy.path, remedy.body, remedy.key);
}

}  // namespace zest::insight
