// Durations as users write them; declared in time.h.
#include <array>
#include <cstdint>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "base/time.h"

namespace zest {
namespace {

constexpr std::int64_t kSecond = 1000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::int64_t kLongest = 3653 * kDay;  // ten years with the most leap days

struct Unit {
  std::string_view name;
  std::int64_t milliseconds;
};

// Largest first: a text uses each at most once and in this order.
constexpr std::array<Unit, 5> kShortUnits = {
    {{"d", kDay}, {"h", kHour}, {"m", kMinute}, {"s", kSecond}, {"ms", 1}}};
constexpr std::array<Unit, 2> kIsoDateUnits = {{{"W", 7 * kDay}, {"D", kDay}}};
constexpr std::array<Unit, 3> kIsoTimeUnits = {{{"H", kHour}, {"M", kMinute}, {"S", kSecond}}};

Error not_a_duration(std::string_view what) {
  return make_error(
      ErrorKind::InvalidRequest,
      std::string(what) + "; durations are written like 500ms, 30s, 5m, 12h, 2d, 1m30s or PT12H");
}

Error too_long() { return make_error(ErrorKind::InvalidRequest, "a duration is at most 10 years (3653d)"); }

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

template <class Predicate>
std::string_view take_while(std::string_view& rest, Predicate predicate) {
  std::size_t count = 0;
  while (count < rest.size() && predicate(rest[count])) ++count;
  const std::string_view taken = rest.substr(0, count);
  rest.remove_prefix(count);
  return taken;
}

// `integer`.`fraction` units in milliseconds, exactly.
Result<std::int64_t> scale(std::string_view integer, std::string_view fraction, std::int64_t unit) {
  std::int64_t whole = 0;
  for (const char c : integer) {
    whole = whole * 10 + (c - '0');
    if (whole > kLongest) return too_long();
  }
  if (whole > kLongest / unit) return too_long();
  while (!fraction.empty() && fraction.back() == '0') fraction.remove_suffix(1);
  if (fraction.size() > 9) return not_a_duration("a duration has at most 9 digits of fraction");
  std::int64_t numerator = 0;
  std::int64_t denominator = 1;
  for (const char c : fraction) {
    numerator = numerator * 10 + (c - '0');
    denominator *= 10;
  }
  if (numerator * unit % denominator != 0)
    return not_a_duration("a duration is a whole number of milliseconds");
  return whole * unit + numerator * unit / denominator;
}

// A sequence of numbers with units from `units`; stops at the end or at `stop`.
template <std::size_t Count>
Result<std::int64_t> read_units(std::string_view& rest, const std::array<Unit, Count>& units, char stop) {
  std::int64_t total = 0;
  std::size_t next_unit = 0;
  bool fraction_seen = false;
  while (!rest.empty() && rest.front() != stop) {
    if (fraction_seen) return not_a_duration("only the last part of a duration may have a fraction");
    const std::string_view integer = take_while(rest, is_digit);
    if (integer.empty()) return not_a_duration("not a duration: a number is expected before each unit");
    std::string_view fraction;
    if (!rest.empty() && rest.front() == '.') {
      rest.remove_prefix(1);
      fraction = take_while(rest, is_digit);
      if (fraction.empty()) return not_a_duration("not a duration: digits are expected after '.'");
      fraction_seen = true;
    }
    const std::string_view name = take_while(rest, [&](char c) { return is_letter(c) && c != stop; });
    if (name.empty()) return not_a_duration("not a duration: a number needs a unit");
    while (next_unit < Count && units[next_unit].name != name) ++next_unit;
    if (next_unit == Count) return not_a_duration("not a duration: unknown, repeated or misplaced unit");
    ASSIGN_OR_RETURN(const std::int64_t part, scale(integer, fraction, units[next_unit].milliseconds));
    total += part;
    if (total > kLongest) return too_long();
    ++next_unit;
  }
  return total;
}

Result<std::int64_t> read_iso(std::string_view rest) {
  if (rest.empty()) return not_a_duration("not a duration: nothing follows 'P'");
  ASSIGN_OR_RETURN(std::int64_t total, read_units(rest, kIsoDateUnits, 'T'));
  if (rest.empty()) return total;
  rest.remove_prefix(1);
  if (rest.empty()) return not_a_duration("not a duration: nothing follows 'T'");
  ASSIGN_OR_RETURN(const std::int64_t time, read_units(rest, kIsoTimeUnits, '\0'));
  total += time;
  if (total > kLongest) return too_long();
  return total;
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  if (text == "0") return Duration(0);
  if (text.empty()) return not_a_duration("not a duration: it is empty");
  if (text.front() == '-') return not_a_duration("a duration cannot be negative");
  if (text.front() == 'P') {
    ASSIGN_OR_RETURN(const std::int64_t total, read_iso(text.substr(1)));
    return Duration(total);
  }
  std::string_view rest = text;
  ASSIGN_OR_RETURN(const std::int64_t total, read_units(rest, kShortUnits, '\0'));
  if (!rest.empty()) return not_a_duration("not a duration: unexpected character");
  return Duration(total);
}

std::string format_duration(Duration duration) {
  const std::int64_t count = duration.count();
  // Negated as an unsigned number, so that the smallest value does not overflow.
  std::uint64_t rest = count < 0 ? 0U - static_cast<std::uint64_t>(count) : static_cast<std::uint64_t>(count);
  if (rest == 0) return "0s";
  std::string text = count < 0 ? "-" : "";
  if (rest < kSecond) return text + std::to_string(rest) + "ms";
  for (const Unit& unit : kShortUnits) {
    const auto size = static_cast<std::uint64_t>(unit.milliseconds);
    const bool is_seconds = unit.milliseconds == kSecond;
    const std::uint64_t amount = rest / size;
    rest %= size;
    if (amount == 0 && !(is_seconds && rest != 0)) continue;
    text += std::to_string(amount);
    if (is_seconds && rest != 0) {
      std::string fraction = std::to_string(1000 + rest).substr(1);
      fraction.erase(fraction.find_last_not_of('0') + 1);
      text += '.' + fraction;
      rest = 0;
    }
    text += unit.name;
  }
  return text;
}

}  // namespace zest
