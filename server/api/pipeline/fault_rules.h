// Chaos rules on calls of the partner API: which fault they put on one. Rules apply in order of creation:
// latencies and delays add up, expireTokens goes with any other, and of the rest the first decides.
// Thread-safety: all methods from any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/pipeline/fault.h"
#include "api/pipeline/router.h"
#include "api/pipeline/services.h"
#include "base/mutex.h"
#include "chaos/rule.h"

namespace zest::api {

class FaultRules {
 public:
  explicit FaultRules(const Services& services) : services_(services) {}

  // The fault for a call by `caller` (asked only when a rule may be about the call; nothing: nobody knows who
  // calls); nothing when no rule acts. Counts the rules that it meets, in a transaction of their own. Errors:
  // ServiceUnavailable.
  Result<std::optional<Fault>> find(const http::RequestHead& head, const Route& route,
                                    const std::function<std::optional<std::string>()>& caller)
      EXCLUDES(mutex_);

 private:
  // What the rules on the API match, of the store at `version`.
  struct Matches {
    std::uint64_t version = 0;
    std::vector<chaos::Match> matches;
  };
  Result<std::shared_ptr<const Matches>> current() EXCLUDES(mutex_);

  const Services& services_;
  Mutex mutex_;
  std::shared_ptr<const Matches> matches_ GUARDED_BY(mutex_);
};

// Who a token request says that it comes from, before that is checked: the assertion's client, or the refresh
// token's. Nothing for other requests.
std::optional<std::string> claimed_client(const Services& services, const Route& route,
                                          std::string_view body);

}  // namespace zest::api
