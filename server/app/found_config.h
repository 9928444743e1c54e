// A zest-sandbox.json that was merely found in the working directory came with a checkout, say: it may choose
// how the sandbox behaves, not what of the machine it opens or touches. Thread-safety: free functions.
#pragma once

#include <filesystem>

#include "base/json.h"
#include "base/result.h"

namespace zest::app {

// Refuses host, admin token, and paths that lead out of the file's folder, by links too. `document` is an
// object of option names and values, `name` how messages call the file. Errors: InvalidRequest that names the
// option and
// --config.
Result<void> check_found_config(const Json& document, const std::filesystem::path& folder,
                                const std::string& name);

}  // namespace zest::app
