// What the recorder of coverage is told, from what the pipeline and the engine have. Thread-safety: free
// functions.
#pragma once

#include "api/pipeline/journal.h"
#include "engine/engine.h"
#include "insight/coverage_recorder.h"

namespace zest::api {

insight::CallFact call_fact(const JournalEntry& entry);  // as long as the entry
insight::AttemptFact attempt_fact(const engine::AttemptReport& report);

}  // namespace zest::api
