#include "base/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>
#include <array>
#include <new>

namespace zest {

struct Pattern::Compiled {
  struct Free {
    void operator()(pcre2_code* compiled) const { pcre2_code_free(compiled); }
  };
  std::unique_ptr<pcre2_code, Free> code;
};

namespace {

constexpr std::uint32_t kMatchMemory = 32 * 1024;  // KiB, of one match; beyond it, it gives up

Error unusable(const std::string& reason) {
  return make_error(ErrorKind::InvalidRequest, "is no usable regular expression: " + reason);
}

bool is_ascii_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_ascii_digit(char c) { return c >= '0' && c <= '9'; }

// Walks over an ECMAScript expression and writes it as PCRE2 reads the same. It looks only at what the two
// read differently; everything else is left for PCRE2 to judge.
class Translation {
 public:
  explicit Translation(std::string_view expression) : rest_(expression) {}

  Result<std::string> run() {
    while (!rest_.empty() && problem_.empty()) step();
    if (!problem_.empty()) return unusable(problem_);
    return std::move(out_);
  }

 private:
  enum class Before { Nothing, Atom, Quantifier, LazyQuantifier };

  bool starts_with(std::string_view text) const { return rest_.substr(0, text.size()) == text; }
  void take(std::size_t count) {
    out_ += rest_.substr(0, count);
    rest_.remove_prefix(std::min(count, rest_.size()));
  }

  void step() {
    const char c = rest_.front();
    if (c == '\\') {
      take_escape();
      before_ = Before::Atom;
    } else if (in_class_) {
      take_in_class(c);
    } else if (c == '[') {
      in_class_ = true;
      take(starts_with("[^") ? 2 : 1);
    } else if (c == '(') {
      take_group();
    } else if (c == '*' || c == '+' || c == '?') {
      take_quantifier(1);
    } else if (c == '{') {
      const std::size_t length = counted_quantifier();
      if (length > 0) return take_quantifier(length);
      out_ += '\\';
      take(1);
      before_ = Before::Atom;
    } else {
      before_ = c == '|' ? Before::Nothing : Before::Atom;
      take(1);
    }
  }

  void take_in_class(char c) {
    const std::size_t end = starts_with("[:") ? rest_.find(":]") : std::string_view::npos;
    if (end != std::string_view::npos) return take(end + 2);  // [:alpha:]
    if (c == ']') {
      in_class_ = false;
      before_ = Before::Atom;
    }
    take(1);
  }

  void take_escape() {
    if (rest_.size() < 2) return take(1);  // PCRE2 says why
    const char c = rest_[1];
    const bool named =
        (c == 'p' || c == 'P') ? rest_.substr(2, 1) == "{" : c != 'k' || rest_.substr(2, 1) == "<";
    constexpr std::string_view kKnown = "dDwWsSbBtnrfvcxupPk";
    if (is_ascii_letter(c) && (kKnown.find(c) == std::string_view::npos || !named)) {
      problem_ = std::string("\\") + c + " is no escape of ECMAScript";
      return;
    }
    if (c == 'v') {  // elsewhere any vertical space
      out_ += "\\x0b";
      rest_.remove_prefix(2);
      return;
    }
    const bool braced = (c == 'p' || c == 'P' || c == 'u') && rest_.substr(2, 1) == "{";
    take(braced ? rest_.find('}') : 2);
  }

  void take_group() {
    before_ = Before::Nothing;
    if (starts_with("(*")) {
      problem_ = "* with nothing before it to repeat";
      return;
    }
    if (!starts_with("(?")) return take(1);
    for (const std::string_view known : {"(?:", "(?=", "(?!", "(?<=", "(?<!"}) {
      if (starts_with(known)) return take(known.size());
    }
    if (starts_with("(?<") && rest_.size() > 3 && (is_ascii_letter(rest_[3]) || rest_[3] == '_'))
      return take(3);
    problem_ = "(" + std::string(rest_.substr(1, 2)) + " begins no group of ECMAScript";
  }

  // The length of {n}, {n,} or {n,m}; 0: the brace stands for itself.
  std::size_t counted_quantifier() const {
    std::size_t at = 1;
    const auto digits = [this, &at] {
      const std::size_t first = at;
      while (at < rest_.size() && is_ascii_digit(rest_[at])) ++at;
      return at - first;
    };
    if (digits() == 0) return 0;
    if (at < rest_.size() && rest_[at] == ',') {
      ++at;
      digits();
    }
    return at < rest_.size() && rest_[at] == '}' ? at + 1 : 0;
  }

  void take_quantifier(std::size_t length) {
    const bool lazy = rest_.front() == '?' && before_ == Before::Quantifier;
    if (before_ != Before::Atom && !lazy) {
      problem_ = std::string(rest_.substr(0, length)) + " with nothing before it to repeat";
      return;
    }
    before_ = lazy ? Before::LazyQuantifier : Before::Quantifier;
    take(length);
  }

