// The addresses of the sandbox itself: the one that partners are told of in webhooks, which may change while
// it runs, and the one by which a call came, which the links in its answer follow. Behind a mapped port or a
// proxy the two differ.
#pragma once

#include <string>
#include <string_view>

#include "base/mutex.h"
#include "http/message.h"

namespace zest::api {

// The base URL of links in webhooks, without trailing slash. Thread-safety: all methods from any thread.
class PublicUrl {
 public:
  // `at_start` is what holds without a change: --public-url, or where the sandbox listens.
  explicit PublicUrl(std::string at_start) : at_start_(std::move(at_start)), url_(at_start_) {}
  PublicUrl(const PublicUrl&) = delete;
  PublicUrl& operator=(const PublicUrl&) = delete;

  const std::string& at_start() const { return at_start_; }
  std::string get() const EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return url_;
  }
  void set(std::string url) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    url_ = std::move(url);
  }

 private:
  const std::string at_start_;
  mutable Mutex mutex_;
  std::string url_ GUARDED_BY(mutex_);
};

// Where a database keeps the public URL that was set at run time. "local.": it belongs to the database, not
// to the state that snapshots carry.
inline constexpr std::string_view kKeptPublicUrl = "local.public_url";

// The base URL of links in the answer to this call: the address by which it came, https where a proxy says so
// (X-Forwarded-Proto), else http. `public_url` when the Host names the same address, or no usable one.
std::string base_url_of_call(const http::RequestHead& head, const std::string& public_url);

}  // namespace zest::api
