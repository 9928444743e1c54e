#include "rules/template_pattern.h"

#include <optional>
#include <regex>

#include "rules/formats.h"

namespace zest::rules {

struct TemplatePattern::Compiled {
  std::wregex regex;
};

namespace {

// The default executor of libstdc++ backtracks: exponential time for some expressions, and a stack frame per
// character. Its polynomial one does neither (and refuses back-references).
#if defined(__GLIBCXX__)
constexpr auto kSyntax =
    std::regex_constants::ECMAScript | std::regex_constants::optimize | std::regex_constants::__polynomial;
#else
constexpr auto kSyntax = std::regex_constants::ECMAScript | std::regex_constants::optimize;
#endif

// Wide characters, one per code point, so that `.` and `{n}` count characters. The text comes out of
// parse_json and is valid UTF-8; a byte that is not is taken as a character of its own.
std::wstring decode(std::string_view text) {
  std::wstring wide;
  wide.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    std::uint32_t point = length == 1 ? lead : lead & (0xFFU >> (length + 1));
    for (std::size_t k = 1; k < length && i + k < text.size(); ++k) {
      point = (point << 6U) | (static_cast<unsigned char>(text[i + k]) & 0x3FU);
    }
    wide.push_back(static_cast<wchar_t>(point));
    i += length;
  }
  return wide;
}

std::string_view reason_of(std::regex_constants::error_type code) {
  namespace constants = std::regex_constants;
  if (code == constants::error_collate) return "unknown collating element";
  if (code == constants::error_ctype) return "unknown character class";
  if (code == constants::error_escape) return "invalid escape or trailing backslash";
  if (code == constants::error_backref) return "invalid back-reference";
  if (code == constants::error_brack) return "unbalanced [ ]";
  if (code == constants::error_paren) return "unbalanced ( )";
  if (code == constants::error_brace) return "unbalanced { }";
  if (code == constants::error_badbrace) return "invalid range in { }";
  if (code == constants::error_range) return "invalid character range";
  if (code == constants::error_badrepeat) return "*, +, ? or { with nothing before it to repeat";
  if (code == constants::error_complexity) return "back-references are not supported";
  if (code == constants::error_space || code == constants::error_stack) return "the expression is too large";
  return "not an ECMAScript regular expression";
}

}  // namespace

Result<TemplatePattern> TemplatePattern::compile(std::string_view expression) {
  if (expression.size() > kMaxPatternBytes) {
    return make_error(ErrorKind::InvalidRequest,
                      "must have at most " + std::to_string(kMaxPatternBytes) + " bytes");
  }
  try {
    auto compiled = std::make_shared<Compiled>();
    compiled->regex.assign(decode(expression), kSyntax);
    return TemplatePattern(std::string(expression), std::move(compiled));
  } catch (const std::regex_error& error) {
    return make_error(ErrorKind::InvalidRequest,
                      "is no usable regular expression: " + std::string(reason_of(error.code())));
  }
}

bool TemplatePattern::matches(std::string_view text) const {
  if (count_code_points(text) > kMaxInputCodePoints) return false;
  const std::wstring wide = decode(text);
  return std::regex_match(wide, compiled_->regex);
}

}  // namespace zest::rules
