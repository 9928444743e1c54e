// Instants and durations in milliseconds, their ISO 8601 text, and the durations that users write (30s, 5m,
// PT12H). Which clock an Instant belongs to (virtual or wall) is said where it is declared.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"

namespace zest {

using Duration = std::chrono::milliseconds;
using Instant = std::chrono::sys_time<std::chrono::milliseconds>;

inline constexpr Instant instant_from_ms(std::int64_t ms) { return Instant(Duration(ms)); }
inline constexpr std::int64_t to_ms(Instant instant) { return instant.time_since_epoch().count(); }

// What the text of an instant can say: 0001-01-01T00:00:00.000Z to 9999-12-31T23:59:59.999Z. Virtual time
// ends there.
inline constexpr Instant kFirstInstant = instant_from_ms(-62'135'596'800'000);
inline constexpr Instant kLastInstant = instant_from_ms(253'402'300'799'999);
inline constexpr std::int64_t kLastSecond = to_ms(kLastInstant) / 1000;  // since 1970

// "2026-01-01T00:00:00.000Z": UTC, always milliseconds, always Z. Beyond kFirstInstant and kLastInstant:
// these. Zest docs: conventions.
std::string format_instant(Instant instant);
// RFC 3339 date-time: needs a zone (Z or ±hh:mm), 0 to 9 digits of fraction, real calendar dates only; years
// 1 to 9999.
Result<Instant> parse_instant(std::string_view text);
// A real calendar date YYYY-MM-DD (as the instant of its midnight UTC).
Result<Instant> parse_date(std::string_view text);

// 500ms, 30s, 5m, 12h, 2d, 1.5s, ISO 8601 (PT12H, P1DT30M), or 0. Never negative; at most 10 years.
Result<Duration> parse_duration(std::string_view text);
// Shortest exact form of the first kind: 0s, 500ms, 30s, 90s -> 1m30s, 12h.
std::string format_duration(Duration duration);

}  // namespace zest
