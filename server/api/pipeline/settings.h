// What a sandbox was started with, as far as its HTTP surface cares. Thread-safety: a plain value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace zest::api {

struct Settings {
  std::string admin_token;                 // "": none is needed (loopback only)
  std::string session_key;                 // of the login's cookies; secret
  std::vector<std::string> allowed_hosts;  // Host values besides loopback; ports do not matter
  // Whether the public URL of the start was the user's choice and opens the control plane to its host's
  // pages.
  bool public_url_is_trusted = true;
  bool require_https = false;
  bool fault_headers = true;
  bool rule_header = true;                      // x-zest-sandbox-rule on refusals of the partner API
  bool journal_bodies = false;                  // the journal keeps headers and bodies of accepted calls, too
  std::uint64_t max_upload = 10 * 1024 * 1024;  // bytes of one file; Zest docs: uploads (10 MB)
  std::uint64_t seed = 0;
  // Defaults of partners registered at run time.
  std::optional<Duration> auto_approve;
  std::optional<Duration> auto_complete;
  Duration delivery_timeout{10'000};  // wall
};

}  // namespace zest::api
