// What a good application does, as a table, and what was found about each duty. Thread-safety: values.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace zest::certify {

enum class Level { Must, Should };

// One row of the table of duties.
struct Duty {
  std::string_view id;     // part of the reports' format: stable
  std::string_view title;  // what a good receiver does
  Level level = Level::Must;
  std::string_view documentation;  // page of Zest's documentation
  std::string_view fix;            // what to do when it does not hold
};
const std::vector<Duty>& duties();

enum class Verdict {
  Pass,
  Fail,
  NotShown,  // it could not be judged; the sentence says why
  NotAsked,  // the same, because an option was not given
};
const char* verdict_name(Verdict verdict);  // "pass", "fail", "not shown"
const char* level_name(Level level);

// One webhook (or several of a kind) and what came back.
struct Evidence {
  std::string sent;
  std::string answer;
  std::optional<Duration> latency;  // wall; nothing when it is no exchange
};

struct DutyResult {
  const Duty* duty = nullptr;
  Verdict verdict = Verdict::NotShown;
  std::string sentence;
  std::vector<Evidence> evidence;
  Duration took{0};  // wall
};

// A    every duty holds, those about state included
// B    every must that was judged holds; a should does not, or state was not looked at
// C    a must does not hold (or could not be judged), but genuine webhooks get in and others do not
// F    forged or replayed webhooks get in, or genuine ones do not
enum class Grade { A, B, C, F };
const char* grade_name(Grade grade);
const char* grade_meaning(Grade grade);

}  // namespace zest::certify
