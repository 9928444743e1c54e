#include "certify/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace zest::certify {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Duties, HaveStableIdsAndSaySomething) {
  std::set<std::string_view> ids;
  for (const Duty& duty : duties()) {
    EXPECT_TRUE(ids.insert(duty.id).second) << duty.id;
    EXPECT_FALSE(duty.title.empty() || duty.documentation.empty() || duty.fix.empty()) << duty.id;
  }
}

Report report_of(Verdict must, Verdict should) {
  static const Duty kMust{"m", "<must>", Level::Must, "page", "do"};
  static const Duty kShould{"s", "should", Level::Should, "page", "do"};
  Report report;
  report.url = "http://x/<y>";
  DutyResult result;
  result.duty = &kMust;
  result.verdict = must;
  result.sentence = "It said \"<b>\"";
  result.evidence = {{"sent", "<script>", Duration(3)}, {"state", "a", std::nullopt}};
  report.results.push_back(result);
  result.duty = &kShould;
  result.verdict = should;
  report.results.push_back(result);
  return report;
}

TEST(Report, PassesWhenEveryMustHoldsThatWasAskedFor) {
  EXPECT_TRUE(report_of(Verdict::Pass, Verdict::Fail).passed());
  EXPECT_TRUE(report_of(Verdict::NotAsked, Verdict::Pass).passed());
  EXPECT_FALSE(report_of(Verdict::NotShown, Verdict::Pass).passed());
  EXPECT_FALSE(report_of(Verdict::Fail, Verdict::Pass).passed());
}

TEST(Report, PageEscapesWhatComesFromOutside) {
  const std::string page = html_report(report_of(Verdict::Fail, Verdict::Pass));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;"));
  EXPECT_THAT(page, HasSubstr("http://x/&lt;y&gt;"));
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("<b>\"")));
}

TEST(Report, SaysItAllToMachines) {
  const Report report = report_of(Verdict::Fail, Verdict::NotShown);
  const Json json = json_report(report);
  EXPECT_EQ(json["duties"][0]["verdict"], "fail");
  EXPECT_EQ(json["duties"][0]["evidence"][0]["latencyMs"], 3);
  EXPECT_TRUE(json["duties"][0]["evidence"][1]["latencyMs"].is_null());
  EXPECT_EQ(json["summary"], "0 of 2 duties hold, 1 that must hold does not, 1 is not shown");
  const std::vector<scenario::JunitCase> cases = junit_cases(report);
  EXPECT_THAT(cases[0].failure, HasSubstr("How to fix it: do"));
  EXPECT_FALSE(cases[1].skipped.empty());
}

}  // namespace
}  // namespace zest::certify
