// What `expect` steps look at: deliveries, what reached the receiver, its state, the journal.
#pragma once

#include <string>

#include "base/json.h"
#include "scenario/matcher.h"
#include "scenario/stage.h"

namespace zest::scenario {

struct Judgement {
  std::string what;    // what was looked at, in words
  bool looked = true;  // false: nothing but what `held` and `not_checked` say
  Mismatches mismatches;
  Json found;                           // the documents that were looked at, for captures; an array
  std::vector<std::string> held;        // what the application answered as expected, beside `what`
  std::vector<NotChecked> not_checked;  // what cannot be seen of an application that is not described so far
};

// `step` is expanded. Everything due has been settled before. Errors: the sandbox does not answer.
Result<Judgement> check_expectation(Stage& stage, const Json& step);

// Whether a delivery (as the control plane shows it) is of one of the event types of `wanted` (a pattern or a
// list of them, nullptr for all) and about `subject` (nullptr for any).
bool is_selected(const Json& delivery, const Json* wanted, const Json* subject);

}  // namespace zest::scenario
