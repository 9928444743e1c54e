// Whether a document has the shapes of a language. Thread-safety: free functions.
#pragma once

#include <string>
#include <vector>

#include "document/language.h"
#include "document/source.h"

namespace zest::document {

// Adds a finding for every value that is not as the language has it.
void check_shapes(const Language& language, const Source& source, std::vector<Finding>& findings);

// "did you mean \"X\"?", or what there is.
std::string suggestion(const std::string& word, const std::vector<std::string>& known);

}  // namespace zest::document
