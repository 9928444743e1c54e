// A regular expression of a template: ECMAScript syntax without back-references, compiled once, matched
// against the whole value and by Unicode code point. Matching takes time linear in the value and stack
// independent of it, whatever the expression. Thread-safety: immutable; copies share the compiled form.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace zest::rules {

class TemplatePattern {
 public:
  static constexpr std::size_t kMaxPatternBytes = 500;
  static constexpr std::size_t kMaxInputCodePoints =
      4096;  // a longer value is a `max_length` violation, not matched

  // Errors: InvalidRequest that says what is wrong with the expression.
  static Result<TemplatePattern> compile(std::string_view expression);

  // `text` is UTF-8 of at most kMaxInputCodePoints; a longer one does not match.
  bool matches(std::string_view text) const;
  const std::string& text() const { return text_; }

 private:
  struct Compiled;
  TemplatePattern(std::string text, std::shared_ptr<const Compiled> compiled)
      : text_(std::move(text)), compiled_(std::move(compiled)) {}

  std::string text_;
  std::shared_ptr<const Compiled> compiled_;
};

}  // namespace zest::rules
