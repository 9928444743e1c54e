#include "scenario/report.h"

#include <algorithm>

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

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        // XML has no other control characters.
        out += static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? '?' : c;
    }
  }
  return out;
}

std::string seconds(Duration duration) {
  const std::string milliseconds = std::to_string(duration.count() % 1000);
  return std::to_string(duration.count() / 1000) + "." + std::string(3 - milliseconds.size(), '0') +
         milliseconds;
}

std::string test_case(const Report& report) {
  std::string text = "  <testcase classname=\"scenarios\" name=\"" + escaped(report.name) + "\" file=\"" +
                     escaped(report.file) + "\" time=\"" + seconds(report.wall) + "\">\n";
  for (const Failure& failure : report.failures) {
    text += "    <failure message=\"" + escaped(failure.where + ": " + failure.step) + "\">" +
            escaped(failure_text(report, failure)) + "</failure>\n";
  }
  std::string lines;
  for (const Line& line : report.lines) lines += text_of(line) + "\n";
  return text + "    <system-out>" + escaped(lines) + "</system-out>\n  </testcase>\n";
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

Json to_json(const Report& report) {
  Json json{{"name", report.name},     {"purpose", report.purpose},
            {"file", report.file},     {"outcome", outcome_name(report)},
            {"checks", report.checks}, {"wallMs", report.wall.count()}};
  if (!report.source.empty()) json["source"] = report.source;
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
  json["scenarios"] = Json::array();
  for (const Report& report : reports) json["scenarios"].push_back(to_json(report));
  return json;
}

std::string junit_report(const std::vector<Report>& reports) {
  Duration total{0};
  for (const Report& report : reports) total += report.wall;
  std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"scenarios\" tests=\"" +
                     std::to_string(reports.size()) + "\" failures=\"" + std::to_string(failed(reports)) +
                     "\" time=\"" + seconds(total) + "\">\n";
  for (const Report& report : reports) text += test_case(report);
  return text + "</testsuite>\n";
}

std::string canonical_report(const std::vector<Report>& reports) {
  std::string text;
  for (const Report& report : reports) text += "# " + report.name + "\n" + report.canonical;
  return text;
}

}  // namespace zest::scenario
