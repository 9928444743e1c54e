#include "base/time.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "base/clock.h"

namespace zest {
namespace {

using ::testing::HasSubstr;

std::string instant(std::string_view text) {
  const Result<Instant> parsed = parse_instant(text);
  return parsed.ok() ? format_instant(*parsed) : parsed.error().detail;
}

std::string date(std::string_view text) {
  const Result<Instant> parsed = parse_date(text);
  return parsed.ok() ? format_instant(*parsed) : parsed.error().detail;
}

// Milliseconds, or -1 for a refusal.
std::int64_t duration(std::string_view text) {
  const Result<Duration> parsed = parse_duration(text);
  if (parsed.ok()) return parsed->count();
  EXPECT_EQ(parsed.error().kind, ErrorKind::InvalidRequest);
  return -1;
}

std::string duration_refusal(std::string_view text) {
  const Result<Duration> parsed = parse_duration(text);
  return parsed.ok() ? "accepted" : parsed.error().detail;
}

TEST(Instant, FormatsUtcWithMilliseconds) {
  EXPECT_EQ(format_instant(instant_from_ms(0)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(format_instant(instant_from_ms(1'767'225'600'000)), "2026-01-01T00:00:00.000Z");
  EXPECT_EQ(format_instant(instant_from_ms(951'782'399'999)), "2000-02-28T23:59:59.999Z");
  EXPECT_EQ(format_instant(instant_from_ms(-1)), "1969-12-31T23:59:59.999Z");
}

TEST(Instant, ParsesAndFormatsBack) {
  for (const char* text : {"2026-01-01T00:00:00.000Z", "2024-02-29T23:59:59.999Z", "0001-01-01T00:00:00.000Z",
                           "9999-12-31T23:59:59.999Z", "1969-12-31T23:59:59.001Z"}) {
    EXPECT_EQ(instant(text), text);
  }
  const Result<Instant> parsed = parse_instant("2026-01-01T00:00:00.123Z");
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(to_ms(*parsed), 1'767'225'600'123);
}

TEST(Instant, CutsFractionsToMilliseconds) {
  EXPECT_EQ(instant("2026-01-01T00:00:00Z"), "2026-01-01T00:00:00.000Z");
  EXPECT_EQ(instant("2026-01-01T00:00:00.1Z"), "2026-01-01T00:00:00.100Z");
  EXPECT_EQ(instant("2026-01-01T00:00:00.02Z"), "2026-01-01T00:00:00.020Z");
  EXPECT_EQ(instant("2026-01-01T00:00:00.123999999Z"), "2026-01-01T00:00:00.123Z");
  EXPECT_EQ(instant("1969-12-31T23:59:59.9999Z"), "1969-12-31T23:59:59.999Z");
  EXPECT_THAT(instant("2026-01-01T00:00:00.1234567890Z"), HasSubstr("at most 9 digits"));
  EXPECT_THAT(instant("2026-01-01T00:00:00.Z"), HasSubstr("at most 9 digits"));
}

TEST(Instant, AppliesZones) {
  EXPECT_EQ(instant("2026-01-01T00:00:00+05:30"), "2025-12-31T18:30:00.000Z");
  EXPECT_EQ(instant("2026-01-01T00:00:00-08:00"), "2026-01-01T08:00:00.000Z");
  EXPECT_EQ(instant("2024-02-29T00:30:00+01:00"), "2024-02-28T23:30:00.000Z");
  EXPECT_EQ(instant("2026-01-01T00:00:00-00:00"), "2026-01-01T00:00:00.000Z");
  EXPECT_EQ(instant("2026-01-01t00:00:00z"), "2026-01-01T00:00:00.000Z");
}

TEST(Instant, NeedsAZone) {
  EXPECT_THAT(instant("2026-01-01T00:00:00"), HasSubstr("a time zone is required"));
  for (const char* zone : {"+0530", "+05", "+5:30", "+24:00", "+05:60", "UTC", " Z", "Z ", "ZZ", "+05:30Z"}) {
    EXPECT_FALSE(parse_instant(std::string("2026-01-01T00:00:00") + zone).ok()) << zone;
  }
}

TEST(Instant, RefusesWhatNoClockShows) {
  EXPECT_THAT(instant("2026-01-01T24:00:00Z"), HasSubstr("no such time of day"));
  EXPECT_THAT(instant("2026-01-01T23:60:00Z"), HasSubstr("no such time of day"));
  EXPECT_THAT(instant("2016-12-31T23:59:60Z"), HasSubstr("leap seconds are not accepted"));
}

TEST(Instant, RefusesOtherForms) {
  for (const char* text :
       {"", "2026-01-01", "2026-01-01 00:00:00Z", "2026-1-1T00:00:00Z", "2026-01-01T0:00:00Z",
        "2026-01-01T00:00Z", "20260101T000000Z", "+2026-01-01T00:00:00Z", "-001-01-01T00:00:00Z",
        "12026-01-01T00:00:00Z", " 2026-01-01T00:00:00Z", "2026-01-01T00:00:00,5Z", "2026-W01-1T00:00:00Z",
        "2026-01-01T-1:00:00Z"}) {
    EXPECT_FALSE(parse_instant(text).ok()) << text;
  }
}

TEST(Instant, YearsEndAt1And9999InUtcToo) {
  EXPECT_THAT(instant("0000-12-31T00:00:00Z"), HasSubstr("between 0001 and 9999"));
  EXPECT_THAT(instant("0001-01-01T00:00:00+00:01"), HasSubstr("between 0001 and 9999 in UTC"));
  EXPECT_THAT(instant("9999-12-31T23:59:59-00:01"), HasSubstr("between 0001 and 9999 in UTC"));
  EXPECT_EQ(instant("0001-01-01T00:00:00-00:01"), "0001-01-01T00:01:00.000Z");
}

TEST(Date, IsARealCalendarDay) {
  EXPECT_EQ(date("2024-02-29"), "2024-02-29T00:00:00.000Z");
  EXPECT_EQ(date("2000-02-29"), "2000-02-29T00:00:00.000Z");
  EXPECT_EQ(date("0001-01-01"), "0001-01-01T00:00:00.000Z");
  EXPECT_EQ(date("9999-12-31"), "9999-12-31T00:00:00.000Z");
  for (const char* text : {"2023-02-29", "1900-02-29", "2026-02-30", "2026-04-31", "2026-13-01", "2026-00-01",
                           "2026-01-00", "2026-01-32"}) {
    EXPECT_THAT(date(text), HasSubstr("no such day in the calendar")) << text;
  }
  EXPECT_THAT(date("0000-01-01"), HasSubstr("between 0001 and 9999"));
}

TEST(Date, HasOneForm) {
  for (const char* text :
       {"", "2026", "2026-01", "2026-1-01", "2026/01/01", "26-01-01", "2026-01-01T", "2026-01-01 ",
        " 2026-01-01", "2026-01-011", "2026-0a-01", "20260101", "01-01-2026"}) {
    EXPECT_FALSE(parse_date(text).ok()) << text;
  }
}

TEST(Duration, ReadsUnits) {
  EXPECT_EQ(duration("0"), 0);
  EXPECT_EQ(duration("0s"), 0);
  EXPECT_EQ(duration("500ms"), 500);
  EXPECT_EQ(duration("30s"), 30'000);
  EXPECT_EQ(duration("5m"), 300'000);
  EXPECT_EQ(duration("12h"), 43'200'000);
  EXPECT_EQ(duration("2d"), 172'800'000);
  EXPECT_EQ(duration("1m30s"), 90'000);
  EXPECT_EQ(duration("1d2h3m4s5ms"), 93'784'005);
  EXPECT_EQ(duration("007s"), 7'000);
}

TEST(Duration, FractionsAreExact) {
  EXPECT_EQ(duration("1.5s"), 1'500);
  EXPECT_EQ(duration("0.001s"), 1);
  EXPECT_EQ(duration("0.1h"), 360'000);
  EXPECT_EQ(duration("1.0ms"), 1);
  EXPECT_EQ(duration("1m1.5s"), 61'500);
  EXPECT_THAT(duration_refusal("0.5ms"), HasSubstr("whole number of milliseconds"));
  EXPECT_THAT(duration_refusal("0.0001s"), HasSubstr("whole number of milliseconds"));
  EXPECT_THAT(duration_refusal("1.5m1s"), HasSubstr("only the last part"));
  EXPECT_THAT(duration_refusal("1.0000000001s"), HasSubstr("at most 9 digits"));
  EXPECT_EQ(duration("1.5000000000s"), 1'500);
}

TEST(Duration, ReadsIso8601) {
  EXPECT_EQ(duration("PT12H"), 43'200'000);
  EXPECT_EQ(duration("P1DT30M"), 88'200'000);
  EXPECT_EQ(duration("PT0S"), 0);
  EXPECT_EQ(duration("PT1M0.5S"), 60'500);
  EXPECT_EQ(duration("P2W"), 1'209'600'000);
  EXPECT_EQ(duration("P1D"), 86'400'000);
  for (const char* text : {"P", "PT", "P1DT", "P1Y", "P1M", "PT1D", "P1H", "PT1S1M", "P-1D", "-PT1S", "pt1s",
                           "PT1", "PT1H1H", "P1DT1HT1M", "PT1s"}) {
    EXPECT_EQ(duration(text), -1) << text;
  }
}

TEST(Duration, RefusesOtherForms) {
  for (const char* text : {"", "5", "s", "-1s", "+1s", "1 s", " 1s", "1s ", "1x", "1S", "1sec", "1s1s",
                           "1s1m", ".5s", "1.s", "1e3s", "1,5s", "00", "1s0"}) {
    EXPECT_EQ(duration(text), -1) << text;
  }
  EXPECT_THAT(duration_refusal("-1s"), HasSubstr("cannot be negative"));
  EXPECT_THAT(duration_refusal("5"), HasSubstr("needs a unit"));
}

TEST(Duration, IsAtMostTenYears) {
  EXPECT_EQ(duration("3653d"), 3653LL * 86'400'000);
  EXPECT_THAT(duration_refusal("3653d1ms"), HasSubstr("at most 10 years"));
  EXPECT_THAT(duration_refusal("3654d"), HasSubstr("at most 10 years"));
  EXPECT_THAT(duration_refusal("P3653DT1S"), HasSubstr("at most 10 years"));
  EXPECT_THAT(duration_refusal("99999999999999999999999999d"), HasSubstr("at most 10 years"));
}

TEST(Duration, FormatsTheShortestMixedForm) {
  const std::pair<std::int64_t, const char*> cases[] = {
      {0, "0s"},
      {1, "1ms"},
      {500, "500ms"},
      {999, "999ms"},
      {1'000, "1s"},
      {1'500, "1.5s"},
      {1'001, "1.001s"},
      {30'000, "30s"},
      {90'000, "1m30s"},
      {43'200'000, "12h"},
      {60'500, "1m0.5s"},
      {90'000'000, "1d1h"},
      {86'400'001, "1d0.001s"},
      {-90'000, "-1m30s"},
      {-5, "-5ms"},
  };
  for (const auto& [milliseconds, text] : cases) EXPECT_EQ(format_duration(Duration(milliseconds)), text);
}

TEST(Duration, ReadsWhatItFormats) {
  for (const std::int64_t milliseconds :
       {0LL, 1LL, 999LL, 1'001LL, 60'500LL, 86'400'001LL, 93'784'005LL, 315'619'200'000LL}) {
    EXPECT_EQ(duration(format_duration(Duration(milliseconds))), milliseconds);
  }
}

TEST(Duration, FormatsTheSmallestValue) {
  EXPECT_EQ(format_duration(Duration(std::numeric_limits<std::int64_t>::min())),
            "-106751991167d7h12m55.808s");
}

TEST(Instant, BeyondWhatTextCanSayIsShownAsTheEnd) {
  EXPECT_EQ(format_instant(kLastInstant), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(format_instant(kLastInstant + Duration(1)), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(format_instant(kFirstInstant), "0001-01-01T00:00:00.000Z");
  EXPECT_EQ(format_instant(kFirstInstant - Duration(1)), "0001-01-01T00:00:00.000Z");
  EXPECT_EQ(parse_instant("9999-12-31T23:59:59.999Z").value(), kLastInstant);
  EXPECT_EQ(parse_instant("0001-01-01T00:00:00.000Z").value(), kFirstInstant);
}

TEST(ForwardOnly, FollowsTheWallClockAheadAndNeverBack) {
  using std::chrono::hours;
  ForwardOnly forward;
  EXPECT_EQ(forward.at(hours(1), hours(1)), hours(1));
  EXPECT_EQ(forward.at(hours(10), hours(2)), hours(10));  // suspended for eight hours
  EXPECT_EQ(forward.at(hours(11), hours(3)), hours(11));
  EXPECT_EQ(forward.at(hours(5), hours(4)), hours(12));  // set back: goes on at its pace
  EXPECT_EQ(forward.at(hours(13), hours(5)), hours(13));
  EXPECT_EQ(forward.at(hours(20), hours(6)), hours(20));
}

TEST(SystemWallClock, ForwardTimeIsWallTimeWhileNobodySetsIt) {
  const SystemWallClock clock;
  const Instant before = clock.steady();
  const Instant shown = clock.forward();
  EXPECT_GE(shown, before);
  EXPECT_GE(clock.forward(), shown);
}

TEST(SystemWallClock, SteadyTimeStartsAtWallTimeAndNeverRunsBackwards) {
  const Instant before = std::chrono::floor<Duration>(std::chrono::system_clock::now());
  const SystemWallClock clock;
  Instant last = clock.steady();
  EXPECT_GE(last, before);
  for (int i = 0; i < 1000; ++i) {
    const Instant now = clock.steady();
    ASSERT_GE(now, last);
    last = now;
  }
  EXPECT_GE(clock.wall(), before);
}

}  // namespace
}  // namespace zest
