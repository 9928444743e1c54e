#include "base/decimal.h"

namespace zest {
namespace {

// The run of ASCII digits at the start of `text`.
std::string_view leading_digits(std::string_view text) {
  const std::size_t end = text.find_first_not_of("0123456789");
  return text.substr(0, end);
}

// Text order of digits, which is the order of the numbers between integers of one length and between
// fractions.
std::strong_ordering compare_text(std::string_view a, std::string_view b) {
  const int order = a.compare(b);
  if (order == 0) return std::strong_ordering::equal;
  return order < 0 ? std::strong_ordering::less : std::strong_ordering::greater;
}

}  // namespace

Result<Decimal> Decimal::parse(std::string_view text) {
  const auto malformed = [] {
    return make_error(
        ErrorKind::InvalidRequest,
        "not a decimal: digits are expected, optionally with a leading '-' and one '.' between digits");
  };
  std::string_view rest = text;
  const bool minus = !rest.empty() && rest.front() == '-';
  if (minus) rest.remove_prefix(1);
  std::string_view integer = leading_digits(rest);
  if (integer.empty()) return malformed();
  rest.remove_prefix(integer.size());
  std::string_view fraction;
  if (!rest.empty()) {
    if (rest.front() != '.') return malformed();
    rest.remove_prefix(1);
    fraction = leading_digits(rest);
    if (fraction.empty() || fraction.size() != rest.size()) return malformed();
  }

  const std::size_t significant = integer.find_first_not_of('0');
  integer = significant == std::string_view::npos ? std::string_view() : integer.substr(significant);
  if (integer.size() + fraction.size() > kMaxDigits) {
    return make_error(ErrorKind::InvalidRequest,
                      "decimal has too many digits: at most " + std::to_string(kMaxDigits) + " are allowed");
  }
  const std::size_t last = fraction.find_last_not_of('0');
  fraction = last == std::string_view::npos ? std::string_view() : fraction.substr(0, last + 1);

  Decimal decimal;
  decimal.integer_ = integer;
  decimal.fraction_ = fraction;
  decimal.negative_ = minus && !decimal.is_zero();
  return decimal;
}

std::string Decimal::text() const {
  std::string out = negative_ ? "-" : "";
  out += integer_.empty() ? std::string("0") : integer_;
  if (!fraction_.empty()) {
    out += '.';
    out += fraction_;
  }
  return out;
}

std::strong_ordering operator<=>(const Decimal& a, const Decimal& b) {
  if (a.negative_ != b.negative_) {
    return a.negative_ ? std::strong_ordering::less : std::strong_ordering::greater;
  }
  std::strong_ordering order = a.integer_.size() <=> b.integer_.size();
  if (order == 0) order = compare_text(a.integer_, b.integer_);
  // Without trailing zeros a fraction that is a prefix of another one is the smaller one, as in text order.
  if (order == 0) order = compare_text(a.fraction_, b.fraction_);
  return a.negative_ ? 0 <=> order : order;
}

}  // namespace zest
