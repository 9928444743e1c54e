// What an application is made to do for a grading of its calls, and what goes wrong each time. Thread-safety:
// immutable.
#pragma once

#include <string>
#include <vector>

#include "application/description.h"
#include "base/json.h"
#include "certify/client_facts.h"

namespace zest::certify {

struct Plan {
  application::ActionKind kind{};
  Provocation provocation = Provocation::None;
  int status = 0;  // of Refused and Down: what is answered
};

// In the order in which they are played: the first success shows that driving works at all, and a token that
// is short-lived (ShortToken) comes right before the look at what becomes of it (EndedToken).
const std::vector<Plan>& client_plans();

// How long the token of ShortToken lives. Wall. [sandbox]
inline constexpr Duration kShortLife{5'000};

// The chaos rules that make it, with ids of their own; none where nothing is put on calls.
std::vector<Json> rules_of(const Plan& plan, const std::string& operation);

// How many successes of the operation the client should come to.
std::size_t successes_to_come(Provocation provocation);

}  // namespace zest::certify
