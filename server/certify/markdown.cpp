#include "scenario/markdown.h"
#include "certify/report.h"

namespace zest::certify {
namespace {

const char* sign_of(const DutyResult& result) {
  if (result.verdict == Verdict::Pass) return "✅";
  if (result.verdict != Verdict::Fail) return "➖";
  return result.duty->level == Level::Must ? "❌" : "⚠️";
}

}  // namespace

std::string markdown_report(const Report& report) {
  using scenario::markdown_text;
  std::string text = std::string("### ") + (report.of_client ? "API client" : "Webhook receiver") +
                     ": grade " + markdown_text(grade_name(report.grade)) + "\n\n" +
                     markdown_text(report.of_client ? report.application : report.url) + ": " +
                     markdown_text(summary(report)) +
                     ".\n\n| | duty | what was seen |\n| --- | --- | --- |\n";
  std::string fixes;
  for (const DutyResult& result : report.results) {
    text += std::string("| ") + sign_of(result) + " | " + markdown_text(result.duty->title) + " | " +
            markdown_text(result.sentence) + " |\n";
    if (result.verdict != Verdict::Fail) continue;
    fixes += "- **" + markdown_text(result.duty->title) + "**: " + markdown_text(result.duty->fix) + " (" +
             markdown_text(result.duty->documentation) + ")\n";
  }
  if (!fixes.empty()) text += "\nWhat helps:\n\n" + fixes;
  if (!report.limits.empty()) text += "\nWhat this cannot show:\n\n";
  for (const std::string& limit : report.limits) text += "- " + markdown_text(limit) + "\n";
  return text;
}

}  // namespace zest::certify
