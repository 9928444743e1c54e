// Tries every part of the description of an application, and says what works.
#pragma once

#include <string>
#include <vector>

#include "cli/application.h"

namespace zest::cli {

struct TriedPart {
  enum class Outcome { Works, Fails, NotGiven };
  Outcome outcome = Outcome::NotGiven;
  std::string part;  // "webhook", "probe spvRequest"
  std::string what;  // a sentence
};

// `url` is a sandbox that runs already; "": one of its own. Errors: the sandbox cannot be reached or started.
Result<std::vector<TriedPart>> try_application(const Program& program,
                                               const application::Description& description,
                                               const std::string& url, const std::string& admin_token);

}  // namespace zest::cli
