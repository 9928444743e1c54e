// Time-limited signed URLs of uploaded documents, served by the sandbox itself below /files/. Zest docs:
// uploads. Thread-safety: immutable.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "model/lane.h"
#include "model/subscription.h"
#include "store/store.h"

namespace zest::rules {

// Virtual. As old as the body of the last attempt (14 h 35 min) must still be fetchable: 24 h.
inline constexpr Duration kFileUrlLifetime{24 * 3'600'000};

struct FileGrant {
  std::string client_id;
  std::string sha256;  // lower-case hex
  std::string content_type;
  Instant expires_at{};  // virtual, of that partner's lane
};

class FileUrls {
 public:
  // `key` signs the tokens.
  explicit FileUrls(std::string key) : key_(std::move(key)) {}
  // The same below a base URL, without trailing slash: the public one for webhooks, the address of the call
  // for answers. Without one the URLs begin with a slash.
  FileUrls below(std::string base_url) const {
    FileUrls urls(key_);
    urls.base_url_ = std::move(base_url);
    return urls;
  }
  std::string url(const std::string& client_id, const Upload& upload, Instant now) const;
  // Errors: Forbidden for anything that was not signed here. Whether it has expired is the caller's to check.
  Result<FileGrant> open(std::string_view token) const;

 private:
  std::string base_url_;
  std::string key_;
};

// Forgets content that was replaced once the last URL to it has expired, on the clocks of its partners.
// Answers how much there was of it.
std::size_t forget_expired_files(store::Write& tx, const MachineTime& machine);

}  // namespace zest::rules
