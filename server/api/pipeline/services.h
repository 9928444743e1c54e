// What handlers work with, built once by app/ and passed in. Lifetime: everything outlives the Api.
// Thread-safety: each part is safe for concurrent calls.
#pragma once

#include <functional>

#include "api/pipeline/event_hub.h"
#include "api/pipeline/guard.h"
#include "api/pipeline/journal.h"
#include "api/pipeline/public_url.h"
#include "api/pipeline/settings.h"
#include "base/clock.h"
#include "base/log.h"
#include "console/assets.h"
#include "engine/engine.h"
#include "insight/coverage_recorder.h"
#include "insight/warnings.h"
#include "rules/contracts.h"
#include "rules/file_urls.h"
#include "rules/partners.h"
#include "rules/tokens.h"
#include "store/store.h"

namespace zest::api {

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
  insight::CoverageRecorder& coverage;
  const Settings& settings;
  PublicUrl& public_url;
  Guard& guard;
  // The clock that a lane made now starts with.
  std::function<rules::LaneDefaults()> lane_defaults;
  const console::Assets& console;
  insight::Warnings& warnings;
};

}  // namespace zest::api
