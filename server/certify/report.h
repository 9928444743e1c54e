// What a grading found, and how it is written for machines and for colleagues. Thread-safety: pure functions.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "certify/duties.h"
#include "scenario/junit.h"

namespace zest::certify {

struct Report {
  bool of_client = false;   // of the calls of an application; else of a receiver of webhooks
  std::string application;  // of_client: its name
  std::size_t calls_seen = 0;
  std::string url;        // without credentials and query
  std::string probe_url;  // the same; "": none
  Instant started_at{};   // wall
  Duration took{0};       // wall
  std::size_t webhooks_sent = 0;
  std::vector<DutyResult> results;  // in the order of duties()
  Grade grade = Grade::F;
  std::vector<std::string> limits;  // what no black box can show, one sentence each

  bool passed() const;  // every must holds, but those that were not asked for; of a client, none fails
  const char* meaning() const;  // of its grade
};

Json json_report(const Report& report);

// One case per duty: failed, passed, or skipped when it was not shown. A should that does not hold is a
// failure too.
std::vector<scenario::JunitCase> junit_cases(const Report& report);

// One page that needs nothing else: no script, no font, no picture from anywhere.
std::string html_report(const Report& report);

// For the summary of a job: grade, duties, and what helps.
std::string markdown_report(const Report& report);

// "15 of 19 duties hold, 1 must and 1 should do not, 2 are not shown"
std::string summary(const Report& report);

}  // namespace zest::certify
