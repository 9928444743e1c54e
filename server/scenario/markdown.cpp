#include "scenario/markdown.h"

#include <algorithm>

#include "base/time.h"
#include "scenario/report.h"

namespace zest::scenario {

std::string markdown_text(std::string_view text) {
  constexpr std::string_view kSpecial = "\\`*_{}[]<>()#+-.!|~&@";
  std::string escaped;
  for (const char c : text) {
    const bool breaks = c == '\n' || c == '\r' || c == '\t';
    if (kSpecial.find(c) != std::string_view::npos) escaped += '\\';
    escaped += breaks ? ' ' : c;
  }
  return escaped;
}

std::string markdown_block(std::string_view text) {
  // A fence that is longer than any in the text.
  std::size_t longest = 0;
  std::size_t run = 0;
  for (const char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  const std::string fence(std::max<std::size_t>(3, longest + 1), '`');
  std::string block = fence + "\n" + std::string(text);
  if (block.back() != '\n') block += '\n';
  return block + fence + "\n";
}

std::string markdown_report(const std::vector<Report>& reports) {
  std::size_t failed = 0;
  std::string rows;
  std::string details;
  for (const Report& report : reports) {
    const bool passed = report.outcome == Report::Outcome::Passed;
    if (!passed) ++failed;
    rows += std::string("| ") + (passed ? "✅" : "❌") + " | " + markdown_text(report.name) + " | " +
            markdown_text(report.purpose) + " | " + std::to_string(report.checks) + " | " +
            format_duration(report.wall) + " |\n";
    for (const Failure& failure : report.failures)
      details +=
          "\n#### " + markdown_text(report.name) + "\n\n" + markdown_block(failure_text(report, failure));
  }
  return "### Scenarios: " + std::to_string(reports.size() - failed) + " passed, " + std::to_string(failed) +
         " failed\n\n| | scenario | what it is about | checks | took |\n| --- | --- | --- | --- | --- |\n" +
         rows + details;
}

}  // namespace zest::scenario
