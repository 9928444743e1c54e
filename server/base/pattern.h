// Regular expressions that people write, in contract templates and scenarios: the door to PCRE2. The language
// is ECMAScript's, by Unicode code point, with \d, \w, \s and \b meaning ASCII; lookahead, lookbehind and
// \p{…} are there. What PCRE2 would read otherwise (\A, \Q, possessive quantifiers, inline options, verbs) is
// refused rather than guessed at. Thread-safety: immutable; copies share the compiled form.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace zest {

class Pattern {
 public:
  // Errors: InvalidRequest that says what is wrong with the expression; one sentence's end, without the
  // expression.
  static Result<Pattern> compile(std::string_view expression);

  // A matcher that backtracks can take exponential time over a text that nearly fits. So steps are counted,
  // which is the same on every machine: after so many it gives up, within a tenth of a second for texts of
  // ten thousand characters, within one for the longest.
  static constexpr std::size_t kSteps = 100'000;
  static constexpr std::size_t kStepsPerByte = 40;  // of the text, on top
  static constexpr std::size_t kMostSteps = 5'000'000;
  enum class Match { Yes, No, GaveUp };

  // Of the whole text, or of any part of it. Bytes that are no UTF-8 match nothing.
  Match match_all(std::string_view text) const;
  Match search(std::string_view text) const;

  bool matches(std::string_view whole_text) const { return match_all(whole_text) == Match::Yes; }
  const std::string& text() const { return text_; }
  bool refers_back() const;  // \1, \k<name>

 private:
  struct Compiled;
  Pattern(std::string text, std::shared_ptr<const Compiled> compiled)
      : text_(std::move(text)), compiled_(std::move(compiled)) {}
  Match match(std::string_view text, unsigned options) const;

  std::string text_;
  std::shared_ptr<const Compiled> compiled_;
};

std::string pattern_library_version();

}  // namespace zest
