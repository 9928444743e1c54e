// What handlers work with, built once by app/ and passed in. Lifetime: everything outlives the Api.
// Thread-safety: each part is safe for concurrent calls.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "api/event_hub.h"
#include "api/journal.h"
#include "base/clock.h"
#include "base/log.h"
#include "engine/engine.h"
#include "rules/contracts.h"
#include "rules/file_urls.h"
#include "rules/partners.h"
#include "rules/tokens.h"
#include "store/store.h"

namespace zest::api {

struct Settings {
  std::string public_url;  // base URL of links, without trailing slash
  rules::Audiences audiences;
  std::string admin_token;                 // "": none is needed (loopback only)
  std::vector<std::string> allowed_hosts;  // Host values besides loopback, lower case, without port
  bool require_https = false;
  bool fault_headers = true;
  std::uint64_t max_upload = 10 * 1024 * 1024;  // bytes of one file; Zest docs: uploads (10 MB)
  std::uint64_t seed = 0;
  // Defaults of partners registered at run time.
  std::optional<Duration> auto_approve;
  std::optional<Duration> auto_complete;
  Duration delivery_timeout{10'000};  // wall
};

struct Services {
  store::Store& store;
  engine::Engine& engine;
  const WallClock& clock;
  Log& log;
  const rules::Contracts& contracts;
  const rules::TokenAuthority& tokens;
  const rules::FileUrls& file_urls;
  Journal& journal;
  EventHub& events;
  const Settings& settings;
  // The clock that a lane made now starts with.
  std::function<rules::LaneDefaults()> lane_defaults;
};

}  // namespace zest::api
