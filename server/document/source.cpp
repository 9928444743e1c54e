#include "document/source.h"

#include <algorithm>
#include <optional>

#include "base/json_fault.h"
#include "base/utf8.h"

namespace zest::document {
namespace {

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

void pass(Position& position, char c) {
  if (c == '\n') {
    ++position.line;
    position.column = 1;
  } else if (!continues_character(c)) {
    ++position.column;
  }
}

// Where the comment that begins at `at` ends; `at` itself when none does. One that never ends stays for the
// parser to point at.
std::size_t end_of_comment(std::string_view text, std::size_t at) {
  if (text.substr(at, 2) == "//") return std::min(text.find('\n', at), text.size());
  if (text.substr(at, 2) != "/*") return at;
  const std::size_t end = text.find("*/", at + 2);
  return end == std::string_view::npos ? at : end + 2;
}

// The text with its comments blanked out, so that every other character keeps its line and column.
std::string without_comments(std::string_view text) {
  std::string plain;
  bool in_string = false;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = in_string ? at : end_of_comment(text, at);
    for (; at < end; ++at) {
      if (!continues_character(text[at])) plain += text[at] == '\n' ? '\n' : ' ';
    }
    if (at == text.size()) break;
    const char c = text[at++];
    plain += c;
    if (in_string && c == '\\' && at < text.size()) {
      plain += text[at++];
    } else if (c == '"') {
      in_string = !in_string;
    } else if (c == '\n') {
      in_string = false;
    }
  }
  return plain;
}

// Walks a text that is known to be JSON and notes where each value and each member's name begins.
class Locator {
 public:
  Locator(std::string_view text, std::map<Place, Position>& values, std::map<Place, Position>& names,
          std::vector<Finding>& findings)
      : text_(text), values_(values), names_(names), findings_(findings) {}

  void value(const Place& place) {
    space();
    values_.emplace(place, here_);
    if (current() == '{') {
      object(place);
    } else if (current() == '[') {
      array(place);
    } else if (current() == '"') {
      string();
    } else {
      while (at_ < text_.size() && std::string_view(",]} \t\r\n").find(current()) == std::string_view::npos) {
        step();
      }
    }
  }

 private:
  char current() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void step() { pass(here_, text_[at_++]); }

  void space() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(current()) != std::string_view::npos)
      step();
  }

  std::string string() {
    const std::size_t start = at_;
    step();
    while (current() != '"') {
      if (current() == '\\') step();
      step();
    }
    step();
    const Result<Json> parsed = parse_json(text_.substr(start, at_ - start));
    return parsed.ok() && parsed->is_string() ? parsed->get<std::string>() : std::string();
  }

  void object(const Place& place) {
    step();
    for (space(); current() != '}'; space()) {
      const Position name_at = here_;
      const std::string name = string();
      const Place inner = child(place, name);
      if (!names_.emplace(inner, name_at).second) {
        findings_.push_back({name_at, "\"" + name + "\" is given twice in one object", "keep one of them"});
      }
      space();
      step();  // ':'
      value(inner);
      space();
      if (current() == ',') step();
    }
    step();
  }

  void array(const Place& place) {
    step();
    std::size_t index = 0;
    for (space(); current() != ']'; space()) {
      value(child(place, index++));
      space();
      if (current() == ',') step();
    }
    step();
  }

  std::string_view text_;
  std::size_t at_ = 0;
  Position here_;
  std::map<Place, Position>& values_;
  std::map<Place, Position>& names_;
  std::vector<Finding>& findings_;
};

Position position_at(std::string_view text, std::size_t offset) {
  Position position;
  for (const char c : text.substr(0, offset)) pass(position, c);
  return position;
}

std::string hint_for(std::string_view text, const JsonFault& fault) {
  const char at = fault.offset < text.size() ? text[fault.offset] : '\0';
  if (at == '/') return "comments are written // to the end of the line, or /* … */";
  if (at == '\'') return "JSON text is in double quotes";
  if ((at == '}' || at == ']') && fault.reason.find("expected a") == 0) {
    return "remove the comma before it";
  }
  if (fault.reason.find("expected ','") == 0) return "a comma is missing before it";
  if (fault.reason.find("unexpected end") == 0) return "a closing bracket or quote is missing";
  return "";
}

}  // namespace

Place child(const Place& place, std::string_view member) {
  Place inner = place + "/";
  for (const char c : member) {
    if (c == '~')
      inner += "~0";
    else if (c == '/')
      inner += "~1";
    else
      inner += c;
  }
  return inner;
}

Place child(const Place& place, std::size_t index) { return place + "/" + std::to_string(index); }

Source Source::parse(std::string name, std::string_view text) {
  Source source;
  source.name_ = std::move(name);
  const std::string plain = without_comments(without_byte_order_mark(text));
  std::optional<JsonFault> fault = find_json_bound_fault(plain);
  if (!fault) fault = find_json_syntax_fault(plain);
  Result<Json> parsed = fault ? Result<Json>(Json()) : parse_json(plain);
  if (!fault && !parsed.ok()) fault = JsonFault{0, parsed.error().detail};
  if (fault) {
    source.findings_.push_back(
        {position_at(plain, fault->offset), "not JSON: " + fault->reason, hint_for(plain, *fault)});
    return source;
  }
  source.root_ = std::move(*parsed);
  source.readable_ = true;
  Locator(plain, source.values_, source.names_, source.findings_).value("");
  return source;
}

Position Source::position_of(const Place& value) const {
  const auto found = values_.find(value);
  return found == values_.end() ? Position() : found->second;
}

Position Source::position_of_name(const Place& value) const {
  const auto found = names_.find(value);
  return found == names_.end() ? position_of(value) : found->second;
}

std::string Source::where(const Place& value) const {
  const Position at = position_of(value);
  return name_ + ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
}

std::string describe(const Source& source, const Finding& finding) {
  std::string text = source.name() + ":" + std::to_string(finding.at.line) + ":" +
                     std::to_string(finding.at.column) + ": " + finding.reason;
  if (!finding.hint.empty()) text += "; " + finding.hint;
  return text;
}

}  // namespace zest::document
