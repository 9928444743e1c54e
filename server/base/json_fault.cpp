#include "base/json_fault.h"

#include <array>

#include "base/json.h"
#include "base/text.h"
#include "base/utf8.h"

namespace zest {
namespace {

constexpr const char* kEndOfInput = "unexpected end of input";
constexpr const char* kInvalidUtf8 = "invalid UTF-8";

// A walk along the grammar that stops at the first fault. Functions return false once there is one.
class SyntaxWalk {
 public:
  explicit SyntaxWalk(std::string_view text) : text_(text) {}

  std::optional<JsonFault> run() {
    if (value()) {
      skip_space();
      if (at_ < text_.size()) fail_here("expected the end of the document");
    }
    return std::move(fault_);
  }

 private:
  bool at_end() const { return at_ >= text_.size(); }
  char current() const { return at_end() ? '\0' : text_[at_]; }

  bool fail(std::size_t offset, std::string reason) {
    fault_ = JsonFault{offset, std::move(reason)};
    return false;
  }

  // A fault at the current byte, unless the text ends or is no UTF-8 there, which explains more.
  bool fail_here(std::string reason) {
    if (at_end()) return fail(at_, kEndOfInput);
    if (utf8_sequence_length(text_, at_) == 0) return fail(at_, kInvalidUtf8);
    return fail(at_, std::move(reason));
  }

  void skip_space() {
    while (!at_end() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r'))
      ++at_;
  }

  bool value() {
    skip_space();
    switch (current()) {
      case '{':
        return object();
      case '[':
        return array();
      case '"':
        return string();
      case 't':
        return literal("true");
      case 'f':
        return literal("false");
      case 'n':
        return literal("null");
      default:
        return current() == '-' || is_digit(current()) ? number() : fail_here("expected a value");
    }
  }

  bool literal(std::string_view word) {
    for (const char c : word) {
      if (at_end() || text_[at_] != c) return fail_here("invalid literal");
      ++at_;
    }
    return true;
  }

  bool object() {
    ++at_;
    skip_space();
    if (current() == '}') return ++at_, true;
    while (true) {
      skip_space();
      if (current() != '"') return fail_here("expected a member name in quotes");
      if (!string()) return false;
      skip_space();
      if (current() != ':') return fail_here("expected ':'");
      ++at_;
      if (!value()) return false;
      skip_space();
      if (current() == '}') return ++at_, true;
      if (current() != ',') return fail_here("expected ',' or '}'");
      ++at_;
    }
  }

  bool array() {
    ++at_;
    skip_space();
    if (current() == ']') return ++at_, true;
    while (true) {
      if (!value()) return false;
      skip_space();
      if (current() == ']') return ++at_, true;
      if (current() != ',') return fail_here("expected ',' or ']'");
      ++at_;
    }
  }

  bool digits(const char* reason) {
    if (!is_digit(current())) return fail_here(reason);
    while (is_digit(current())) ++at_;
    return true;
  }

  bool number() {
    const std::size_t start = at_;
    if (current() == '-') ++at_;
    if (current() == '0') {
      ++at_;
      if (is_digit(current())) return fail(at_, "a number has no leading zeros");
    } else if (!digits("expected a digit after '-'")) {
      return false;
    }
    if (current() == '.') {
      ++at_;
      if (!digits("expected a digit after '.'")) return false;
    }
    if (current() == 'e' || current() == 'E') {
      ++at_;
      if (current() == '+' || current() == '-') ++at_;
      if (!digits("expected a digit in the exponent")) return false;
    }
    // The parser itself decides what a double can hold, so that both always agree.
    const bool in_range = !Json::parse(text_.substr(start, at_ - start), nullptr, false).is_discarded();
    return in_range || fail(start, "number out of range");
  }

  bool string() {
    ++at_;
    while (true) {
      const char c = current();
      if (at_end()) return fail(at_, kEndOfInput);
      if (c == '"') return ++at_, true;
      if (static_cast<unsigned char>(c) < 0x20)
        return fail(at_, "control character in a string must be escaped");
      if (c == '\\') {
        if (!escape()) return false;
        continue;
      }
      const std::size_t length = utf8_sequence_length(text_, at_);
      if (length == 0) return fail(at_, kInvalidUtf8);
      at_ += length;
    }
  }

  bool escape() {
    const std::size_t start = at_++;
    if (at_end()) return fail(at_, kEndOfInput);
    if (current() != 'u') {
      if (std::string_view("\"\\/bfnrt").find(current()) == std::string_view::npos) {
        return fail(start, "unknown escape in a string");
      }
      ++at_;
      return true;
    }
    const auto unit = code_unit();
    if (!unit) return false;
    if (*unit < 0xD800 || *unit > 0xDFFF) return true;
    if (*unit > 0xDBFF || text_.substr(at_, 2) != "\\u") return fail(start, "lone surrogate in a string");
    ++at_;
    const auto low = code_unit();
    if (!low) return false;
    return (*low >= 0xDC00 && *low <= 0xDFFF) || fail(start, "lone surrogate in a string");
  }

  // The four hex digits after the 'u' at the current byte.
  std::optional<unsigned> code_unit() {
    ++at_;
    unsigned unit = 0;
    for (int i = 0; i < 4; ++i) {
      const std::size_t digit = std::string_view("0123456789abcdef").find(lower(current()));
      if (at_end() || digit == std::string_view::npos) {
        fail_here("expected four hex digits after '\\u'");
        return std::nullopt;
      }
      unit = unit * 16 + static_cast<unsigned>(digit);
      ++at_;
    }
    return unit;
  }

  static char lower(char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c; }

  std::string_view text_;
  std::size_t at_ = 0;
  std::optional<JsonFault> fault_;
};

// The offset of the quote that closes the string opened at `at`, or the end of the text.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return at;
}

}  // namespace

std::optional<JsonFault> find_json_bound_fault(std::string_view text) {
  struct Open {
    char closing = '\0';
    std::size_t members = 0;
  };
  if (text.substr(0, 3) == "\xEF\xBB\xBF") return JsonFault{0, "a byte order mark is not accepted"};
  std::array<Open, kMaxJsonDepth> open{};
  std::size_t depth = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    switch (c) {
      case '"':
        at = end_of_string(text, at);
        break;
      case '{':
      case '[':
        if (depth == open.size()) {
          return JsonFault{at, "nested deeper than " + std::to_string(kMaxJsonDepth) + " levels"};
        }
        open[depth++] = Open{c == '{' ? '}' : ']', 0};
        break;
      case '}':
      case ']':
        // From here on the parser refuses the text, so nothing behind can cost anything.
        if (depth == 0 || open[depth - 1].closing != c) return std::nullopt;
        --depth;
        break;
      case ':':
        if (depth > 0 && open[depth - 1].closing == '}' && ++open[depth - 1].members > kMaxJsonMembers) {
          return JsonFault{at, "more than " + std::to_string(kMaxJsonMembers) + " members in one object"};
        }
        break;
      case '\0':
        // The parser would take it for the end of the text and ignore what follows.
        return JsonFault{at, "unexpected NUL character"};
      default:
        break;
    }
  }
  return std::nullopt;
}

std::optional<JsonFault> find_json_syntax_fault(std::string_view text) { return SyntaxWalk(text).run(); }

std::string describe_position(std::string_view text, std::size_t offset) {
  std::size_t line = 1;
  std::size_t column = 1;
  for (const char c : text.substr(0, offset)) {
    if (c == '\n') {
      ++line;
      column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) {  // not a continuation byte
      ++column;
    }
  }
  return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

}  // namespace zest
