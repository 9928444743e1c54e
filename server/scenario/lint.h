// Everything that can be known to be wrong with a scenario before it runs, all of it at once.
#pragma once

#include <string>
#include <vector>

#include "scenario/document_names.h"

namespace zest::scenario {

// In the order of their places. `given`: variables that are defined elsewhere, by --set.
std::vector<Finding> lint(const Source& source, const std::vector<std::string>& given = {});

// The first half: does the document have the language's shapes?
void check_shapes(const Source& source, std::vector<Finding>& findings);
// The second: do its parts fit together (variables, operations' members, expectations that cannot hold)?
// For documents without findings of the first kind it is exact; others are read as far as they go.
void check_meaning(const Source& source, const std::vector<std::string>& given,
                   std::vector<Finding>& findings);

}  // namespace zest::scenario
