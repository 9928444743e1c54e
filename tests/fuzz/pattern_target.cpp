// A regular expression of a template in the first line, and texts for it in the others. libFuzzer's time
// limit is the check that none takes long.
#include <algorithm>
#include <cctype>

#include "base/pattern.h"
#include "fuzz/target.h"

namespace zest::fuzz {

FUZZ_TARGET(pattern, Bytes) {
  const std::size_t end = std::min(input.find('\n'), input.size());
  const std::string_view expression = input.substr(0, end);
  std::string_view texts = input.substr(std::min(end + 1, input.size()));
  const auto pattern = Pattern::compile(expression);
  if (!pattern.ok()) {
    FUZZ_CHECK(pattern.error().kind == ErrorKind::InvalidRequest && !pattern.error().detail.empty());
    return;
  }
  const bool literal = std::all_of(expression.begin(), expression.end(), [](unsigned char c) {
    return c < 0x80 && (std::isalnum(c) != 0 || c == '_' || c == '-');
  });
  while (!texts.empty()) {
    const std::size_t line = std::min(texts.find('\n'), texts.size());
    const std::string_view text = texts.substr(0, line);
    texts.remove_prefix(std::min(line + 1, texts.size()));
    const bool matched = pattern->matches(text);
    FUZZ_CHECK(pattern->matches(text) == matched);
    if (literal) FUZZ_CHECK(matched == (text == expression));
  }
}

}  // namespace zest::fuzz
