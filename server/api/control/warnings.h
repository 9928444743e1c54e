// Warnings as the control plane tells them. Thread-safety: free functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/pipeline/services.h"
#include "insight/warnings.h"

namespace zest::api {

// What was seen, and what the partners' settings show now. Errors: NotFound for an unknown partner,
// ServiceUnavailable.
Result<std::vector<insight::Warning>> current_warnings(const Services& services,
                                                       const std::optional<std::string>& client_id);

}  // namespace zest::api
