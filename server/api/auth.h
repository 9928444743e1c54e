// Who calls the partner API: bearer tokens. Zest docs: authentication.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "api/services.h"
#include "base/mutex.h"
#include "http/message.h"
#include "model/partner.h"

namespace zest::api {

// The token of `Authorization: Bearer <token>`. Errors: InvalidToken that names what is wrong with the
// header.
Result<std::string> bearer_token(const http::RequestHead& head);

// Thread-safety: all methods from any thread.
class Authenticator {
 public:
  explicit Authenticator(const Services& services) : services_(services) {}

  // The caller by its token, checked against the store. Errors: InvalidToken that names the cause,
  // ServiceUnavailable.
  Result<Partner> authenticate(const http::RequestHead& head) EXCLUDES(mutex_);
  // What authenticate() found last for this token. A call is authenticated before its body is taken, and its
  // body may take a while: the second half of the call asks here instead of the store.
  Result<Partner> recall(const http::RequestHead& head) EXCLUDES(mutex_);
  // The client id of recall(), or nothing; never asks the store.
  std::optional<std::string> recall_client(const http::RequestHead& head) EXCLUDES(mutex_);

 private:
  // The remembered tokens are those of calls in flight; more than these are forgotten, which costs a second
  // check.
  static constexpr std::size_t kRemembered = 4096;

  Result<Partner> check(const std::string& token) const;

  const Services& services_;
  Mutex mutex_;
  std::unordered_map<std::string, Partner> remembered_ GUARDED_BY(mutex_);
};

}  // namespace zest::api
