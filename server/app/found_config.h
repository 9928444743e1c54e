// A zest-sandbox.json that was merely found in the working directory came with a checkout, say: it may choose
// how the sandbox behaves, not what of the machine it opens or touches. Thread-safety: free functions.
#pragma once

#include <filesystem>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace zest::app {

// Refuses host, admin token, the console's folder, whose scripts would run with the control plane's rights,
// names that open the control plane to pages of strangers (is_local_name), and paths that lead out of the
// file's folder, by links too. `document` is an object of option names and values, `name` how messages call
// the file. Errors: InvalidRequest that names the option and --config.
Result<void> check_found_config(const Json& document, const std::filesystem::path& folder,
                                const std::string& name);

// Whether a host's name means something on this machine or in its network only: without a dot, or below a
// domain that is reserved for such use (RFC 2606, 6761, 6762, 8375, and .internal). Any other name has an
// owner, who can make it lead to this machine (DNS rebinding). No addresses.
bool is_local_name(std::string_view host);

}  // namespace zest::app
