#include "base/time.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>

#include "base/error.h"
#include "base/text.h"

namespace zest {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_days;

// Reads fixed-width fields from the front of a text.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool done() const { return rest_.empty(); }
  char peek() const { return rest_.empty() ? '\0' : rest_.front(); }

  bool skip(char expected) {
    if (rest_.empty() || rest_.front() != expected) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // Exactly `width` digits, or nothing.
  std::optional<int> number(std::size_t width) {
    if (rest_.size() < width) return std::nullopt;
    int value = 0;
    for (const char c : rest_.substr(0, width)) {
      if (!is_digit(c)) return std::nullopt;
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(width);
    return value;
  }

  // All digits at the front.
  std::string_view digits() {
    std::size_t count = 0;
    while (count < rest_.size() && is_digit(rest_[count])) ++count;
    const std::string_view found = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return found;
  }

 private:
  std::string_view rest_;
};

// YYYY-MM-DD at the front of the reader.
Result<sys_days> read_date(Reader& reader) {
  const auto year = reader.number(4);
  if (!year || !reader.skip('-')) return invalid_request("not a date of the form YYYY-MM-DD");
  const auto month = reader.number(2);
  if (!month || !reader.skip('-')) return invalid_request("not a date of the form YYYY-MM-DD");
  const auto day = reader.number(2);
  if (!day) return invalid_request("not a date of the form YYYY-MM-DD");
  if (*year < 1) return invalid_request("the year must be between 0001 and 9999");
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return invalid_request("no such day in the calendar");
  return sys_days(date);
}

// hh:mm:ss[.fraction] at the front of the reader; digits beyond milliseconds are cut off.
Result<Duration> read_time_of_day(Reader& reader) {
  const auto malformed = [] {
    return invalid_request("the time of day must be hh:mm:ss with at most 9 digits of fraction");
  };
  const auto hour = reader.number(2);
  if (!hour || !reader.skip(':')) return malformed();
  const auto minute = reader.number(2);
  if (!minute || !reader.skip(':')) return malformed();
  const auto second = reader.number(2);
  if (!second) return malformed();
  if (*hour > 23 || *minute > 59 || *second > 59) {
    return invalid_request(
        "no such time of day (hours go to 23, minutes and seconds to 59; leap seconds are not accepted)");
  }
  int milliseconds = 0;
  if (reader.skip('.')) {
    const std::string_view fraction = reader.digits();
    if (fraction.empty() || fraction.size() > 9) return malformed();
    for (std::size_t i = 0; i < 3; ++i) {
      milliseconds = milliseconds * 10 + (i < fraction.size() ? fraction[i] - '0' : 0);
    }
  }
  return Duration(hours(*hour) + minutes(*minute) + seconds(*second) + Duration(milliseconds));
}

// Z or ±hh:mm at the front of the reader: what local time is ahead of UTC.
Result<Duration> read_zone(Reader& reader) {
  if (reader.skip('Z') || reader.skip('z')) return Duration(0);
  const bool behind = reader.peek() == '-';
  if (!reader.skip('-') && !reader.skip('+'))
    return invalid_request("a time zone is required: Z or +hh:mm or -hh:mm");
  const auto hour = reader.number(2);
  if (!hour || !reader.skip(':')) return invalid_request("the time zone must be Z, +hh:mm or -hh:mm");
  const auto minute = reader.number(2);
  if (!minute) return invalid_request("the time zone must be Z, +hh:mm or -hh:mm");
  if (*hour > 23 || *minute > 59) return invalid_request("no such time zone (hours go to 23, minutes to 59)");
  const Duration offset = hours(*hour) + minutes(*minute);
  return behind ? -offset : offset;
}

}  // namespace

std::string format_instant(Instant any_instant) {
  const Instant instant = std::clamp(any_instant, kFirstInstant, kLastInstant);
  const sys_days day = std::chrono::floor<days>(instant);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss<Duration> time(instant - day);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
                static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
                static_cast<int>(time.subseconds().count()));
  return text.data();
}

Result<Instant> parse_instant(std::string_view text) {
  Reader reader(text);
  ASSIGN_OR_RETURN(const sys_days day, read_date(reader));
  if (!reader.skip('T') && !reader.skip('t')) return invalid_request("a time of day after 'T' is required");
  ASSIGN_OR_RETURN(const Duration time, read_time_of_day(reader));
  ASSIGN_OR_RETURN(const Duration offset, read_zone(reader));
  if (!reader.done()) return invalid_request("unexpected characters after the time zone");
  const Instant instant = Instant(day) + time - offset;
  // An offset may carry the first and the last hours of the range out of it.
  if (instant < kFirstInstant || instant > kLastInstant) {
    return invalid_request("the year must be between 0001 and 9999 in UTC");
  }
  return instant;
}

Result<Instant> parse_date(std::string_view text) {
  Reader reader(text);
  ASSIGN_OR_RETURN(const sys_days day, read_date(reader));
  if (!reader.done()) return invalid_request("not a date of the form YYYY-MM-DD");
  return Instant(day);
}

}  // namespace zest
