// Restoring the whole state, shared by the control plane and --import. Thread-safety: free functions.
#pragma once

#include <filesystem>
#include <optional>

#include "api/pipeline/services.h"
#include "base/json.h"
#include "base/result.h"

namespace zest::api {

// Puts the snapshot in `document` in the state's place, while no lane works; `rewind` counts unless the
// document says otherwise. Answers what was restored. Errors: InvalidRequest naming the place of what is
// wrong; ServiceUnavailable.
Result<Json> restore_snapshot(const Services& services, const std::filesystem::path& document, bool rewind);

}  // namespace zest::api
