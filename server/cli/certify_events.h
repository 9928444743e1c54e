// Real events for certify: made through the APIs of a sandbox of this process, which never delivers them.
#pragma once

#include <memory>

#include "app/sandbox.h"
#include "application/description.h"
#include "certify/receiver_grading.h"

namespace zest::cli {

// A sandbox without an endpoint, whose identifiers differ from run to run, so that a receiver that remembers
// meets none of them twice. It stays up while its events are used: they name documents that it serves.
// Errors: those of the sandbox.
Result<std::unique_ptr<app::Sandbox>> start_certify_sandbox(Log& log);

// Errors: those of the calls.
Result<certify::Events> make_certify_events(app::Sandbox& sandbox);

// In place of the first histories and the endings those of SPV requests and investors that the application
// itself makes, by the actions requestSpv and createInvestors of its description: it acts as the seeded
// partner, and has been started for this sandbox. What it does not make stays as it was.
void let_application_make(app::Sandbox& sandbox, const application::Description& description,
                          certify::Events& events);

}  // namespace zest::cli
