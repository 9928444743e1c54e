#include "scenario/certify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "scenario/certify_formats.h"
#include "scenario/certify_report.h"

namespace zest::scenario {
namespace {

using testing::HasSubstr;
using testing::Not;

Json document() { return Json{{"b", "a/é\""}, {"a", {1, "x/y", nullptr, Json::object()}}}; }

TEST(JsonFormats, AreAllTheSameDocument) {
  JsonFormat indented;
  indented.before_item = "\n  ";
  indented.after_colon = " ";
  JsonFormat odd;
  odd.sorted = odd.escaped = true;
  odd.at_start = " \r\n";
  odd.at_end = "\t";
  JsonFormat reversed;
  reversed.reversed = true;
  reversed.after_comma = " ";
  for (const JsonFormat& format : {JsonFormat(), indented, odd, reversed}) {
    const std::string text = write_json(document(), format);
    const Result<Json> parsed = parse_json(text);
    ASSERT_TRUE(parsed.ok()) << text;
    EXPECT_EQ(canonical_json(*parsed), canonical_json(document())) << text;
  }
}

TEST(JsonFormats, DifferInTheirBytes) {
  EXPECT_EQ(write_json(document(), {}), dump_json(document()));
  JsonFormat escaped;
  escaped.escaped = true;
  EXPECT_EQ(write_json(Json{{"key", "x/y"}}, escaped), R"({"\u006bey":"\u0078\/y"})");
  JsonFormat spaced;
  spaced.after_colon = spaced.after_comma = " ";
  EXPECT_EQ(write_json(Json{{"a", {1, 2}}, {"b", true}}, spaced), R"({"a": [1, 2], "b": true})");
}

TEST(ProbeTemplate, NamesWhatIsAllowed) {
  EXPECT_TRUE(check_probe_template("http://x/{kind}/{subject}?p={personId}").ok());
  for (const char* bad : {"http://x/", "http://x/{", "http://x/}", "http://x/{}", "http://x/{Subject}"}) {
    const Result<void> checked = check_probe_template(bad);
    ASSERT_FALSE(checked.ok()) << bad;
    EXPECT_THAT(checked.error().detail, HasSubstr("{subject}")) << bad;
  }
}

TEST(Duties, HaveStableIdsAndSaySomething) {
  std::set<std::string_view> ids;
  for (const Duty& duty : duties()) {
    EXPECT_TRUE(ids.insert(duty.id).second) << duty.id;
    EXPECT_FALSE(duty.title.empty() || duty.documentation.empty() || duty.fix.empty()) << duty.id;
  }
}

CertifyReport report_of(Verdict must, Verdict should) {
  static const Duty kMust{"m", "<must>", Level::Must, "page", "do"};
  static const Duty kShould{"s", "should", Level::Should, "page", "do"};
  CertifyReport report;
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

TEST(CertifyReport, PassesWhenEveryMustHoldsThatWasAskedFor) {
  EXPECT_TRUE(report_of(Verdict::Pass, Verdict::Fail).passed());
  EXPECT_TRUE(report_of(Verdict::NotAsked, Verdict::Pass).passed());
  EXPECT_FALSE(report_of(Verdict::NotShown, Verdict::Pass).passed());
  EXPECT_FALSE(report_of(Verdict::Fail, Verdict::Pass).passed());
}

TEST(CertifyReport, PageEscapesWhatComesFromOutside) {
  const std::string page = certify_html(report_of(Verdict::Fail, Verdict::Pass));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;"));
  EXPECT_THAT(page, HasSubstr("http://x/&lt;y&gt;"));
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("<b>\"")));
}

TEST(CertifyReport, SaysItAllToMachines) {
  const CertifyReport report = report_of(Verdict::Fail, Verdict::NotShown);
  const Json json = certify_json(report);
  EXPECT_EQ(json["duties"][0]["verdict"], "fail");
  EXPECT_EQ(json["duties"][0]["evidence"][0]["latencyMs"], 3);
  EXPECT_TRUE(json["duties"][0]["evidence"][1]["latencyMs"].is_null());
  EXPECT_EQ(json["summary"], "0 of 2 duties hold, 1 that must hold does not, 1 is not shown");
  const std::vector<JunitCase> cases = certify_junit(report);
  EXPECT_THAT(cases[0].failure, HasSubstr("How to fix it: do"));
  EXPECT_FALSE(cases[1].skipped.empty());
}

}  // namespace
}  // namespace zest::scenario
