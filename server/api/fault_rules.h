// Chaos rules on calls of the partner API: which fault they put on one. Rules apply in order of creation:
// latencies add up, expireTokens goes with any other, and of the rest the first decides. Thread-safety: all
// methods from any thread.
#pragma once

#include <optional>
#include <string>

#include "api/fault.h"
#include "api/router.h"
#include "api/services.h"
#include "chaos/rule.h"

namespace zest::api {

class FaultRules {
 public:
  explicit FaultRules(const Services& services) : services_(services) {}

  // The fault for a call by `caller` (absent: nobody knows who calls); nothing when no rule acts. Counts the
  // rules that it meets, in a transaction of their own. Errors: ServiceUnavailable.
  Result<std::optional<Fault>> find(const http::RequestHead& head, const Route& route,
                                    const std::optional<std::string>& caller) const;

 private:
  const Services& services_;
};

// Who a token request says that it comes from, before that is checked: the assertion's client, or the refresh
// token's. Nothing for other requests.
std::optional<std::string> claimed_client(const Services& services, const Route& route,
                                          std::string_view body);

}  // namespace zest::api
