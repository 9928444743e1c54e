// Asks the application what it believes of a resource, and how often it did something: until the answer is
// the right one or the time is over, and once more after a while, because applications are right to process
// webhooks after they have answered them. Blocks; wall time. Thread-safety: free functions.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "application/description.h"
#include "base/json.h"
#include "base/result.h"

namespace zest::application {

// What an application says of a resource that it has not heard of, for people.
inline constexpr const char* kNothingKnown = "nothing known of it";

// What came of a question.
struct Observation {
  bool holds = false;
  bool unanswered = false;  // `got` is a whole sentence that says why
  std::string asked;        // "GET http://127.0.0.1:3000/state/svr_1"
  std::string expected;     // in the application's words: "approved (live)"
  std::string got;          // the same, or why there is no answer
};

// Whether the application believes `state` (a word of Zest's, see states_of) of the resource that `names`
// tell of (names_of an event about it).
Observation expect_state(const Probe& probe, const Json& names, const std::string& state);
// Whether the effect has happened so many times for it.
Observation expect_count(const Effect& effect, const Json& names, std::int64_t count);

// One look. The value at the question's path as text; nothing when the application does not know the
// resource: 404, 410, nothing or null there. Errors: InvalidRequest with one sentence that begins with file,
// line and column.
Result<std::optional<Json>> ask(const Question& question, const Json& names);

// Zest's word for what the application says ("unknown" for nothing); nothing for a word that the probe does
// not have.
std::optional<std::string> state_named(const Probe& probe, const std::optional<Json>& answer);

// Reads until `enough` holds of the answer, as long as `within`; once more after `settle` when it does.
// Answers what was read last.
struct Answered {
  Result<std::optional<Json>> answer;
  bool held = false;
};
Answered ask_until(const Question& question, const Json& names,
                   const std::function<bool(const std::optional<Json>&)>& enough);

}  // namespace zest::application
