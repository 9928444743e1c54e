// Time-limited signed URLs of uploaded documents, served by the sandbox itself below /files/. Zest docs:
// uploads. Thread-safety: immutable.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "model/subscription.h"

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
  // `base_url` without trailing slash; `key` signs the tokens.
  FileUrls(std::string base_url, std::string key) : base_url_(std::move(base_url)), key_(std::move(key)) {}
  std::string url(const std::string& client_id, const Upload& upload, Instant now) const;
  // Errors: Forbidden for anything that was not signed here. Whether it has expired is the caller's to check.
  Result<FileGrant> open(std::string_view token) const;

 private:
  std::string base_url_;
  std::string key_;
};

}  // namespace zest::rules
