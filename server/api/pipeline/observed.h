// What warnings and coverage are told, from what the pipeline and the engine have. Thread-safety: free
// functions.
#pragma once

#include "api/pipeline/journal.h"
#include "engine/engine.h"
#include "insight/observed.h"

namespace zest::api {

// As long as what they were made of.
insight::ObservedCall observed(const JournalEntry& entry);
insight::ObservedAttempt observed(const engine::AttemptReport& report);

}  // namespace zest::api
