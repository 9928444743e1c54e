#include "base/look.h"
#include "base/version.h"
#include "certify/client_duties.h"
#include "certify/report.h"

namespace zest::certify {
namespace {

// Over the variables of base/look.h.
constexpr const char* kStyle = R"(
h2 { font-size: 1.15rem; margin: 2.2rem 0 .7rem; }
.head { display: flex; gap: 1.4rem; align-items: center; }
.grade { flex: none; width: 5.2rem; height: 5.2rem; border-radius: 50%; display: grid; place-items: center;
  font-size: 2.8rem; font-weight: 700; }
.pass { color: var(--good); background: var(--good-back); } .fail { color: var(--bad); background: var(--bad-back); }
.none { color: var(--wait); background: var(--wait-back); }
.duty { margin: .6rem 0; } .duty > p:first-child { display: flex; gap: .7rem; align-items: baseline; margin: 0; }
.badge { flex: none; min-width: 5.6rem; text-align: center; border-radius: 99px; padding: .05rem .7rem;
  font-size: .82rem; font-weight: 600; }
.title { font-weight: 600; flex: 1; } .level { color: var(--soft); font-size: .85rem; }
.fix { border-left: 3px solid currentColor; padding: .3rem .8rem; margin: .6rem 0; border-radius: 0 6px 6px 0; }
.fix span { color: var(--ink); }
details { margin-top: .45rem; } summary { cursor: pointer; color: var(--soft); font-size: .9rem; }
table { border-collapse: collapse; width: 100%; margin-top: .4rem; font-size: .88rem; }
td, th { text-align: left; vertical-align: top; padding: .25rem .6rem .25rem 0; border-top: 1px solid var(--line); }
td { overflow-wrap: anywhere; } td:last-child, th:last-child { text-align: right; white-space: nowrap; padding-right: 0; }
ul { margin: .3rem 0; padding-left: 1.3rem; } li { margin: .25rem 0; }
@media (max-width: 36rem) { .head { flex-direction: column; align-items: flex-start; }
  .duty > p:first-child { flex-wrap: wrap; } .title { flex-basis: 9rem; } }
@media print { .duty { break-inside: avoid; } }
)";

std::string escaped(std::string_view text) { return scenario::escape_markup(text); }

const char* class_of(Verdict verdict) {
  return verdict == Verdict::Pass ? "pass" : verdict == Verdict::Fail ? "fail" : "none";
}

const char* class_of(Grade grade) {
  return grade == Grade::A || grade == Grade::B ? "pass" : grade == Grade::C ? "none" : "fail";
}

std::string evidence_html(const DutyResult& result) {
  if (result.evidence.empty()) return "";
  std::string rows;
  for (const Evidence& one : result.evidence) {
    rows += "<tr><td>" + escaped(one.sent) + "</td><td><code>" + escaped(one.answer) + "</code></td><td>" +
            (one.latency ? std::to_string(one.latency->count()) + " ms" : "") + "</td></tr>\n";
  }
  return "<details" + std::string(result.verdict == Verdict::Fail ? " open" : "") +
         "><summary>What was sent, and what came "
         "back</summary>\n<table><thead><tr><th>sent</th><th>answer</th>"
         "<th>took</th></tr></thead><tbody>\n" +
         rows + "</tbody></table></details>\n";
}

std::string duty_html(const DutyResult& result) {
  const Duty& duty = *result.duty;
  std::string html = "<section class=\"card duty\" id=\"" + escaped(duty.id) +
                     "\">\n<p><span class=\"badge " + class_of(result.verdict) + "\">" +
                     verdict_name(result.verdict) + "</span><span class=\"title\">" + escaped(duty.title) +
                     "</span><span class=\"level\">" + level_name(duty.level) + " · " +
                     escaped(duty.documentation) + "</span></p>\n<p>" + escaped(result.sentence) + "</p>\n";
  if (result.verdict == Verdict::Fail) {
    html += "<p class=\"fix fail\"><span><b>How to fix it.</b> " + escaped(duty.fix) + "</span></p>\n";
  }
  return html + evidence_html(result) + "</section>\n";
}

std::string head_html(const Report& report) {
  std::string html = "<div class=\"card head\"><div class=\"grade " + std::string(class_of(report.grade)) +
                     "\">" + grade_name(report.grade) + "</div><div>\n<h1>" +
                     (report.of_client ? "API client" : "Webhook receiver") + ", graded</h1>\n<p>" +
                     escaped(report.meaning()) + " " + escaped(summary(report)) +
                     ".</p>\n<p class=\"soft\"><code>" +
                     escaped(report.of_client ? report.application : report.url) + "</code>";
  if (!report.probe_url.empty()) html += ", state at <code>" + escaped(report.probe_url) + "</code>";
  return html + "<br>" + escaped(format_instant(report.started_at)) + ", " +
         (report.of_client ? std::to_string(report.calls_seen) + " calls in "
                           : std::to_string(report.webhooks_sent) + " webhooks in ") +
         escaped(format_duration(report.took)) + ", zest-sandbox " + escaped(version()) +
         "</p>\n</div></div>\n";
}

// The duties with one of these verdicts below a heading; "" when there are none.
std::string group_html(const Report& report, const std::string& heading,
                       const std::vector<Verdict>& verdicts) {
  std::string html;
  for (const DutyResult& result : report.results) {
    for (const Verdict verdict : verdicts) {
      if (result.verdict == verdict) html += duty_html(result);
    }
  }
  return html.empty() ? html : "<h2>" + heading + "</h2>\n" + html;
}

std::string grades_html(bool of_client) {
  std::string html = "<h2>What the grades mean</h2>\n<div class=\"card\"><table><tbody>\n";
  for (const Grade grade : {Grade::A, Grade::B, Grade::C, Grade::F}) {
    html += std::string("<tr><th>") + grade_name(grade) +
            "</th><td style=\"text-align:left;white-space:normal\">" +
            escaped(of_client ? client_grade_meaning(grade) : grade_meaning(grade)) + "</td></tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

}  // namespace

std::string html_report(const Report& report) {
  std::string limits;
  for (const std::string& limit : report.limits) limits += "<li>" + escaped(limit) + "</li>\n";
  const std::string title = std::string(report.of_client ? "API client" : "Webhook receiver") + ": grade " +
                            std::string(grade_name(report.grade));
  return page_of_its_own(
      title, kStyle,
      head_html(report) + group_html(report, "What does not hold", {Verdict::Fail}) +
          group_html(report, "What could not be shown", {Verdict::NotShown, Verdict::NotAsked}) +
          group_html(report, "What holds", {Verdict::Pass}) +
          "<h2>What no look from outside can show</h2>\n<div class=\"card\"><ul>\n" + limits +
          "</ul></div>\n" + grades_html(report.of_client));
}

}  // namespace zest::certify
