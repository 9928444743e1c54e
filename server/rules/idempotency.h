// Idempotency keys: the first successful answer of a partner's key is kept for 24 virtual hours and replayed
// verbatim. Zest docs: idempotency.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "rules/context.h"

namespace zest::rules {

inline constexpr Duration kIdempotencyWindow{24 * 3'600'000};  // virtual
inline constexpr std::size_t kMaxIdempotencyKey = 255;         // visible ASCII characters

struct Reply {
  int status = 200;
  std::string body;  // JSON text
  bool replayed = false;
};

// 1 to 255 visible ASCII characters. Errors: InvalidRequest.
Result<void> check_idempotency_key(std::string_view key);

// Of method, path and canonical body.
std::string request_fingerprint(std::string_view method, std::string_view path, const Json& body);

// Replays the key's answer, or runs `execute` and keeps its answer when it is a success. Without a key it
// just runs. Errors: Conflict when the key was used with another fingerprint; those of `execute` are not
// kept.
Result<Reply> run_once(Context& context, const std::optional<std::string>& key,
                       const std::string& fingerprint, const std::function<Result<Reply>()>& execute);

}  // namespace zest::rules
