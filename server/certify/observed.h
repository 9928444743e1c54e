// What looks at an application's state and effects found about one duty. Thread-safety: none.
#pragma once

#include <string>
#include <vector>

#include "certify/session.h"

namespace zest::certify {

struct Observed {
  DutyResult& result;
  std::vector<std::string> held;    // what stayed as it was
  std::vector<std::string> broken;  // the rest, as parts of a sentence

  // Notes whether the state of something is what it was before.
  void compare(const std::string& kind, const std::string& when, const std::string& before,
               const Result<std::string>& after);
};

// The verdict: `passed` is the sentence where all held, `skipped` says what was not looked at, and why.
void conclude(const Observed& finding, const std::vector<std::string>& skipped, const std::string& passed);

// What the application does once per event: when its event comes, and however its copies and older events
// come. Answers what could not be looked at, and why.
std::vector<std::string> check_effects(Session& session, Observed& once);

}  // namespace zest::certify
