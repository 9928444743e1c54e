#include "cli/coverage_report.h"

#include <algorithm>
#include <utility>

#include "base/look.h"
#include "base/text.h"
#include "base/version.h"
#include "protocol/operations.h"
#include "scenario/junit.h"
#include "scenario/markdown.h"

namespace zest::cli {
namespace {

constexpr std::size_t kBar = 24;          // columns
constexpr std::size_t kEightsOfCell = 8;  // as finely as blocks can be cut

constexpr const char* kStyle = R"(
h2 { font-size: 1.15rem; margin: 0; } .card { margin: .8rem 0; }
.bar { height: .6rem; border-radius: 99px; background: var(--bad-back); overflow: hidden; margin: .5rem 0; }
.bar i { display: block; height: 100%; background: var(--good); }
ul { list-style: none; margin: .6rem 0 0; padding: 0; } li { padding: .3rem 0; border-top: 1px solid var(--line); }
.met { color: var(--good); } .missing { color: var(--bad); }
@media print { .card { break-inside: avoid; } }
)";

std::string markup_of(std::string_view text) { return scenario::escape_markup(text); }

std::uint64_t number_at(const Json& object, std::string_view name) {
  const Json* value = member(object, name);
  return value != nullptr && value->is_number_unsigned() ? value->get<std::uint64_t>() : 0;
}

std::string fraction(const Json& of, const char* between) {
  return std::to_string(number_at(of, "covered")) + between + std::to_string(number_at(of, "total"));
}

std::vector<Json> list_at(const Json& object, std::string_view name) {
  const Json* list = member(object, name);
  if (list == nullptr || !list->is_array()) return {};
  return {list->begin(), list->end()};
}

bool is_met(const Json& item) { return number_at(item, "count") > 0; }

std::string whose(const Json& coverage) {
  const std::string client_id = text_at(coverage, "clientId");
  return client_id.empty() ? "all partners" : client_id;
}

std::string bar(const Program& program, const Json& dimension) {
  static constexpr const char* kParts[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const std::uint64_t total = std::max<std::uint64_t>(1, number_at(dimension, "total"));
  const std::uint64_t eights = number_at(dimension, "covered") * kBar * kEightsOfCell / total;
  std::string filled;
  for (std::uint64_t i = 0; i < eights / kEightsOfCell; ++i) filled += "█";
  filled += kParts[eights % kEightsOfCell];
  const std::string rest(kBar - columns(filled), ' ');
  return program.terminal.styled(Style::Green, filled) + rest;
}

// "operations  ████      9/23"
std::string bars(const Program& program, const Json& coverage) {
  std::size_t widest = 0;
  for (const Json& dimension : list_at(coverage, "dimensions")) {
    widest = std::max(widest, columns(text_at(dimension, "title")));
  }
  std::string text;
  for (const Json& dimension : list_at(coverage, "dimensions")) {
    const std::string title = printable(text_at(dimension, "title"));
    const std::string percent = text_at(dimension, "percent") + "%";
    text += "  " + title + std::string(widest + 2 - std::min(widest, columns(title)), ' ') +
            bar(program, dimension) + std::string(6 - std::min<std::size_t>(5, percent.size()), ' ') +
            percent + "  " + fraction(dimension, "/") + "\n";
  }
  return text;
}

// Commands with what each provokes, in the order in which they are first of use; what has none comes last.
using Missing = std::vector<std::pair<std::string, std::vector<std::string>>>;
Missing missing_of(const Json& coverage) {
  Missing missing;
  for (const Json& dimension : list_at(coverage, "dimensions")) {
    for (const Json& item : list_at(dimension, "items")) {
      if (is_met(item)) continue;
      const std::string command = text_at(item, "command");
      auto place = std::find_if(missing.begin(), missing.end(),
                                [&command](const auto& entry) { return entry.first == command; });
      if (place == missing.end()) place = missing.insert(missing.end(), {command, {}});
      place->second.push_back(text_at(item, "id"));
    }
  }
  return missing;
}

// What has to be done before webhooks can be met.
std::string endpoint_advice(const Json& coverage) {
  const Json* endpoint = member(coverage, "endpoint");
  if (endpoint == nullptr || *endpoint != Json(false)) return "";
  const std::string client_id = text_at(coverage, "clientId");
  return "The partner has no webhook endpoint, so nothing of webhooks can be met. One for a try: "
         "`zest-sandbox listen` in another window, and `zest-sandbox partners update " +
         (client_id.empty() ? "client_acme" : client_id) + " --webhook-url http://127.0.0.1:9000/webhooks`.";
}

std::string head_line(const Json& coverage) {
  return "Coverage of " + whose(coverage) + ": " + text_at(coverage, "percent") + "% (" +
         fraction(coverage, " of ") + ")";
}

}  // namespace

void CoverageSum::add(const Json& coverage) {
  const Result<insight::CoverageCounts> counts = insight::read_coverage(coverage);
  const MutexLock lock(mutex_);
  if (counts.ok()) insight::add_coverage(counts_, *counts);
}

Json CoverageSum::json() const {
  const MutexLock lock(mutex_);
  return insight::coverage_json(counts_, {}, true);
}

bool covers(const Json& coverage, int percent) {
  return number_at(coverage, "covered") * 100 >=
         number_at(coverage, "total") * static_cast<std::uint64_t>(std::max(0, percent));
}

bool met_more_than_a_token(const Json& coverage) {
  const std::string_view token = row_of(kOperationTable, Operation::ExchangeTokens).id;
  for (const Json& dimension : list_at(coverage, "dimensions")) {
    for (const Json& item : list_at(dimension, "items")) {
      if (is_met(item) && text_at(item, "name") != token) return true;
    }
  }
  return false;
}

std::string coverage_screen(const Program& program, const Json& coverage) {
  std::string text =
      program.terminal.styled(Style::Bold, printable(head_line(coverage))) + "\n\n" + bars(program, coverage);
  const Missing missing = missing_of(coverage);
  if (missing.empty()) return text + "\nNothing is missing.\n";
  text += "\nWhat is missing, and what provokes it:\n";
  if (const std::string advice = endpoint_advice(coverage); !advice.empty()) text += printable(advice) + "\n";
  for (const auto& [command, ids] : missing) {
    text += "  " + program.terminal.styled(Style::Dim, "# " + printable(join(ids))) + "\n";
    if (!command.empty()) text += "  " + printable(command) + "\n";
  }
  return text;
}

std::string coverage_line(const Json& coverage) {
  std::vector<std::string> parts;
  for (const Json& dimension : list_at(coverage, "dimensions")) {
    parts.push_back(text_at(dimension, "id") + " " + fraction(dimension, "/"));
  }
  return printable(text_at(coverage, "percent") + "% (" + fraction(coverage, " of ") + "): " + join(parts));
}

std::string coverage_markdown(const Json& coverage) {
  std::string text = "### " + scenario::markdown_text(head_line(coverage)) +
                     "\n\n| | met | of | |\n| --- | ---: | ---: | ---: |\n";
  for (const Json& dimension : list_at(coverage, "dimensions")) {
    text += "| " + scenario::markdown_text(text_at(dimension, "title")) + " | " +
            text_at(dimension, "covered") + " | " + text_at(dimension, "total") + " | " +
            text_at(dimension, "percent") + "% |\n";
  }
  const Missing missing = missing_of(coverage);
  if (missing.empty()) return text + "\nNothing is missing.\n";
  std::string lines;
  for (const auto& [command, ids] : missing) lines += "# " + join(ids) + "\n" + command + "\n";
  return text + "\n<details><summary>What is missing, and what provokes it</summary>\n\n" +
         scenario::markdown_block(lines) + "\n</details>\n";
}

std::string coverage_html(const Json& coverage) {
  std::string body = "<section class=\"card\"><h1>" + markup_of(head_line(coverage)) +
                     "</h1>\n<p class=\"soft\">zest-sandbox " + markup_of(version()) + "</p></section>\n";
  for (const Json& dimension : list_at(coverage, "dimensions")) {
    const std::string percent = text_at(dimension, "percent");
    body += "<section class=\"card\" id=\"" + markup_of(text_at(dimension, "id")) + "\"><h2>" +
            markup_of(text_at(dimension, "title")) + " " + fraction(dimension, " of ") +
            "</h2>\n<p class=\"soft\">" + markup_of(text_at(dimension, "counts")) +
            "</p>\n<div class=\"bar\"><i style=\"width:" + markup_of(percent) + "%\"></i></div>\n<ul>\n";
    for (const Json& item : list_at(dimension, "items")) {
      const bool met = is_met(item);
      body += std::string("<li><span class=\"") + (met ? "met\">✓" : "missing\">✗") + "</span> <code>" +
              markup_of(text_at(item, "name")) + "</code>";
      if (met) {
        body += " <span class=\"soft\">" + markup_of(text_at(item, "count")) + "×</span>";
      } else if (const std::string command = text_at(item, "command"); !command.empty()) {
        body += "<br><code class=\"soft\">" + markup_of(command) + "</code>";
      }
      body += "</li>\n";
    }
    body += "</ul></section>\n";
  }
  return page_of_its_own(markup_of(head_line(coverage)), kStyle, body);
}

std::string coverage_junit(const Json& coverage) {
  std::vector<scenario::JunitCase> cases;
  for (const Json& dimension : list_at(coverage, "dimensions")) {
    for (const Json& item : list_at(dimension, "items")) {
      scenario::JunitCase one;
      one.suite = "coverage." + text_at(dimension, "id");
      one.name = text_at(item, "name");
      if (!is_met(item)) one.failure = "not met by any test\n" + text_at(item, "command");
      cases.push_back(std::move(one));
    }
  }
  return scenario::junit_xml(cases);
}

}  // namespace zest::cli
