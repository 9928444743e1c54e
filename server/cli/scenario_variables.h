// Variables of scenarios that the command line sets. Thread-safety: free functions.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "scenario/lint.h"

namespace zest::cli {

// "name=value"; the value as JSON where it is that, else as text. It may be of a variable that a scenario
// defines or only uses. Errors: InvalidRequest.
Result<Json> read_variables(const std::vector<std::string>& given,
                            const std::vector<scenario::Source>& sources);

}  // namespace zest::cli
