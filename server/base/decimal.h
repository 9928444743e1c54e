// Decimal numbers as strings: money and percentages never become floating point. Zest docs:
// conventions/money.
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "base/result.h"

namespace zest {

// A plain decimal: optional '-', digits, optionally '.' and digits. No exponent, no '+', no spaces, no bare
// '.'.
class Decimal {
 public:
  static constexpr std::size_t kMaxDigits = 60;  // digits before and after the point together
  static Result<Decimal> parse(std::string_view text);

  bool is_negative() const { return negative_; }  // false for -0
  bool is_zero() const { return integer_.empty() && fraction_.empty(); }
  std::string text() const;  // normalised: no leading or trailing zeros, "0" for every zero

  friend std::strong_ordering operator<=>(const Decimal& a, const Decimal& b);
  friend bool operator==(const Decimal& a, const Decimal& b) = default;

 private:
  bool negative_ = false;
  std::string integer_;   // without leading zeros
  std::string fraction_;  // without trailing zeros
};

}  // namespace zest
