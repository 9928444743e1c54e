// The Model Context Protocol as far as tools need it: JSON-RPC 2.0 messages in, answers out. Whoever carries
// the messages (lines of standard input, bodies of POST /_sandbox/mcp) calls answer(). Thread-safety: that of
// the host.
#pragma once

#include <optional>
#include <string>

#include "base/json.h"
#include "base/result.h"
#include "mcp/tools.h"

namespace zest::mcp {

// Does what tools do.
class Host {
 public:
  virtual ~Host() = default;
  virtual bool offers(const Tool& tool) const = 0;
  // The arguments have been checked. Errors become results that say what went wrong.
  virtual Result<Json> call(const Tool& tool, const Json& arguments) = 0;
};

// The answer to a message; nothing for notifications and answers, which want none.
std::optional<Json> answer(Host& host, const Json& message);
// The answer to what is no JSON.
Json parse_failure();

}  // namespace zest::mcp