  std::string_view rest_;
  std::string out_;
  std::string problem_;
  bool in_class_ = false;
  Before before_ = Before::Nothing;
};

std::string reason_of(int code) {
  if (code == PCRE2_ERROR_MISSING_CLOSING_PARENTHESIS || code == PCRE2_ERROR_UNMATCHED_CLOSING_PARENTHESIS) {
    return "unbalanced ( )";
  }
  if (code == PCRE2_ERROR_MISSING_SQUARE_BRACKET) return "unbalanced [ ]";
  std::array<PCRE2_UCHAR, 256> text{};
  const int length = pcre2_get_error_message(code, text.data(), text.size());
  if (length < 0) return "not an ECMAScript regular expression";
  return std::string(text.begin(), text.begin() + length);
}

pcre2_code* compile_translated(const std::string& expression, int& fault) {
  using Context = std::unique_ptr<pcre2_compile_context, decltype(&pcre2_compile_context_free)>;
  const Context context(pcre2_compile_context_create(nullptr), pcre2_compile_context_free);
  if (!context) throw std::bad_alloc();
  // `.` is anything but CR and LF.
  pcre2_set_newline(context.get(), PCRE2_NEWLINE_ANYCRLF);
  pcre2_set_compile_extra_options(context.get(), PCRE2_EXTRA_ALT_BSUX);  // \u20ac, \u{1f680}
  constexpr std::uint32_t kEcmaScript =
      PCRE2_DOLLAR_ENDONLY | PCRE2_ALLOW_EMPTY_CLASS | PCRE2_MATCH_UNSET_BACKREF;
  PCRE2_SIZE place = 0;
  return pcre2_compile(reinterpret_cast<PCRE2_SPTR>(expression.data()), expression.size(),
                       kEcmaScript | PCRE2_UTF | PCRE2_MATCH_INVALID_UTF, &fault, &place, context.get());
}

}  // namespace

Result<Pattern> Pattern::compile(std::string_view expression) {
  ASSIGN_OR_RETURN(const std::string translated, Translation(expression).run());
  int fault = 0;
  auto compiled = std::make_shared<Compiled>();
  compiled->code.reset(compile_translated(translated, fault));
  if (fault == PCRE2_ERROR_HEAP_FAILED) throw std::bad_alloc();
  if (!compiled->code) return unusable(reason_of(fault));
  return Pattern(std::string(expression), std::move(compiled));
}

Pattern::Match Pattern::match_all(std::string_view text) const {
  return match(text, PCRE2_ANCHORED | PCRE2_ENDANCHORED);
}

Pattern::Match Pattern::search(std::string_view text) const { return match(text, 0); }

Pattern::Match Pattern::match(std::string_view text, unsigned options) const {
  using Context = std::unique_ptr<pcre2_match_context, decltype(&pcre2_match_context_free)>;
  using Data = std::unique_ptr<pcre2_match_data, decltype(&pcre2_match_data_free)>;
  const Context context(pcre2_match_context_create(nullptr), pcre2_match_context_free);
  const Data data(pcre2_match_data_create(1, nullptr), pcre2_match_data_free);
  if (!context || !data) throw std::bad_alloc();
  const std::size_t steps = kSteps + kStepsPerByte * std::min(text.size(), kMostSteps / kStepsPerByte);
  pcre2_set_match_limit(context.get(), static_cast<std::uint32_t>(std::min(steps, kMostSteps)));
  pcre2_set_heap_limit(context.get(), kMatchMemory);
  const int found = pcre2_match(compiled_->code.get(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(),
                                0, options, data.get(), context.get());
  if (found == PCRE2_ERROR_NOMATCH) return Match::No;
  if (found == PCRE2_ERROR_NOMEMORY) throw std::bad_alloc();
  if (found < 0) return Match::GaveUp;
  // A text that is no UTF-8 is matched piece by piece.
  const PCRE2_SIZE* place = pcre2_get_ovector_pointer(data.get());
  const bool whole = place[0] == 0 && place[1] == text.size();
  return whole || options == 0 ? Match::Yes : Match::No;
}

bool Pattern::refers_back() const {
  std::uint32_t highest = 0;
  pcre2_pattern_info(compiled_->code.get(), PCRE2_INFO_BACKREFMAX, &highest);
  return highest > 0;
}

std::string pattern_library_version() {
  char text[64] = "";  // more than PCRE2 asks for
  pcre2_config(PCRE2_CONFIG_VERSION, text);
  const std::string version = text;
  return version.substr(0, version.find(' '));  // the date comes after it
}

}  // namespace zest
