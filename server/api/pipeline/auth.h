// Who calls the partner API: bearer tokens. Zest docs: authentication.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "api/pipeline/services.h"
#include "base/json.h"
#include "base/mutex.h"
#include "http/message.h"
#include "model/partner.h"

namespace zest::api {

// The token of `Authorization: Bearer <token>`. Errors: InvalidToken that names what is wrong with the
// header.
Result<std::string> bearer_token(const http::RequestHead& head);

// The answer that brings a token pair. Zest docs: authentication.
Json token_json(const rules::TokenPair& pair);

// Errors: ServiceUnavailable while the partner is being reset, when nothing of it can be told.
Result<void> check_not_resetting(const store::Store& store, std::string_view client_id);

// Thread-safety: all methods from any thread.
class Authenticator {
 public:
  explicit Authenticator(const Services& services) : services_(services) {}

  // Whose token it is, its `jti`, and its end (wall).
  struct Caller {
    Partner partner;
    std::string token_id;
    Instant expires_at{};
    bool short_lived = false;  // by a chaos rule
  };
  // The caller by its token, checked against the store, or against what was found there before as long as
  // nothing has changed. Errors: InvalidToken that names the cause, ServiceUnavailable.
  Result<Caller> authenticate(const http::RequestHead& head) EXCLUDES(mutex_);

 private:
  // A token that was found good, of the store at `version`.
  struct Verified {
    Caller caller;
    std::uint64_t version = 0;
  };
  // More tokens than these are forgotten, which costs each another look into the store.
  static constexpr std::size_t kRemembered = 4096;

  Result<Verified> check(const std::string& token) const;

  const Services& services_;
  Mutex mutex_;
  std::unordered_map<std::string, Verified> verified_ GUARDED_BY(mutex_);  // by the token's digest
};

}  // namespace zest::api
