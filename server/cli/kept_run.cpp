#include "cli/kept_run.h"

#include <system_error>
#include <utility>

#include "base/file.h"
#include "base/version.h"
#include "cli/program.h"
#include "scenario/junit.h"

namespace zest::cli {
namespace {

constexpr std::size_t kPage = 1000;          // documents that one call brings
constexpr std::size_t kMostKept = 10'000;    // of each list
constexpr std::size_t kLogLinesShown = 200;  // on the page; the file has all

constexpr const char* kPageStyle = R"(
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6675; --line: #dfe4ea; --paper: #fff; --back: #f4f6f8;
  --fail: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --soft: #a3adba; --line: #38414d; --paper: #1c222a;
  --back: #12161b; --fail: #ff9d94; } }
body { margin: 0; padding: 2rem 1rem 4rem; background: var(--back); color: var(--ink);
  font: 16px/1.5 system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif; }
main { max-width: 70rem; margin: 0 auto; } h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .6rem; }
.card { background: var(--paper); border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.2rem;
  overflow-x: auto; } .soft { color: var(--soft); }
table { border-collapse: collapse; width: 100%; font-size: .88rem; }
td, th { text-align: left; vertical-align: top; padding: .25rem .8rem .25rem 0; border-top: 1px solid var(--line);
  overflow-wrap: anywhere; }
pre { font: .82rem/1.45 ui-monospace, "DejaVu Sans Mono", Consolas, monospace; margin: 0; }
)";

using Lister = Result<Json> (client::ControlApi::*)(const client::Query&) const;

Result<Json> all_of(const client::ControlApi& control, Lister list, const client::Query& query) {
  Json documents = Json::array();
  for (std::size_t page = 1;; ++page) {
    client::Query asked = query;
    asked.emplace_back("page", std::to_string(page));
    asked.emplace_back("perPage", std::to_string(kPage));
    ASSIGN_OR_RETURN(const Json answer, (control.*list)(asked));
    const Json* found = member(answer, "documents");
    if (found == nullptr || !found->is_array()) return documents;
    for (const Json& document : *found) documents.push_back(document);
    if (found->size() < kPage || documents.size() >= kMostKept) return documents;
  }
}

std::string escaped(const std::string& text) { return scenario::escape_markup(text); }

std::string row_html(const std::vector<std::string>& cells) {
  std::string html = "<tr>";
  for (const std::string& cell : cells) html += "<td>" + escaped(cell) + "</td>";
  return html + "</tr>\n";
}

std::string table_html(const std::string& heading, const std::string& none,
                       const std::vector<std::string>& names, const std::string& rows) {
  std::string html = "<h2>" + escaped(heading) + "</h2>\n<div class=\"card\">";
  if (rows.empty()) return html + "<p class=\"soft\">" + escaped(none) + "</p></div>\n";
  html += "<table><thead><tr>";
  for (const std::string& name : names) html += "<th>" + escaped(name) + "</th>";
  return html + "</tr></thead><tbody>\n" + rows + "</tbody></table></div>\n";
}

std::string failed_calls_html(const Json& journal) {
  std::string rows;
  for (const Json& call : journal) {
    const std::string status = text_at(call, "status");
    if (status < "400" && status.size() == 3) continue;
    rows += row_html({text_at(call, "wallTime"), status,
                      text_at(call, "method") + " " + text_at(call, "path"), text_at(call, "errorCode"),
                      text_at(call, "errorDetail"), text_at(call, "fault"), text_at(call, "errorId")});
  }
  return table_html("Calls that failed", "No call was refused.",
                    {"time", "status", "call", "code", "detail", "fault", "errorId"}, rows);
}

std::string failed_attempts_html(const Json& deliveries) {
  std::string rows;
  for (const Json& delivery : deliveries) {
    const Json* attempts = member(delivery, "attempts");
    if (attempts == nullptr || !attempts->is_array()) continue;
    for (const Json& attempt : *attempts) {
      if (text_at(attempt, "outcome") == "delivered") continue;
      rows += row_html({text_at(attempt, "wallTime"), text_at(delivery, "eventType"),
                        text_at(delivery, "deliveryId"),
                        text_at(attempt, "kind") + " " + text_at(attempt, "number"),
                        text_at(attempt, "responseStatus") + " " + text_at(attempt, "failure"),
                        text_at(attempt, "responseBody"), text_at(delivery, "status")});
    }
  }
  return table_html("Webhooks that were not taken", "Every attempt was answered with a success.",
                    {"time", "event", "delivery", "attempt", "answer", "body", "now"}, rows);
}

std::string page_html(const Json& journal, const Json& deliveries, const std::vector<std::string>& log,
                      const std::string& title) {
  std::string lines;
  const std::size_t first = log.size() > kLogLinesShown ? log.size() - kLogLinesShown : 0;
  for (std::size_t i = first; i < log.size(); ++i) lines += escaped(log[i]) + "\n";
  return "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<meta name=\"viewport\" "
         "content=\"width=device-width, initial-scale=1\">\n<title>" +
         escaped(title) + "</title>\n<style>" + kPageStyle + "</style></head>\n<body><main>\n<h1>" +
         escaped(title) + "</h1>\n<p class=\"soft\">" + std::to_string(journal.size()) + " calls, " +
         std::to_string(deliveries.size()) +
         " deliveries. Beside this page: journal.json, deliveries.json, log.txt, and snapshot.json, which "
         "<code>zest-sandbox serve --import snapshot.json</code> brings back. zest-sandbox " +
         escaped(std::string(version())) + "</p>\n" + failed_calls_html(journal) +
         failed_attempts_html(deliveries) + "<h2>The end of the log</h2>\n<div class=\"card\"><pre>" + lines +
         "</pre></div>\n</main></body></html>\n";
}

}  // namespace

Result<void> keep_run(const std::filesystem::path& folder, const client::ControlApi& control,
                      const std::vector<std::string>& log, const std::string& title) {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed) return invalid_request(folder.string() + " cannot be made: " + failed.message());
  ASSIGN_OR_RETURN(const Json journal, all_of(control, &client::ControlApi::requests, {}));
  ASSIGN_OR_RETURN(const Json deliveries,
                   all_of(control, &client::ControlApi::deliveries, {{"include", "attempts"}}));
  ASSIGN_OR_RETURN(const std::string snapshot, control.save_snapshot());
  std::string lines;
  for (const std::string& line : log) lines += line + "\n";
  const std::pair<const char*, std::string> files[] = {
      {"journal.json", dump_json_pretty(journal) + "\n"},
      {"deliveries.json", dump_json_pretty(deliveries) + "\n"},
      {"snapshot.json", snapshot},
      {"log.txt", lines},
      {"index.html", page_html(journal, deliveries, log, title)}};
  for (const auto& [name, text] : files) RETURN_IF_ERROR(write_secret_file((folder / name).string(), text));
  return {};
}

}  // namespace zest::cli
