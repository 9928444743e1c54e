// Faults that a caller asks for with one call, by header: `Prefer: code=503`, `delay=2s`,
// `fault=drop-before-execute`, `fault=drop-after-commit` (RFC 7240; several may be given). Thread-safety:
// free functions.
#pragma once

#include <optional>

#include "api/fault.h"
#include "base/result.h"
#include "http/message.h"

namespace zest::api {

// Longest `delay` that is taken; wall time.
inline constexpr Duration kMaxPreferredDelay{60'000};

// Nothing when no fault is asked for; other preferences are not ours and ignored. Errors: InvalidRequest for
// a code, delay or fault that there is not, naming those there are.
Result<std::optional<Fault>> read_preferred_fault(const http::RequestHead& head);

}  // namespace zest::api
