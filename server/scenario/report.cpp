#include "scenario/report.h"

#include <algorithm>

#include "scenario/junit.h"

namespace zest::scenario {
namespace {

constexpr std::size_t kLinesBefore = 8;
constexpr std::size_t kLinesAfter = 3;

// Later lines of a text under its first one.
std::string indented(const std::string& text, const std::string& indent) {
  std::string out;
  for (const char c : text) {
    out += c;
    if (c == '\n') out += indent;
  }
  return out;
}

std::size_t failed(const std::vector<Report>& reports) {
  return static_cast<std::size_t>(std::count_if(reports.begin(), reports.end(), [](const Report& report) {
    return report.outcome != Report::Outcome::Passed;
  }));
}

}  // namespace

const char* outcome_name(const Report& report) {
  return report.outcome == Report::Outcome::Passed ? "passed" : "failed";
}

std::string failure_text(const Report& report, const Failure& failure) {
  std::string text = failure.where + ": " + failure.step + "\n";
  for (const Mismatch& mismatch : failure.mismatches) {
    text += "  " + mismatch.what + "\n";
    text += "    expected  " + indented(mismatch.expected, "              ") + "\n";
    text += "    got       " + indented(mismatch.got, "              ") + "\n";
  }
  const std::size_t first = failure.line > kLinesBefore ? failure.line - kLinesBefore : 0;
  const std::size_t last = std::min(report.lines.size(), failure.line + 1 + kLinesAfter);
  if (first < last) text += "  around it:\n";
  for (std::size_t line = first; line < last; ++line) {
    text += (line == failure.line ? "  > " : "    ") + text_of(report.lines[line]) + "\n";
  }
  return text;
}

std::string unmade_checks(const std::vector<Report>& reports) {
  Report all;
  std::size_t others = 0;
  for (const Report& report : reports) {
    all.not_checked.insert(all.not_checked.end(), report.not_checked.begin(), report.not_checked.end());
    others += report.all_checks() - report.not_checked.size();
  }
  all.checks = others;
  return all.unmade();
}

Json to_json(const Report& report) {
  Json json{{"name", report.name},     {"purpose", report.purpose},
            {"file", report.file},     {"outcome", outcome_name(report)},
            {"checks", report.checks}, {"wallMs", report.wall.count()}};
  if (!report.source.empty()) json["source"] = report.source;
  json["notChecked"] = Json::array();
  for (const NotChecked& each : report.not_checked) {
    json["notChecked"].push_back({{"what", each.what}, {"why", each.why}});
  }
  if (!report.not_its_calls.empty()) json["runnersCalls"] = report.not_its_calls;
  json["failures"] = Json::array();
  for (const Failure& failure : report.failures) {
    Json mismatches = Json::array();
    for (const Mismatch& mismatch : failure.mismatches) {
      mismatches.push_back({{"what", mismatch.what}, {"expected", mismatch.expected}, {"got", mismatch.got}});
    }
    json["failures"].push_back(
        {{"where", failure.where}, {"step", failure.step}, {"mismatches", mismatches}});
  }
  json["timeline"] = Json::array();
  for (const Line& line : report.lines) {
    json["timeline"].push_back(
        {{"offset", format_duration(line.offset)}, {"mark", text_of(line.mark)}, {"text", line.text}});
  }
  json["canonical"] = report.canonical;
  return json;
}

Json json_report(const std::vector<Report>& reports) {
  Json json{{"passed", reports.size() - failed(reports)}, {"failed", failed(reports)}};
  std::size_t unmade = 0;
  for (const Report& report : reports) unmade += report.not_checked.size();
  json["notChecked"] = unmade;
  json["scenarios"] = Json::array();
  for (const Report& report : reports) json["scenarios"].push_back(to_json(report));
  return json;
}

std::string junit_report(const std::vector<Report>& reports) {
  std::vector<JunitCase> cases;
  for (const Report& report : reports) {
    JunitCase each{"scenarios", report.name, static_cast<double>(report.wall.count()) / 1000.0};
    for (const Failure& failure : report.failures) each.failure += failure_text(report, failure);
    cases.push_back(std::move(each));
    for (const NotChecked& unmade : report.not_checked) {
      JunitCase skipped{"scenarios", report.name + ": " + unmade.what};
      skipped.skipped = unmade.why;
      cases.push_back(std::move(skipped));
    }
    if (!report.not_its_calls.empty()) {
      JunitCase skipped{"scenarios", report.name + ": the application's own calls"};
      skipped.skipped = report.not_its_calls;
      cases.push_back(std::move(skipped));
    }
  }
  return junit_xml(cases);
}

std::string canonical_report(const std::vector<Report>& reports) {
  std::string text;
  for (const Report& report : reports) text += "# " + report.name + "\n" + report.canonical;
  return text;
}

}  // namespace zest::scenario
