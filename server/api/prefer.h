// Faults that a caller asks for with one call, by header: `Prefer: code=503`, `delay=2s`,
// `fault=drop-before-execute`, `fault=drop-after-commit` (RFC 7240; several may be given). Thread-safety:
// free functions.
#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "base/result.h"
#include "base/time.h"
#include "http/message.h"

namespace zest::api {

// Longest `delay` that is taken; wall time.
inline constexpr Duration kMaxPreferredDelay{60'000};

struct PreferredFault {
  enum class Drop { None, BeforeExecute, AfterCommit };
  std::optional<ErrorKind> error;  // answered instead of executing the call
  bool unprocessable = false;      // code=422: in the shape of Zest's web framework
  Duration delay{0};               // wall, before anything else
  Drop drop = Drop::None;          // the connection is cut without an answer
  std::string applied;             // value of Preference-Applied; also the journal's `fault`
};

// Nothing when no fault is asked for; other preferences are not ours and ignored. Errors: InvalidRequest for
// a code, delay or fault that there is not, naming those there are.
Result<std::optional<PreferredFault>> read_preferred_fault(const http::RequestHead& head);

}  // namespace zest::api
