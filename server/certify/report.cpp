#include "certify/report.h"

#include "base/version.h"
#include "certify/client_duties.h"

namespace zest::certify {
namespace {

Json duty_json(const DutyResult& result) {
  Json evidence = Json::array();
  for (const Evidence& one : result.evidence) {
    evidence.push_back({{"sent", one.sent},
                        {"answer", one.answer},
                        {"latencyMs", one.latency ? Json(one.latency->count()) : Json()}});
  }
  return {{"id", result.duty->id},
          {"title", result.duty->title},
          {"level", level_name(result.duty->level)},
          {"verdict", verdict_name(result.verdict)},
          {"sentence", result.sentence},
          {"documentation", result.duty->documentation},
          {"fix", result.duty->fix},
          {"durationMs", result.took.count()},
          {"evidence", std::move(evidence)}};
}

}  // namespace

bool Report::passed() const {
  for (const DutyResult& result : results) {
    const bool holds = result.verdict == Verdict::Pass || result.verdict == Verdict::NotAsked ||
                       (of_client && result.verdict == Verdict::NotShown);
    if (result.duty->level == Level::Must && !holds) return false;
  }
  return true;
}

const char* Report::meaning() const { return of_client ? client_grade_meaning(grade) : grade_meaning(grade); }

std::string summary(const Report& report) {
  std::size_t held = 0;
  std::size_t musts = 0;
  std::size_t shoulds = 0;
  std::size_t not_shown = 0;
  for (const DutyResult& result : report.results) {
    if (result.verdict == Verdict::Pass) {
      ++held;
    } else if (result.verdict != Verdict::Fail) {
      ++not_shown;
    } else {
      ++(result.duty->level == Level::Must ? musts : shoulds);
    }
  }
  std::string text = std::to_string(held) + " of " + std::to_string(report.results.size()) + " duties hold";
  if (musts > 0)
    text += ", " + std::to_string(musts) + " that must hold " + (musts == 1 ? "does not" : "do not");
  if (shoulds > 0) {
    text += ", " + std::to_string(shoulds) + " that should hold " + (shoulds == 1 ? "does not" : "do not");
  }
  if (not_shown > 0)
    text += ", " + std::to_string(not_shown) + (not_shown == 1 ? " is" : " are") + " not shown";
  return text;
}

Json json_report(const Report& report) {
  Json answer = {{"tool", "zest-sandbox certify"}, {"version", version()}};
  if (report.of_client) {
    answer["subject"] = "client";
    answer["application"] = report.application;
    answer["callsSeen"] = report.calls_seen;
  } else {
    answer["webhookUrl"] = report.url;
    answer["probeUrl"] = report.probe_url.empty() ? Json() : Json(report.probe_url);
  }
  answer["startedAt"] = format_instant(report.started_at);
  answer["durationMs"] = report.took.count();
  if (!report.of_client) answer["webhooksSent"] = report.webhooks_sent;
  answer["grade"] = grade_name(report.grade);
  answer["gradeMeaning"] = report.meaning();
  answer["passed"] = report.passed();
  answer["summary"] = summary(report);
  answer["duties"] = Json::array();
  for (const DutyResult& result : report.results) answer["duties"].push_back(duty_json(result));
  answer["cannotBeShown"] = report.limits;
  return answer;
}

std::vector<scenario::JunitCase> junit_cases(const Report& report) {
  std::vector<scenario::JunitCase> cases;
  for (const DutyResult& result : report.results) {
    scenario::JunitCase test;
    test.suite =
        std::string(report.of_client ? "certify.client." : "certify.") + level_name(result.duty->level);
    test.name = std::string(result.duty->id);
    test.seconds = static_cast<double>(result.took.count()) / 1000;
    if (result.verdict == Verdict::Fail) {
      test.failure = result.sentence + "\nHow to fix it: " + std::string(result.duty->fix) +
                     "\nZest docs: " + std::string(result.duty->documentation);
    } else if (result.verdict != Verdict::Pass) {
      test.skipped = result.sentence;
    }
    cases.push_back(std::move(test));
  }
  return cases;
}

}  // namespace zest::certify
