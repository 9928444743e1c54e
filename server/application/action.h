// Makes the application call Zest, as its description says how. Thread-safety: none.
#pragma once

#include <string>

#include "application/call.h"
#include "application/description.h"
#include "base/json.h"
#include "base/result.h"

namespace zest::application {

// What became of an action.
struct Acted {
  std::string intent;  // ${intent}: the same again is the same intent
  std::string called;  // "POST http://127.0.0.1:3000/deals"
  Answer answer;
  Json captured = Json::object();  // what the answer had of `capture`; the rest is for the sandbox to tell
};

// A body of the Partner API that fits the action, for ${sample.X}: its own members, and those of its first
// row where it has rows. `ingredients` are client::standard_ingredients; `names` has what is known of
// resources (spvSlug, zestPersonId, shareClassSlug …).
Json sample_of(ActionKind kind, const Json& ingredients, const Json& names);

// A fresh id.
std::string fresh_intent();

// `names`: members for ${…} and {…} beside the description's variables: those of resources, and what earlier
// actions captured. Any answer counts as one, whatever its status. Errors: InvalidRequest with one sentence
// that begins with file, line and column: what it names is not there, or the application did not answer.
Result<Acted> act(const Description& description, const Action& action, const Json& sample, const Json& names,
                  const std::string& intent);

}  // namespace zest::application
