// Real events for certify: made through the APIs of a sandbox of this process, which never delivers them.
#pragma once

#include <memory>

#include "app/sandbox.h"
#include "certify/receiver_grading.h"

namespace zest::cli {

// A sandbox without an endpoint, whose identifiers differ from run to run, so that a receiver that remembers
// meets none of them twice. It stays up while its events are used: they name documents that it serves.
// Errors: those of the sandbox.
Result<std::unique_ptr<app::Sandbox>> start_certify_sandbox(Log& log);

// Errors: those of the calls.
Result<certify::Events> make_certify_events(app::Sandbox& sandbox);

}  // namespace zest::cli
