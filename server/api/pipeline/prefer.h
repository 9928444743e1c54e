// Faults that a caller asks for with one call, by header: `Prefer: code=503`, `delay=2s`,
// `fault=drop-before-execute`, `fault=drop-after-commit` (RFC 7240; several may be given). Thread-safety:
// free functions.
#pragma once

#include <optional>

#include "api/pipeline/fault.h"
#include "base/result.h"
#include "http/message.h"

namespace zest::api {

// `delay` is wall time and at most chaos::kMaxLatency. Nothing when no fault is asked for; other preferences
// are not ours and ignored. Errors: InvalidRequest for a code, delay or fault that there is not, naming those
// there are.
Result<std::optional<Fault>> read_preferred_fault(const http::RequestHead& head);

}  // namespace zest::api
