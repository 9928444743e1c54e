// Takes a snapshot (document.h). Thread-safety: free functions.
#pragma once

#include <filesystem>

#include "base/clock.h"
#include "base/result.h"
#include "store/store.h"

namespace zest::snapshot {

// Writes the present state to `file`, as it is at one moment, while changes go on. Errors: ServiceUnavailable
// (store, or disk full); InternalError when the content of an upload is lost.
Result<void> save(store::Store& store, const WallClock& clock, const std::filesystem::path& file);

}  // namespace zest::snapshot
