// A regular expression in the first line, and texts for it in the others. Plain ones are matched by the
// standard library as well, which must agree; libFuzzer's time limit is the check that none takes long.
#include "base/pattern.h"

#include <algorithm>
#include <string>

#include "fuzz/target.h"
#ifdef ZEST_FUZZ
#include <optional>
#include <regex>
#endif

namespace zest::fuzz {
#ifdef ZEST_FUZZ
namespace {

constexpr std::size_t kPlainExpression = 40;  // the standard library's time and memory have no other bound
constexpr std::size_t kPlainText = 24;
constexpr std::ptrdiff_t kPlainCounts = 2;  // more of them nested are too large for one of the two

// What both read in the same way: no escape but of classes, no group but (…), counts of one digit, nothing in
// brackets but letters, digits and ranges of them.
bool is_plain_expression(std::string_view expression) {
  if (expression.size() > kPlainExpression ||
      std::count(expression.begin(), expression.end(), '{') > kPlainCounts) {
    return false;
  }
  bool in_brackets = false;
  for (std::size_t i = 0; i < expression.size(); ++i) {
    const char c = expression[i];
    const std::string_view rest = expression.substr(i + 1);
    const bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (in_brackets) {
      in_brackets = c != ']';
      const bool range = c == '-' && i > 0 && !rest.empty() && rest.front() > expression[i - 1] &&
                         rest.front() <= 'z' && expression[i - 1] >= '0';
      if (in_brackets && !word && !range) return false;
    } else if (c == '[') {
      in_brackets = true;
      if (rest.substr(0, 1) == "^") ++i;
      if (expression.substr(i + 1, 1) == "]") return false;
    } else if (c == '\\') {
      if (rest.empty() || std::string_view("dDwWsS.").find(rest.front()) == std::string_view::npos)
        return false;
      ++i;
    } else if (c == '{') {
      const bool counted = rest.size() >= 2 && rest[0] >= '0' && rest[0] <= '9' &&
                           (rest[1] == '}' || (rest.size() >= 4 && rest[1] == ',' && rest[2] >= rest[0] &&
                                               rest[2] <= '9' && rest[3] == '}'));
      if (!counted) return false;
      i += rest[1] == '}' ? 2 : 4;
    } else if (!word && std::string_view(".|()*+?").find(c) == std::string_view::npos) {
      return false;
    } else if (c == '(' && rest.substr(0, 1) == "?") {
      return false;
    }
  }
  return !in_brackets;
}

bool is_plain_text(std::string_view text) {
  return text.size() <= kPlainText &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

std::optional<std::regex> standard_reading_of(const std::string& expression) {
  if (!is_plain_expression(expression)) return std::nullopt;
  try {
    return std::regex(expression, std::regex_constants::ECMAScript | std::regex_constants::__polynomial);
  } catch (const std::regex_error&) {
    return std::nullopt;  // it has bounds of its own
  }
}

void check_agreement(const Pattern& pattern, std::string_view text, const std::regex& standard) {
  if (!is_plain_text(text)) return;
  const auto agrees = [](Pattern::Match ours, bool theirs) {
    return ours == Pattern::Match::GaveUp || (ours == Pattern::Match::Yes) == theirs;
  };
  FUZZ_CHECK(agrees(pattern.match_all(text), std::regex_match(text.begin(), text.end(), standard)));
  FUZZ_CHECK(agrees(pattern.search(text), std::regex_search(text.begin(), text.end(), standard)));
}

}  // namespace
#endif

FUZZ_TARGET(pattern, Bytes) {
  const std::size_t end = std::min(input.find('\n'), input.size());
  const std::string expression(input.substr(0, end));
  std::string_view texts = input.substr(std::min(end + 1, input.size()));
  const Result<Pattern> pattern = Pattern::compile(expression);
  if (!pattern.ok()) {
    FUZZ_CHECK(pattern.error().kind == ErrorKind::InvalidRequest && !pattern.error().detail.empty());
    return;
  }
  static_cast<void>(pattern->refers_back());
#ifdef ZEST_FUZZ
  const std::optional<std::regex> standard = standard_reading_of(expression);
#endif
  while (!texts.empty()) {
    const std::size_t line = std::min(texts.find('\n'), texts.size());
    const std::string_view text = texts.substr(0, line);
    texts.remove_prefix(std::min(line + 1, texts.size()));
    const Pattern::Match all = pattern->match_all(text);
    const Pattern::Match part = pattern->search(text);
    FUZZ_CHECK(all == pattern->match_all(text));
    FUZZ_CHECK(all != Pattern::Match::Yes || part != Pattern::Match::No);
#ifdef ZEST_FUZZ
    if (standard) check_agreement(*pattern, text, *standard);
#endif
  }
}

}  // namespace zest::fuzz
